"""A small country for the ladder: one province, its agencies, two facilities, a release of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.escalation.ledger import Ledger
from vax_pipeline.core.escalation.ledger_tables import metadata
from vax_pipeline.core.escalation.policy import CHAIN_COLUMNS
from vax_pipeline.core.settings import PROJECT_ROOT, Settings

LADDER_CSV = PROJECT_ROOT / "dbt_project" / "seeds" / "complaints" / "escalation_policy.csv"
RECEIVED = parse_instant("2021-12-01 10:00")

CHAIN = {
    "handler_code": "F-1",
    "chain_commune_station": "TYT-1",
    "chain_district_centre": "TTYT-1",
    "chain_provincial_cdc": "CDC-1",
    "chain_provincial_department": "SYT-1",
    "chain_peoples_committee": "UBND-1",
    "chain_ministry": "BYT",
    "chain_commune_police": "CAX-1",
    "chain_district_police": "CAH-1",
    "chain_provincial_police": "CAT-1",
}
AGENCIES = [
    # code, name, branch, level, kind, parent, email
    ("BYT", "Bộ Y tế", "health", "ministry", "ministry", None, "byt@example.vn"),
    ("SYT-1", "Sở Y tế", "health", "province", "provincial_department", "BYT", "syt@example.vn"),
    ("CDC-1", "CDC tỉnh", "health", "province", "provincial_cdc", "SYT-1", "cdc@example.vn"),
    ("TTYT-1", "TTYT huyện", "health", "district", "district_centre", "CDC-1", "tt@example.vn"),
    ("TYT-1", "Trạm Y tế", "health", "commune", "commune_station", "TTYT-1", "tyt@example.vn"),
    ("UBND-1", "UBND tỉnh", "government", "province", "peoples_committee", None, "ub@example.vn"),
    ("CAT-1", "Công an tỉnh", "police", "province", "police", None, "cat@example.vn"),
    ("CAH-1", "Công an huyện", "police", "district", "police", "CAT-1", "cah@example.vn"),
    ("CAX-1", "Công an xã", "police", "commune", "police", "CAH-1", None),
]
FACILITIES = [
    ("F-1", "Bệnh viện Một", "TTYT-1", "f1@example.vn"),
    ("F-2", "Phòng khám Hai", "TTYT-1", None),
]
CLOCK_COLUMNS = (
    "complaint_id varchar, clock varchar, starts_at timestamptz, due_at timestamptz,"
    " met_at timestamptz, acknowledged_at timestamptz, province_code varchar, has_ladder boolean, "
    + ", ".join(f"{name} varchar" for name in CHAIN_COLUMNS)
)


class Killed(BaseException):
    """The process dies here: no `except Exception` may soften it."""


def kill_at(point: str) -> Callable[[str], None]:
    """Faults that kill at the first passage of a point."""

    def faults(reached: str) -> None:
        if reached == point:
            raise Killed(point)

    return faults


def clock(complaint_id: str = "C-1", **changed: Any) -> dict[str, Any]:
    """A running review clock with a full chain; break one field to break one thing."""
    starts_at = changed.get("starts_at", RECEIVED)
    row = {
        "complaint_id": complaint_id,
        "clock": "review",
        "starts_at": starts_at,
        "due_at": starts_at + timedelta(hours=48),
        "met_at": None,
        "acknowledged_at": None,
        "province_code": "75",
        "has_ladder": True,
        **CHAIN,
    }
    assert changed.keys() <= row.keys()
    return row | changed


def after(hours: float = 0, seconds: float = 0) -> datetime:
    """An instant counted from the receipt of a complaint."""
    return RECEIVED + timedelta(hours=hours, seconds=seconds)


class Country:
    """A home in which releases are published and ticks are counted."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.agencies = list(AGENCIES)
        self.facilities = list(FACILITIES)
        self.ladder: pl.DataFrame = pl.read_csv(LADDER_CSV, infer_schema=False)
        self._releases = 0
        self._forget_earlier_countries()

    def publish(self, *clocks: dict[str, Any], as_of: datetime = RECEIVED) -> Path:
        """Publish a release with these clocks and move `current` to it."""
        self._releases += 1
        path = self.settings.published / "releases" / f"r{self._releases:04}"
        path.mkdir(parents=True)
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path / 'bi.duckdb'}' as bi (storage_version 'v1.4.0')")
            connection.execute("use bi; begin; create schema marts; create schema ops")
            connection.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
            connection.execute(f"create table marts.complaint_clocks ({CLOCK_COLUMNS})")
            if clocks:
                frame = pl.DataFrame(clocks, infer_schema_length=None)
                connection.register("frame", frame)
                connection.execute("insert into marts.complaint_clocks by name select * from frame")
            self._write_registers(connection)
            connection.execute("commit")
        (path / "manifest.json").write_text(json.dumps({"as_of": as_of.isoformat()}))
        current = self.settings.current_release
        current.unlink(missing_ok=True)
        current.symlink_to(path)
        return path

    def _forget_earlier_countries(self) -> None:
        """A ledger on a server outlives the home it was made for."""
        if not self.settings.ledger_url.startswith("sqlite"):
            store = Ledger(self.settings.ledger_url)
            with store.engine.begin() as connection:
                for table in reversed(metadata.sorted_tables):
                    connection.execute(table.delete())
            store.close()

    def _write_registers(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "create table marts.dim_agencies (agency_code varchar, agency_name varchar,"
            " branch varchar, level varchar, kind varchar, parent_agency_code varchar,"
            " email varchar)"
        )
        _fill(connection, "marts.dim_agencies", self.agencies)
        connection.execute(
            "create table marts.dim_facilities (facility_code varchar, facility_name varchar,"
            " managing_agency_code varchar, email varchar)"
        )
        _fill(connection, "marts.dim_facilities", self.facilities)
        ladder = self.ladder
        connection.register("ladder", ladder)
        connection.execute("create table ops.escalation_policy as select * from ladder")

    def ledger(self, table: str = "escalations") -> list[dict[str, Any]]:
        """All rows of a ledger table."""
        store = Ledger(self.settings.ledger_url)
        with store.engine.connect() as connection:
            rows = connection.exec_driver_sql(f"select * from {table}").mappings().all()
        store.close()
        return [dict(row) for row in rows]

    def states(self, complaint_id: str = "C-1") -> dict[str, str]:
        """Delivery state by level of one complaint."""
        rows = self.ledger()
        return {r["level"]: r["delivery_state"] for r in rows if r["complaint_id"] == complaint_id}

    def mailbox(self, recipient_code: str) -> list[Path]:
        """The notices a recipient got, as directories."""
        return sorted((self.settings.outbox / recipient_code).glob("*"))

    def mail(self) -> dict[str, int]:
        """Notices by recipient."""
        found = [p for p in self.settings.outbox.glob("*/*") if p.parent.name != ".prepared"]
        return {
            name: sum(p.parent.name == name for p in found)
            for name in sorted({p.parent.name for p in found})
        }


def _fill(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[str | None, ...]]
) -> None:
    places = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
    connection.execute(f"insert into {table} values {places}", [v for row in rows for v in row])
