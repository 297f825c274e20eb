"""What everyone may read tells nothing of a small count, whatever is subtracted from what."""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import jinja2
import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from vax_pipeline.core import schemas
from vax_pipeline.core.publishing.disclosure import write_public
from vax_pipeline.core.settings import DBT_PROJECT_DIR

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
        connection.execute(
            f"create table {schemas.RULE_SETTINGS.sql} as select * from (values "
            "('disclosure_suppressed_up_to', '7', 'vn_moh'), ('disclosure_rounded_to', '5', 'vn_moh'), "
            "('disclosure_suppressed_up_to', '9', 'another'), ('disclosure_rounded_to', '9', 'another')) "
            "settings(setting, value, pack)"
        )
        connection.execute(
            f"create table {schemas.RUN_CONTEXT.sql} as select 'vn_moh' as rule_pack"
        )
        yield connection


def build_figures(connection: DuckDBPyConnection) -> None:
    """As dbt builds them: the model's own SQL, on these tables."""
    macros = (DBT_PROJECT_DIR / "macros" / "rules" / "validity.sql").read_text("utf-8")
    model = (DBT_PROJECT_DIR / "models" / "marts" / "public_figures.sql").read_text("utf-8")
    tables = (schemas.PUBLIC_CELLS, schemas.PROVINCES, schemas.RULE_SETTINGS)
    relations = {relation.name: relation.sql for relation in tables}
    built = jinja2.Template(macros + model).render(
        ref=relations.__getitem__, source=lambda *_: schemas.RUN_CONTEXT.sql
    )
    connection.execute(f"create or replace table {schemas.PUBLIC_FIGURES.sql} as {built}")


def published(connection: DuckDBPyConnection, cells: list[int]) -> tuple[Shown, bytes]:
    """What the files show by table, province and category, and all their bytes."""
    rows = ", ".join(str((*cell, number)) for cell, number in zip(CELLS, cells, strict=True))
    connection.execute(
        f"create or replace table {schemas.PUBLIC_CELLS.sql} as select * from (values {rows}) "
        "cells(table_name, province_code, category, cell_count)"
    )
    build_figures(connection)
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


def test_the_note_says_the_limits_of_the_pack(
    warehouse: DuckDBPyConnection, tmp_path: Path
) -> None:
    published(warehouse, [10] * len(CELLS))
    write_public(warehouse, tmp_path)
    note = (tmp_path / "public" / "ghi_chu.txt").read_text(encoding="utf-8")
    assert "từ 0 đến 7" in note
    assert "multiple of 5" in note
