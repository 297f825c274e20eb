"""One tick at a time: a lock of the operating system on the home, and one of the server's if any.

Both are let go of by whoever holds them when a process dies, so none ever stays.
"""

import fcntl
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, text

from vax_pipeline.core.escalation.ledger import Ledger
from vax_pipeline.core.settings import Settings

PATIENCE_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.1
_SERVER_LOCK = 0x7661785F  # "vax_": ours among the advisory locks of a database


class TickRunningError(RuntimeError):
    """Another tick holds this ledger and did not end in time."""


@contextmanager
def only_tick(settings: Settings, ledger: Ledger) -> Generator[None]:
    """Wait for the turn, hold it for the duration.

    Raises:
        TickRunningError: another tick is still at work after a minute.
    """
    settings.root.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        lock = held.enter_context((settings.root / "ledger.lock").open("w"))
        _wait(lambda: _locked(lock.fileno()), f"another escalation is at work in {settings.root}")
        if ledger.engine.dialect.name == "postgresql":
            # Several machines may share a ledger on a server; the lock lives as long as its session.
            session = held.enter_context(ledger.engine.connect())
            _wait(lambda: _locked_there(session), "another machine's escalation is at work")
            held.callback(_unlock_there, session)
        yield


def _wait(attempt: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not attempt():
        if time.monotonic() >= deadline:
            raise TickRunningError(f"{what}: wait for it to end")
        time.sleep(_LOOK_AGAIN_SECONDS)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked_there(session: Connection) -> bool:
    got = session.scalar(text("select pg_try_advisory_lock(:ours)"), {"ours": _SERVER_LOCK})
    session.commit()  # the lock is the session's, not the transaction's
    return bool(got)


def _unlock_there(session: Connection) -> None:
    session.execute(text("select pg_advisory_unlock(:ours)"), {"ours": _SERVER_LOCK})
    session.commit()
