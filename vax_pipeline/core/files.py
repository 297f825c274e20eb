"""Files that a crash leaves as they were or as they shall be, and nothing in between."""

import errno
import os
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from vax_pipeline.core.processes import is_alive


class ExportExistsError(FileExistsError):
    """A file of an earlier export is in the way: someone may be filling it in."""


def require_free(paths: Iterable[Path]) -> None:
    """Raise ExportExistsError for the first path that is taken."""
    taken = next((path for path in paths if path.exists()), None)
    if taken is not None:
        raise ExportExistsError(
            f"{taken} exists, and someone may be filling it in: move it away or export elsewhere"
        )


def require_writable(file: Path) -> None:
    """Do nothing where this user may write to a file and beside it, as far as they are there.

    Raises:
        PermissionError: not to that one.
    """
    for path in (file.parent, file):
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


@contextmanager
def private_file(path: Path) -> Generator[Path]:
    """Where to write a file that is readable to its owner alone, and has its name only when complete.

    Its folder is created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        yield unfinished
        with unfinished.open("rb") as stream:
            os.fsync(stream.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    flush_folder(path.parent)


def write_whole(path: Path, text: str) -> None:
    """Replace a small file in one step; its folder exists. Of two processes that do, the last wins.

    What a killed one had begun is cleared.
    """
    for left in path.parent.glob(f".{path.name}.*.new"):
        if not is_alive(int(left.name.split(".")[-2])):
            left.unlink(missing_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with aside.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    flush_folder(path.parent)


def remove_folder(folder: Path, dropped: str) -> None:
    """Remove a folder that others may look into: gone under its name before any file of it is.

    Args:
        dropped: what the name it is deleted under begins with; a crash leaves such a folder behind.
    """
    aside = folder.with_name(f"{dropped}{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    shutil.rmtree(aside)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file to a new one; where the file system can, they share their blocks until one is written."""
    with source.open("rb") as read, target.open("xb") as written:
        left = os.fstat(read.fileno()).st_size
        try:
            while left > 0:
                copied = os.copy_file_range(read.fileno(), written.fileno(), left)
                if copied == 0:
                    raise OSError(errno.EIO, "nothing was copied")
                left -= copied
        except OSError:  # between file systems, or on one that can't
            read.seek(0)
            written.seek(0)
            shutil.copyfileobj(read, written, 1 << 20)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file that is never written again a second name; where links can't be, a copy."""
    try:
        target.hardlink_to(source)
    except OSError:
        copy_file(source, target)


def flush_folder(folder: Path) -> None:
    """Bring to disk what was created, renamed or removed in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
