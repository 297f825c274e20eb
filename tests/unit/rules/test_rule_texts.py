"""Every rule says what fired it, in both languages, from codes and dates that its findings really hold."""

import csv
import json
import re

import pytest

from checks.catalog import load_rules
from checks.rule_pack import values
from checks.rule_texts import keys_of, load_texts, sentence
from tests.command import vax_json
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.labels import RULE_PACK_DIR, RULES_CSV
from vax_pipeline.core.settings import DBT_PROJECT_DIR

RULES = load_rules(RULES_CSV)
TEXTS = load_texts(RULE_PACK_DIR)
MODELS = "\n".join(
    path.read_text(encoding="utf-8") for path in (DBT_PROJECT_DIR / "models/quality").glob("flag_*")
)
INTERVAL = {
    "days": 9, "previous_vaccine": "AZ", "previous_injected_on": "2021-10-25",
    "injected_on": "2021-11-03", "minimum": 28, "grace": 0,
}  # fmt: skip


def test_every_rule_has_its_texts() -> None:
    assert {rule.rule_id for rule in RULES} <= TEXTS.keys()


@pytest.mark.parametrize("rule", sorted(TEXTS))
def test_a_text_asks_for_the_same_evidence_in_both_languages(rule: str) -> None:
    text = TEXTS[rule]
    assert keys_of(text.sentence_en) == keys_of(text.sentence_vi)
    # What it asks for is a key of some evidence: a name that no model writes would never be filled.
    for key in keys_of(text.sentence_en):
        assert re.search(rf"'{key}'|\b{key}=", MODELS), f"{rule} speaks of {key}"


def test_vietnamese_texts_are_written_with_accents() -> None:
    plain = [
        rule for rule, text in TEXTS.items() if (text.sentence_vi + text.correction_vi).isascii()
    ]
    assert plain == []


def test_no_sentence_can_show_a_name_a_number_or_a_phone() -> None:
    asked = {key for text in TEXTS.values() for key in keys_of(text.sentence_en)}
    assert asked.isdisjoint(
        {"full_name", "name_key", "id_number", "phone", "citizen_id", "birth_on"}
    )


@pytest.mark.parametrize("rule", sorted(TEXTS))
def test_the_values_a_rule_looks_at_are_in_the_pack(rule: str) -> None:
    for used, rows in values(RULE_PACK_DIR, "vn_moh", TEXTS[rule].uses).items():
        assert rows, f"{rule} looks at {used}, which is empty"


def test_a_finding_reads_as_a_sentence_in_both_languages() -> None:
    assert sentence(RULE_PACK_DIR, "SEQ-001", json.dumps(INTERVAL), "en") == (
        "Injected on 2021-11-03, 9 days after the dose of AZ on 2021-10-25; the minimum is 28 days "
        "less 0 of grace."
    )
    assert sentence(RULE_PACK_DIR, "SEQ-001", INTERVAL, "vi") == (
        "Tiêm ngày 03/11/2021, 9 ngày sau mũi AZ ngày 25/10/2021; tối thiểu 28 ngày, trừ 0 ngày dung sai."
    )


def test_what_is_not_known_is_left_out_or_said_to_be_unknown() -> None:
    evidence = {"is_known": False, "injected_on": None, "active_from": None, "active_to": None}
    assert sentence(RULE_PACK_DIR, "DOSE-011", evidence, "en") == (
        "The place of injection is in no register, or was not open on unknown."
    )
    opened = evidence | {"injected_on": "2021-07-01", "active_from": "2021-07-15"}
    assert sentence(RULE_PACK_DIR, "DOSE-011", opened, "en").endswith(", open from 2021-07-15.")


def test_only_the_fields_that_differ_are_listed() -> None:
    evidence = {"other_record": "platform:1", "is_date_other": True, "is_facility_other": False,
                "is_lot_other": True, "is_label_other": False, "is_person_other": False}  # fmt: skip
    assert sentence(RULE_PACK_DIR, "DUP-003", evidence, "vi") == (
        "Nhập hai lần: platform:1 chỉ khác ngày tiêm, số lô."
    )


