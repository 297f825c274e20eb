"""The rule pack and the models that implement it say the same."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from checks.catalog import load_rules
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.settings import DBT_PROJECT_DIR

RULE_PACK = DBT_PROJECT_DIR / "seeds" / "rule_pack"
RULES = load_rules(RULE_PACK / "rules.csv")
DATED_SEEDS = sorted(path for path in RULE_PACK.glob("*.csv") if path.name != "rules.csv")
# Decided where records are matched: flag_duplicates reads them from there.
IMPLEMENTED_IN = (
    *(DBT_PROJECT_DIR / "models" / "quality").glob("*.sql"),
    *(DBT_PROJECT_DIR / "models").rglob("int_doses__deduplicated.sql"),
)


def rows_of(seed: Path) -> list[dict[str, str]]:
    with seed.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_rule_listed_is_implemented_and_every_rule_implemented_is_listed():
    text = "\n".join(path.read_text(encoding="utf-8") for path in IMPLEMENTED_IN)
    implemented = set(re.findall(r"'([A-Z]{2,4}-\d{3})'", text))

    assert implemented == {rule.rule_id for rule in RULES}


def test_vietnamese_titles_are_written_with_accents():
    plain = [rule.rule_id for rule in RULES if rule.title_vi.isascii()]

    assert plain == []


@pytest.mark.parametrize("seed", DATED_SEEDS, ids=lambda seed: seed.stem)
def test_every_value_has_a_source_and_a_validity(seed: Path):
    for row in rows_of(seed):
        assert row["source"]
        assert row["pack"] == "vn_moh"
        assert date.fromisoformat(row["valid_from"]) <= date.fromisoformat(row["valid_to"])


def test_a_verdict_rests_on_rules_that_can_be_errors():
    errors = {rule.rule_id for rule in RULES if rule.severity == "error"}

    assert {row["rule_id"] for row in rows_of(RULE_PACK / "verdict_reasons.csv")} <= errors


def test_no_product_has_a_hard_minimum_above_what_is_expected():
    for row in rows_of(RULE_PACK / "dose_intervals.csv"):
        minimum = int(row["label_minimum_days"]) - int(row["grace_days"])
        assert 0 < minimum <= int(row["expected_min_days"]) <= int(row["expected_max_days"])


def test_the_booster_wait_changes_on_the_day_of_the_dispatch():
    waits = {
        row["valid_from"]: (int(row["gap_months"]), row["valid_to"])
        for row in rows_of(RULE_PACK / "booster_gaps.csv")
        if (row["dose_type"], row["dose_no"]) == ("booster", "1")
    }

    assert waits == {"2021-12-01": (6, "2021-12-16"), "2021-12-17": (3, "9999-12-31")}


def test_every_feed_has_an_expectation_and_a_watched_volume_a_floor():
    expectations = rows_of(RULE_PACK / "feed_expectations.csv")
    volumes = [
        [row[f"volume_{part}"] for part in ("low_share", "high_share", "floor")]
        for row in expectations
    ]

    assert {row["feed"] for row in expectations} == set(FEEDS)
    assert all(all(volume) or not any(volume) for volume in volumes)
    assert all(row["due_hours"] for row in expectations if row["expected_weekdays"] != "none")
