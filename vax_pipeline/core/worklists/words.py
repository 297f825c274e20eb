"""Codes in Vietnamese words, and the words that officers may choose as answers.

All from the seeds: labels, rules, reject reasons, the kinds of differences.
"""

import csv
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from checks.catalog import load_rules
from checks.rule_texts import labels_of_evidence, load_texts, sentence
from vax_pipeline.core.clock import ICT
from vax_pipeline.core.labels import LABELS_CSV, RULE_PACK_DIR, RULES_CSV, labels_of, vietnamese

FINDINGS = "findings"  # words for a list of rules and their evidence
_REASONS_CSV = LABELS_CSV.with_name("reject_reasons.csv")
_FIELDS = {"id": "số CCCD/CMND", "police": "theo công an"}


@cache
def choices(name: str) -> Mapping[str, str]:
    """What may be answered: the word shown, by code, in the order to choose from."""
    if name != "reject_reasons":
        return labels_of(name)
    return {
        row["reason_code"]: f"{row['reason_code']} {row['reason_vi']}"
        for row in _rows(_REASONS_CSV)
    }


def shown(value: Any, words: str | None) -> str:
    """A value of a table as an officer reads it; empty when there is none."""
    if words == FINDINGS:
        return " ".join(_sentence(finding) for finding in value or ())
    match value:
        case None:
            text = ""
        case bool():
            text = "Có" if value else "Không"
        case datetime():
            text = f"{value.astimezone(ICT):%d/%m/%Y %H:%M}"
        case date():
            text = f"{value:%d/%m/%Y}"
        case float():
            text = f"{value:.1f}".replace(".", ",")
        case _:
            text = str(value) if words is None else _in_words(str(value), words)
    return text


@cache
def _in_words(code: str, words: str) -> str:
    """The few thousand combinations of codes that occur, each put into words once."""
    write = _WRITERS.get(words)
    return write(code) if write else vietnamese(words, code) or code


def _sentence(finding: Mapping[str, str]) -> str:
    """What fired a finding, as its rule words it; the rule's title when it words nothing."""
    rule_id = finding["rule_id"]
    said = sentence(RULE_PACK_DIR, rule_id, finding["evidence"] or "{}", "vi")
    return f"{said or _rule_titles().get(rule_id, '')} ({rule_id})".strip()


@cache
def _rule_titles() -> Mapping[str, str]:
    return {rule.rule_id: rule.title_vi for rule in load_rules(RULES_CSV)}


def _corrections(rule_ids: str) -> str:
    texts = load_texts(RULE_PACK_DIR)
    said = [texts[rule].correction_vi for rule in rule_ids.split(";") if rule in texts]
    return " ".join(dict.fromkeys(said))


def _differs(text: str) -> str:
    """`name:accents;sex:other` is `họ tên (dấu); giới tính (khác)`."""
    parts: list[str] = []
    for part in text.split(";"):
        field, _, kind = part.partition(":")
        name = _FIELDS.get(field) or vietnamese("answer_field", field).lower() or field
        how = _evidence_label("difference", kind) or vietnamese("verification_reason", kind.upper())
        parts.append(f"{name} ({how.lower()})" if how else name)
    return "; ".join(parts)


def _several(field: str, text: str) -> str:
    return "; ".join(_evidence_label(field, part) or part for part in text.split(";"))


def _evidence_label(field: str, code: str) -> str:
    """Empty when the seed has none."""
    return labels_of_evidence(RULE_PACK_DIR).get((field, code), ("", ""))[1]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


_WRITERS: Mapping[str, Callable[[str], str]] = {
    "corrections": _corrections,
    "differs": _differs,
    "missing": partial(_several, "missing"),
    "slot": partial(_several, "slot"),
}
