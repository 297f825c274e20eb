"""bi.duckdb: the published tables for BI tools, free of personal data.

Made from the file of the release before and what has changed since, or from scratch where nothing can be
built on. Written with an older storage version, so that tools on DuckDB 1.4 and 1.5 open it.
"""

import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import warehouse
from vax_pipeline.core.changes import Account
from vax_pipeline.core.files import copy_file
from vax_pipeline.core.publishing.catalog import BI_TABLES, PARQUET_TABLES
from vax_pipeline.core.publishing.difference import (
    CATALOG,
    Change,
    Limits,
    bring_up_to_date,
    leave,
    read_shapes,
    write_anew,
)
from vax_pipeline.core.publishing.release import Release

STORAGE_VERSION = "v1.4.0"
MOST_FREE = (
    0.5  # blocks of the file that hold nothing, as a share of those that do; files never shrink
)
FACTS = "bi"  # of the manifest: what the next release must know of this one
_FACTS_FILE = ".bi.json"
_MADE_BY = ("bi.py", "catalog.py", "difference.py", "parquet.py", "privacy.py")


@dataclass(frozen=True)
class BiCopy:
    """A bi.duckdb under construction: what became of each table, by `schema.table`.

    Attributes:
        previous: the release it was made from; null when it was made from scratch.
        anew_because: why it was.
    """

    file: Path
    tables: Mapping[str, Change]
    previous: Release | None = None
    anew_because: str | None = None

    @property
    def rows(self) -> dict[str, int]:
        return {name: change.rows for name, change in self.tables.items()}


def write_bi(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    previous: Release | None = None,
    limits: Limits | None = None,
    account: Account | None = None,
) -> BiCopy:
    """Copy every published table into a new database file.

    Args:
        account: what is known of the tables since `previous` was made of them.
    """
    because = "nothing is there to build on" if previous is None else _unfit(connection, previous)
    if previous is not None and because is None:
        try:
            return _from_previous(connection, file, previous, limits, account or Account())
        except duckdb.ProgrammingError:  # a fault of ours, not of the file
            raise
        except duckdb.Error as error:
            because = f"{type(error).__name__} in it"
        for left in (file, file.with_name(f"{file.name}.wal")):
            left.unlink(missing_ok=True)
    with _attached(connection, file):
        shapes = read_shapes(connection)
        tables = {p.name: write_anew(connection, p, shapes) for p in BI_TABLES}
    return BiCopy(file, tables, anew_because=because)


def keep_facts(copy: BiCopy, phrases: frozenset[str]) -> None:
    """Leave beside the copy what the next release must know of it, until the manifest takes it up."""
    facts = {
        "made_by": made_by(),
        "anew_because": copy.anew_because,
        "moved": {name: change.moved for name, change in copy.tables.items() if change.moved},
        "phrases": sorted(phrases),
        "rows": copy.rows,
    }
    copy.file.with_name(_FACTS_FILE).write_text(json.dumps(facts), encoding="utf-8")


def take_facts(directory: Path) -> dict[str, Any]:
    """What `keep_facts` left, for the manifest."""
    file = directory / _FACTS_FILE
    facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    file.unlink()
    return facts


def made_by() -> str:
    """A fingerprint of the code that makes and searches the copy: what other code made is not built on."""
    told = hashlib.sha256(f"{duckdb.__version__}\0".encode())
    for name in _MADE_BY:
        told.update(Path(__file__).with_name(name).read_bytes())
    return told.hexdigest()


def _unfit(connection: duckdb.DuckDBPyConnection, previous: Release) -> str | None:
    """Why nothing can be built on a release; null when it can."""
    if previous.manifest.get(FACTS, {}).get("made_by") != made_by():
        return "other code made it"
    try:
        connection.execute(f"attach '{previous.bi}' as {CATALOG} (read_only)")
    except duckdb.Error as error:
        return f"{type(error).__name__} in it"
    try:
        [(used, free)] = connection.execute(
            "select used_blocks, free_blocks from pragma_database_size() where database_name = ?",
            [CATALOG],
        ).fetchall()
    finally:
        connection.execute(f"detach {CATALOG}")
    return "it holds too much free space" if free > used * MOST_FREE else None


def _from_previous(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    previous: Release,
    limits: Limits | None,
    account: Account,
) -> BiCopy:
    moved: dict[str, int] = previous.manifest[FACTS]["moved"]
    months = {relation.sql: month_of for relation, month_of in PARQUET_TABLES}
    copy_file(previous.bi, file)
    # One transaction: each would wait for the disk.
    with _attached(connection, file), warehouse.transaction(connection):
        shapes = read_shapes(connection)
        tables: dict[str, Change] = {}
        for published in BI_TABLES:
            moved_before = moved.get(published.name, 0)
            if published.name in account.standing:
                change = leave(connection, published, moved_before=moved_before)
            else:
                change = bring_up_to_date(
                    connection,
                    published,
                    shapes,
                    moved_before=moved_before,
                    month_of=months.get(published.relation.sql),
                    limits=limits,
                    only=account.differing.get(published.name),
                )
            tables[published.name] = change
    return BiCopy(file, tables, previous)


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, file: Path) -> Generator[None]:
    """The copy as a catalog to write to, with all schemas; written out at the end."""
    connection.execute(f"attach '{file}' as {CATALOG} (storage_version '{STORAGE_VERSION}')")
    try:
        for schema in dict.fromkeys(p.relation.schema for p in BI_TABLES):
            connection.execute(f'create schema if not exists {CATALOG}."{schema}"')
        yield
        connection.execute(f"checkpoint {CATALOG}")
    finally:
        connection.execute(f"detach {CATALOG}")
