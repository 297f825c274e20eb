"""What citizens read: in both languages, from one place, with nothing about health or of a person."""

import csv
import re

import pytest

from vax_pipeline.core.settings import DBT_PROJECT_DIR

SEEDS = DBT_PROJECT_DIR / "seeds"


def rows_of(seed: str) -> list[dict[str, str]]:
    with (SEEDS / seed).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TEXTS = rows_of("complaints/citizen_texts.csv")
FILLED_IN = {row["code"]: row["text_vi"] for row in TEXTS if row["use"] == "contact"}
FILLED_IN["reference"] = "PA-AB"
SENT = [row for row in TEXTS if row["use"] in {"sms", "notice"}]
EVERY_TEXT = [
    pytest.param(
        row[language].format(**FILLED_IN), id=f"{row['use']}-{row['code']}-{language[-2:]}"
    )
    for row in TEXTS
    for language in ("text_vi", "text_en")
]
EVERY_SMS = [
    pytest.param(row[language].format(**FILLED_IN), id=f"{row['code']}-{language[-2:]}")
    for row in SENT
    for language in ("text_vi", "text_en")
]
PRODUCTS = {
    word.lower()
    for seed in ("normalization/vaccine_aliases.csv", "rule_pack/vaccine_products.csv")
    for row in rows_of(seed)
    for column, word in row.items()
    if column in {"vaccine_code", "alias_key", "vaccine_name"} and len(word) > 2
}
# Words that would tell, on a phone that others read too, that somebody was vaccinated, or ill.
OF_HEALTH = re.compile(
    r"tiêm|vắc|mũi|lô\b|liều|bệnh|sức khỏe|phản ứng|dị ứng|thai|covid|vaccin|dose|lot\b|shot|injection"
    r"|illness|disease|reaction|allerg|pregnan",
    re.IGNORECASE,
)


@pytest.mark.parametrize("text", EVERY_TEXT)
def test_no_text_holds_a_number_of_a_person_or_a_date(text: str) -> None:
    without_hotline = text.replace(FILLED_IN["hotline"], "")
    assert not re.search(r"\d{3}", without_hotline.replace("19.gov", ""))
    assert not re.search(r"[{}]", text)


@pytest.mark.parametrize("text", EVERY_TEXT)
def test_no_text_names_a_product(text: str) -> None:
    assert len(PRODUCTS) > 20
    assert PRODUCTS & set(re.findall(r"\w+", text.lower())) == set()


@pytest.mark.parametrize("text", EVERY_SMS)
def test_no_sms_says_anything_about_health(text: str) -> None:
    """But for the portal's address, and the facility a rejected sender is asked back to (9458)."""
    unavoidable = rf"{re.escape(FILLED_IN['portal'])}|quay lại cơ sở tiêm"
    assert OF_HEALTH.findall(re.sub(unavoidable, "", text)) == []


@pytest.mark.parametrize("row", SENT, ids=lambda row: row["code"])
def test_an_sms_says_where_to_look_and_whom_to_call_in_three_parts_at_most(
    row: dict[str, str],
) -> None:
    """Accents leave 67 letters a part; English has 153."""
    for text, most in ((row["text_vi"], 3 * 67), (row["text_en"], 153)):
        assert len(text.format(**FILLED_IN)) <= most
        assert {"{portal}", "{hotline}"} <= set(re.findall(r"{\w+}", text))


def test_a_notice_names_the_complaint_and_rejected_or_incomplete_ones_the_way_back() -> None:
    notices = {row["code"]: row for row in TEXTS if row["use"] == "notice"}
    assert notices.keys() == {"APPROVED", "REJECTED", "SUPPLEMENT", "LONG_DEFERRAL"}
    assert all(
        "{reference}" in row["text_vi"] and "{reference}" in row["text_en"]
        for row in notices.values()
    )
    back = {code for code, row in notices.items() if "quay lại cơ sở tiêm" in row["text_vi"]}
    assert back == {"REJECTED", "SUPPLEMENT"}


def test_every_text_is_in_both_languages() -> None:
    assert [row["code"] for row in TEXTS if not row["text_vi"] or not row["text_en"]] == []
    same = {row["code"] for row in TEXTS if row["text_vi"] == row["text_en"]}
    assert same == {"portal", "hotline"}


def test_every_reject_reason_is_told_in_plain_words_with_what_to_bring() -> None:
    told = {row["code"]: row for row in TEXTS if row["use"] == "reason"}
    reasons = {row["reason_code"] for row in rows_of("complaints/reject_reasons.csv")}
    assert reasons | {"REJECTED", "DEFERRED", "SUPPLEMENT"} == told.keys()
    papers = {row["code"] for row in TEXTS if row["use"] == "bring"}
    asked = {code: set(row["bring"].split(";")) - {""} for code, row in told.items()}
    assert {code for code, needed in asked.items() if not needed} == {"DEFERRED"}
    assert set().union(*asked.values()) == papers


def test_every_state_has_its_words() -> None:
    states = {
        row["code"]
        for row in rows_of("complaints/labels.csv")
        if row["domain"] == "complaint_state"
    }
    assert {row["code"] for row in TEXTS if row["use"] == "outcome"} == states - {"ATTACHED"}
