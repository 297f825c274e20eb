"""What everyone may read tells nothing of a small count, whatever is subtracted from what."""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from vax_pipeline.core import schemas
from vax_pipeline.core.publishing.disclosure import write_public

PROVINCES = ("75", "79", "unknown")
STATES = ("APPROVED", "OPEN", "REJECTED")
CELLS = [("complaints_by_state", province, state) for province in PROVINCES for state in STATES] + [
    ("people_by_verification", province, "MATCH") for province in PROVINCES
]
# Around the limit and around the middle between two multiples of 5, where mistakes would show.
counts = st.lists(
    st.integers(0, 20) | st.integers(0, 10**9), min_size=len(CELLS), max_size=len(CELLS)
)
Shown = dict[tuple[str, str, str], int | None]


@pytest.fixture(scope="module")
def warehouse() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"create schema {schemas.OPS}; create schema {schemas.MARTS}")
        connection.execute(
            f"create table {schemas.PROVINCES.sql} as "
            "select * from (values ('75', 'Tỉnh Đồng Nai'), ('79', 'Thành phố Hồ Chí Minh')) "
            "names(province_code, province_name)"
        )
        yield connection


def published(connection: DuckDBPyConnection, cells: list[int]) -> tuple[Shown, bytes]:
    """What the files show by table, province and category, and all their bytes."""
    rows = ", ".join(str((*cell, number)) for cell, number in zip(CELLS, cells, strict=True))
    connection.execute(
        f"create or replace table {schemas.PUBLIC_CELLS.sql} as select * from (values {rows}) "
        "cells(table_name, province_code, category, cell_count)"
    )
    shown: Shown = {}
    with tempfile.TemporaryDirectory() as folder:
        assert write_public(connection, Path(folder)) == 2
        files = sorted((Path(folder) / "public").iterdir())
        for file in (Path(folder) / "public").glob("*.csv"):
            with file.open(encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    key = (file.stem, row["province_code"], row["category"])
                    shown[key] = int(row["count"]) if row["count"] else None
        return shown, b"".join(file.read_bytes() for file in files)


def class_of(number: int) -> range:
    """All counts that are shown as this one is."""
    if number <= 7:
        return range(8)
    middle = round(number / 5) * 5
    return range(max(8, middle - 2), middle + 3)


@settings(deadline=None)
@given(cells=counts, data=st.data())
def test_no_byte_depends_on_more_of_a_cell_than_is_shown_of_it(
    warehouse: DuckDBPyConnection, cells: list[int], data: st.DataObject
) -> None:
    """So no arithmetic over all the files can tell, of a suppressed cell, 0 from 7."""
    others = [data.draw(st.sampled_from(class_of(number))) for number in cells]
    assert published(warehouse, cells)[1] == published(warehouse, others)[1]


@settings(deadline=None)
@given(cells=counts)
def test_small_counts_are_not_shown_and_others_within_two(
    warehouse: DuckDBPyConnection, cells: list[int]
) -> None:
    shown, _ = published(warehouse, cells)
    for cell, number in zip(CELLS, cells, strict=True):
        seen = shown[cell]
        if number <= 7:
            assert seen is None
        else:
            assert seen is not None
            assert seen % 5 == 0
            assert abs(seen - number) <= 2


@settings(deadline=None)
@given(cells=counts)
def test_totals_are_the_sums_of_what_is_shown(
    warehouse: DuckDBPyConnection, cells: list[int]
) -> None:
    shown, _ = published(warehouse, cells)
    for (table, province, category), total in shown.items():
        if "*" in (province, category):
            parts = [
                shown[cell] or 0
                for cell in CELLS
                if cell[0] == table and province in ("*", cell[1]) and category in ("*", cell[2])
            ]
            assert (total or 0) == sum(parts)
            assert total != 0


@pytest.mark.parametrize(
    ("number", "seen"),
    [(0, None), (7, None), (8, 10), (12, 10), (13, 15), (1_000_002, 1_000_000)],
)
def test_a_count_is_shown_from_eight_to_the_nearest_five(
    warehouse: DuckDBPyConnection, number: int, seen: int | None
) -> None:
    shown, _ = published(warehouse, [number] * len(CELLS))
    assert shown["complaints_by_state", "75", "OPEN"] == seen
    assert shown["complaints_by_state", "*", "OPEN"] == (seen and 3 * seen)
    assert shown["complaints_by_state", "*", "*"] == (seen and 9 * seen)
