"""Measure the linking model's parameters on simulated people whose truth is known.

By hand, after a change of the noise or of the comparisons:
    vax simulate --people 50000 --seed 7 --until 2021-12-08 --out DIR; vax run --landing DIR/landing
    python -m vax_pipeline.core.identity.training --warehouse HOME/warehouse.duckdb \\
        --truth DIR/truth/mentions.parquet --note "50,000 people, seed 7" --trained-on 2026-11-24
Half of the mentions are for training, the other half measures. Nothing here runs in a job.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.identity import scoring
from vax_pipeline.core.identity.model import Model, Parameters, write_model
from vax_pipeline.core.identity.prediction import decide_sql
from vax_pipeline.core.identity.settings import (
    CITIZENS,
    LINK_MARGIN,
    LINK_PROBABILITY,
    MENTIONS,
    MODEL_PATH,
    REVIEW_PROBABILITY,
    comparison_names,
    level_names,
    splink_settings,
)

# 9 million random pairs: the rarest level that matters, one birth date, is met 1 in 25,000 times.
RANDOM_SIDE = 3000
# A level never met in the sample still gets a value: half a pair more everywhere.
SMOOTHING = 0.5
# Simulated people never move, nor err in two digits of a number: 2 % of true pairs are left to what
# the simulation does not know, spread over the levels.
UNFORESEEN = 0.02


def untrained() -> Parameters:
    """Placeholder values: good for counting levels, useless for scoring."""
    return {
        comparison: dict.fromkeys(level_names(comparison), (0.5, 0.5))
        for comparison in comparison_names()
    }


def train(
    connection: duckdb.DuckDBPyConnection,
    truth: Path,
    recipe: Mapping[str, Any],
    version: str,
) -> Model:
    """Measure m on true pairs and u on random ones, then the links on the held-out half.

    Args:
        connection: a warehouse after the first dbt group; nothing is written to it.
        truth: the simulator's mentions.parquet: record_id, citizen_id (null: not in the registry).
        recipe: how the data was made; kept in the model.
        version: the model's name in the links it decides.
    """
    warehouse = str(connection.sql("select current_database()").fetchall()[0][0])
    with scoring.scratch(connection) as place:
        _prepare(place, warehouse, truth)
        share = _number(place, "select avg((truth_id is not null)::int) from training_mentions")
        model = Model(version, recipe, share, _parameters(place), {})
        return replace(model, measured=_measure(place, model))


def _prepare(place: scoring.Scratch, warehouse: str, truth: Path) -> None:
    def qualified(relation: schemas.Relation) -> str:
        return f'"{warehouse}".{relation.sql}'

    scoring.prepare(
        place,
        qualified(schemas.INT_MENTIONS_UNDECIDED),
        qualified(schemas.INT_CITIZENS),
    )
    place.cursor.execute(
        f"""
        create table answers as
        select records.mention_id, min(truth.citizen_id) as truth_id
        from {qualified(schemas.INT_MENTION_RECORDS)} as records
        inner join read_parquet('{truth}') as truth on records.record_id = truth.record_id
        group by records.mention_id
        """
    )
    for half, name in ((0, "training_mentions"), (1, "held_out_mentions")):
        place.cursor.execute(
            f"create table {name} as select mentions.*, answers.truth_id "
            f"from {MENTIONS} as mentions "
            "inner join answers on mentions.unique_id = answers.mention_id "
            f"where hash(mentions.unique_id) % 2 = {half}"
        )
    place.cursor.execute(
        f"create view truthful_citizens as select *, unique_id as truth_id from {CITIZENS}"
    )
    for name, source in (
        ("random_mentions", "training_mentions"),
        ("random_citizens", "truthful_citizens"),
    ):
        place.cursor.execute(
            f"create table {name} as from {source} order by hash(unique_id) limit {RANDOM_SIDE}"
        )


def _parameters(place: scoring.Scratch) -> Parameters:
    same_person = splink_settings(untrained(), 0.5, ("l.truth_id = r.truth_id",))
    true_pairs = scoring.score(place, same_person, None, "training_mentions", "truthful_citizens")
    anybody = splink_settings(untrained(), 0.5, ("1=1",))
    random_pairs = scoring.score(place, anybody, None, "random_mentions", "random_citizens")
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


def _measure(place: scoring.Scratch, model: Model) -> dict[str, float]:
    """Figures on the held-out half: false links among links, recall with and without review."""
    citizens = int(_number(place, f"select count(*) from {CITIZENS}"))
    settings = splink_settings(model.parameters, model.prior(citizens))
    pairs = scoring.score(place, settings, REVIEW_PROBABILITY, "held_out_mentions", CITIZENS)
    place.cursor.execute(
        f"create table decided as {decide_sql(pairs)}",
        {"link": LINK_PROBABILITY, "margin": LINK_MARGIN},
    )
    row = place.cursor.sql(
        """
        select
            count(*),
            count(*) filter (where decision = 'LINKED'),
            count(*) filter (where decision = 'LINKED' and citizen_id is distinct from truth_id),
            count(*) filter (where decision = 'LINKED' and citizen_id = truth_id),
            count(*) filter (where citizen_id = truth_id),
            count(truth_id)
        from held_out_mentions
        left join decided on held_out_mentions.unique_id = decided.mention_id
        """
    ).fetchall()[0]
    mentions, links, false_links, right_links, right_candidates, findable = map(float, row)
    return {
        "mentions": mentions,
        "links": links,
        "false_link_rate": round(false_links / max(links, 1.0), 5),
        "recall_linked": round(right_links / max(findable, 1.0), 4),
        "recall_with_review": round(right_candidates / max(findable, 1.0), 4),
    }


def _number(place: scoring.Scratch, sql: str) -> float:
    return float(place.cursor.sql(sql).fetchall()[0][0])


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the linking model on simulated people.")
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
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
    model = train(connection, arguments.truth, recipe, f"splink-{arguments.trained_on}")
    write_model(model, arguments.out)
    sys.stdout.write(f"{model.measured}\n")


if __name__ == "__main__":
    main()
