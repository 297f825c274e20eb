"""Workbooks for authorities open safely: what a citizen typed never runs in Excel."""

import zipfile
from pathlib import Path

import duckdb
import fastexcel
import pytest

from vax_pipeline.core.publishing import authority
from vax_pipeline.core.publishing.catalog import WORKLISTS


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    connection = duckdb.connect()
    connection.execute("create schema marts")
    for worklist in WORKLISTS:
        connection.execute(
            f"create table {worklist.relation.sql} as "
            "select 'PA-1' as complaint_id, '75' as province_code, '075190000101' as id_number, "
            "'=cmd()' as description, timestamp '2021-11-08 09:15:00' as received_at, 3 as days"
        )
    written = authority.write_workbooks(connection, tmp_path)
    assert written == {"75": {worklist.relation.name: 1 for worklist in WORKLISTS}}
    return tmp_path / "75" / "worklists.xlsx"


def test_each_worklist_is_a_sheet_with_its_vietnamese_title(workbook: Path) -> None:
    assert fastexcel.read_excel(workbook).sheet_names == [w.title_vi for w in WORKLISTS]


def test_numbers_of_persons_keep_their_leading_zero(workbook: Path) -> None:
    sheet = fastexcel.read_excel(workbook).load_sheet(0, dtypes="string").to_polars()
    assert sheet["id_number"].to_list() == ["075190000101"]


def test_a_formula_in_a_complaint_stays_text(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    frame = fastexcel.read_excel(workbook).load_sheet(0, dtypes="string").to_polars()
    assert frame["description"].to_list() == ["=cmd()"]


def test_what_a_sheet_can_not_hold_goes_on_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authority, "MAX_SHEET_ROWS", 2)
    connection = duckdb.connect()
    connection.execute("create schema marts")
    for worklist in WORKLISTS:
        connection.execute(
            f"create table {worklist.relation.sql} as "
            "select 'PA-' || i as complaint_id, '75' as province_code from range(5) r(i)"
        )
    written = authority.write_workbooks(connection, tmp_path)
    assert written == {"75": {worklist.relation.name: 5 for worklist in WORKLISTS}}
    book = fastexcel.read_excel(tmp_path / "75" / "worklists.xlsx")
    assert len(book.sheet_names) == 3 * len(WORKLISTS)
    assert [name[-2:] for name in book.sheet_names[1:3]] == [" 2", " 3"]
    frames = [book.load_sheet(name).to_polars() for name in book.sheet_names[:3]]
    assert [len(frame) for frame in frames] == [2, 2, 1]
    assert {row for frame in frames for row in frame["complaint_id"]} == {
        f"PA-{i}" for i in range(5)
    }
