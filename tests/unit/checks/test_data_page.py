"""The page on all checks is for people: both languages, worst first, nothing fetched, nothing run."""

import re

import pytest

from checks.catalog import Rule
from checks.data_page import render
from checks.data_page.page import sentences
from checks.expectations import Suite
from checks.expectations.groups import ALL_SUITES, GROUPS
from checks.outcome import CheckOutcome, broken, measured

FINDINGS = ("quality", "findings")


def rule(rule_id: str, subject_type: str = "dose") -> Rule:
    return Rule(
        rule_id, f"{rule_id} <title>", f"{rule_id} tiêu đề", "error", "local", subject_type,
        "facility", "x", None, None, "x",
    )  # fmt: skip


RULES = (rule("SEQ-001"), rule("SEQ-002"), rule("MIS-005", "province_day"))


def counted(
    name: str, failed: int, evaluated: int = 1_000, threshold: float = 0.02, **options: str
) -> CheckOutcome:
    rule_id = "-".join(name.split("_")[1:3])
    return measured(
        name, "sql", FINDINGS, evaluated=evaluated, failed=failed, threshold=threshold,
        rule_id=rule_id, **options,
    )  # fmt: skip


def words(page: str) -> str:
    """What is read: without marks and with single spaces."""
    body = page.partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.mark.parametrize(
    "suite",
    ALL_SUITES,
    ids=lambda suite: suite.name,
)
def test_every_expectation_is_said_in_vietnamese_too(suite: Suite) -> None:
    said = {
        expectation.says: sentences().get(expectation.says, "")
        for expectation in suite.expectations
    }
    assert [english for english, vietnamese in said.items() if vietnamese.isascii()] == []


def test_a_rule_is_shown_with_its_titles_counts_threshold_and_samples() -> None:
    outcome = measured(
        "rule_SEQ_001", "sql", FINDINGS, evaluated=1_000, failed=250, threshold=0.02,
        rule_id="SEQ-001", sample_ids=[f"platform:DN{n}" for n in range(8)],
    )  # fmt: skip
    page = words(render([outcome], RULES, "08:00 08/12/2021"))
    assert "08:00 08/12/2021" in page
    assert "SEQ-001 SEQ-001 tiêu đề SEQ-001 &lt;title&gt;" in page
    assert "250 1,000 25.00 % 2.00 %" in page
    assert "platform:DN4" in page
    assert "platform:DN5" not in page
    assert "1 / 1 quy tắc vượt ngưỡng" in page


def test_rules_over_a_threshold_come_first_those_over_in_a_province_among_them() -> None:
    page = words(
        render(
            [
                counted("rule_SEQ_001", 1),
                counted("rule_SEQ_002", 2),
                counted("rule_SEQ_002_75", 2, 10, 0.05),
                counted("rule_SEQ_002_79", 0, 10, 0.05),
            ],
            RULES,
            "",
        )
    )
    assert page.index("SEQ-002 tiêu đề") < page.index("SEQ-001 tiêu đề")
    assert "province 75: 2 / 10 = 20.00 % &gt; 5.00 %" in page
    assert "province 79" not in page


def test_days_of_a_province_are_limited_by_a_number() -> None:
    over = counted("rule_MIS_005", 48, 48, 7 / 48)
    within = counted("rule_MIS_005", 5, 5, 1.0)
    assert "48 7 " in words(render([over], RULES, ""))
    assert "%" not in words(render([within], RULES, "")).partition("MIS-005")[2]


def test_what_does_not_hold_or_could_not_run_is_told_with_its_table() -> None:
    page = words(
        render(
            [
                measured("stg_doses_sex_present", "gx", ("staging", "stg_doses"), evaluated=10,
                         failed=1, message="the sex can be read"),
                broken("dim_citizens_x", "gx", ("marts", "dim_citizens"),
                       "a person has one row: not checked, y"),
                measured("raw_doses_files", "sql", ("raw", "doses"), evaluated=3, failed=1,
                         rule_id="FEED-007", message="1 files quarantined"),
                measured("some_key", "dbt", ("marts", "fct_doses"), evaluated=5, failed=0),
                measured("other_key", "dbt", ("marts", "fct_doses"), evaluated=5, failed=2),
            ],
            RULES,
            "",
        )
    )  # fmt: skip
    assert "Đọc được giới tính the sex can be read" in page
    assert "không chạy được broken Mỗi người có một dòng a person has one row" in page
    assert "FEED-007 Tệp nào cũng đọc được every file could be read 1 files quarantined" in page
    assert "1 kiểm tra khóa, quan hệ và danh mục giá trị đạt" in page
    assert "other_key" in page
    assert "some_key" not in page
    assert "3 / 5 kiểm tra khác không đạt" in page
    assert "1 không chạy được" in page


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = render([counted("rule_SEQ_001", 1)], RULES, "")
    assert not re.search(r"<script|https?://|\bsrc=|@import|url\(", page)
    assert all(f'href="{name}/index.html"' in page for name in GROUPS)
