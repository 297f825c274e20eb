"""Which delivery dates have something to load, told from names, sizes and times alone.

What has been loaded is asked of the warehouse by who may open it; others ask the current release, whose
manifest holds a mark per date. Marks only save work: a date without one is looked at again, and a
file's sha256 still decides whether it is loaded.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.deliveries import WITHDRAWN
from vax_pipeline.core.feeds.landing import discover
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import Settings

FIRST_DAY = date(2021, 1, 1)  # of the partitions
MARKS = "landing"  # their name in the manifest


@dataclass(frozen=True)
class Pending:
    """What a run should look at.

    Attributes:
        days: dates with new, changed or vanished files, in order; may be empty.
        newest: the newest date that has files; null when nothing has landed.
        landed: a mark per date that has files.
        loaded: the same, as raw or the current release was made of it.
        waiting: files still being written; a later run takes them.
        problems: sentences about what lies in the landing folder and can't be loaded.
    """

    days: tuple[date, ...]
    newest: date | None
    landed: dict[date, str]
    loaded: dict[date, str]
    waiting: int
    problems: tuple[str, ...]


def look(
    settings: Settings,
    *,
    today: date,
    everything: bool = False,
    held: Mapping[str, str] | None = None,
) -> Pending:
    """Compare the landing folder with what was loaded of it.

    Args:
        today: later dates than tomorrow can't be.
        everything: every date counts as changed.
        held: the marks of what raw holds; null: those of the current release. The two differ after a
            run that was stopped between loading and publication. A delivery withdrawn since then is
            in no release, but it is in raw.
    """
    found = discover(settings.landing, tuple(FEEDS), settings.settle_seconds)
    problems = [f"{problem.name}: {problem.message}" for problem in found.problems]
    last_day = today + timedelta(days=1)
    reachable = [f for f in found.files if FIRST_DAY <= f.delivery_date <= last_day]
    outside = {f.delivery_date for f in found.files} - {f.delivery_date for f in reachable}
    problems += [
        f"{day}: no delivery can have this date; rename the folder to the day it landed"
        for day in sorted(outside)
    ]
    landed = marks((f.delivery_date, f.name, f.size, f.mtime_ns) for f in reachable)
    marked = _of_release(settings) if held is None else held
    loaded = {date.fromisoformat(day): mark for day, mark in marked.items()}
    changed = sorted(
        day
        for day in landed.keys() | loaded.keys()
        if everything or landed.get(day) != loaded.get(day)
    )
    return Pending(
        tuple(changed),
        max(landed, default=None),
        landed,
        loaded,
        len(found.waiting),
        tuple(problems),
    )


def loaded_marks(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A mark per date (ISO) over the files that raw was loaded from."""
    files = connection.execute(
        f"select delivery_date, file, file_bytes, file_mtime_ns from {schemas.DELIVERIES.sql} "
        "where state <> ?",
        [WITHDRAWN],
    ).fetchall()
    return {day.isoformat(): mark for day, mark in marks(files).items()}


def marks(files: Iterable[tuple[date, str, int, int]]) -> dict[date, str]:
    """One hash per date over (date, name, size, mtime in ns) of its files."""
    days: dict[date, list[str]] = {}
    for day, *file in files:
        days.setdefault(day, []).append("\0".join(map(str, file)))
    return {
        day: hashlib.sha256("\n".join(sorted(of_day)).encode()).hexdigest()
        for day, of_day in days.items()
    }


def _of_release(settings: Settings) -> dict[str, str]:
    try:
        return release.current(settings).manifest.get(MARKS, {})
    except release.NoReleaseError:
        return {}
