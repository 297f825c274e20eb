"""Workbooks given out: safe to open, in plain Vietnamese, with all that is needed to send them back."""

import re
import stat
import zipfile
from pathlib import Path

import duckdb
import pytest
from filling import Filled, GiveOut
from worklist_tables import LOT, RECORD, REQUEST

from vax_pipeline.core.worklists import workbook
from vax_pipeline.core.worklists.catalog import WORKLISTS
from vax_pipeline.core.worklists.export import export_owner
from vax_pipeline.core.worklists.owners import UnknownOwnerError, find_scope

REVIEW, IDENTITY, LOTS = (
    "Rà soát hồ sơ tiêm", "Thông tin công dân cần xác minh", "Số lô cần xử lý",
)  # fmt: skip


def xml_of(path: Path, part: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"xl/{part}.xml").decode()


def sheets_of(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return sorted(name for name in archive.namelist() if name.startswith("xl/worksheets/sheet"))


def test_a_workbook_is_a_guide_a_sheet_per_worklist_and_the_words_to_choose_from(
    give_out: GiveOut,
) -> None:
    book = Filled(give_out()).book
    assert book.sheetnames == ["Hướng dẫn", *(w.title for w in WORKLISTS), "Danh mục"]
    assert book["Danh mục"].sheet_state == "hidden"


def test_the_guide_says_for_whom_by_when_and_where_it_comes_back(give_out: GiveOut) -> None:
    guide = Filled(give_out("F1")).sheet("Hướng dẫn")
    rows = [tuple(row) for row in guide.iter_rows(values_only=True)]
    assert rows[0][:2] == ("Danh sách công việc", "F1 Trạm Y tế A")
    assert rows[1][:2] == ("Lập lúc", "08/12/2021 08:00")
    tasks = {row[0]: row[1:] for row in rows[2:]}
    assert tasks[REVIEW][1] == "landing/record_reviews/<năm-tháng-ngày>/"
    assert "48 giờ" in tasks["Phản ánh cần xử lý"][0]
    assert LOTS not in tasks  # not of this facility


def test_every_cell_is_text_and_numbers_of_persons_keep_their_zeros(give_out: GiveOut) -> None:
    path = give_out()
    for part in sheets_of(path):
        with zipfile.ZipFile(path) as archive:
            cells = re.findall(r"<c [^>]*>", archive.read(part).decode())
        assert cells
        assert [cell for cell in cells if 't="inlineStr"' not in cell] == []
    filled = Filled(path)
    assert filled.value(REVIEW, 2, "Số CCCD/CMND") == "075190000101"
    assert filled.value(REVIEW, 2, "Số điện thoại") == "0912345678"
    assert filled.value(LOTS, 2, "Số bản ghi") == "7"
    assert filled.sheet(REVIEW).cell(2, filled.column(REVIEW, "Số CCCD/CMND")).number_format == "@"


def test_what_is_typed_into_an_empty_answer_is_text_too(give_out: GiveOut) -> None:
    filled = Filled(give_out())
    letter = filled.sheet(REVIEW).cell(1, filled.column(REVIEW, "Kết quả rà soát")).column_letter
    column = filled.sheet(REVIEW).column_dimensions[letter]
    assert column.number_format == "@"
    assert not column.protection.locked


@pytest.mark.parametrize("typed", ["=cmd()", "+84912345678", "-1", "@x", "\t=1", "＝1"])
def test_nothing_that_was_typed_runs_as_a_formula(give_out: GiveOut, typed: str) -> None:
    path = give_out(rows={"wl_facility_review": [{**RECORD, "full_name": typed}]})
    assert "<f>" not in xml_of(path, "worksheets/sheet2")
    assert Filled(path).value(REVIEW, 2, "Họ và tên") == f"'{typed}"


def test_what_looks_like_a_link_is_none(give_out: GiveOut) -> None:
    path = give_out(rows={"wl_facility_review": [{**RECORD, "full_name": "http://a.vn"}]})
    assert "hyperlink" not in xml_of(path, "worksheets/sheet2")


def test_codes_are_put_into_words(give_out: GiveOut) -> None:
    filled = Filled(give_out())
    shown = {
        (IDENTITY, "Khác ở"): "họ tên (dấu); giới tính (khác)",
        (IDENTITY, "Giới tính"): "Nam",
        (IDENTITY, "Lý do"): "Sai họ tên",
        (REVIEW, "Mức độ"): "Lỗi",
        (REVIEW, "Phát hiện"): (
            "Bản ghi không có số lô. (LOT-001) Tiêm ngày 08/11/2021, lô A1 đã hết hạn ngày 31/10/2021. "
            "(LOT-004)"
        ),
        ("Phản ánh cần xử lý", "Thời điểm tiếp nhận"): "07/12/2021 09:15",
        ("Phản ánh cần xử lý", "Ngày sinh"): "07/11/1980",
        ("Phản ánh cần xử lý", "Loại mũi khai báo"): "mũi nhắc lại",
        ("Phản ánh chờ phân công", "Còn thiếu"): "cơ sở tiêm; ngày tiêm",
    }
    assert {place: filled.value(place[0], 2, place[1]) for place in shown} == shown


def test_headers_stay_in_sight_and_lists_can_be_filtered(give_out: GiveOut) -> None:
    for number in range(2, 2 + len(WORKLISTS)):
        xml = xml_of(give_out(), f"worksheets/sheet{number}")
        assert re.search(r'<pane xSplit="1" ySplit="1" [^>]*state="frozen"/>', xml)
        assert re.search(r'<autoFilter ref="A1:[A-Z]+2"/>', xml)


def test_hidden_ids_stand_beside_the_first_column_and_can_be_sorted_with_the_rows(
    give_out: GiveOut,
) -> None:
    filled = Filled(give_out())
    sheet = filled.sheet(REVIEW)
    assert sheet["B1"].value == "vax_item wl_facility_review"
    assert sheet["B2"].value == '["platform:DN1", "F1"]'
    assert sheet.column_dimensions["B"].hidden
    assert sheet.protection.sheet
    assert sheet.protection.formatColumns  # so that it can't be shown by chance
    assert not sheet.protection.sort
    assert not sheet.protection.autoFilter
    # Excel sorts under protection only where every cell is unlocked.
    assert {cell.protection.locked for cell in sheet[2] if cell.value} == {False}
    assert {cell.protection.locked for cell in sheet[1]} == {True}


def test_answers_are_chosen_from_lists_in_vietnamese(give_out: GiveOut) -> None:
    filled = Filled(give_out())
    offered = {}
    for title in filled.book.sheetnames:
        for validation in filled.sheet(title).data_validations.dataValidation:
            if validation.type == "list":
                column = next(iter(validation.sqref.ranges)).min_col
                sheet, cells = validation.formula1.rsplit("!", maxsplit=1)
                words = filled.sheet(sheet.strip("'"))[cells.replace("$", "")]
                offered[filled.sheet(title).cell(1, column).value] = [w.value for (w,) in words]
    assert offered["Kết quả rà soát"] == ["Đúng", "Đã sửa", "Đã xóa"]
    assert offered["Kết quả xác minh"] == ["Khớp", "Không khớp", "Không tìm thấy", "Đang xác minh"]
    assert offered["Thông tin không khớp"] == ["Họ tên", "Ngày sinh", "Giới tính", "Khác"]
    assert offered["Quyết định"] == ["Xét duyệt", "Xử lý sau", "Yêu cầu bổ sung", "Từ chối"]
    assert len(offered["Lý do từ chối"]) == 13
    assert offered["Lý do từ chối"][7] == "R08 Ảnh bị nhòe"


def test_what_a_sheet_can_not_hold_goes_on_the_next(
    give_out: GiveOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_SHEET_ROWS", 2)
    rows = [{**RECORD, "record_id": f"platform:DN{n}"} for n in range(5)]
    book = Filled(give_out(rows={"wl_facility_review": rows})).book
    titles = book.sheetnames[1:-1]
    assert titles == [REVIEW, f"{REVIEW} 2", f"{REVIEW} 3"]
    ids = [[row[0] for row in book[t].iter_rows(2, values_only=True)] for t in titles]
    assert ids == [
        ["platform:DN0", "platform:DN1"],
        ["platform:DN2", "platform:DN3"],
        ["platform:DN4"],
    ]
    assert all(book[title]["B1"].value == "vax_item wl_facility_review" for title in titles)
    assert [len(book[t].data_validations.dataValidation) for t in titles] == [2, 2, 2]


def test_the_worst_comes_first_and_what_is_reviewed_last(give_out: GiveOut) -> None:
    rows = [
        {**RECORD, "record_id": "done", "needs_review": False},
        {**RECORD, "record_id": "plain", "priority": 3},
        {**RECORD, "record_id": "doubtful", "priority": 2},
        {**RECORD, "record_id": "wrong"},
    ]
    sheet = Filled(give_out("F1", {"wl_facility_review": rows})).sheet(REVIEW)
    assert [row[0] for row in sheet.iter_rows(2, values_only=True)] == [
        "wrong", "doubtful", "plain", "done",
    ]  # fmt: skip
    of_province = Filled(give_out("75", {"wl_facility_review": rows})).sheet(REVIEW)
    assert [row[0] for row in of_province.iter_rows(2, values_only=True)] == ["wrong", "doubtful"]


def test_an_owner_gets_their_own_rows_only(give_out: GiveOut) -> None:
    rows = {
        "wl_commune_identity": [REQUEST, {**REQUEST, "request_id": "b" * 32, "owner_code": "CAX2"}],
        "wl_cdc_lots": [LOT],
    }
    create = give_out("75", rows)
    assert Filled(create).sheet(IDENTITY).max_row == 3
    book = Filled(give_out("CAX1", rows)).book
    assert book.sheetnames == ["Hướng dẫn", IDENTITY, "Danh mục"]
    assert book[IDENTITY].max_row == 2


def test_rows_of_no_province_are_in_a_workbook_of_their_own(give_out: GiveOut) -> None:
    path = give_out("unknown", {"wl_commune_identity": [{**REQUEST, "province_code": None}]})
    assert Filled(path).sheet(IDENTITY).max_row == 2


def test_a_file_is_for_its_owner_s_eyes_and_never_written_over(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    scope = find_scope(connection, "F1")
    path, rows = export_owner(connection, scope, tmp_path / "out")
    assert path == tmp_path / "out" / "worklists-F1-2021-12-08.xlsx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {name: n for name, n in rows.items() if n} == {
        "wl_facility_complaints": 1, "wl_facility_review": 1,
    }  # fmt: skip
    with pytest.raises(FileExistsError, match="someone may be filling it in"):
        export_owner(connection, scope, tmp_path / "out")


def test_who_has_nothing_to_do_gets_no_file(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path, rows = export_owner(connection, find_scope(connection, "F2"), tmp_path)
    assert path is None
    assert set(rows.values()) == {0}
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_that_could_not_be_finished_leaves_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("vax_pipeline.core.worklists.export.write_workbook", full)
    with pytest.raises(OSError, match="no space"):
        export_owner(connection, find_scope(connection, "F1"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_owner_is_told_with_the_codes_that_are_near(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(UnknownOwnerError, match=r"'cdc57'.*did you mean CDC75"):
        find_scope(connection, "cdc57")


def test_an_owner_in_no_register_is_known_by_the_rows_they_have(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert find_scope(connection, "CAX1").owner.name == ""
