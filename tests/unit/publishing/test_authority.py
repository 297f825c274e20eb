"""Workbooks of a release: one per province, written by the code of `vax export`."""

from pathlib import Path

import duckdb
import openpyxl
import pytest

from tests.unit.worklists.worklist_tables import LOT, RECORD, REQUEST, create_tables
from vax_pipeline.core.publishing import authority

HANOI = {"province_code": "01"}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_tables(
        connection,
        {
            "wl_facility_review": [
                RECORD,
                {**RECORD, "record_id": "reviewed", "needs_review": False},
                {**RECORD, "record_id": "in order", "priority": 3},
                {
                    **RECORD,
                    "record_id": "of a silent province",
                    "priority": 3,
                    "province_code": "02",
                },
            ],
            "wl_commune_identity": [{**REQUEST, "province_code": None}],
            "wl_cdc_lots": [LOT, {**LOT, **HANOI}],
        },
    )
    return connection


def test_each_province_with_work_gets_one_and_so_does_what_belongs_to_none(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written = authority.write_workbooks(connection, tmp_path)
    assert {code: sum(rows.values()) for code, rows in written.items()} == {
        "01": 1, "75": 2, "unknown": 1,
    }  # fmt: skip
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")) == [
        f"{code}/worklists.xlsx" for code in ("01", "75", "unknown")
    ]


def test_of_the_records_held_it_has_those_with_findings_that_nobody_reviewed(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    authority.write_workbooks(connection, tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "75" / "worklists.xlsx")["Rà soát hồ sơ tiêm"]
    assert [row[0] for row in sheet.iter_rows(2, values_only=True)] == [RECORD["record_id"]]


def test_a_long_list_has_its_most_urgent_rows_and_the_guide_says_of_how_many(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    later = [{**RECORD, "record_id": f"later {number}", "priority": 2} for number in range(1_500)]
    create_tables(connection, {"wl_facility_review": [*later, {**RECORD, "priority": 1}]})
    written = authority.write_workbooks(connection, tmp_path, most_rows=3)
    assert written["75"]["wl_facility_review"] == 3
    book = openpyxl.load_workbook(tmp_path / "75" / "worklists.xlsx")
    listed = [row[0] for row in book["Rà soát hồ sơ tiêm"].iter_rows(2, values_only=True)]
    assert len(listed) == 3
    assert listed[0] == RECORD["record_id"]
    guide = {row[0]: row[1] for row in book["Hướng dẫn"].iter_rows(values_only=True)}
    assert "3 dòng cần làm trước nhất trong tổng số 1.501 dòng" in guide["Rà soát hồ sơ tiêm"]
    create_tables(connection, {"wl_facility_review": [RECORD]})
    authority.write_workbooks(connection, tmp_path, most_rows=3)
    book = openpyxl.load_workbook(tmp_path / "75" / "worklists.xlsx")
    assert not any(
        "tổng số" in str(row[1]) for row in book["Hướng dẫn"].iter_rows(values_only=True)
    )


def test_a_release_can_be_written_twice_over_one_connection(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = authority.write_workbooks(connection, tmp_path / "first")
    assert authority.write_workbooks(connection, tmp_path / "second") == first


def test_several_processes_write_the_same_workbooks(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = authority.write_workbooks(connection, tmp_path / "alone")
    monkeypatch.setattr(authority, "APART_FROM", 1)
    assert authority.write_workbooks(connection, tmp_path / "apart", processes=2) == alone
    for code in alone:
        one, other = (
            openpyxl.load_workbook(tmp_path / way / code / "worklists.xlsx")
            for way in ("alone", "apart")
        )
        assert one.sheetnames == other.sheetnames
        for name in one.sheetnames:
            assert list(one[name].values) == list(other[name].values)
