"""The daily report of a province says what the tables say, in Vietnamese, to whoever opens the file."""

import re
from datetime import UTC, date, datetime

import duckdb
import pytest

from vax_pipeline.core import schemas
from vax_pipeline.core.publishing.daily_report import FILE_NAME, chart, write_reports
from vax_pipeline.core.publishing.daily_report.page import age, count, hours, share

AS_OF = datetime(2021, 11, 12, 1, tzinfo=UTC)

TABLES = {
    schemas.CLOCK_POLICY: "select 'review' as clock, date '2021-11-08' as applies_to_received_from",
    schemas.PROVINCES: "select '75' as province_code, 'Tỉnh Đồng Nai' as province_name",
    schemas.ROOT_CAUSES: "select 'NOT_ENTERED' as root_cause, 'Đã tiêm nhưng chưa nhập' as title_vi",
    schemas.REJECT_REASONS: "select 'R08' as reason_code, 'Ảnh bị nhòe' as reason_vi",
    schemas.DIM_FACILITIES: "select 'F' || i as facility_code, 'Trạm Y tế <' || i || '>' as facility_name "
    "from range(20) r(i)",
    schemas.DIM_AGENCIES: "select * from (values ('TTYT', 'Trung tâm Y tế'), "
    "('F19', 'a namesake in the other register')) agencies(agency_code, agency_name)",
    schemas.KPI_PROVINCE_DAILY: """
        select * from (values
            ('75', date '2021-11-07', 3, 0, 0, 0, 1, 0, null),
            ('75', date '2021-11-08', 2, 0, 0, 0, 0, 0, null),
            ('75', date '2021-11-09', 1006, 1000, 750, 400, 300, 250, null),
            ('75', date '2021-11-11', 40, 10, 10, 10, 30, 0, 0.942),
            ('79', date '2021-11-11', 7, 0, 0, 0, 7, 0, null),
            ('92', date '2021-11-11', 0, 0, 0, 0, 0, 0, null)
        ) days(province_code, day, complaints_received, complaints_due_48h, any_outcome_48h,
            final_outcome_48h, complaints_open, reviews_breached, completeness)""",
    schemas.KPI_OPEN_COMPLAINTS: """
        select * from (values
            ('75', 48, 72, 'NOT_ENTERED', 'IN_REVIEW', 290),
            ('75', 48, 72, 'NOT_ENTERED', 'DEFERRED', 10),
            ('75', null, null, 'NOT_ENTERED', 'ROUTED', 5)
        ) open(province_code, age_from_hours, age_to_hours, root_cause, state, complaints_open)""",
    schemas.KPI_COMPLAINT_HANDLERS: """
        select '75' as province_code, 'F' || i as handler_code, 20 as complaints_received,
            2 as complaints_refiled, 16 as complaints_due_48h, 12 as any_outcome_48h,
            4 as final_outcome_48h, 10 as complaints_open, 1 as reviews_at_risk,
            i as reviews_breached, case when i > 0 then 1234.56 end as longest_hours_overdue
        from range(20) r(i)""",
    schemas.KPI_REJECT_REASONS: """
        select * from (values ('75', 'TTYT', 'R08', 9), ('75', 'TTYT', 'none', 2))
            reasons(province_code, handler_code, reason_code, complaints_rejected)""",
    schemas.KPI_HOLDING_TIMES: """
        select * from (values
            ('75', '*', 'IN_REVIEW', 100, 5, 12.5, 80.25),
            ('75', 'F1', 'IN_REVIEW', 5, 0, 20.0, 90.0),
            ('75', 'F2', 'IN_REVIEW', 4, 0, 500.0, 900.0)
        ) times(province_code, holder_code, state, stays, stays_running, hours_median, hours_p90)""",
    schemas.KPI_IDENTITY_DAILY: """
        select '75' as province_code, 23 as requests_sent, 2 as answered_before, 11 as answered_48h,
            4 as answered_late, 1 as requests_running, 5 as requests_overdue""",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages by province, whole."""
    connection = duckdb.connect()
    for schema in schemas.SCHEMAS:
        connection.execute(f"create schema {schema}")
    for relation, rows in TABLES.items():
        connection.execute(f"create table {relation.sql} as {rows}")
    folder = tmp_path_factory.mktemp("authority")
    (folder / "75").mkdir()  # the worklists lie there already
    codes = write_reports(connection, folder, AS_OF)
    return {code: (folder / code / FILE_NAME).read_text(encoding="utf-8") for code in codes}


@pytest.fixture(scope="module")
def page(written: dict[str, str]) -> str:
    """What is read of Đồng Nai's: without marks and with single spaces."""
    body = written["75"].partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_each_province_with_anything_to_report_has_a_page(written: dict[str, str]) -> None:
    assert list(written) == ["75", "79"]
    assert "Tỉnh Đồng Nai" in written["75"]
    assert "Chưa rõ tỉnh" in written["79"]
    assert "Tỉnh Đồng Nai" not in written["79"]


def test_both_figures_of_the_48_hours_stand_side_by_side(page: str) -> None:
    assert "Số liệu đến 08:00 12/11/2021" in page
    assert "75,0 % có kết quả trong 48 giờ 25,0 % có kết quả cuối cùng trong 48 giờ" in page
    assert "09/11/2021 1.006 75,0 % 40,0 % 300 250" in page  # six are attached to others


def test_a_day_whose_48_hours_still_run_has_no_share_yet(page: str) -> None:
    assert "11/11/2021 40 chưa đủ 48 giờ 30 0" in page
    assert "08/11/2021 2 – 0 0" in page  # all attached to others
    assert "07/11/2021 3 chưa có quy định 48 giờ 1 0" in page


def test_open_complaints_are_told_by_age_and_by_cause(page: str) -> None:
    assert "200 đang mở / 400 tiếp nhận" in page
    assert "48 – dưới 72 giờ 300 10 Tiếp nhận trước 08/11/2021 5 0" in page
    assert "Đã tiêm nhưng chưa nhập 305" in page


def test_the_ten_units_with_most_overdue_are_named_worst_first(page: str) -> None:
    late = page.partition("Mười đơn vị quá hạn nhiều nhất")[2].partition("Lý do từ chối")[0]
    assert re.findall(r"\(F(\d+)\)", late) == [str(i) for i in range(19, 9, -1)]
    assert "Trạm Y tế &lt;19&gt; (F19) 19 1.234,6 10 75,0 % 25,0 %" in late


def test_reject_reasons_are_told_in_words_and_by_unit(page: str) -> None:
    assert "R08 Ảnh bị nhòe 9 Không ghi lý do 2" in page
    assert "Trung tâm Y tế (TTYT) R08: 9; không ghi: 2" in page


def test_times_are_told_by_state_and_for_holders_with_enough_of_them(page: str) -> None:
    assert "Đang xem xét 100 12,5 80,2" in page
    assert "(F1) Đang xem xét 5 20,0 90,0" in page
    assert "500,0" not in page


def test_refiling_completeness_and_the_police_are_told(page: str) -> None:
    assert "10,0 % phản ánh lại sau khi đã trả lời" in page
    assert "94,2 % mũi tiêm đã cập nhật (11/11/2021)" in page
    assert (
        "Đã đề nghị 23 : đã có kết quả từ trước 2 , trả lời trong 48 giờ 11 , trễ hạn 4 , "
        "chưa trả lời còn hạn 1 , quá hạn 5 ."
    ) in page


def test_nothing_is_fetched_and_nothing_runs(written: dict[str, str]) -> None:
    assert not re.search(
        r"<script|https?://|\bsrc=|@import|url\(|\son\w+=|<link", "".join(written.values())
    )


def test_the_trend_draws_days_to_scale_and_leaves_out_shares_that_are_not_due() -> None:
    first = {"day": date(2021, 11, 8), "complaints_received": 50, "complaints_due_48h": 50,
             "any_outcome_48h": 25, "final_outcome_48h": 0, "is_due": True}  # fmt: skip
    last = {**first, "day": date(2021, 11, 17), "complaints_received": 100, "is_due": False}
    trend = chart.place([first, last], first["day"], last["day"])
    small, tall = trend.bars
    assert (small.height, tall.height) == (74.0, 148.0)
    assert tall.y + tall.height == small.y + small.height == trend.bottom
    assert trend.left < small.x < tall.x < tall.x + tall.width < trend.right
    middle = (trend.bottom + trend.top) / 2
    assert trend.any_outcome == f"{small.x + small.width / 2:.1f},{middle:.1f}"
    assert trend.final_outcome.endswith(f",{trend.bottom:.1f}")


def test_without_a_day_there_is_no_bar_to_measure_by() -> None:
    assert chart.place([], date(2021, 11, 8), date(2021, 11, 8)).bars == []


def test_numbers_are_written_as_vietnamese_writes_them() -> None:
    assert (count(1234567), count(None)) == ("1.234.567", "0")
    assert (hours(1234.56), hours(0.04), hours(None)) == ("1.234,6", "0,0", "")
    assert (share(1, 3), share(None, 3), share(0, 0)) == ("33,3 %", "0,0 %", "–")
    assert [age(*band, date(2021, 11, 8)) for band in ((168, None), (0, 36), (None, None))] == [
        "Từ 168 giờ trở lên", "0 – dưới 36 giờ", "Tiếp nhận trước 08/11/2021",
    ]  # fmt: skip
