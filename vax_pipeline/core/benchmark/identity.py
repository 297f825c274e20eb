"""Identity resolution alone, measured against its floor: a hash join of mentions and registry on the id.

The people come as parquet (core.simulation.linkage); they are put where the first dbt group would have put
them, and the very models and the very Splink step of the job run on them. Scored against who they are.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.benchmark.steps import Steps
from vax_pipeline.core.identity.prediction import LinkReport, link_undecided
from vax_pipeline.core.keys import key_sql
from vax_pipeline.core.run_context import write_run_context
from vax_pipeline.core.settings import Settings

SEEDS = ("junk_names",)
MENTIONS = ("int_mentions",)
TIERS = (
    "int_citizen_previous_ids",
    "int_mentions__id_compared",
    "int_mentions__matched_exactly",
    "int_mentions__matched_by_previous_id",
    "int_mentions__matched_but_one",
    "int_mentions__candidates",
    "int_mentions__matched_by_id_typo",
    "int_mentions__matched_without_id",
    "int_mentions__tiered",
    "int_mentions__undecided",
)


@dataclass
class IdentityRun:
    """Seconds of each part, one entry a round, and its steps."""

    floor: list[float] = field(default_factory=list[float])
    tiers: list[float] = field(default_factory=list[float])
    splink: list[float] = field(default_factory=list[float])
    steps: Steps = field(default_factory=Steps)


def prepare(settings: Settings, people: Path, as_of: datetime) -> None:
    """A warehouse that holds the registry and the current dose records, as the job would leave them."""
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        write_run_context(connection, settings, run_id="bench", as_of=as_of, known_as_of=as_of)
        connection.execute(
            f"create table {schemas.INT_CITIZENS.sql} as "
            f"select *, md5(citizen_id)::uuid as citizen_key from '{people}/citizens-*.parquet'"
        )
        connection.execute(_doses_sql(people))
        connection.execute(
            f"create table {schemas.INT_COMPLAINTS.sql} as select *, record_id as complaint_id, "
            f"entered_at as received_at, injected_on as delivery_date from {schemas.INT_DOSES.sql} limit 0"
        )


def _doses_sql(people: Path) -> str:
    """Each profile as often as it has doses; keyed by what it says, like a mention."""
    return f"""
        create table {schemas.INT_DOSES.sql} as
        select
            profiles.* exclude (doses),
            profile || '-' || dose_no as record_id,
            md5(concat_ws(
                '|', coalesce(id_number, '-'), coalesce(name_exact_key, '-'),
                coalesce(birth_first_on::varchar, '-'), coalesce(birth_last_on::varchar, '-'),
                coalesce(sex, '-'), coalesce(phone, '-')
            ))::uuid as mention_id,
            birth_first_on::varchar as birth_typed,
            id_number as id_typed,
            []::varchar[] as normalizations,
            timestamptz '2021-06-01 08:00+07' + to_days((hash(profile) % 150)::int + 28 * dose_no)
                as entered_at,
            entered_at::date as injected_on,
            entered_at::date as identity_delivered_on,
            'DN' || (hash(profile) % 300)::varchar as entered_by_facility_code
        from '{people}/profiles-*.parquet' as profiles
        cross join (select unnest(range(1, 4)) as dose_no) as numbers
        where dose_no <= profiles.doses
    """


def measure(settings: Settings, rounds: int) -> IdentityRun:
    """Build the mentions once; then floor, tiers and Splink in turn, `rounds` times."""
    run = IdentityRun()
    run.steps.dbt(settings, "seed", SEEDS)
    run.steps.dbt(settings, "run", MENTIONS)
    for _ in range(rounds):
        run.floor.append(run.steps.timed("floor", lambda: _floor(settings)))
        run.tiers.append(run.steps.dbt(settings, "run", TIERS))
        run.splink.append(run.steps.timed("splink", lambda: _link(settings, everything=True)))
    return run


def measure_again(settings: Settings) -> tuple[float, LinkReport]:
    """Splink once more on the same mentions, as on a day on which nothing changed."""
    started = time.perf_counter()
    report = _link(settings, everything=False)
    return time.perf_counter() - started, report


def _floor(settings: Settings) -> None:
    with warehouse.writer(settings) as connection:
        connection.execute(
            f"create or replace table floor_linked as select mentions.*, citizens.citizen_id "
            f"from {schemas.INT_MENTIONS.sql} as mentions left join {schemas.INT_CITIZENS.sql} "
            "as citizens on mentions.id_number = citizens.citizen_id"
        )


def _link(settings: Settings, *, everything: bool) -> LinkReport:
    with warehouse.writer(settings) as connection:
        return link_undecided(connection, everything=everything)


def rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows that went in."""
    return {
        name: warehouse.count(connection, relation)
        for name, relation in (
            ("doses", schemas.INT_DOSES),
            ("mentions", schemas.INT_MENTIONS),
            ("citizens", schemas.INT_CITIZENS),
        )
    }


def decisions(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Mentions by the tier or step that decided them."""
    rows = connection.execute(
        f"""
        select method || ' ' || decision, count(*) from {schemas.INT_MENTIONS_TIERED.sql}
        group by 1
        union all
        select 'splink ' || decision, count(*) from {schemas.SPLINK_LINKS.sql} group by 1
        order by 2 desc
        """
    ).fetchall()
    return {str(name): int(number) for name, number in rows}


def quality(connection: duckdb.DuckDBPyConnection) -> dict[str, float | int]:
    """False links, recall and merged twins, against who the simulated people are."""
    row = connection.execute(
        f"""
        with truth as (
            select mention_id, any_value(true_id) as true_id, bool_or(is_twin) as is_twin
            from {schemas.INT_DOSES.sql} group by mention_id
        ),
        decided as (
            select mention_id, decision, citizen_id from {schemas.INT_MENTIONS_TIERED.sql}
            union all
            select {key_sql("mention_id")}, decision, citizen_id from {schemas.SPLINK_LINKS.sql}
        )
        select
            count(*),
            count(*) filter (where decision = 'LINKED' and citizen_id is distinct from true_id)
                / count(*) filter (where decision = 'LINKED'),
            count(*) filter (where decision = 'LINKED' and citizen_id = true_id) / count(true_id),
            count(*) filter (where citizen_id = true_id) / count(true_id),
            count(*) filter (
                where is_twin and decision = 'LINKED' and citizen_id is distinct from true_id
            )
        from truth left join decided using (mention_id)
        """
    ).fetchall()[0]
    names = ("mentions", "false_link_rate", "recall_linked", "recall_with_review", "twins_merged")
    return dict(zip(names, row, strict=True))
