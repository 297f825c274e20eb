"""Which delivery dates have something to load, told from names, sizes and times alone.

What has been loaded is asked of the warehouse by who may open it; others ask the current release, whose
manifest holds a mark per date. Marks only save work: a date without one is looked at again, and a
file's sha256 still decides whether it is loaded.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.deliveries import WITHDRAWN
from vax_pipeline.core.feeds.landing import LandingFile, discover
from vax_pipeline.core.feeds.places import Stamp, open_place, require_something
from vax_pipeline.core.feeds.settling import Settling
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import records

FIRST_DAY = date(2021, 1, 1)  # of the partitions
MARKS = "landing"  # their name in the manifest


@dataclass(frozen=True)
class Pending:
    """What a run should look at.

    Attributes:
        days: dates with new, changed or vanished files, in order; may be empty.
        newest: the newest date that has files; null when nothing has landed.
        landed: a mark per date that has settled files.
        waiting: files still being written; a later run takes them.
        problems: sentences about what lies in the landing place and can't be loaded.
    """

    days: tuple[date, ...]
    newest: date | None
    landed: dict[date, str]
    waiting: int
    problems: tuple[str, ...]


def look(
    settings: Settings,
    *,
    today: date,
    everything: bool = False,
    held: Sequence[LandingFile] | None = None,
) -> Pending:
    """Compare the landing place with what was loaded of it.

    Args:
        today: no delivery is later.
        everything: every date counts as changed.
        held: the files raw holds; null: those of the current release. The two differ after a run that
            was stopped between loading and publication. A delivery withdrawn since then is in no
            release, but it is in raw.

    Raises:
        PlaceError: the place can't be reached or listed, or is empty though files came from it.
    """
    settling = Settling(settings.settle_seconds, settings.landing_seen)
    place = open_place(settings)
    found = discover(place, tuple(FEEDS), settling)
    settling.remember()
    loaded = _of_release(settings) if held is None else _marks_of(held)
    if loaded and not (found.files or found.waiting):
        require_something(place)
    files = [file for file in found.files if FIRST_DAY <= file.delivery_date <= today]
    landed = _marks_of(files)
    changed = {day for day in landed.keys() | loaded.keys() if landed.get(day) != loaded.get(day)}
    if everything:
        changed = landed.keys() | loaded.keys()
    elif busy := changed & loaded.keys() & {file.delivery_date for file in found.waiting}:
        before = _files_of_release(settings) if held is None else held
        changed -= _waiting_only(before, busy, files, found.waiting)
    problems = [f"{problem.name}: {problem.message}" for problem in found.problems]
    problems += [
        f"{day}: no delivery can have this date; name the folder by the day it landed"
        for day in sorted({file.delivery_date for file in found.files} - landed.keys())
    ]
    return Pending(
        tuple(sorted(changed)),
        max(landed, default=None),
        landed,
        len(found.waiting),
        tuple(problems),
    )


def loaded_marks(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """For the manifest: a mark per date (ISO) over the files that raw was loaded from."""
    loaded = loaded_files(connection)
    return {day.isoformat(): mark for day, mark in _marks_of(loaded).items()}


def _marks_of(files: Iterable[LandingFile]) -> dict[date, str]:
    """One hash per date over names and stamps of its files."""
    days: dict[date, list[str]] = {}
    for file in files:
        told = (part for part in (file.name, *astuple(file.stamp)) if part is not None)
        days.setdefault(file.delivery_date, []).append("\0".join(map(str, told)))
    return {
        day: hashlib.sha256("\n".join(sorted(of_day)).encode()).hexdigest()
        for day, of_day in days.items()
    }


def _of_release(settings: Settings) -> dict[date, str]:
    try:
        marks = release.current(settings).manifest.get(MARKS, {})
    except release.NoReleaseError:
        return {}
    return {date.fromisoformat(day): mark for day, mark in marks.items()}


def _waiting_only(
    loaded: Iterable[LandingFile],
    days: Collection[date],
    files: Iterable[LandingFile],
    waiting: Iterable[LandingFile],
) -> set[date]:
    """Those of the days on which nothing but a file still being written differs from what was loaded."""
    names = {file.name for file in waiting}
    before = _marks_of(file for file in loaded if file.name not in names)
    after = _marks_of(file for file in files if file.delivery_date in days)
    return {day for day in days if before.get(day) == after.get(day)}


def _files_of_release(settings: Settings) -> list[LandingFile]:
    with duckdb.connect(str(release.current(settings).bi), read_only=True) as bi:
        return loaded_files(bi)


def loaded_files(connection: duckdb.DuckDBPyConnection) -> list[LandingFile]:
    """Files of the account, withdrawn ones left out, as they were when they were loaded."""
    # By pattern: a release of before may lack the version.
    columns = "^(feed|delivery_date|file|file_bytes|file_mtime_ns|file_version)$"
    rows = records(
        connection,
        f"select columns('{columns}') from {schemas.DELIVERIES.sql} where state <> ?",
        [WITHDRAWN],
    )
    return [
        LandingFile(
            row["feed"],
            row["delivery_date"],
            row["file"],
            Stamp(row["file_bytes"], row["file_mtime_ns"], row.get("file_version")),
        )
        for row in rows
    ]
