"""Which delivery dates have something to load, told from names, sizes and times alone.

The marks of the last good run lie in ops.landing_days. They only save work: a date without a mark is
looked at again, and a file's sha256 still decides whether it is loaded.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.landing import LandingFile, discover
from vax_pipeline.core.settings import Settings

FIRST_DAY = date(2021, 1, 1)  # of the partitions


@dataclass(frozen=True)
class Pending:
    """What a run should look at.

    Attributes:
        days: dates with new, changed or vanished files, in order; may be empty.
        newest: the newest date that has files; null when nothing has landed.
        marks: fingerprint per date, to be kept once these days are loaded.
        waiting: files still being written; a later run takes them.
        problems: sentences about what lies in the landing folder and can't be loaded.
    """

    days: tuple[date, ...]
    newest: date | None
    marks: dict[date, str]
    waiting: int
    problems: tuple[str, ...]


def look(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    today: date,
    everything: bool = False,
) -> Pending:
    """Compare the landing folder with the marks; `everything` ignores them."""
    found = discover(settings.landing, tuple(FEEDS), settings.settle_seconds)
    problems = [f"{problem.name}: {problem.message}" for problem in found.problems]
    last_day = today + timedelta(days=1)
    reachable = [f for f in found.files if FIRST_DAY <= f.delivery_date <= last_day]
    outside = {f.delivery_date for f in found.files} - {f.delivery_date for f in reachable}
    problems += [
        f"{day}: no delivery can have this date; rename the folder to the day it landed"
        for day in sorted(outside)
    ]
    marks = fingerprints(reachable)
    kept = {} if everything else _kept(connection)
    changed = sorted(day for day in marks.keys() | kept.keys() if marks.get(day) != kept.get(day))
    return Pending(
        tuple(changed), max(marks, default=None), marks, len(found.waiting), tuple(problems)
    )


def keep(connection: duckdb.DuckDBPyConnection, pending: Pending) -> None:
    """Remember that everything `look` saw has been loaded."""
    table = schemas.LANDING_DAYS.sql
    with warehouse.transaction(connection):
        connection.execute(f"delete from {table}")
        for day, mark in sorted(pending.marks.items()):
            connection.execute(f"insert into {table} values (?, ?)", [day, mark])


def fingerprints(files: Iterable[LandingFile]) -> dict[date, str]:
    """One hash per date over the names, sizes and times of its files."""
    days: dict[date, list[LandingFile]] = {}
    for file in files:
        days.setdefault(file.delivery_date, []).append(file)
    return {
        day: hashlib.sha256(
            "\n".join(sorted(f"{f.name}\0{f.size}\0{f.mtime_ns}" for f in of_day)).encode()
        ).hexdigest()
        for day, of_day in days.items()
    }


def _kept(connection: duckdb.DuckDBPyConnection) -> dict[date, str]:
    rows = connection.execute(
        f"select delivery_date, fingerprint from {schemas.LANDING_DAYS.sql}"
    ).fetchall()
    return {row[0]: str(row[1]) for row in rows}
