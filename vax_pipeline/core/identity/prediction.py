"""Decide the mentions the tiers left open, and keep what was decided before.

Called by the linking asset with an open connection, between the two dbt groups. What it decides is
a proposal with a probability: a link made here never counts as verified.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.identity import scoring
from vax_pipeline.core.identity.decision import decide_sql
from vax_pipeline.core.identity.model import Model, read_model, registry_size
from vax_pipeline.core.identity.settings import CITIZENS, MENTIONS, MODEL_PATH, splink_settings
from vax_pipeline.core.keys import key_text_sql
from vax_pipeline.core.warehouse import count, number, transaction

# TT 07/2016/TT-BCA: the fourth digit is century and sex, the next two are the year of birth.
_ITS_OWN_NUMBER = """
    case
        when regexp_full_match(mentions.id_number, '0[0-9]{11}')
            then substr(mentions.id_number, 4, 1)::int % 2 = (mentions.sex = 'F')::int
            and 1900 + substr(mentions.id_number, 4, 1)::int // 2 * 100
            + substr(mentions.id_number, 5, 2)::int = mentions.birth_year
            and damerau_levenshtein(mentions.id_number, citizens.citizen_id) > 2
    end
"""


@dataclass(frozen=True)
class LinkReport:
    """How many mentions were open, and what became of them.

    Attributes:
        kept: decided by an earlier run from the same facts with the same model.
        scored: decided now.
        thresholds: as used, and what they were chosen on.
    """

    mentions: int
    citizens: int
    kept: int
    scored: int
    linked: int
    review: int
    unlinked: int
    model_version: str
    thresholds: str

    def as_metadata(self) -> dict[str, int | str]:
        """Counts and the model's name: nothing personal."""
        return asdict(self)


def link_undecided(
    connection: duckdb.DuckDBPyConnection,
    model_path: Path = MODEL_PATH,
    on_progress: Callable[[str], None] | None = None,
    *,
    everything: bool = False,
) -> LinkReport:
    """Make SPLINK_LINKS hold one row per mention of int_mentions__undecided, UNLINKED ones included.

    A mention is scored again only when something its decision rests on has changed: its own fields,
    one of its candidates in the registry, the candidates there are, how common their names are, the
    model. That is its fingerprint; the same facts give the same row, today or in a full rebuild.

    Args:
        connection: a writing connection with nothing uncommitted.
        model_path: the trained model.
        on_progress: told in one line what is going on.
        everything: score all mentions anew.

    Raises:
        UntrainedModelError: the model file is incomplete. Nothing is written then.
    """
    model = read_model(model_path)
    citizens = count(connection, schemas.INT_CITIZENS)
    size = registry_size(citizens)
    settings = splink_settings(model.parameters, model.prior(size))
    with scoring.scratch(connection) as place:
        collect_pairs(place, size)
        _fingerprint(place, _recipe(model, settings))
        scored = _leave_what_is_decided(place, everything)
        if on_progress is not None:
            on_progress(f"scoring {scored:,} mentions against {citizens:,} citizens")
        _decide(place, model, settings)
        with transaction(connection):
            _replace(connection, place, model.version)
    return _report(connection, citizens, scored, model)


def collect_pairs(place: scoring.Scratch, size: int) -> None:
    """pairs: one row per open mention and candidate; MENTIONS and CITIZENS: the two of each pair."""
    undecided = place.sql_of(schemas.INT_MENTIONS_UNDECIDED)
    citizens = place.sql_of(schemas.INT_CITIZENS)
    place.cursor.execute(
        f"""
        create table pairs as
        select
            mentions.mention_id || ':' || citizen_id as pair_id,
            candidates.* replace (mentions.mention_id as mention_id),
            coalesce(abs(mentions.birth_year - citizens.birth_year), 0) as years_apart,
            coalesce({_ITS_OWN_NUMBER}, false) as is_number_its_own,
        from {place.sql_of(schemas.INT_MENTIONS_CANDIDATES)} as candidates
        inner join {undecided} as mentions
            on {key_text_sql("candidates.mention_id")} = mentions.mention_id
        inner join {citizens} as citizens using (citizen_id)
        """
    )
    for table, columns, relation, key in (
        (MENTIONS, scoring.mention_columns("record"), undecided, "mention_id"),
        (CITIZENS, scoring.citizen_columns("record"), citizens, "citizen_id"),
    ):
        place.cursor.execute(
            f"create table {table} as select pair_id as unique_id, pair_id, {columns} "
            f"from pairs inner join {relation} as record using ({key})"
        )
    needed = f"select name_key from {MENTIONS} union select name_key from {CITIZENS}"
    scoring.count_names(place, citizens, needed, size)


def _recipe(model: Model, settings: Mapping[str, Any]) -> str:
    """Everything but the data that a decision rests on, as text."""
    return json.dumps([model.version, asdict(model.thresholds), settings, decide_sql("")])


