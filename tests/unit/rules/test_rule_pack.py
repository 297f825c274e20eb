"""The rule pack and the models that implement it say the same."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from checks.catalog import load_rules
from checks.rule_pack import UnknownPackError, packs, require_pack, seeds, values
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.settings import DBT_PROJECT_DIR

RULE_PACK = DBT_PROJECT_DIR / "seeds" / "rule_pack"
RULES = load_rules(RULE_PACK / "rules.csv")
DATED_SEEDS = seeds(RULE_PACK)
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
        assert row["pack"] in packs(RULE_PACK)
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
        if (row["pack"], row["dose_type"], row["dose_no"]) == ("vn_moh", "booster", "1")
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


def test_there_are_two_packs_and_no_third():
    assert packs(RULE_PACK) == ("us_acip_2021", "vn_moh")
    require_pack(RULE_PACK, "vn_moh")
    with pytest.raises(UnknownPackError, match="there are us_acip_2021, vn_moh"):
        require_pack(RULE_PACK, "fr")


def test_every_threshold_a_model_asks_for_is_in_both_packs_or_rests_on_a_dispatch():
    asked = {
        name
        for path in (DBT_PROJECT_DIR / "models").rglob("*.sql")
        for name in re.findall(r"setting\('(\w+)'", path.read_text(encoding="utf-8"))
    }
    known = {
        pack: {
            row["setting"]
            for row in rows_of(RULE_PACK / "rule_settings.csv")
            if row["pack"] == pack
        }
        for pack in packs(RULE_PACK)
    }
    assert asked <= known["vn_moh"]
    # Vietnamese papers and the ministry's own limits: where there is no value, the rule is silent.
    assert asked - known["us_acip_2021"] == {
        "cmnd_min_age_years", "completeness_error", "completeness_warn"
    }  # fmt: skip


def test_values_of_a_rule_are_those_of_the_pack_in_the_order_of_their_days():
    (waits,) = values(RULE_PACK, "vn_moh", "rule_settings:late_entry_days").values()
    assert [wait.fields["value"] for wait in waits] == ["30", "0"]
    assert [wait.is_in_force(date(2022, 4, 7)) for wait in waits] == [True, False]
    assert [wait.is_in_force(date(2022, 4, 8)) for wait in waits] == [False, True]


SEEDS_WITH_A_SOURCE = sorted(
    path
    for folder in ("rule_pack", "complaints")
    for path in (DBT_PROJECT_DIR / "seeds" / folder).glob("*.csv")
    if "source" in path.read_text(encoding="utf-8").splitlines()[0].split(",")
)
FACTS = (DBT_PROJECT_DIR.parent / "docs" / "facts.md").read_text(encoding="utf-8")
ANCHORS = {
    re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
    for heading in re.findall(r"^#+ (.+)$", FACTS, re.MULTILINE)
}
DOCUMENT = re.compile(r"(\d+, )*\d+/(\d{4}/)?(QĐ-BYT|BYT-DP|BYT-CNTT|TT-BCA)$")


@pytest.mark.parametrize("seed", SEEDS_WITH_A_SOURCE, ids=lambda seed: seed.stem)
def test_every_source_is_a_document_or_a_heading_of_the_facts(seed: Path):
    """`8688/BYT-DP; docs/facts.md#ages: a note`."""
    for row in rows_of(seed):
        for source in row["source"].split(": ", maxsplit=1)[0].split("; "):
            if source.startswith("docs/facts.md#"):
                assert source.removeprefix("docs/facts.md#") in ANCHORS, source
            else:
                assert DOCUMENT.match(source), source


def test_nothing_refers_to_a_reference_its_reader_cannot_see():
    for seed in (DBT_PROJECT_DIR / "seeds").rglob("*.csv"):
        assert not re.search(r"\b(domain|architecture) \d", seed.read_text(encoding="utf-8")), seed
