"""How many findings are tolerated is data: the most special limit counts, and it is laid on counts."""

from datetime import date
from pathlib import Path

import pytest

from checks.catalog import Rule
from checks.thresholds import (
    Count,
    Threshold,
    Thresholds,
    ThresholdsError,
    check_name,
    is_of_a_rule,
    judge,
    load_thresholds,
    province_of,
    unjudged,
)

ASSET = ("quality", "findings")
HEADER = "rule_id,level,place_code,most_subjects,most_share,source,pack,valid_from,valid_to"
DAY = date(2021, 12, 8)


def rule(rule_id: str = "SEQ-001", severity: str = "error") -> Rule:
    return Rule(
        rule_id,
        "Too early",
        "Tiêm quá sớm",
        severity,
        "local",
        "dose",
        "facility",
        "x",
        None,
        None,
        "x",
    )


def count(subjects: int, evaluated: int | None = 1_000, place: str = "VN") -> Count:
    level = "nation" if place == "VN" else "province"
    return Count("SEQ-001", level, place, subjects, evaluated, ("d1",))


def status(counted: Count, *limits: Threshold) -> str:
    [outcome] = judge([rule()], [counted], Thresholds(limits), ASSET)
    return outcome.status


def share(most: float | None, **fields: str) -> Threshold:
    where = {"rule_id": "*", "level": "nation", "place_code": "*", **fields}
    return Threshold(**where, most_subjects=None, most_share=most)


def number(most: int) -> Threshold:
    return Threshold("*", "nation", "*", most, None)


@pytest.mark.parametrize(("subjects", "expected"), [(20, "passed"), (21, "failed")])
def test_a_share_is_tolerated_up_to_the_limit(subjects: int, expected: str) -> None:
    assert status(count(subjects), share(0.02)) == expected


@pytest.mark.parametrize(("subjects", "expected"), [(7, "passed"), (8, "failed")])
@pytest.mark.parametrize("evaluated", [1_000, 8, None])
def test_a_number_is_tolerated_up_to_the_limit_whatever_was_looked_at(
    subjects: int, expected: str, evaluated: int | None
) -> None:
    assert status(count(subjects, evaluated), number(7)) == expected


def test_a_share_says_nothing_where_nobody_knows_how_many_were_looked_at() -> None:
    assert status(count(1, None), share(0.02)) == "passed"
    both = Threshold("*", "nation", "*", 7, 0.02)
    assert status(count(7, None), both) == "passed"
    assert status(count(8, None), both) == "failed"


def test_of_rules_that_could_not_be_judged_nothing_is_said_to_hold() -> None:
    [outcome] = unjudged([rule()], "the thresholds can't be read", ASSET)
    assert (outcome.status, outcome.check_name, outcome.rule_id) == (
        "broken", "rule_SEQ_001", "SEQ-001",
    )  # fmt: skip
    assert is_of_a_rule(outcome)


def test_of_both_limits_the_stricter_counts() -> None:
    both = Threshold("*", "nation", "*", 30, 0.02)
    assert status(count(21), both) == "failed"
    assert status(count(31, 100_000), both) == "failed"
    assert status(count(20), both) == "passed"


def test_nothing_is_tolerated_where_the_limit_is_zero_and_all_where_there_is_none() -> None:
    assert status(count(1), number(0)) == "failed"
    assert status(count(0, 0), number(0)) == "passed"
    assert status(count(0, None), number(0)) == "passed"
    assert status(count(1_000)) == "passed"
    assert status(count(1_000), share(None, rule_id="SEQ-001"), share(0.0)) == "passed"


def test_the_most_special_limit_counts() -> None:
    general = share(0.0, level="province")
    of_place = share(0.1, level="province", place_code="75")
    of_rule = share(0.2, level="province", rule_id="SEQ-001")
    of_both = share(0.3, level="province", rule_id="SEQ-001", place_code="75")
    counted = count(250, place="75")
    for limits, expected in (
        ((general, of_place, of_rule, of_both), 0.3),
        ((general, of_place, of_rule), 0.2),
        ((general, of_place), 0.1),
        ((general,), 0.0),
        ((share(0.5),), 1.0),
    ):
        [outcome] = judge([rule()], [counted], Thresholds(limits), ASSET)
        assert outcome.threshold == expected


