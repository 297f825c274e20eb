"""Worklists that come back: what was written becomes records, once, and what was left empty does not."""

from datetime import date, datetime
from pathlib import Path

import pytest
from landing_home import Home
from returned import (
    APPROVED,
    COMPLAINTS,
    EVENTS,
    IDENTITY,
    POOL,
    RESULTS,
    REVIEW,
    REVIEWS,
    RIGHT,
    account,
    come_back,
    give_out,
)

from tests.unit.worklists.filling import Filled
from tests.unit.worklists.worklist_tables import RECORD, REQUEST
from vax_pipeline.core.worklists import workbook


def test_answers_become_records_and_rows_left_empty_are_counted_as_such(
    home: Home, given_out: Filled
) -> None:
    given_out.write(REVIEW, 2, {**RIGHT, "Mã người rà soát": "CB1"})
    given_out.write(REVIEW, 4, {"Kết quả rà soát": "Đã xóa", "Ngày giờ rà soát": "8/12/2021 9h05"})
    come_back(home, given_out)
    query = "select * exclude (file, delivery_date, load_id) from raw.record_reviews order by line"
    assert home.rows(query) == [
        ("wl_facility_review|platform:DN1|F1|2021-12-08 07:30:00", "F1", None, "platform:DN1",
         "2021-12-08 07:30:00", "confirmed", "CB1", None, None, 2),
        ("wl_facility_review|platform:DN3|F1|2021-12-08 09:05:00", "F1", None, "platform:DN3",
         "2021-12-08 09:05:00", "removed", None, None, None, 4),
    ]  # fmt: skip
    assert account(home) == {
        "records": 2, "loaded": 2, "rejected": 0, "unanswered_rows": 1, "state": "loaded",
        "reason_code": None,
    }  # fmt: skip
    assert home.delivery("back.xlsx", REVIEWS)["unknown_columns"] is None


def test_an_answer_of_the_police_says_what_is_wrong_and_what_is_right(
    home: Home, given_out: Filled
) -> None:
    given_out.write(
        IDENTITY,
        2,
        {
            "Kết quả xác minh": "khong khop",
            "Thông tin không khớp": "Họ tên; Giới tính",
            "Số định danh đúng": "075080000124",
            "Họ tên đúng": "Trần Văn Hoà",
            "Ngày sinh đúng": "1980",
            "Giới tính đúng": "Nữ",
            "Ngày giờ xác minh": "08/12/2021 07:30",
        },
    )
    come_back(home, given_out, RESULTS)
    (row,) = home.rows(
        "select request_id, result, mismatch_fields, corrected_citizen_id, corrected_full_name, "
        "corrected_date_of_birth, corrected_sex, decided_at, agency_code, source_record_id "
        "from raw.identity_results"
    )
    assert row == (
        REQUEST["request_id"], "mismatch", "name;sex", "075080000124", "Trần Văn Hoà", "1980", "F",
        "2021-12-08 07:30:00", "CAX1", None,
    )  # fmt: skip


def test_a_decision_is_an_event_with_its_reasons_and_one_of_the_pool_an_assignment(
    home: Home, given_out: Filled
) -> None:
    given_out.write(
        COMPLAINTS,
        2,
        {
            "Quyết định": "Từ chối",
            "Lý do từ chối": "R08 Ảnh bị nhòe; r02",
            "Ngày giờ quyết định": "08/12/2021 07:30",
            "Ghi chú": "đã gọi điện",
        },
    )
    given_out.write(
        COMPLAINTS,
        3,
        {**APPROVED, "Quyết định": "Xử lý sau", "Ngày xem xét lại": "15/12/2021"},
    )
    given_out.write(POOL, 2, {"Giao cho (mã)": "F2", "Ngày giờ phân công": "08/12/2021 08:10"})
    come_back(home, given_out, EVENTS)
    columns = (
        "complaint_id, event_type, claim_nos, actor_code, to_code, reason_codes, next_review_on, note, "
        "occurred_at, recorded_at, line"
    )
    at, assigned_at = "2021-12-08 07:30:00", "2021-12-08 08:10:00"
    assert home.rows(f"select {columns} from raw.complaint_events order by line") == [
        ("PA-1", "rejected", "1", "F1", None, "R08;R02", None, "đã gọi điện", at, at, 2),
        ("PA-1", "deferred", "2", "F1", None, None, "2021-12-15", None, at, at, 3),
        ("PA-9", "assigned", None, "TYT1", "F2", None, None, None, assigned_at, assigned_at, 1_048_578),
    ]  # fmt: skip
    assert account(home, EVENTS)["unanswered_rows"] == 0


def test_a_worklist_is_answered_whatever_else_is_in_the_workbook(
    home: Home, given_out: Filled
) -> None:
    given_out.write(REVIEW, 2, RIGHT).write(COMPLAINTS, 2, APPROVED)
    for feed in (REVIEWS, EVENTS, RESULTS):
        come_back(home, given_out, feed)
    assert [home.rows(f"select count(*) from raw.{feed}") for feed in (REVIEWS, EVENTS)] == [
        [(1,)]
    ] * 2
    assert home.rejects() == []
    assert account(home, RESULTS) == {
        "records": 0, "loaded": 0, "rejected": 0, "unanswered_rows": 1, "state": "loaded",
        "reason_code": "nothing_answered",
    }  # fmt: skip


