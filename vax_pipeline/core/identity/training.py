"""Measure the linking model's parameters on simulated people whose truth is known.

By hand, after a change of the noise, of the tiers or of the comparisons:
    vax bench identity --scale province --seed 7 --home DIR
    python -m vax_pipeline.core.identity.training --warehouse DIR/warehouse.duckdb \\
        --note "1,000,000 citizens, seed 7" --trained-on 2026-11-25
Half of the open mentions are for training; on the other half the thresholds are chosen and the figures
measured. Evaluations use other seeds. Nothing here runs in a job.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.identity import scoring
from vax_pipeline.core.identity.decision import decide_sql
from vax_pipeline.core.identity.model import (
    Model,
    Parameters,
    Thresholds,
    registry_size,
    write_model,
)
from vax_pipeline.core.identity.prediction import collect_pairs
from vax_pipeline.core.identity.settings import (
    CITIZENS,
    MENTIONS,
    MODEL_PATH,
    comparison_names,
    level_names,
    splink_settings,
)
from vax_pipeline.core.keys import key_text_sql
from vax_pipeline.core.warehouse import count

# 9 million random pairs: the rarest level that matters, one birth date, is met 1 in 25,000 times.
RANDOM_SIDE = 3000
# A level never met in the sample still gets a value: half a pair more everywhere.
SMOOTHING = 0.5
# 2 % of true pairs are left to what the simulation does not know, spread over the levels.
UNFORESEEN = 0.02

# Tried in this order: the first that keeps false links among Splink's to FALSE_LINKS is taken.
LINK_TRIED = (0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
MARGINS_TRIED = (4.0, 6.0, 8.0)
# The highest that loses at most LOST of the true candidates is taken.
REVIEW_TRIED = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
FALSE_LINKS = 0.001
LOST = 0.002


def untrained() -> Parameters:
    """Placeholder values: good for counting levels, useless for scoring."""
    return {
        comparison: dict.fromkeys(level_names(comparison), (0.5, 0.5))
        for comparison in comparison_names()
    }


def train(
    connection: duckdb.DuckDBPyConnection, truth: str, recipe: Mapping[str, str], version: str
) -> Model:
    """Measure m on true pairs and u on random ones, then choose the thresholds on the other half.

    Args:
        connection: a warehouse after the first dbt group; nothing is written to it.
        truth: relation with mention_id and true_id (null: not in the registry).
        recipe: how the data was made; kept in the model.
        version: the model's name in the links it decides.
    """
    with scoring.scratch(connection) as place:
        size = registry_size(count(connection, schemas.INT_CITIZENS))
        _divide(place, truth, size)
        share = _number(place, "select avg((true_id is not null)::int) from training")
        limits = Thresholds(LINK_TRIED[0], MARGINS_TRIED[0], REVIEW_TRIED[0], recipe["data"])
        model = Model(version, recipe, share, limits, _parameters(place), {})
        _score_held_out(place, model, size)
        model = replace(model, thresholds=_choose(place, limits))
        return replace(model, measured=_measure(place, model.thresholds))


def _divide(place: scoring.Scratch, truth: str, size: int) -> None:
    """training, held_out: one row per open mention of each half; registry: one per citizen."""
    collect_pairs(place, size)
    undecided = place.sql_of(schemas.INT_MENTIONS_UNDECIDED)
    for half, name in ((0, "training"), (1, "held_out")):
        place.cursor.execute(
            f"create table {name} as select mention_id as unique_id, truth.true_id, "
            f"{scoring.mention_columns('mentions')} from {undecided} as mentions "
            f"inner join {truth} as truth using (mention_id) where hash(mention_id) % 2 = {half}"
        )
    place.cursor.execute(
        f"create view registry as select citizen_id as unique_id, citizen_id as true_id, "
        f"{scoring.citizen_columns('citizens')} "
        f"from {place.sql_of(schemas.INT_CITIZENS)} as citizens"
    )
    place.cursor.execute(
        "create table true_citizens as from registry semi join training using (true_id)"
    )
    for name, source in (("random_mentions", "training"), ("random_citizens", "registry")):
        place.cursor.execute(
            f"create table {name} as from {source} order by hash(unique_id) limit {RANDOM_SIDE}"
        )


def _parameters(place: scoring.Scratch) -> Parameters:
    same_person = splink_settings(untrained(), 0.5, "l.true_id = r.true_id")
    true_pairs = scoring.score(place, same_person, "training", "true_citizens")
    anybody = splink_settings(untrained(), 0.5, "1=1")
    random_pairs = scoring.score(place, anybody, "random_mentions", "random_citizens")
    return {
        comparison: {
            level: ((1 - UNFORESEEN) * m + UNFORESEEN / len(level_names(comparison)), u)
            for level, m, u in zip(
                level_names(comparison),
                _shares(place, true_pairs, comparison),
                _shares(place, random_pairs, comparison),
                strict=True,
            )
        }
        for comparison in comparison_names()
    }


def _shares(place: scoring.Scratch, pairs: str, comparison: str) -> list[float]:
    """How often each level is met among the pairs where both sides say something."""
    found = dict(
        place.cursor.sql(
            f"select gamma_{comparison}, count(*) from {pairs} "
            f"where gamma_{comparison} >= 0 group by 1"
        ).fetchall()
    )
    levels = range(len(level_names(comparison)))
    total = sum(found.values()) + SMOOTHING * len(levels)
    return [(found.get(level, 0) + SMOOTHING) / total for level in levels]


def _score_held_out(place: scoring.Scratch, model: Model, size: int) -> None:
    """scored: the candidates of the held-out mentions, with their weights."""
    place.cursor.execute(
        "delete from pairs where mention_id not in (select unique_id from held_out)"
    )
    for table in (MENTIONS, CITIZENS):
        place.cursor.execute(
            f"delete from {table} where pair_id not in (select pair_id from pairs)"
        )
    found = scoring.score(place, splink_settings(model.parameters, model.prior(size)))
    place.cursor.execute(
        f"create table scored as select pairs.*, found.* from pairs "
        f"inner join {found} as found on pairs.pair_id = found.unique_id_l"
    )


def _choose(place: scoring.Scratch, limits: Thresholds) -> Thresholds:
    """The loosest limits that keep the promises above.

    Raises:
        RuntimeError: none of those tried does.
    """
    for margin in MARGINS_TRIED:
        for link in LINK_TRIED:
            tried = replace(limits, link=link, margin=margin)
            figures = _measure(place, tried)
            sys.stdout.write(f"link {link}, margin {margin}: {figures}\n")
            if figures["false_link_rate"] <= FALSE_LINKS:
                return replace(tried, review=_choose_review(place, tried))
    raise RuntimeError("no threshold tried keeps false links low enough: look at the comparisons")


def _choose_review(place: scoring.Scratch, limits: Thresholds) -> float:
    reachable = _measure(place, replace(limits, review=0.0))["recall_with_review"]
    for review in REVIEW_TRIED:
        figures = _measure(place, replace(limits, review=review))
        sys.stdout.write(f"review {review}: {figures}\n")
        if figures["recall_with_review"] >= reachable - LOST:
            return review
    return REVIEW_TRIED[-1]


def _measure(place: scoring.Scratch, limits: Thresholds) -> dict[str, float]:
    """Figures on the held-out half: false links among links, recall, and what people must look at."""
    place.cursor.execute(
        f"create or replace table decided as {decide_sql('scored')}",
        {"link": limits.link, "margin": limits.margin, "review": limits.review},
    )
    row = place.cursor.sql(
        """
        select
            count(*),
            count(*) filter (where decision = 'LINKED'),
            count(*) filter (where decision = 'REVIEW'),
            count(*) filter (where decision = 'LINKED' and citizen_id is distinct from true_id),
            count(*) filter (where decision = 'LINKED' and citizen_id = true_id),
            count(*) filter (where citizen_id = true_id),
            count(true_id)
        from held_out
        left join decided on held_out.unique_id = decided.mention_id
        """
    ).fetchall()[0]
    mentions, links, reviews, false_links, right_links, candidates, findable = map(float, row)
    return {
        "mentions": mentions,
        "links": links,
        "reviews": reviews,
        "false_link_rate": round(false_links / max(links, 1.0), 5),
        "recall_linked": round(right_links / max(findable, 1.0), 4),
        "recall_with_review": round(candidates / max(findable, 1.0), 4),
    }


def _number(place: scoring.Scratch, sql: str) -> float:
    return float(place.cursor.sql(sql).fetchall()[0][0])


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the linking model on simulated people.")
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--note", required=True, help="how the data was simulated")
    parser.add_argument("--trained-on", required=True, help="today's date, YYYY-MM-DD")
    parser.add_argument("--out", type=Path, default=MODEL_PATH)
    arguments = parser.parse_args()
    recipe = {
        "trained_on": arguments.trained_on,
        "data": arguments.note,
        "module": __spec__.name,
    }
    # Opened read-only itself, DuckDB would refuse the scratch database as well.
    connection = duckdb.connect()
    connection.execute(f"attach '{arguments.warehouse}' as warehouse (read_only)")
    connection.execute("use warehouse")
    truth = (
        f"(select {key_text_sql('mention_id')} as mention_id, any_value(true_id) as true_id from "
        f'"warehouse".{schemas.INT_DOSES.sql} group by mention_id)'
    )
    model = train(connection, truth, recipe, f"splink-{arguments.trained_on}")
    write_model(model, arguments.out)
    sys.stdout.write(f"{model.thresholds}\n{model.measured}\n")


if __name__ == "__main__":
    main()