def test_an_outcome_names_rule_place_and_counts() -> None:
    nation, province = judge(
        [rule(severity="info")],
        [count(250), count(3, place="75")],
        Thresholds([share(0.02)]),
        ASSET,
    )
    assert (nation.check_name, province.check_name) == ("rule_SEQ_001", "rule_SEQ_001_75")
    assert (nation.rule_id, nation.asset_key, nation.sample_ids) == ("SEQ-001", ASSET, ("d1",))
    assert nation.message == "Too early: 250 of 1,000 (25.00%); at most 2%"
    assert province.message == "Too early: 3 of 1,000 (0.30%)"
    assert nation.severity == "warn"
    assert check_name("SEQ-001") == "rule_SEQ_001"
    assert (province_of(nation), province_of(province)) == (None, "75")


def test_counts_of_a_rule_in_no_catalogue_are_left_out() -> None:
    assert judge([], [count(1)], Thresholds([]), ASSET) == []


def loaded(tmp_path: Path, *lines: str) -> Thresholds:
    file = tmp_path / "rule_thresholds.csv"
    file.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return load_thresholds(file, "vn_moh", DAY, [rule()])


def test_limits_of_the_pack_and_of_the_day_are_read(tmp_path: Path) -> None:
    read = loaded(
        tmp_path,
        "*,nation,*,,0.5,x,us_acip_2021,1900-01-01,9999-12-31",
        "*,nation,*,,0.4,x,vn_moh,1900-01-01,2021-12-07",
        "*,nation,*,5,0.3,x,vn_moh,2021-12-08,9999-12-31",
    )
    assert read.of("SEQ-001", "nation", "VN") == Threshold("*", "nation", "*", 5, 0.3)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("*,commune,*,,0.5,x,vn_moh,1900-01-01,9999-12-31", "level 'commune' is none of"),
        ("*,nation,*,,1.5,x,vn_moh,1900-01-01,9999-12-31", "most_share 1.5 is no fraction"),
        ("*,nation,*,-1,,x,vn_moh,1900-01-01,9999-12-31", "most_subjects -1 is negative"),
        ("*,nation,*,many,,x,vn_moh,1900-01-01,9999-12-31", "many"),
        ("*,nation,*,,0.5,x,vn_moh,soon,9999-12-31", "soon"),
        ("SEQ-1,nation,*,,0.5,x,vn_moh,1900-01-01,9999-12-31", "there is no rule 'SEQ-1'"),
        ("*,nation,75,,0.5,x,vn_moh,1900-01-01,9999-12-31", "place_code '75' is no nation"),
        ("*,province,HN,,0.5,x,vn_moh,1900-01-01,9999-12-31", "place_code 'HN' is no province"),
        ("*,nation,*,,0.5", "line 2"),
    ],
)
def test_what_is_no_limit_is_told_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ThresholdsError, match=says) as told:
        loaded(tmp_path, line)
    assert "line 2" in str(told.value)


def test_a_limit_given_twice_is_told(tmp_path: Path) -> None:
    line = "*,nation,*,,0.5,x,vn_moh,1900-01-01,9999-12-31"
    with pytest.raises(ThresholdsError, match="has a limit already that day"):
        loaded(tmp_path, line, line)


def test_a_file_of_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "limits.csv"
    file.write_bytes((HEADER + "\n*,nation,*,,0.5,ngưỡng,x,y,z").encode("cp1258", "replace"))
    with pytest.raises(ThresholdsError, match="save it as csv in UTF-8"):
        load_thresholds(file, "vn_moh", DAY, [])


def test_a_file_without_a_column_is_told(tmp_path: Path) -> None:
    file = tmp_path / "limits.csv"
    file.write_text("rule_id,level\n*,nation\n", encoding="utf-8")
    with pytest.raises(ThresholdsError, match="missing columns most_share, most_subjects, pack"):
        load_thresholds(file, "vn_moh", DAY, [])
