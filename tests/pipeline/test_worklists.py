"""The round trip of a worklist: published, filled in, landed, loaded, and what it changes; once."""

from pathlib import Path
from typing import Any

import openpyxl

from tests.pipeline.stable import Stable
from vax_pipeline.core import warehouse
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import records

AT = "08/12/2021 07:30"
REVIEW, COMPLAINTS, POLICE = (
    "Rà soát hồ sơ tiêm", "Phản ánh cần xử lý", "Thông tin công dân cần xác minh",
)  # fmt: skip
# What answers may change, by what it is called below.
STATE_SQL = {
    "progress": "select sum(records_reviewed), sum(records_confirmed), sum(removals_awaited) "
    "from marts.kpi_facility_review",
    "reviews": "select record_id, needs_review, reviewed_at from marts.wl_facility_review order by all",
    "complaints": "select complaint_id, state, outcome_at from marts.fct_complaints order by all",
    "asked": "select request_id from marts.wl_commune_identity order by all",
    "verified": "select mention_id, verification_status from intermediate.int_mentions__verified "
    "order by all",
}
ALONE_SQL = """
select asked.request_id from marts.wl_commune_identity as asked
inner join intermediate.int_persons as persons using (citizen_key)
where persons.mentions = 1 and asked.verification_reason = 'NAME' and asked.requested_at is not null
order by asked.request_id limit 1
"""


def look(home: Path, sql: str) -> list[dict[str, Any]]:
    with warehouse.reader(Settings(home=home)) as connection:
        return records(connection, sql)


def state_of(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: [tuple(row.values()) for row in look(home, sql)] for name, sql in STATE_SQL.items()
    }


class Sheet:
    """A sheet of the workbook; its rows are found by what stands in the first column."""

    def __init__(self, book: Any, title: str) -> None:
        self.cells = book[title]
        self.columns = {cell.value: cell.column for cell in self.cells[1]}
        self.keys = [self.cells.cell(row, 1).value for row in range(1, self.cells.max_row + 1)]

    def answer(self, key: str, answers: dict[str, str]) -> None:
        row = self.keys.index(key) + 1
        for header, value in answers.items():
            self.cells.cell(row, self.columns[header]).value = value


def put(home: Path, book: Any, feed: str, name: str) -> None:
    folder = home / "landing" / feed / "2021-12-08"
    folder.mkdir(parents=True, exist_ok=True)
    book.save(folder / name)


def test_a_workbook_of_the_release_filled_in_changes_reviews_complaints_and_identities_once(
    copy_of_province: Path, stable: Stable
) -> None:
    home = copy_of_province
    (released,) = (home / "published" / "current" / "authority").glob("75/worklists.xlsx")
    book = openpyxl.load_workbook(released)
    review, complaints, police = (Sheet(book, title) for title in (REVIEW, COMPLAINTS, POLICE))
    right, gone, wrong = review.keys[1:4]
    rejected = complaints.keys[1]
    asked = look(home, ALONE_SQL)[0]["request_id"]
    review.answer(right, {"Kết quả rà soát": "Đúng", "Ngày giờ rà soát": AT})
    review.answer(gone, {"Kết quả rà soát": "Đã xóa", "Ngày giờ rà soát": AT})
    review.answer(wrong, {"Kết quả rà soát": "chưa rõ", "Ngày giờ rà soát": AT})
    decision = {
        "Quyết định": "Từ chối",
        "Lý do từ chối": "R08 Ảnh bị nhòe",
        "Ngày giờ quyết định": AT,
    }
    complaints.answer(rejected, decision)
    police.answer(asked, {"Kết quả xác minh": "Khớp", "Ngày giờ xác minh": AT})
    before = state_of(home)
    for feed in ("record_reviews", "complaint_events", "identity_results"):
        put(home, book, feed, "worklists.xlsx")

    assert stable.start(home, ()).status() == 0

    after = state_of(home)
    needs = {row["record_id"]: row for row in look(home, "from marts.wl_facility_review")}
    assert not needs[right]["needs_review"]
    assert (needs[gone]["needs_review"], needs[gone]["review_standing"]) == (
        True,
        "removal_awaited",
    )
    assert needs[wrong]["reviewed_at"] is None
    assert len(after["reviews"]) == len(before["reviews"])
    (state,) = look(
        home, f"select state from marts.fct_complaints where complaint_id = '{rejected}'"
    )
    assert state == {"state": "REJECTED"}
    assert set(before["asked"]) - set(after["asked"]) == {(asked,)}
    assert len(set(after["verified"]) - set(before["verified"])) == 1
    assert after["progress"] == [tuple(n + 1 for n in before["progress"][0])]
    account = look(
        home,
        "select feed, records, loaded, rejected, unanswered_rows from raw.deliveries "
        "where file like '%/worklists.xlsx' order by feed",
    )
    assert [tuple(row.values())[:4] for row in account] == [
        ("complaint_events", 1, 1, 0), ("identity_results", 1, 1, 0), ("record_reviews", 3, 2, 1),
    ]  # fmt: skip
    assert [row["unanswered_rows"] for row in account[1:]] == [
        len(police.keys) - 2, len(review.keys) - 4,
    ]  # fmt: skip

    for feed in ("record_reviews", "complaint_events", "identity_results"):
        put(home, book, feed, "the same once more.xlsx")

    assert stable.start(home, ()).status() == 0

    assert state_of(home) == after
