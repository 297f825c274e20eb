"""A home on disk: made ready for a run, held by one run at a time.

The lock is the operating system's: a killed process lets go of it, so it also tells the living from
the dead.
"""

import fcntl
import os
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vax_pipeline.core.files import write_whole
from vax_pipeline.core.processes import is_alive
from vax_pipeline.core.settings import PROJECT_ROOT, Settings

_HELD: set[Path] = set()  # by this process
_LOOK_AGAIN_SECONDS = 0.2


class HomeBusyError(RuntimeError):
    """Another `vax` command, or a run of Dagster's daemon, works on this home."""


def create_folders(settings: Settings) -> None:
    """Create the folders that a run works in.

    A landing folder elsewhere is not ours to create: empty, it would read as everything withdrawn.
    """
    for folder in (settings.root, settings.dagster_home, settings.temp):
        folder.mkdir(parents=True, exist_ok=True)
    if settings.has_own_landing:
        settings.landing.mkdir(exist_ok=True)


def prepare(settings: Settings) -> None:
    """Create the home's folders and Dagster's configuration; point this process at them."""
    create_folders(settings)
    configuration = (PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8")
    write_whole(settings.dagster_home / "dagster.yaml", configuration)  # a daemon may be reading it
    # Steps read their settings from the environment, in this process and in those it starts.
    os.environ.update(
        VAX_HOME=str(settings.root),
        DAGSTER_HOME=str(settings.dagster_home),
        VAX_LANDING=settings.landing_at,
        VAX_SETTLE_SECONDS=str(settings.settle_seconds),
        VAX_MEMORY_LIMIT=settings.memory_limit,
        VAX_THREADS=str(settings.threads),
        VAX_RULE_PACK=settings.rule_pack,
    )
    for name, given in settings.outlets.items():
        if given is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = given


@contextmanager
def held(settings: Settings, patience: float = 1.0) -> Generator[None]:
    """Hold the home for the duration; a process that holds it already simply goes on.

    Args:
        patience: seconds to wait for another process to let go.

    Raises:
        HomeBusyError: another process still holds it.
    """
    if settings.root in _HELD:
        yield
        return
    settings.root.mkdir(parents=True, exist_ok=True)
    with settings.lock_file.open("a+") as lock:
        deadline = time.monotonic() + patience
        while not _locked(lock, fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                lock.seek(0)
                raise HomeBusyError(
                    f"{settings.root} is in use by process {lock.read().strip() or 'unknown'}: "
                    "wait for it to end, or choose another --home"
                )
            time.sleep(_LOOK_AGAIN_SECONDS)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _HELD.add(settings.root)
        try:
            _clear_spilled(settings)
            yield
        finally:
            _HELD.discard(settings.root)


def is_held(settings: Settings) -> bool:
    """Whether a living process, this one included, holds the home."""
    if settings.root in _HELD:
        return True
    if not settings.lock_file.exists():
        return False
    # A shared lock, so that two who only ask never see each other.
    with settings.lock_file.open("a+") as lock:
        return not _locked(lock, fcntl.LOCK_SH)


def _clear_spilled(settings: Settings) -> None:
    """Remove what killed processes had spilled to disk, at worst hundreds of gigabytes.

    DuckDB names such files by process and clears the dead ones' itself, but only when it spills again.
    """
    for file in settings.temp.glob("duckdb_temp_*"):
        owner = re.match(r"duckdb_temp_(\d+)_", file.name)
        if owner and not is_alive(int(owner[1])):
            file.unlink(missing_ok=True)


def _locked(lock: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
