"""What has arrived: the files of `<landing>/<feed>/<YYYY-MM-DD>/`, settled or still being written.

Reads names, sizes and times only, never contents: the sensor calls it every tick. What a file
holds is the readers' business; whether it was loaded before is `loading`'s.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from vax_pipeline.core.feeds.places import Entry, Parts, Place, Stamp
from vax_pipeline.core.feeds.settling import Settling

UNFINISHED = (".part", ".tmp")


@dataclass(frozen=True, slots=True)
class LandingFile:
    """One file of a delivery. `name` is its path below the landing place, as in `raw.*.file`."""

    feed: str
    delivery_date: date
    name: str
    stamp: Stamp

    @property
    def size(self) -> int:
        return self.stamp.size

    @property
    def is_unfinished(self) -> bool:
        """Whether its name says that it will get another one when it is complete."""
        return self.name.lower().endswith(UNFINISHED)


@dataclass(frozen=True, slots=True)
class LandingProblem:
    """Something in the landing place that belongs to no delivery, or can't be had."""

    name: str
    # unknown_feed | not_a_date | stray_file | nested_folder | unreadable_name | closed_folder
    # | not_fetched
    code: str
    message: str


@dataclass(frozen=True)
class Landing:
    """What the landing place holds.

    Attributes:
        files: settled, to be loaded.
        waiting: still being written, or named as unfinished.
        closed: deliveries (feed, date) whose folder can't be listed: nobody knows what is in there.
    """

    files: tuple[LandingFile, ...]
    waiting: tuple[LandingFile, ...]
    problems: tuple[LandingProblem, ...]
    closed: frozenset[tuple[str, date]] = frozenset()


def discover(
    place: Place,
    feeds: Collection[str],
    settling: Settling,
    dates: Iterable[date] | None = None,
) -> Landing:
    """Look through the landing place.

    Args:
        feeds: the feeds to look for; other folders are reported, not read.
        dates: only these deliveries, and no look at what lies beside them; None for all.

    Raises:
        PlaceError: the place is not there, or not all of it could be listed.
    """
    place.check()
    within: list[Parts] = [()]
    if dates is not None:
        days = [day.isoformat() for day in sorted(set(dates))]
        within = [(feed, day) for feed in feeds for day in days]

    def is_delivery(folder: Parts) -> bool:
        match folder:
            case (feed,):
                return feed in feeds
            case (_, day):
                return delivery_date(day) is not None
            case _:
                return False

    found = _Findings(feeds, settling)
    for entry in place.entries(is_delivery, within):
        found.take(entry)
    if not found.files:
        place.check()  # a disk unmounted meanwhile must not look like one that holds nothing
    return found.landing()


def delivery_date(name: str) -> date | None:
    """The date that a folder is named by; null when its name is no date."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None  # fromisoformat also takes 20211108, 2021-W45-1


class _Findings:
    def __init__(self, feeds: Collection[str], settling: Settling) -> None:
        self.feeds = feeds
        self.settling = settling
        self.files: list[LandingFile] = []
        self.waiting: list[LandingFile] = []
        self.problems: list[LandingProblem] = []
        self.closed: set[tuple[str, date]] = set()

    def take(self, entry: Entry) -> None:
        """Sort one entry in: to the files, or to what fits nowhere."""
        name = "/".join(entry.parts)
        if entry.is_closed:
            self._report(name, "closed_folder", "Let the pipeline's user list this folder.")
            self._close(entry.parts)
        elif entry.stamp is None:
            self._report(name, *_misplaced_folder(entry.parts))
        elif len(entry.parts) != 3:
            self._report(name, "stray_file", "Put files into <feed>/<YYYY-MM-DD>/.")
        elif not _is_utf8(name):
            self._report(name, "unreadable_name", "Give the file a name in UTF-8.")
        else:
            self._add(name, entry.parts, entry.stamp)

    def _report(self, name: str, code: str, message: str) -> None:
        self.problems.append(LandingProblem(name.encode(errors="replace").decode(), code, message))

    def _close(self, folder: Parts) -> None:
        if len(folder) == 2 and (day := delivery_date(folder[1])) is not None:
            self.closed.add((folder[0], day))

    def _add(self, name: str, parts: Parts, stamp: Stamp) -> None:
        feed, day = parts[0], delivery_date(parts[1])
        if day is None:  # descended into only when it is a date
            return
        file = LandingFile(feed, day, name, stamp)
        is_ready = not file.is_unfinished and self.settling.has_settled(name, stamp)
        (self.files if is_ready else self.waiting).append(file)

    def landing(self) -> Landing:
        def by_name(file: LandingFile) -> str:
            return file.name

        return Landing(
            tuple(sorted(self.files, key=by_name)),
            tuple(sorted(self.waiting, key=by_name)),
            tuple(self.problems),
            frozenset(self.closed),
        )


def _misplaced_folder(folder: Parts) -> tuple[str, str]:
    match len(folder):
        case 1:
            return "unknown_feed", "No feed has this name: docs/feeds.md lists them."
        case 2:
            return "not_a_date", "Name the folder by its delivery date, YYYY-MM-DD."
        case _:
            return "nested_folder", "Folders inside a delivery are not read."


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
