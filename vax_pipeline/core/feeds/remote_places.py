"""A landing place that fsspec reaches by URL: s3, sftp, gs, abfs, zip, memory and the rest.

Listed with few calls; files are fetched one at a time into the home's temp folder and removed after.
Whatever a remote library says stays in here: its texts may quote the URL with user and password.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import fsspec as untyped_fsspec  # pyright: ignore[reportMissingTypeStubs]
from fsspec.registry import known_implementations  # pyright: ignore[reportMissingTypeStubs]

from vax_pipeline.core.clock import ICT
from vax_pipeline.core.feeds.places import Descend, Entry, Parts, PlaceError, Stamp, shown, walk

# Their `find` is one flat listing that raises what goes wrong. Everywhere else fsspec's own walk takes
# a folder that it can't list for an empty one, so folders are listed here one by one.
FLAT = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "zip", "tar", "libarchive"})
MANY_FOLDERS = 8  # more than these are found with a flat listing of their feed
TRIES = 3
WAIT_SECONDS = 1.0  # before the second try, doubled before each further one
NAME_LENGTH = 60  # of the end of a name, which tells the format; 255 bytes is what a disk takes

# Filesystems don't agree on names. The first that is given counts.
_TIMES = ("mtime", "LastModified", "last_modified", "modified", "updated", "modify",
          "last_write_time", "timeModified", "date_time", "created")  # fmt: skip
_VERSIONS = ("ETag", "etag", "generation", "content_settings_md5", "content_hash", "md5Hash",
             "checksum", "CRC", "sha")  # fmt: skip

# What to install for a kind of place; fsspec itself brings the rest, or names what it misses.
PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs",
            "abfss": "adlfs", "az": "adlfs", "sftp": "paramiko", "ssh": "paramiko"}  # fmt: skip
ABOUT_A_FILE = (FileNotFoundError, PermissionError)
_REACHED = "be reached"
_LISTED = "be listed"

Answer = TypeVar("Answer")
fsspec: Any = untyped_fsspec


class RemotePlace:
    """See the module. Credentials come from the URL, the environment or fsspec's own configuration."""

    def __init__(self, url: str, temp: Path) -> None:
        self._shown = shown(url)
        self._temp = temp / "fetched"
        _require_packages(url)
        fs, root = self._ask(lambda: fsspec.core.url_to_fs(url), _REACHED)
        # fsspec would hand the same object out again, with a connection that may have died meanwhile.
        fs.clear_instance_cache()
        self._fs = fs
        self._root: str = root
        self._prefix = root if not root or root.endswith("/") else f"{root}/"
        protocols = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
        self._is_flat = not FLAT.isdisjoint(protocols)

    @property
    def shown(self) -> str:
        return self._shown

    @property
    def is_far(self) -> bool:
        return True

    def check(self) -> None:
        self._forget()
        try:
            # Not exists(): in many filesystems it takes every error for a no.
            info = self._ask(lambda: self._fs.info(self._root), _REACHED, (FileNotFoundError,))
        except FileNotFoundError:
            info = None
        if info is None:
            raise PlaceError(
                f"The landing place {self._shown} does not exist or is empty: create it, "
                "or name another with --landing or VAX_LANDING"
            )
        if info["type"] == "file":
            raise PlaceError(f"The landing place {self._shown} is a file: name a folder")

    def entries(self, descend: Descend, within: Iterable[Parts] = ((),)) -> Iterator[Entry]:
        self._forget()
        if self._is_flat:
            yield from self._found(descend, list(within))
            return
        # In one go, so that an error half-way is an error and not a short list.
        yield from self._ask(lambda: list(walk(self._children, descend, within)), _LISTED)

    def stamp(self, name: str) -> Stamp:
        self._forget()
        what = f"tell about {name}"
        return stamp_of(self._ask(lambda: self._fs.info(self._prefix + name), what, ABOUT_A_FILE))

    @contextmanager
    def lend(self, name: str, stamp: Stamp) -> Generator[Path]:
        shutil.rmtree(self._temp, ignore_errors=True)  # a killed run leaves its file behind
        self._temp.mkdir(parents=True)
        path = self._temp / name.rpartition("/")[2][-NAME_LENGTH:]
        try:
            self._fetch(name, stamp, path)
            yield path
        finally:
            shutil.rmtree(self._temp, ignore_errors=True)

    def _fetch(self, name: str, stamp: Stamp, path: Path) -> None:
        failure = PlaceError(
            f"{self._shown} gave {name} with another size than it was listed with: "
            "the next load tries again"
        )
        for tried in range(TRIES):
            if tried:
                time.sleep(WAIT_SECONDS * 2 ** (tried - 1))
            try:
                self._ask(
                    lambda: self._fs.get_file(self._prefix + name, str(path)),
                    f"give {name}",
                    ABOUT_A_FILE,
                )
            except PlaceError as error:
                failure = error
            else:
                if path.stat().st_size == stamp.size:
                    return
        raise failure

    def _children(self, folder: Parts) -> Iterator[Entry]:
        path = self._prefix + "/".join(folder) if folder else self._root
        for info in self._fs.ls(path, detail=True):
            full = str(info["name"]).rstrip("/")
            name = full.rpartition("/")[2]
            if full != path.rstrip("/") and not name.startswith("."):
                yield _entry((*folder, name), info)

    def _found(self, descend: Descend, within: list[Parts]) -> Iterator[Entry]:
        """From flat listings the same entries as by going through folders."""
        starts = set(within)
        few = len(within) <= MANY_FOLDERS
        told: set[Parts] = set()
        for start in within if few else sorted({folder[:1] for folder in within}):
            path = self._prefix + "/".join(start) if start else self._root
            for full, info in self._find(path).items():
                parts = tuple(full.removeprefix(self._prefix).split("/"))
                is_file = info["type"] != "directory" and parts[-1]  # a store may mark its folders
                is_wanted = any(parts[:depth] in starts for depth in range(len(parts)))
                if not is_file or not is_wanted or _is_hidden(parts):
                    continue
                above = (parts[:depth] for depth in range(len(start) + 1, len(parts)))
                closed = next((p for p in above if p not in starts and not descend(p)), None)
                if closed is None:
                    yield _entry(parts, info)
                elif closed not in told:
                    told.add(closed)
                    yield Entry(closed, None)

    def _find(self, path: str) -> Mapping[str, Mapping[str, Any]]:
        def find() -> Mapping[str, Mapping[str, Any]]:
            try:
                return dict(self._fs.find(path, detail=True))
            except FileNotFoundError:
                return {}

        return self._ask(find, _LISTED)

    def _forget(self) -> None:
        """fsspec remembers listings; here only what is there now counts."""
        self._ask(self._fs.invalidate_cache, _REACHED)

    def _ask(
        self,
        question: Callable[[], Answer],
        what: str,
        let_through: tuple[type[OSError], ...] = (),
    ) -> Answer:
        """The answer; or an error without a word, or a trace, of the library that met it."""
        try:
            return question()
        except Exception as error:  # the libraries behind fsspec share no class of errors
            failure: OSError = PlaceError(
                f"The landing place {self._shown} can't {what} ({type(error).__name__}): check its "
                "address, the network and the credentials, then run again"
            )
            for kind in let_through:
                if isinstance(error, kind):
                    failure = kind(f"{self._shown} can't {what}")
        raise failure


