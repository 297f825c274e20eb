"""bi.duckdb is searched for persons before anyone may open it."""

from pathlib import Path

import duckdb
import pytest

from tests.unit.publishing.small_warehouse import Small, small_warehouse
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


def looked_into(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> privacy.Search:
    return privacy.find_personal_data(warehouse, bi.write_bi(warehouse, tmp_path / "bi.duckdb"))


def test_personal_columns_are_left_out_and_nothing_is_found(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    search = looked_into(warehouse, tmp_path)
    assert search.leaks == ()
    assert search.columns >= 2 * len([p for p in BI_TABLES if not p.is_vocabulary])
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
    search = looked_into(warehouse, tmp_path)
    assert [(leak.table, leak.column, leak.kind, leak.rows) for leak in search.leaks] == [
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
    assert looked_into(warehouse, tmp_path).leaks == ()


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A small warehouse with a release: what comes next is made from it."""
    small = small_warehouse(tmp_path, monkeypatch)
    small.run("update $t set remark = 'Nguyễn Thị Hòa' where dose_id = 'D7'")
    small.publish()
    return small


def found(small: Small, *, is_full: bool = False) -> set[tuple[str, str, str, int]]:
    copy, search = small.build(is_full=is_full)
    assert (copy.previous is None) == is_full
    return {(leak.table, leak.column, leak.kind, leak.rows) for leak in search.leaks}


def test_a_number_in_a_new_row_is_found(released: Small) -> None:
    released.run("update $t set remark = 'số 075190000101' where dose_id = 'D3'")
    assert found(released) == {("fct_doses", "remark", "id number or phone", 1)}


@pytest.mark.parametrize("is_full", [False, True])
def test_an_old_value_is_found_once_the_warehouse_knows_it_as_a_name(
    released: Small, *, is_full: bool
) -> None:
    assert found(released, is_full=is_full) == set()
    released.run(f"insert into {schemas.INT_MENTIONS.sql} values ('Nguyễn Thị Hòa')")
    assert found(released, is_full=is_full) == {("fct_doses", "remark", "name", 1)}


def test_a_name_in_a_column_that_never_had_one_is_found(released: Small) -> None:
    released.run(f"insert into {schemas.INT_MENTIONS.sql} values ('Trần Văn Bình')")
    released.run("update $t set citizen_key = 'Trần Văn Bình' where dose_id = 'D3'")
    assert found(released) == {("fct_doses", "citizen_key", "name", 1)}


def test_a_name_is_still_looked_for_where_one_came_in_two_releases_ago(released: Small) -> None:
    released.publish()
    released.publish()
    released.run(f"insert into {schemas.INT_MENTIONS.sql} values ('Nguyễn Thị Hòa')")
    assert found(released) == {("fct_doses", "remark", "name", 1)}


def test_a_name_among_others_in_a_list_is_found(released: Small) -> None:
    released.run(f"insert into {schemas.INT_MENTIONS.sql} values ('Trần Văn Bình')")
    released.run("update $t set tags = ['a', 'Trần Văn Bình'] where dose_id = 'D3'")
    assert found(released) == {("fct_doses", "tags", "name", 1)}
