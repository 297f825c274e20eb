"""bi.duckdb is searched for persons before anyone may open it."""

from pathlib import Path

import duckdb
import pytest

from vax_pipeline.core import schemas
from vax_pipeline.core.publishing import bi, privacy
from vax_pipeline.core.publishing.catalog import BI_TABLES


@pytest.fixture
def warehouse(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """Every published table with one harmless row, and one person the warehouse knows."""
    connection = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    for schema in schemas.SCHEMAS:
        connection.execute(f"create schema {schema}")
    for published in BI_TABLES:
        order = published.order_by or "some_key"
        connection.execute(
            f"create table {published.relation.sql} as select 'k1' as {order}, "
            "'Nguyễn Thị Hòa' as full_name, '075190000101' as citizen_id, "
            "'0900000101' as phone, '2021-11-08' as noted, null::varchar as remark"
        )
    connection.execute(
        f"create table {schemas.INT_MENTIONS.sql} as select 'Nguyễn Thị Hòa' as full_name"
    )
    return connection


def looked_into(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> tuple[list[privacy.Leak], int]:
    file = tmp_path / "bi.duckdb"
    bi.write_bi(warehouse, file)
    return privacy.find_personal_data(warehouse, file)


def test_personal_columns_are_left_out_and_nothing_is_found(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    leaks, looked = looked_into(warehouse, tmp_path)
    assert leaks == []
    assert looked >= 2 * len([p for p in BI_TABLES if not p.is_vocabulary])
    with duckdb.connect(str(tmp_path / "bi.duckdb"), read_only=True) as copy:
        columns = {
            row[0] for row in copy.execute("select column_name from duckdb_columns()").fetchall()
        }
    assert not columns & {"full_name", "citizen_id", "phone"}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Nguyễn Thị Hòa", "name"),
        ("075190000101", "id number or phone"),
        ("số 271000101 cũ", "id number or phone"),
        ("gọi 0900000101", "id number or phone"),
        ("89210347-dfb9-4a81-9a4e-654273753835 of 075190000101", "id number or phone"),
    ],
)
def test_a_person_in_any_other_column_is_found(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, value: str, kind: str
) -> None:
    warehouse.execute(f"update {schemas.FCT_COMPLAINTS.sql} set remark = ?", [value])
    leaks, _ = looked_into(warehouse, tmp_path)
    assert [(leak.table, leak.column, leak.kind, leak.rows) for leak in leaks] == [
        ("fct_complaints", "remark", kind, 1)
    ]


@pytest.mark.parametrize(
    "value",
    [
        "2021-11-08",
        "75001",
        "20211108101500123",
        "a1b2c3d4e5f60718",
        "89210347-dfb9-4a81-9a4e-654273753835",
    ],
)
def test_codes_dates_and_hashes_are_no_persons(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, value: str
) -> None:
    warehouse.execute(f"update {schemas.FCT_COMPLAINTS.sql} set remark = ?", [value])
    assert looked_into(warehouse, tmp_path)[0] == []