def _require_packages(url: str) -> None:
    """Raise PlaceError, naming what to install, when a part of the URL is of no known kind."""
    named = [part for part in url.split("::") if "://" in part or "/" not in part]
    for protocol in (part.partition("://")[0] for part in named):
        try:
            fsspec.get_filesystem_class(protocol)
            continue
        except ImportError:
            needs = known_implementations[protocol]["err"]
            if protocol in PACKAGES:
                needs = f"install what reaches it: uv pip install {PACKAGES[protocol]}"
        except ValueError:
            needs = (
                f"no kind of place is called '{protocol}': give a folder, or a URL like s3://..."
            )
        raise PlaceError(f"The landing place {shown(url)} can't be reached: {needs}")


def stamp_of(info: Mapping[str, Any]) -> Stamp:
    """Size, time and version out of what any filesystem tells of a file.

    The time is cut to seconds: stores list fractions that they don't tell when asked for the file.
    """
    times = (_seconds(info.get(name)) for name in _TIMES)
    seconds = next((time for time in times if time is not None), None)
    version = next((f"{name}={info[name]}" for name in _VERSIONS if info.get(name)), None)
    return Stamp(
        int(info["size"] or 0),
        None if seconds is None else seconds * 10**9,
        None if version is None else hashlib.sha256(version.encode()).hexdigest()[:16],
    )


def _seconds(value: Any) -> int | None:
    """A time since 1970 in any form in which filesystems tell it; one without a zone is UTC."""
    match value:
        case datetime():
            return int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
        case int() | float():
            return int(value)
        case str():
            return _seconds(_parsed(value))
        case tuple():  # of a zip: on the clock of who packed it
            return _seconds(_zip_time(cast("tuple[int, ...]", value)))
        case _:
            return None


def _zip_time(parts: tuple[int, ...]) -> datetime | None:
    try:
        return datetime(*parts[:6], tzinfo=ICT)
    except ValueError:  # packed without a time
        return None


def _parsed(text: str) -> datetime | None:
    for parse in (_ftp_time, datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(text)
        except ValueError:
            continue
    return None


def _ftp_time(text: str) -> datetime:
    return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _entry(parts: Parts, info: Mapping[str, Any]) -> Entry:
    return Entry(parts, None if info["type"] == "directory" else stamp_of(info))


def _is_hidden(parts: Parts) -> bool:
    return any(part.startswith(".") for part in parts)
