"""A home on disk: made ready for a run, held by one `vax` command at a time.

The lock is the operating system's, so a killed process lets go of it.
"""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager

from vax_pipeline.core.settings import PROJECT_ROOT, Settings


class HomeBusyError(RuntimeError):
    """Another `vax` command works on this home."""


def prepare(settings: Settings) -> None:
    """Create the home's folders and Dagster's configuration; point this process at them."""
    for folder in (settings.root, settings.landing, settings.dagster_home, settings.temp):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    # Steps read their settings from the environment, in this process and in those it starts.
    os.environ.update(
        VAX_HOME=str(settings.root),
        DAGSTER_HOME=str(settings.dagster_home),
        VAX_LANDING=str(settings.landing),
        VAX_SETTLE_SECONDS=str(settings.settle_seconds),
        VAX_MEMORY_LIMIT=settings.memory_limit,
        VAX_THREADS=str(settings.threads),
    )


@contextmanager
def held(settings: Settings) -> Generator[None]:
    """Hold the home for the duration.

    Raises:
        HomeBusyError: another process holds it.
    """
    settings.root.mkdir(parents=True, exist_ok=True)
    with (settings.root / ".lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise HomeBusyError(
                f"{settings.root} is in use by process {lock.read().strip() or 'unknown'}: "
                "wait for it to end, or choose another --home"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
