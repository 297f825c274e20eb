"""Worklists that come back with mistakes: each costs its row or its file, and says what to do."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from exported import listed, planned
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landing_home import Home
from returned import (
    APPROVED,
    COMPLAINTS,
    EVENTS,
    REVIEW,
    REVIEWS,
    RIGHT,
    account,
    come_back,
    give_out,
)

from tests.unit.worklists.filling import Answers, Filled
from vax_pipeline.core.feeds.reject_files import write_exports


@pytest.mark.parametrize(
    ("title", "feed", "answers", "code", "says"),
    [
        (REVIEW, REVIEWS, {**RIGHT, "Kết quả rà soát": "sai bét"}, "unknown_answer",
         "none of its list (Đúng, Đã sửa, Đã xóa): choose from the list."),
        (REVIEW, REVIEWS, {"Kết quả rà soát": "Đúng"}, "incomplete_answer", "“Ngày giờ rà soát” is empty"),
        (REVIEW, REVIEWS, {"Mã người rà soát": "CB1"}, "incomplete_answer", "“Kết quả rà soát” is empty"),
        (REVIEW, REVIEWS, {**RIGHT, "Ngày giờ rà soát": "hôm qua"}, "unreadable_moment", "14:30."),
        (REVIEW, REVIEWS, {**RIGHT, "Ngày giờ rà soát": "08/12/2021"}, "unreadable_moment", "day and time"),
        (COMPLAINTS, EVENTS, {**APPROVED, "Quyết định": "Từ chối"}, "incomplete_answer",
         "“Từ chối” needs column “Lý do từ chối”: fill it in."),
        (COMPLAINTS, EVENTS, {**APPROVED, "Quyết định": "Xử lý sau"}, "incomplete_answer",
         "“Xử lý sau” needs column “Ngày xem xét lại”: fill it in."),
        (COMPLAINTS, EVENTS, {**APPROVED, "Lý do từ chối": "R08; R99"}, "unknown_answer", "none of"),
        (COMPLAINTS, EVENTS, {**APPROVED, "Ngày xem xét lại": "31/2/2022"}, "unreadable_moment", "no day"),
    ],
)  # fmt: skip
def test_what_can_not_be_an_answer_is_told_and_the_rest_loads(
    home: Home, given_out: Filled, title: str, feed: str, answers: Answers, code: str, says: str
) -> None:
    given_out.write(title, 2, answers)
    given_out.write(title, 3, RIGHT if feed == REVIEWS else APPROVED)
    come_back(home, given_out, feed)
    assert home.rows(f"select line from raw.{feed}") == [(3,)]
    ((line, found, reason, record),) = home.rows(
        "select line, reason_code, reason, record from raw.rejects"
    )
    assert (line, found) == (2, code)
    assert says in reason
    assert all(str(value) in record for value in answers.values())
    assert "sai bét" not in reason


def test_an_answer_beside_the_hidden_id_of_another_row_is_not_taken(
    home: Home, given_out: Filled
) -> None:
    sheet = given_out.write(REVIEW, 2, RIGHT).write(REVIEW, 3, RIGHT).sheet(REVIEW)
    sheet["A2"].value, sheet["A3"].value = sheet["A3"].value, sheet["A2"].value
    sheet.cell(5, given_out.column(REVIEW, "Kết quả rà soát")).value = "Đúng"  # a row of one's own
    come_back(home, given_out)
    assert home.rejects() == [(2, "mixed_up_item"), (3, "mixed_up_item"), (5, "mixed_up_item")]
    assert account(home)["unanswered_rows"] == 1


def test_a_list_of_records_in_the_same_workbook_is_told_of(home: Home, given_out: Filled) -> None:
    plain = given_out.write(REVIEW, 2, RIGHT).book.create_sheet("thêm")
    plain.append(["review_id", "facility_code", "source_record_id", "reviewed_at", "outcome"])
    plain.append(["V1", "F1", "DN9", "2021-12-08", "confirmed"])
    come_back(home, given_out)
    assert home.rejects() == [(None, "sheet_not_read")]
    assert account(home)["loaded"] == 1


@pytest.mark.parametrize(
    ("feed", "change", "code", "says"),
    [
        ("doses", None, "other_worklist", "as complaint_events, identity_results, record_reviews"),
        (REVIEWS, ("Kết quả rà soát", "Kết quả"), "missing_column", "missing: Kết quả rà soát."),
        (REVIEWS, ("Mã bản ghi", "Mã"), "missing_column", "missing: Mã bản ghi."),
        (REVIEWS, ("Họ và tên", "kết quả rà soát"), "duplicate_header", "have the same header: keep one"),
        (REVIEWS, ("vax_item wl_facility_review", "vax_item wl_old"), "other_worklist", "a fresh one"),
        (REVIEWS, ("vax_item wl_facility_review", "vax_item wl_cdc_lots"), "other_worklist", "a fresh one"),
    ],
)  # fmt: skip
def test_a_workbook_that_can_not_be_read_back_says_why(
    home: Home, given_out: Filled, feed: str, change: tuple[str, str] | None, code: str, says: str
) -> None:
    given_out.write(REVIEW, 2, RIGHT)
    if change:
        given_out.sheet(REVIEW).cell(1, given_out.column(REVIEW, change[0])).value = change[1]
    come_back(home, given_out, feed)
    delivery = home.delivery("back.xlsx", feed)
    assert (delivery["state"], delivery["reason_code"]) == ("failed", code)
    assert says in delivery["reason"]


def test_a_worklist_saved_as_text_is_sent_back_as_such(home: Home) -> None:
    text = "Mã bản ghi,vax_item wl_facility_review,Kết quả rà soát\nplatform:DN1,x,Đúng\n"
    home.put(text.encode(), "back.csv", REVIEWS)
    home.load(REVIEWS)
    delivery = home.delivery("back.csv", REVIEWS)
    assert (delivery["state"], delivery["reason_code"]) == ("failed", "unsupported_format")
    assert "deliver the .xlsx file" in delivery["reason"]


def test_a_wrong_answer_can_be_corrected_in_the_export_of_rejects(
    home: Home, given_out: Filled, tmp_path: Path
) -> None:
    come_back(home, given_out.write(REVIEW, 2, {**RIGHT, "Kết quả rà soát": "sai bét"}))
    (export,) = planned(home)
    write_exports([export], tmp_path / "rejects")
    (path,) = (tmp_path / "rejects").rglob("*.xlsx")
    corrected = Filled(path)
    (title,) = corrected.book.sheetnames
    come_back(home, corrected.write(title, 2, RIGHT), name="corrected.xlsx")
    assert home.rows("select outcome from raw.record_reviews") == [("confirmed",)]
    assert listed(home, reason="unknown_answer") == [(2, "unknown_answer", "corrected")]


def test_a_formula_that_was_never_calculated_is_no_answer(home: Home, given_out: Filled) -> None:
    come_back(home, given_out.write(REVIEW, 2, {**RIGHT, "Kết quả rà soát": '=A1&"x"'}))
    assert home.rejects() == [(2, "formula_without_value")]


TYPED = st.one_of(
    st.none(),
    st.sampled_from(
        ["Đúng", "đã sửa", "R08", "08/12/2021 14:30", "08/12/2021", "=1+1", "'", ";", " "]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30),
    st.integers(),
    st.booleans(),
    st.datetimes(datetime(1900, 3, 1), datetime(9999, 1, 1)),  # noqa: DTZ001, as in a sheet
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(TYPED, TYPED, TYPED), min_size=3, max_size=3))
def test_whatever_is_typed_every_row_is_a_record_a_reject_or_unanswered(
    home: Home, tmp_path: Path, rows: list[tuple[Any, Any, Any]]
) -> None:
    filled = give_out(tmp_path)
    headers = ("Kết quả rà soát", "Ngày giờ rà soát", "Mã người rà soát")
    for number, row in enumerate(rows, start=2):
        filled.write(REVIEW, number, dict(zip(headers, row, strict=True)))
    come_back(home, filled)  # which holds the account to what was counted in the file
    found = account(home)
    assert found["state"] == "loaded"
    assert found["records"] + found["unanswered_rows"] == len(rows)
    outcomes = home.rows("select outcome, reviewed_at from raw.record_reviews")
    assert all(o in ("confirmed", "corrected", "removed") and at >= "2021" for o, at in outcomes)
