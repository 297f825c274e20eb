"""The release alone, measured on a copy of the warehouse that a whole job left.

First a full one, then one of a day on top of it: two in a hundred doses differ, half of them new, all
injected in the last thirty days, and with them their persons, findings, links, complaints and figures. Then
another such day whose doses are of any month, which is harder: the files of most months change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from vax_pipeline.core import changes, clock, schemas, warehouse
from vax_pipeline.core.benchmark.steps import Steps
from vax_pipeline.core.publishing import (
    authority,
    bi,
    daily_report,
    disclosure,
    parquet,
    privacy,
    public_lookup,
    release,
    texts,
)
from vax_pipeline.core.settings import Settings

CHANGED_SHARE = 0.02  # of the doses, in a day
FULL, DAY, SCATTERED = "full", "day", "scattered"
_RECENT_DAYS = 30
_SINCE_EVER = 40_000  # days
PUBLISHED = ("bi", "privacy", "parquet", "current")  # steps of a release as far as it is data
FOR_PEOPLE = "files for people"


@dataclass
class ReleaseRun:
    """Releases by name: full, day, scattered."""

    carried: dict[str, int] = field(
        default_factory=dict[str, int]
    )  # parquet files of the one before
    changed: dict[str, int] = field(default_factory=dict[str, int])  # doses
    steps: Steps = field(default_factory=Steps)

    def seconds(self, name: str, steps: Sequence[str] = PUBLISHED) -> float:
        """Of a release, those of the steps given."""
        return sum(sum(self.steps.seconds[f"{name}: {step}"]) for step in steps)


def measure(settings: Settings, as_of: datetime) -> ReleaseRun:
    """A full release of the home's warehouse, then two days on top."""
    run = ReleaseRun()
    _publish(settings, run, FULL, as_of)
    for day, (name, recent_days) in enumerate(((DAY, _RECENT_DAYS), (SCATTERED, _SINCE_EVER)), 1):
        with warehouse.writer(settings) as connection:
            run.changed[name] = play_day(connection, as_of + timedelta(days=day), recent_days)
        _publish(settings, run, name, as_of + timedelta(days=day))
    return run


def play_day(connection: duckdb.DuckDBPyConnection, as_of: datetime, recent_days: int) -> int:
    """Change the published tables as a day would; returns how many doses are new or corrected."""
    days = {"as_of": as_of, "recent": recent_days}
    connection.execute(
        f"""
        create or replace temp table touched as
        select dose_id, citizen_key, row_number() over (order by hash(dose_id, $as_of)) % 2 = 0 as is_new
        from {schemas.FCT_DOSES.sql}
        where injected_on between $as_of::date - $recent::integer and $as_of::date
        order by hash(dose_id, $as_of)
        limit (select (count(*) * {CHANGED_SHARE})::bigint from {schemas.FCT_DOSES.sql})
        """,
        days,
    )
    suffix = f"'-{as_of:%m%d}'"
    doses, new = schemas.FCT_DOSES.sql, "(select dose_id from touched where is_new)"
    for change in (
        f"insert into {doses} select * replace (dose_id || {suffix} as dose_id) from {doses} "
        f"where dose_id in {new}",
        f"update {doses} set lot_number = coalesce(lot_number, '') || {suffix} where dose_id in "
        "(select dose_id from touched where not is_new)",
        f"insert into {schemas.MENTION_LINKS.sql} select * replace (source_record_id || {suffix} as "
        f"source_record_id) from {schemas.MENTION_LINKS.sql} where source_record_id in {new}",
        f"update {schemas.DIM_CITIZENS.sql} set doses_recorded = doses_recorded + 1 "
        "where citizen_key in (select citizen_key from touched where is_new)",
        f"update {schemas.FINDINGS.sql} set finding_id = md5(finding_id || {suffix}), "
        f"first_held_at = '{as_of.isoformat()}' where hash(finding_id) % {round(1 / CHANGED_SHARE)} = 0",
        f"update {schemas.FCT_COMPLAINTS.sql} set outcome_at = '{as_of.isoformat()}' "
        f"where hash(complaint_id) % {round(1 / CHANGED_SHARE)} = 0",
        f"update {schemas.COMPLAINT_CLOCK_STATES.sql} set as_of = '{as_of.isoformat()}'",
        f"update {schemas.KPI_PROVINCE_DAILY.sql} set doses_entered = doses_entered + 1",
        f"update {schemas.KPI_FACILITY_WEEKLY.sql} set doses_entered = doses_entered + 1",
    ):
        connection.execute(change)
    # As the models note it.
    noted = schemas.CHANGED_ROWS.sql
    connection.execute(f"delete from {noted}")
    for table, key, keys in (
        (schemas.FCT_DOSES, "citizen_key", "select citizen_key from touched"),
        (schemas.DIM_CITIZENS, "citizen_key", "select citizen_key from touched where is_new"),
        (
            schemas.MENTION_LINKS,
            "source_record_id",
            f"select dose_id || {suffix} from touched where is_new",
        ),
        (
            schemas.FINDINGS,
            "subject_id",
            f"select subject_id from {schemas.FINDINGS.sql} where first_held_at = '{as_of.isoformat()}'",
        ),
    ):
        connection.execute(
            f"insert into {noted} select distinct '{table.dotted}', '{key}', keys.* from ({keys}) as keys"
        )
    return warehouse.number(connection, "select count(*) from touched")


def _publish(settings: Settings, run: ReleaseRun, name: str, as_of: datetime) -> None:
    """One release in the steps of the job."""
    before = None if name == FULL else release.current_or_none(settings)
    directory = release.begin(settings, name)
    with warehouse.writer(settings) as connection:
        with run.steps.step(f"{name}: bi"):
            account = changes.Account(differing=changes.rows_noted(connection))
            copy = bi.write_bi(connection, directory / "bi.duckdb", before, account=account)
        with run.steps.step(f"{name}: privacy"):
            search = privacy.find_personal_data(connection, copy)
    with run.steps.step(f"{name}: parquet"):
        run.carried[name] = parquet.write_parquet(
            copy, directory / parquet.FOLDER, warehouse.engine_config(settings)
        )
        bi.keep_facts(copy, search.phrases)
    with run.steps.step(f"{name}: {FOR_PEOPLE}"):
        _for_people(settings, directory, as_of)
    with run.steps.step(f"{name}: current"):
        release.finish(
            settings,
            name,
            as_of=as_of,
            released_at=clock.now_on_the_wall(),
            facts={bi.FACTS: bi.take_facts(directory)},
        )


def _for_people(settings: Settings, directory: Path, as_of: datetime) -> None:
    with warehouse.reader(settings) as connection:
        authority.write_workbooks(connection, directory / "authority", processes=settings.threads)
        daily_report.write_reports(connection, directory / "authority", as_of)
        public_lookup.write_public_lookup(connection, directory)
        texts.write_texts(connection, directory / "authority")
        disclosure.write_public(connection, directory)