def test_codes_shares_and_instants_are_written_as_people_write_them() -> None:
    day = {"report_date": "2021-12-07", "administered": 100, "recorded": 94, "completeness": 0.94,
           "week_before": None, "ask": "enter_doses"}  # fmt: skip
    assert sentence(RULE_PACK_DIR, "MIS-005", day, "vi") == (
        "Đến 07/12/2021, ghi nhận 94 trong 100 mũi đã tiêm (94,0 %): nhập các mũi tiêm."
    )
    late = {"due_at": "2021-12-07 17:56:00+07", "state": "BREACHED", "met_at": None}
    assert sentence(RULE_PACK_DIR, "SLA-002", late, "vi") == (
        "Hạn 17:56 07/12/2021, chưa thực hiện."
    )


def test_a_file_that_could_not_be_read_says_why_as_the_lists_of_rejects_do() -> None:
    assert sentence(RULE_PACK_DIR, "FEED-007", {"feed": "doses", "reason": "empty_file"}, "en") == (
        "The file of doses could not be read. The file is empty."
    )


def test_rejects_are_told_of_a_file_or_of_the_small_files_of_a_day() -> None:
    file = {"feed": "doses", "records": 40, "rejected": 30, "nested_records": 0, "nested_rejected": 0,
            "rate": 0.75}  # fmt: skip
    assert sentence(RULE_PACK_DIR, "FEED-003", file, "en") == (
        "Rejected of doses: 30 of 40 records (75.0 %)."
    )
    day = {"feed": "doses", "files": 2, "rejected": 5, "rate": 0.25}
    assert sentence(RULE_PACK_DIR, "FEED-003", day, "vi") == (
        "Bản ghi bị loại trong dữ liệu mũi tiêm: 5 bản ghi trong 2 tệp (25,0 %)."
    )


def test_every_feed_has_its_words() -> None:
    with (RULE_PACK_DIR / "evidence_labels.csv").open(encoding="utf-8", newline="") as file:
        named = {row["code"] for row in csv.DictReader(file) if row["field"] == "feed"}
    assert named == set(FEEDS)


def test_every_code_of_the_evidence_has_its_words() -> None:
    with (RULE_PACK_DIR / "evidence_labels.csv").open(encoding="utf-8", newline="") as file:
        labelled = {(row["field"], row["code"]) for row in csv.DictReader(file)}
    asked = set(re.findall(r"'(?:ask)': \"'(\w+)'\"", MODELS))
    asked |= set(re.findall(r"then '((?:enter|ask|move|check|tell)_\w+)'", MODELS))
    assert asked
    assert {("ask", code) for code in asked} <= labelled


def test_the_command_lists_the_rules_and_explains_one() -> None:
    listed = vax_json("rules")["rules"]
    assert [rule["rule_id"] for rule in listed] == [rule.rule_id for rule in RULES]
    told = vax_json("rules", "seq-007", "--on", "2021-12-16")
    assert told["rule"]["title_vi"] == "Mũi bổ sung hoặc nhắc lại tiêm quá sớm"
    waits = {
        value["fields"]["gap_months"]: value["is_in_force"]
        for value in told["values"]["booster_gaps"]
        if value["fields"]["dose_no"] == "1" and value["fields"]["dose_type"] == "booster"
    }
    assert waits == {"6": True, "3": False}


def test_another_pack_has_other_values() -> None:
    told = vax_json("rules", "SEQ-001", "--pack", "us_acip_2021")
    assert {row["fields"]["grace_days"] for row in told["values"]["dose_intervals"]} == {"4"}


def test_an_unknown_rule_is_answered_with_where_they_are_listed() -> None:
    with pytest.raises(AssertionError, match="`vax rules` lists them"):
        vax_json("rules", "SEQ-999")
