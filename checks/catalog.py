"""The catalog of rules: one row of `rules.csv` is one rule; dbt seeds the same file.

Reads and validates, judges nothing. Callers pass the path.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

SEVERITIES = ("error", "warn", "info")
CLASSES = ("local", "aggregate", "clock")
SUBJECTS = (
    "dose",
    "mention",
    "citizen",
    "complaint",
    "claim",
    "facility",
    "lot",
    "province_day",
    "delivery",
)


class CatalogError(ValueError):
    """The catalog of rules does not say what it must; the message names file and line."""


@dataclass(frozen=True)
class Rule:
    """What is flagged, who must act, and the document it rests on.

    Attributes:
        rule_id: family and number, never reused: `SEQ-003`.
        class_: how findings are kept: `local`, `aggregate` or `clock`.
        owner: the kind of agency that must act.
        valid_from, valid_to: first and last day the rule holds; null is open.
    """

    rule_id: str
    title_en: str
    title_vi: str
    severity: str
    class_: str
    subject_type: str
    owner: str
    source: str
    valid_from: date | None
    valid_to: date | None
    description_en: str

    @property
    def family(self) -> str:
        return self.rule_id.split("-", maxsplit=1)[0]


@cache
def load_rules(path: Path) -> tuple[Rule, ...]:
    """All rules, in the order of the file.

    Raises:
        CatalogError: a column is missing, a value is none of the allowed, an id is repeated.
        FileNotFoundError: there is no such file.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = set(_READ) - set(reader.fieldnames or ())
        if missing:
            raise CatalogError(f"{path}: missing columns {', '.join(sorted(missing))}")
        rules = tuple(_rule(row, f"{path}, line {reader.line_num}") for row in reader)
    ids = [rule.rule_id for rule in rules]
    repeated = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
    if repeated:
        raise CatalogError(f"{path}: rule ids are never reused: {', '.join(repeated)}")
    return rules


def _required(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _rule_id(text: str) -> str:
    family, _, number = text.partition("-")
    if not (family.isalpha() and family.isupper() and number.isdigit() and len(number) == 3):
        raise ValueError(f"{text!r} is no rule id such as SEQ-003")
    return text


def _one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text!r} is none of {', '.join(allowed)}")
        return text

    return read


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


_READ: dict[str, Callable[[str], Any]] = {
    "rule_id": _rule_id,
    "title_en": _required,
    "title_vi": _required,
    "severity": _one_of(SEVERITIES),
    "class": _one_of(CLASSES),
    "subject_type": _one_of(SUBJECTS),
    "owner": _required,
    "source": _required,
    "valid_from": _day,
    "valid_to": _day,
    "description_en": _required,
}


def _rule(row: dict[str, str | None], place: str) -> Rule:
    values: dict[str, Any] = {}
    for column, read in _READ.items():
        try:
            values["class_" if column == "class" else column] = read((row[column] or "").strip())
        except ValueError as error:
            raise CatalogError(f"{place}: {column} {error}") from error
    return Rule(**values)
