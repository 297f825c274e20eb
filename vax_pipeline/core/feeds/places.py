"""Where deliveries land: a folder of this machine, or by URL any place that fsspec reaches.

A place lists what lies in it and lends one file at a time. Nothing is ever written or deleted there.
What its entries mean is `landing`'s business.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vax_pipeline.core.settings import Settings, is_url

Parts = tuple[str, ...]  # a path below the place, () for the place itself
Descend = Callable[[Parts], bool]


class PlaceError(OSError):
    """The landing place, or for now a file of it, can't be had. The message is for people.

    It names the place without user and password, and never quotes what a remote library said.
    """


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one content of a file from the next without reading it.

    Attributes:
        mtime_ns: nanoseconds since 1970; null where the place knows no times.
        version: hash of the etag or checksum that the place itself gives; null where it has none.
    """

    size: int
    mtime_ns: int | None
    version: str | None = None

    @property
    def is_telling(self) -> bool:
        """Whether it holds more than a size, which another content may have as well."""
        return self.mtime_ns is not None or self.version is not None

    def agrees_with(self, other: "Stamp") -> bool:
        """Whether nothing that both tell differs: asked for one file, places may tell more or less."""
        pairs = ((self.mtime_ns, other.mtime_ns), (self.version, other.version))
        return self.size == other.size and all(a == b or None in (a, b) for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or a folder that was not looked into: because nobody wanted to, or nobody may."""

    parts: Parts
    stamp: Stamp | None  # null for a folder
    is_closed: bool = False  # a folder that this user may not list


class Place(Protocol):
    """What landing and loading ask of a landing place."""

    @property
    def shown(self) -> str:
        """Its name for people: no user, no password."""
        ...

    @property
    def is_far(self) -> bool:
        """Whether a file has to be fetched; then an unchanged stamp is believed, unread."""
        ...

    def check(self) -> None:
        """Raise PlaceError unless the place is there and answers."""
        ...

    def entries(self, descend: Descend, within: Iterable[Parts] = ((),)) -> Iterator[Entry]:
        """What lies in some folders of the place; an absent folder holds nothing.

        Args:
            descend: whether to look into a folder; others come as entries themselves.

        Raises:
            PlaceError: not all could be listed; what is missing must not be taken for withdrawn.
        """
        ...

    def stamp(self, name: str) -> Stamp:
        """A file as it is now. Raises FileNotFoundError or PlaceError."""
        ...

    def lend(self, name: str, stamp: Stamp) -> AbstractContextManager[Path]:
        """The file on this machine while the block lasts; `stamp` is the one that was listed.

        Raises:
            FileNotFoundError, PermissionError: about this file, as from a local disk.
            PlaceError: the place does not give it now; another time it may.
        """
        ...


def open_place(settings: Settings) -> Place:
    """The landing place of a home. Raises PlaceError when it can't be reached at all."""
    if not is_url(settings.landing_at):
        return LocalPlace(Path(settings.landing_at))
    from vax_pipeline.core.feeds.remote_places import RemotePlace  # fsspec: only who needs it

    return RemotePlace(settings.landing_at, settings.temp)


def require_something(place: Place) -> None:
    """Raise PlaceError when nothing at all lies in a place from which files were loaded.

    The mount point of a disk that is not mounted looks like that; withdrawing everything would follow.
    """
    if next(iter(place.entries(lambda _: False)), None) is None:
        raise PlaceError(
            f"The landing place {place.shown} is empty, though files were loaded from it: is its disk "
            "mounted? Nothing was withdrawn"
        )


def shown(url: str) -> str:
    """A URL without user, password and query, in every part of a chain."""
    parts = [re.sub(r"://.*@", "://***@", part).partition("?")[0] for part in url.split("::")]
    return "::".join(parts)


def walk(
    children: Callable[[Parts], Iterable[Entry]], descend: Descend, within: Iterable[Parts]
) -> Iterator[Entry]:
    """Go through folders, given how to list one. A folder gone meanwhile held nothing."""
    for folder in within:
        try:
            found = list(children(folder))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            yield Entry(folder, None, is_closed=True)
            continue
        for entry in found:
            if entry.stamp is None and descend(entry.parts):
                yield from walk(children, descend, [entry.parts])
            else:
                yield entry


class LocalPlace:
    """A folder of this machine, mounted or its own. Files are read where they lie."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def shown(self) -> str:
        return str(self.root)

    @property
    def is_far(self) -> bool:
        return False

    def check(self) -> None:
        if self.root.is_file():
            raise PlaceError(f"{self.root} is a file: name a folder with --landing")
        if not self.root.is_dir():
            raise PlaceError(
                f"The landing folder {self.root} does not exist: create or mount it, "
                "or name another with --landing"
            )

    def entries(self, descend: Descend, within: Iterable[Parts] = ((),)) -> Iterator[Entry]:
        try:
            yield from walk(self._children, descend, within)
        except OSError as error:
            raise PlaceError(
                f"The landing folder {self.root} can't be listed ({type(error).__name__}): "
                "look at its disk or mount"
            ) from error

    def stamp(self, name: str) -> Stamp:
        stat = (self.root / name).stat()
        return Stamp(stat.st_size, stat.st_mtime_ns)

    def lend(self, name: str, stamp: Stamp) -> AbstractContextManager[Path]:  # noqa: ARG002
        return nullcontext(self.root / name)

    def _children(self, folder: Parts) -> Iterator[Entry]:
        with os.scandir(self.root.joinpath(*folder)) as entries:
            for entry in entries:
                parts = (*folder, entry.name)
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield Entry(parts, None)
                    continue
                try:
                    stat = entry.stat()
                except FileNotFoundError:  # gone since the folder was listed, or a broken link
                    continue
                yield Entry(parts, Stamp(stat.st_size, stat.st_mtime_ns))
