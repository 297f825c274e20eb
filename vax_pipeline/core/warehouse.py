"""Opening the warehouse: who may write, who may read, within which limits.

DuckDB lets one process write and locks all others out, so every caller that passes through here in
Dagster holds the pool `duckdb`. Readers outside the pipeline use a release, never this file.
"""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.keys import with_key_as_text
from vax_pipeline.core.settings import Settings

LOCK_PATIENCE_SECONDS = 20.0
_BYTES = {unit: 1024**power for power, unit in enumerate(("bytes", "KiB", "MiB", "GiB", "TiB"))}


class WarehouseLockedError(RuntimeError):
    """Another process holds the warehouse and did not let go in time."""


def engine_config(settings: Settings) -> dict[str, str]:
    """DuckDB's limits, the same for every connection of a home (two configs of one file clash)."""
    settings.temp.mkdir(parents=True, exist_ok=True)
    return {
        "memory_limit": settings.memory_limit,
        "threads": str(settings.threads),
        "temp_directory": str(settings.temp),
        "preserve_insertion_order": "false",
        # By itself DuckDB writes out what is in the log whenever it has 16 MB, which each commit soon has.
        "checkpoint_threshold": "256MB",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


def memory_limit_gb(limit: str) -> float:
    """DuckDB's memory limit in 10^9 bytes, to a tenth of a GiB: DuckDB reads it (`10GB`, `512MiB`, `80%`).

    Raises:
        duckdb.Error: DuckDB would not take it.
    """
    with duckdb.connect(config={"memory_limit": limit}) as connection:
        shown = str(connection.execute("select current_setting('memory_limit')").fetchall()[0][0])
    number, unit = shown.split()
    return float(number) * _BYTES[unit] / 1e9


@contextmanager
def writer(settings: Settings) -> Generator[duckdb.DuckDBPyConnection]:
    """A writing connection, closed at the end; waits a little for a lock, then says who to look for.

    Raises:
        WarehouseLockedError: the file stayed locked by another process.
    """
    settings.root.mkdir(parents=True, exist_ok=True)
    if not settings.warehouse.exists():
        _create(settings.warehouse)
    connection = _connect(settings.warehouse, settings, read_only=False)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def reader(settings: Settings) -> Generator[duckdb.DuckDBPyConnection]:
    """A reading connection for the pipeline's own steps; others read a release."""
    connection = _connect(settings.warehouse, settings, read_only=True)
    try:
        yield connection
    finally:
        connection.close()


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """What every connection of ours needs, wherever it leads."""
    # Timestamps without a zone are Vietnamese everywhere; dbt's profile sets the same.
    connection.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
    connection.execute("set enable_progress_bar = false")  # the terminal is the command's


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Generator[None]:
    """All or nothing: commit at the end, roll back on any exception."""
    connection.execute("begin transaction")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def bootstrap(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what Python owns and is missing: the schemas, one raw table a feed, the ledgers.

    Columns that came with a later version are added to the tables of an older home, empty.
    """
    for schema in schemas.SCHEMAS:
        connection.execute(f'create schema if not exists "{schema}"')
    tables = [*(feed.raw_table for feed in FEEDS.values()), *schemas.OWNED_TABLES]
    present = _columns(connection)
    for table in tables:
        connection.execute(table.create_sql())
        for name, kind in table.columns.items():
            if name not in present.get((table.schema, table.name), table.columns):
                connection.execute(f'alter table {table.sql} add column "{name}" {kind}')


def is_built(connection: duckdb.DuckDBPyConnection, *, by_dbt: bool) -> bool:
    """Whether all tables that Python names are there, with the columns it gave them.

    Args:
        by_dbt: those that a run builds too, not only those that Python makes.
    """
    present = _columns(connection)
    owned = [*(feed.raw_table for feed in FEEDS.values()), *schemas.OWNED_TABLES]
    return all(
        set(table.columns) <= present.get((table.schema, table.name), set()) for table in owned
    ) and (not by_dbt or all((r.schema, r.name) in present for r in schemas.built_by_dbt()))


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], set[str]]:
    """The columns of every table and view, by schema and name."""
    found = connection.execute(
        "select schema_name, table_name, list(column_name) from duckdb_columns() group by all"
    ).fetchall()
    return {(schema, table): set(names) for schema, table, names in found}


def count(connection: duckdb.DuckDBPyConnection, relation: schemas.Relation) -> int:
    """Rows of a relation."""
    return number(connection, f"select count(*) from {relation.sql}")


def number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one number a query yields."""
    # fetchall: after a fetchone DuckDB 2 calls the result unfinished and refuses other work.
    return int(connection.execute(sql).fetchall()[0][0])


def records(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Sequence[object] | Mapping[str, object] = (),
) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries, keys as text: for a few rows, never for a table."""
    named = dict(values) if isinstance(values, Mapping) else list(values)
    cursor = connection.execute(sql, named)
    columns = [str(column[0]) for column in cursor.description or ()]
    return [
        dict(zip(columns, map(with_key_as_text, row), strict=True)) for row in cursor.fetchall()
    ]


def _create(path: Path) -> None:
    """Make a new warehouse aside: DuckDB refuses for ever a file whose making was cut short."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    duckdb.connect(str(aside)).close()
    aside.rename(path)


def _connect(path: Path, settings: Settings, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            connection = duckdb.connect(
                str(path), read_only=read_only, config={**engine_config(settings)}
            )
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() >= deadline:
                raise WarehouseLockedError(
                    f"{path} is held by another process: wait for the running job to end, "
                    "or close the program that opened it"
                ) from error
            time.sleep(0.25)
        else:
            prepare(connection)
            return connection