def test_the_same_answer_twice_is_one_record_and_a_corrected_one_a_later_version_of_it(
    home: Home, given_out: Filled
) -> None:
    come_back(home, given_out.write(REVIEW, 2, RIGHT))
    come_back(home, given_out, name="again.xlsx")
    corrected = given_out.write(REVIEW, 2, {**RIGHT, "Kết quả rà soát": "Đã sửa"})
    come_back(home, corrected, name="corrected.xlsx")
    assert home.rows("select count(*), count(distinct review_id) from raw.record_reviews") == [
        (3, 1)
    ]
    later = given_out.write(REVIEW, 2, {"Ngày giờ rà soát": "09/12/2021 08:00"})
    come_back(home, later, name="later.xlsx")
    assert home.rows("select count(*), count(distinct review_id) from raw.record_reviews") == [
        (4, 2)
    ]


def test_rows_may_be_sorted(home: Home, given_out: Filled) -> None:
    given_out.write(REVIEW, 2, RIGHT)
    sheet = given_out.sheet(REVIEW)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for number, row in enumerate(reversed(rows), start=2):
        for place, value in enumerate(row, start=1):
            sheet.cell(number, place).value = value
    come_back(home, given_out)
    assert home.rows("select source_record_id, line from raw.record_reviews") == [
        ("platform:DN1", 4)
    ]


def test_an_id_that_was_made_safe_for_excel_is_known_again(home: Home, tmp_path: Path) -> None:
    filled = give_out(tmp_path, {"wl_facility_review": [{**RECORD, "record_id": "=1+1"}]})
    assert filled.sheet(REVIEW)["A2"].value == "'=1+1"
    come_back(home, filled.write(REVIEW, 2, RIGHT))
    assert home.rows("select source_record_id from raw.record_reviews") == [("=1+1",)]


def test_hidden_rows_are_loaded_and_marked(home: Home, given_out: Filled) -> None:
    given_out.write(REVIEW, 2, RIGHT).sheet(REVIEW).row_dimensions[2].hidden = True
    come_back(home, given_out)
    assert home.rows("select marks from raw.record_reviews") == [('{"hidden": true}',)]
    assert home.delivery("back.xlsx", REVIEWS)["hidden_rows"] == 1


def test_what_somebody_added_to_the_sheet_is_kept_beside(home: Home, given_out: Filled) -> None:
    sheet = given_out.write(REVIEW, 2, RIGHT).sheet(REVIEW)
    sheet.cell(1, sheet.max_column + 1).value = "Ghi chú riêng"
    sheet.cell(2, sheet.max_column).value = "xem lại"
    come_back(home, given_out)
    assert home.rows("select extra from raw.record_reviews") == [('{"Ghi chú riêng":"xem lại"}',)]
    assert home.delivery("back.xlsx", REVIEWS)["unknown_columns"] == '["Ghi chú riêng"]'


def test_what_stands_in_a_column_without_header_is_kept_too(home: Home, given_out: Filled) -> None:
    sheet = (
        given_out.write(REVIEW, 2, RIGHT).write(REVIEW, 3, {"Kết quả rà soát": "?"}).sheet(REVIEW)
    )
    place = sheet.max_column + 2
    sheet.cell(2, place).value = sheet.cell(3, place).value = "bên lề"
    come_back(home, given_out)
    assert home.rows("select extra from raw.record_reviews") == [
        (f'{{"column_{place}":"bên lề"}}',)
    ]
    ((record,),) = home.rows("select record from raw.rejects")
    assert f'"column_{place}":"bên lề"' in record


def test_a_list_over_several_sheets_comes_back_whole(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_SHEET_ROWS", 2)
    filled = give_out(tmp_path)
    filled.write(REVIEW, 3, RIGHT).write(f"{REVIEW} 2", 2, RIGHT)
    come_back(home, filled)
    assert home.rows("select source_record_id, line from raw.record_reviews order by line") == [
        ("platform:DN2", 3), ("platform:DN3", 1_048_578),
    ]  # fmt: skip
    assert home.delivery("back.xlsx", REVIEWS)["sheet"] == f"{REVIEW}; {REVIEW} 2"


def test_a_cell_that_excel_took_for_a_date_is_read_too(home: Home, given_out: Filled) -> None:
    at = datetime(2021, 12, 8, 14, 30)  # noqa: DTZ001, as in a sheet
    given_out.write(REVIEW, 2, {**RIGHT, "Ngày giờ rà soát": at})
    later = {**APPROVED, "Quyết định": "Xử lý sau", "Ngày xem xét lại": date(2021, 12, 15)}
    given_out.write(COMPLAINTS, 2, later)
    come_back(home, given_out)
    come_back(home, given_out, EVENTS)
    assert home.rows("select reviewed_at from raw.record_reviews") == [("2021-12-08 14:30:00",)]
    assert home.rows("select next_review_on from raw.complaint_events") == [("2021-12-15",)]
