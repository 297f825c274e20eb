"""Escalation under load: a million open complaints, a tenth of them due in one tick.

The release is made up in SQL, one province's agencies and facilities as in the register of a simulated
one; ledger and outbox are those of a home, on SQLite. Each figure is a process of its own, so that
memory is that of the step alone.
"""

import json
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.benchmark.apart import apart
from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.escalation.channels import Notice
from vax_pipeline.core.escalation.policy import CHAIN_COLUMNS
from vax_pipeline.core.escalation.release_reader import BI_FILE, MANIFEST_FILE
from vax_pipeline.core.escalation.tick import pending_fingerprint, tick
from vax_pipeline.core.settings import DBT_PROJECT_DIR, Settings

DISTRICTS, COMMUNES_A_DISTRICT = 20, 15
FIRST_RECEIVED = parse_instant("2021-11-20T00:00")
HOURS_OF_RECEIPT = 10  # complaints come in evenly over so long: a tenth of them in an hour
AT_RISK_HOURS = 36
LADDER = DBT_PROJECT_DIR / "seeds" / "complaints" / "escalation_policy.csv"


@dataclass(frozen=True)
class StepFigures:
    """One step: seconds, peak resident memory of its process in 10^9 bytes, escalations decided.

    Of the sensor: whether it would ask for a run, 1 or 0.
    """

    name: str
    seconds: float
    peak_gb: float
    count: int


class Nowhere:
    """A channel that takes every notice: what is measured is writing, not a mail server."""

    def needs_email(self, recipient_code: str) -> bool:  # noqa: ARG002
        return False

    def send(self, notice: Notice) -> None:
        """Taken."""


def measure_escalation(
    settings: Settings, complaints: int, on_step: Callable[[str], None]
) -> list[StepFigures]:
    """Play an empty home into the state of a busy day, then measure a busy and an idle moment."""
    publish(settings, complaints, "first")
    everyone_told = FIRST_RECEIVED + timedelta(hours=HOURS_OF_RECEIPT)
    # Received evenly: a tenth of all cross 36 hours between these two instants.
    before = FIRST_RECEIVED + timedelta(hours=AT_RISK_HOURS + HOURS_OF_RECEIPT * 0.4)
    busy = before + timedelta(hours=HOURS_OF_RECEIPT * 0.1)
    figures: list[StepFigures] = []

    def step(name: str, work: Callable[[Settings, datetime], int], at: datetime) -> None:
        on_step(name)
        figures.append(_in_its_own_process(name, work, settings, at))

    step(f"first tick: {complaints:,} new complaints", _tick, everyone_told)
    step("tick before the busy one", _tick, before)
    step("sensor, nothing due", _sense, before)
    step("tick, nothing due", _tick, before)
    step("sensor, a tenth due", _sense, busy)
    step("tick, a tenth due", _tick, busy)
    publish(settings, complaints, "second")
    step("sensor, a new release, nothing due", _sense, busy)
    return figures


def publish(settings: Settings, complaints: int, name: str) -> None:
    """A release with so many open review clocks and the agencies of a province."""
    release = settings.published / "releases" / name
    release.mkdir(parents=True)
    chain = ", ".join(f"{value} as {column}" for column, value in _chain().items())
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
        connection.execute(f"attach '{release / BI_FILE}' as bi (storage_version 'v1.4.0')")
        connection.execute(f"use bi; create schema {schemas.MARTS}; create schema {schemas.OPS}")
        connection.execute(
            f"create table {schemas.COMPLAINT_CLOCKS.sql} as select 'C-' || i as complaint_id, "
            "'review' as clock, starts_at, starts_at + interval 48 hour as due_at, "
            "null::timestamptz as met_at, null::timestamptz as acknowledged_at, "
            f"'75' as province_code, true as has_ladder, {chain} "
            f"from (select i, i % {DISTRICTS} as d, (i // {DISTRICTS}) % {COMMUNES_A_DISTRICT} as c, "
            "$first::timestamptz + to_microseconds(i * $gap) as starts_at "
            "from range($complaints) numbers(i))",
            {
                "first": FIRST_RECEIVED,
                "gap": round(HOURS_OF_RECEIPT * 3_600_000_000 / complaints),
                "complaints": complaints,
            },
        )
        _write_registers(connection)
    manifest = {"as_of": FIRST_RECEIVED.isoformat()}
    (release / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")
    settings.current_release.unlink(missing_ok=True)
    settings.current_release.symlink_to(release)


def _chain() -> dict[str, str]:
    """SQL for each column of the chain, from the number of a district `d` and commune `c`."""
    by_kind = {
        "handler_code": "'F-' || d || '-' || c",
        "chain_commune_station": "'TYT-' || d || '-' || c",
        "chain_district_centre": "'TTYT-' || d",
        "chain_district_police": "'CAH-' || d",
        "chain_commune_police": "'CAX-' || d || '-' || c",
    }
    fixed = {
        "chain_provincial_cdc": "'CDC'",
        "chain_provincial_department": "'SYT'",
        "chain_peoples_committee": "'UBND'",
        "chain_ministry": "'BYT'",
        "chain_provincial_police": "'CAT'",
    }
    return {column: {**by_kind, **fixed}[column] for column in CHAIN_COLUMNS}


def _write_registers(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        f"""
        create table {schemas.DIM_AGENCIES.sql} as
        with communes as (
            select d, c from range($districts) districts(d), range($communes) communes(c)
        )
        select code as agency_code, code as agency_name, branch, level, kind,
            parent as parent_agency_code, lower(code) || '@example.vn' as email
        from (
            select 'BYT' as code, 'health' as branch, 'ministry' as level, 'ministry' as kind,
                null as parent
            union all values ('SYT', 'health', 'province', 'provincial_department', 'BYT'),
                ('CDC', 'health', 'province', 'provincial_cdc', 'SYT'),
                ('UBND', 'government', 'province', 'peoples_committee', null),
                ('CAT', 'police', 'province', 'police', null)
            union all select 'TTYT-' || d, 'health', 'district', 'district_centre', 'CDC'
            from range($districts) districts(d)
            union all select 'TYT-' || d || '-' || c, 'health', 'commune', 'commune_station',
                'TTYT-' || d
            from communes
        )
        """,
        {"districts": DISTRICTS, "communes": COMMUNES_A_DISTRICT},
    )
    connection.execute(
        f"create table {schemas.DIM_FACILITIES.sql} as "
        "select 'F-' || substr(agency_code, 5) as facility_code, agency_name as facility_name, "
        "parent_agency_code as managing_agency_code, email "
        f"from {schemas.DIM_AGENCIES.sql} where kind = 'commune_station'"
    )
    connection.execute(
        f"create table {schemas.ESCALATION_POLICY.sql} as from read_csv('{LADDER}', all_varchar = true)"
    )


def _sense(settings: Settings, at: datetime) -> int:
    return int(pending_fingerprint(settings, at) is not None)


def _tick(settings: Settings, at: datetime) -> int:
    return tick(settings, at, channel=Nowhere()).due.height


def _in_its_own_process(
    name: str, work: Callable[[Settings, datetime], int], settings: Settings, at: datetime
) -> StepFigures:
    return StepFigures(name, *apart(_measure, work, settings, at))


def _measure(
    work: Callable[[Settings, datetime], int], settings: Settings, at: datetime
) -> tuple[float, float, int]:
    started = time.perf_counter()
    count = work(settings, at)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return seconds, peak, count
