"""Dagster's event log without a disk flush per event.

A run over thirty delivery days writes some nine hundred events, each several transactions; with SQLite's
default every one waits for the disk. In WAL mode `synchronous = normal` loses nothing when a process is
killed; only a power cut may cost the last events, never their consistency. The ledger is not touched.
"""

from pathlib import Path
from sqlite3 import Connection
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


def relax_flushing(dagster_home: Path) -> None:
    """From now on, connections of this process to databases below `dagster_home` flush less."""

    def tune(connection: Any, _record: object) -> None:
        if not isinstance(connection, Connection):
            return
        file = connection.execute("pragma database_list").fetchone()[2]
        if file and Path(file).is_relative_to(dagster_home):
            connection.execute("pragma synchronous = normal")

    event.listen(Engine, "connect", tune)