def _fingerprint(place: scoring.Scratch, recipe: str) -> None:
    """fingerprints: one row per open mention; the same exactly when its decision must be the same."""
    place.cursor.execute(
        f"""
        create table fingerprints as
        select
            mention_id,
            md5($recipe || coalesce(string_agg(
                md5(concat_ws(
                    '|', to_json(pairs), to_json(mentions), to_json(citizens),
                    coalesce(typed.tf_name_key, 0), coalesce(registered.tf_name_key, 0)
                )), '' order by pairs.citizen_id
            ), '')) as fingerprint,
        from {place.sql_of(schemas.INT_MENTIONS_UNDECIDED)} as undecided
        left join pairs using (mention_id)
        left join {MENTIONS} as mentions using (pair_id)
        left join {CITIZENS} as citizens using (pair_id)
        left join {scoring.FREQUENCIES} as typed on mentions.name_key = typed.name_key
        left join {scoring.FREQUENCIES} as registered on citizens.name_key = registered.name_key
        group by mention_id
        """,
        {"recipe": recipe},
    )


def _leave_what_is_decided(place: scoring.Scratch, everything: bool) -> int:
    """Drop the pairs of mentions whose decision stands; how many mentions remain to be scored."""
    place.cursor.execute(
        f"""
        create table stale as
        from fingerprints
        anti join {place.sql_of(schemas.SPLINK_LINKS)} as links
            on fingerprints.mention_id = links.mention_id
            and fingerprints.fingerprint = links.fingerprint
            and not $everything
        """,
        {"everything": everything},
    )
    place.cursor.execute("delete from pairs where mention_id not in (select mention_id from stale)")
    for table in (MENTIONS, CITIZENS):
        place.cursor.execute(
            f"delete from {table} where pair_id not in (select pair_id from pairs)"
        )
    return number(place.cursor, "select count(*) from stale")


def _decide(place: scoring.Scratch, model: Model, settings: Mapping[str, Any]) -> None:
    """decided: one row per mention with a scored pair."""
    place.cursor.execute(
        f"create view candidates as select pairs.*, scored.* from pairs "
        f"inner join {scoring.score(place, settings)} as scored on pairs.pair_id = scored.unique_id_l"
    )
    place.cursor.execute(
        f"create table decided as {decide_sql('candidates')}",
        {
            "link": model.thresholds.link,
            "margin": model.thresholds.margin,
            "review": model.thresholds.review,
        },
    )


def _replace(connection: duckdb.DuckDBPyConnection, place: scoring.Scratch, version: str) -> None:
    """Drop what is no longer open or rests on other facts, and add what was decided now."""
    links = schemas.SPLINK_LINKS.sql
    connection.execute(
        f"insert into {schemas.CHANGED_KEYS.sql} by name "
        "select 'decided_mention' as subject, mention_id as key "
        f"from {links} anti join {place.name}.main.fingerprints using (mention_id) "
        "union all "
        f"select 'decided_mention' as subject, mention_id as key from {place.name}.main.stale"
    )
    connection.execute(
        f"insert into {schemas.CHANGED_TABLES.sql} select '{schemas.SPLINK_LINKS.dotted}' "
        f"where exists (from {place.name}.main.stale) "
        f"or exists (from {links} anti join {place.name}.main.fingerprints using (mention_id))"
    )
    connection.execute(
        f"delete from {links} where mention_id not in "
        f"(select mention_id from {place.name}.main.fingerprints) "
        f"or mention_id in (select mention_id from {place.name}.main.stale)"
    )
    connection.execute(
        f"""
        insert into {links} by name
        select
            stale.*,
            decided.* exclude (mention_id, decision),
            coalesce(decided.decision, 'UNLINKED') as decision,
            $version::varchar as model_version,
        from {place.name}.main.stale as stale
        left join {place.name}.main.decided as decided on stale.mention_id = decided.mention_id
        """,
        {"version": version},
    )


def _report(
    connection: duckdb.DuckDBPyConnection, citizens: int, scored: int, model: Model
) -> LinkReport:
    rows = connection.sql(
        f"select decision, count(*) from {schemas.SPLINK_LINKS.sql} group by decision"
    ).fetchall()
    found = {str(decision): int(number) for decision, number in rows}
    mentions = sum(found.values())
    limits = model.thresholds
    return LinkReport(
        mentions=mentions,
        citizens=citizens,
        kept=mentions - scored,
        scored=scored,
        linked=found.get("LINKED", 0),
        review=found.get("REVIEW", 0),
        unlinked=found.get("UNLINKED", 0),
        model_version=model.version,
        thresholds=f"link {limits.link}, margin {limits.margin} bits, review {limits.review}: "
        f"{limits.origin}",
    )
