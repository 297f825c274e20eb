"""Great Expectations inside DuckDB: the one repair it needs, and connections that equal everyone's.

Out of the box GX closes its connection before it fetches, and DuckDB then returns an empty list
without an error (GX 1.24.1, duckdb-engine 0.17.0). Used by `runner` alone.
"""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

# Read by GX at import: no telemetry out of a health authority's machine.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

PRIVATE_NAME = "_PERSISTED_CONNECTION_DIALECTS"
TIME_ZONE = "Asia/Ho_Chi_Minh"


class PersistedDialect(StrEnum):
    """A member for GX's list of dialects whose connection stays open between queries.

    GX compares members with plain text and reads their `.value`.
    """

    DUCKDB = "duckdb"


class DialectListMovedError(RuntimeError):
    """GX has renamed its private list of dialects with a persisted connection."""


def teach_gx_duckdb() -> None:
    """Add DuckDB to the dialects whose connection GX keeps; idempotent.

    Raises:
        DialectListMovedError: the pinned GX changed; without the entry every check would lie.
    """
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

    dialects = getattr(engine, PRIVATE_NAME, None)
    if not isinstance(dialects, tuple):
        raise DialectListMovedError(
            f"great_expectations has no tuple {PRIVATE_NAME} any more: its SQL checks on DuckDB "
            "would see empty results; find the new name before raising the pin"
        )
    if PersistedDialect.DUCKDB not in dialects:
        setattr(engine, PRIVATE_NAME, (*dialects, PersistedDialect.DUCKDB))


@contextmanager
def connections(
    database: Path, config: Mapping[str, str], *, read_only: bool
) -> Generator[Callable[[], duckdb.DuckDBPyConnection]]:
    """A function that opens connections to `database`; all are closed at the end.

    duckdb-engine's own connect adds a user agent to the settings, and two connections of one
    process with different settings clash, so GX gets these instead.
    """
    opened: list[duckdb.DuckDBPyConnection] = []

    def connect() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(database), read_only=read_only, config=dict(config))
        opened.append(connection)
        connection.execute(f"set TimeZone = '{TIME_ZONE}'")
        return connection

    try:
        yield connect
    finally:
        for connection in opened:
            connection.close()


def sqlalchemy_arguments(connect: Callable[[], duckdb.DuckDBPyConnection]) -> dict[str, Any]:
    """Arguments of `sqlalchemy.create_engine` that make it use `connect`."""
    from duckdb_engine import ConnectionWrapper

    return {"creator": lambda: ConnectionWrapper(connect())}
