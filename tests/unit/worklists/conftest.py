"""A warehouse of worklists in memory, and the workbook of a facility or a province from it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import pytest
from filling import GiveOut
from worklist_tables import ROWS, Row, create_tables

from vax_pipeline.core.worklists.export import write_owner
from vax_pipeline.core.worklists.owners import find_scope


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection)
        yield connection


@pytest.fixture
def give_out(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> GiveOut:
    """Writes the workbook of an owner, from other rows if they are given."""

    def write(owner: str = "75", rows: Mapping[str, Iterable[Row]] = ROWS) -> Path:
        create_tables(connection, rows)
        path = tmp_path / "given out" / f"{owner}.xlsx"
        write_owner(connection, find_scope(connection, owner), path)
        return path

    return write
