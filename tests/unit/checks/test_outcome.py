"""Every engine reports into one shape; the shape refuses what would mislead its readers."""

import dataclasses

import pytest

from checks.outcome import CheckOutcome, broken, measured, sample, tolerated

TABLE = ("marts", "fct_doses")


def outcome(**changes: object) -> CheckOutcome:
    """A valid outcome; a test breaks one field."""
    values: dict[str, object] = {
        "check_name": "fct_doses_dose_id_unique",
        "engine": "gx",
        "asset_key": TABLE,
        "status": "failed",
        "evaluated": 10,
        "failed": 2,
    }
    return CheckOutcome(**(values | changes))  # type: ignore[arg-type]


def test_ratio_is_failed_of_evaluated() -> None:
    assert outcome().ratio == 0.2


def test_ratio_of_a_broken_check_is_unknown() -> None:
    assert broken("x", "gx", TABLE, "column gone").ratio is None


def test_ratio_of_an_empty_table_that_passed_is_zero() -> None:
    assert measured("x", "gx", TABLE, evaluated=0, failed=0).ratio == 0.0


def test_ratio_of_an_empty_delivery_without_its_columns_is_one() -> None:
    assert outcome(evaluated=0, failed=0).ratio == 1.0


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": "ok"}, "none of passed, failed, broken"),
        ({"severity": "info"}, "none of error, warn"),
        ({"engine": "pandas"}, "none of pandera"),
        ({"failed": 11}, "11 failed of 10"),
        ({"failed": -1}, "-1 failed of 10"),
        ({"threshold": 1.5}, "no fraction"),
        ({"sample_ids": tuple("abcdefghijk")}, "at most 10"),
        ({"severity": "warn", "blocking": True}, "only an error may block"),
        ({"status": "passed"}, "above its threshold"),
        ({"asset_key": ()}, "asset key"),
        ({"check_name": ""}, "check name"),
    ],
)
def test_a_contradictory_outcome_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        outcome(**changes)


def test_an_outcome_cannot_be_changed_afterwards() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        outcome().failed = 0  # type: ignore[misc]


@pytest.mark.parametrize(("failed", "status"), [(100, "passed"), (101, "failed")])
def test_the_threshold_itself_still_passes(failed: int, status: str) -> None:
    made = measured("x", "gx", TABLE, evaluated=1000, failed=failed, threshold=1 - 0.9)
    assert made.status == status


def test_one_failed_row_of_ten_million_is_not_lost_in_rounding() -> None:
    assert not tolerated(1, 10_000_000, 0.0)


def test_sample_keeps_the_first_ten_distinct_ids_in_order() -> None:
    assert sample(["b", None, "a", "b", *range(20)]) == ("b", "a", *map(str, range(8)))
