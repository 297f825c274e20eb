"""What has arrived: the files of `landing/<feed>/<YYYY-MM-DD>/`, settled or still being written.

Reads names, sizes and times only, never contents: the sensor calls it every tick. What a file
holds is the readers' business; whether it was loaded before is `loading`'s.
"""

import os
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

UNFINISHED = (".part", ".tmp")


@dataclass(frozen=True, slots=True)
class LandingFile:
    """One file of a delivery. `name` is its path below the landing folder, as in `raw.*.file`."""

    feed: str
    delivery_date: date
    name: str
    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class LandingProblem:
    """Something in the landing folder that belongs to no delivery."""

    name: str
    code: str  # unknown_feed | not_a_date | stray_file | nested_folder | unreadable_name | missing
    message: str


@dataclass(frozen=True)
class Landing:
    """What the landing folder holds: settled files, files to wait for, and what fits nowhere."""

    files: tuple[LandingFile, ...]
    waiting: tuple[LandingFile, ...]
    problems: tuple[LandingProblem, ...]


def discover(
    landing: Path,
    feeds: Collection[str],
    settle_seconds: float,
    *,
    dates: Collection[date] | None = None,
    machine_time: float | None = None,
) -> Landing:
    """Look through the landing folder.

    Args:
        feeds: the feeds to look for; other folders are reported, not read.
        settle_seconds: a file touched more recently is still being written; 0 waits for nothing.
        dates: only these delivery dates; None for all.
        machine_time: seconds since the epoch, for tests. A file's age is a matter between the file
            system and the machine, so the home's clock (which may be frozen) has no say in it.
    """
    at = time.time() if machine_time is None else machine_time
    found = _Findings(settle_ns=int(settle_seconds * 1e9), at_ns=int(at * 1e9))
    if not landing.is_dir():
        found.report(
            str(landing), "missing", "The landing folder does not exist: create or mount it."
        )
        return found.landing()
    for entry in _visible(landing):
        if not entry.is_dir():
            found.report(entry.name, "stray_file", "Put files into <feed>/<YYYY-MM-DD>/.")
        elif entry.name not in feeds:
            found.report(
                entry.name, "unknown_feed", "No feed has this name: docs/feeds.md lists them."
            )
        else:
            _scan_feed(entry, dates, found)
    return found.landing()


def discover_feed(
    landing: Path, feed: str, settle_seconds: float, dates: Iterable[date]
) -> Landing:
    """As `discover`, for some dates of one feed: looks at no other folder."""
    found = _Findings(settle_ns=int(settle_seconds * 1e9), at_ns=time.time_ns())
    for day in sorted(set(dates)):
        folder = landing / feed / day.isoformat()
        if folder.is_dir():
            _scan_date(folder, feed, day, found)
    return found.landing()


class _Findings:
    def __init__(self, settle_ns: int, at_ns: int) -> None:
        self.settle_ns = settle_ns
        self.at_ns = at_ns
        self.files: list[LandingFile] = []
        self.waiting: list[LandingFile] = []
        self.problems: list[LandingProblem] = []

    def report(self, name: str, code: str, message: str) -> None:
        self.problems.append(LandingProblem(name.encode(errors="replace").decode(), code, message))

    def add(self, file: LandingFile) -> None:
        # A time ahead of the machine's clock (another machine's clock) can't mean "just written".
        is_young = 0 <= self.at_ns - file.mtime_ns < self.settle_ns
        is_unfinished = file.name.lower().endswith(UNFINISHED)
        (self.waiting if is_young or is_unfinished else self.files).append(file)

    def landing(self) -> Landing:
        def by_name(file: LandingFile) -> str:
            return file.name

        return Landing(
            tuple(sorted(self.files, key=by_name)),
            tuple(sorted(self.waiting, key=by_name)),
            tuple(self.problems),
        )


def _visible(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))


def _scan_feed(feed: os.DirEntry[str], dates: Collection[date] | None, found: _Findings) -> None:
    for entry in _visible(feed.path):
        name = f"{feed.name}/{entry.name}"
        day = _delivery_date(entry.name)
        if not entry.is_dir():
            found.report(name, "stray_file", "Put files into <feed>/<YYYY-MM-DD>/.")
        elif day is None:
            found.report(name, "not_a_date", "Name the folder by its delivery date, YYYY-MM-DD.")
        elif dates is None or day in dates:
            _scan_date(entry.path, feed.name, day, found)


def _scan_date(folder: str | Path, feed: str, day: date, found: _Findings) -> None:
    for entry in _visible(folder):
        name = f"{feed}/{day.isoformat()}/{entry.name}"
        if entry.is_dir():
            found.report(name, "nested_folder", "Folders inside a delivery are not read.")
            continue
        if not _is_utf8(name):
            found.report(name, "unreadable_name", "Give the file a name in UTF-8.")
            continue
        try:
            stat = entry.stat()
        except FileNotFoundError:  # gone since the folder was listed, or a broken link
            continue
        found.add(LandingFile(feed, day, name, Path(entry.path), stat.st_size, stat.st_mtime_ns))


def _delivery_date(name: str) -> date | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None  # fromisoformat also takes 20211108, 2021-W45-1


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
