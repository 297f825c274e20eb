"""What a rule says to people: the sentence of a finding, and how to correct it, in both languages.

Sentences are templates over a finding's evidence, so over codes, dates and counts. `{key}` is a value;
`[...]` is left out when a value in it is missing or false; `[a|b]` lists those parts that are not.
"""

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

Language = Literal["en", "vi"]
Evidence = Mapping[str, Any]

_KEY = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_UNKNOWN: dict[Language, str] = {"en": "unknown", "vi": "không rõ"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
_SHARES = ("completeness", "week_before", "rate", "usual_rate")


@dataclass(frozen=True)
class RuleText:
    """uses: the seeds a rule looks at, as `rule_pack.values` takes them."""

    uses: str
    sentence_en: str
    sentence_vi: str
    correction_en: str
    correction_vi: str


@cache
def load_texts(folder: Path) -> dict[str, RuleText]:
    """By rule id: the rows of `rule_texts.csv`."""
    with (folder / "rule_texts.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("rule_id"): RuleText(**row) for row in csv.DictReader(file)}


def sentence(folder: Path, rule_id: str, evidence: Evidence | str, language: Language) -> str:
    """What fired a finding, in a sentence; empty for a rule without a text.

    Args:
        evidence: the finding's, as json or read.
    """
    text = load_texts(folder).get(rule_id)
    if text is None:
        return ""
    read = json.loads(evidence) if isinstance(evidence, str) else evidence
    template = text.sentence_vi if language == "vi" else text.sentence_en
    return _Writer(labels_of_evidence(folder), cast("Evidence", read), language).write(template)


def keys_of(template: str) -> set[str]:
    """The evidence a template asks for."""
    return set(_KEY.findall(template))


@dataclass(frozen=True)
class _Writer:
    labels: Mapping[tuple[str, str], tuple[str, str]]
    evidence: Evidence
    language: Language

    def write(self, template: str) -> str:
        shown = _OPTIONAL.sub(lambda found: self._optional(found[1]), template)
        text = _KEY.sub(lambda found: self._word(found[1]) or _UNKNOWN[self.language], shown)
        return text[:1].upper() + text[1:]

    def _optional(self, part: str) -> str:
        kept = [
            item
            for item in part.split("|")
            if all(self.evidence.get(key) not in (None, False, "", []) for key in keys_of(item))
        ]
        return ", ".join(_KEY.sub(lambda found: self._word(found[1]), item) for item in kept)

    def _word(self, key: str) -> str:
        value = self.evidence.get(key)
        if value is None or isinstance(value, bool):
            return ""
        if isinstance(value, list):
            return ", ".join(self._label(key, str(item)) for item in cast("list[Any]", value))
        if isinstance(value, float) and key in _SHARES:
            return f"{value * 100:.1f} %".replace(".", "," if self.language == "vi" else ".")
        return self._label(key, str(value))

    def _label(self, key: str, code: str) -> str:
        """A code in words, a day as it is written, anything else as it is."""
        if _DAY.match(code):
            return f"{date.fromisoformat(code):%d/%m/%Y}" if self.language == "vi" else code
        if _INSTANT.match(code):
            at = datetime.fromisoformat(code)
            return f"{at:%H:%M %d/%m/%Y}" if self.language == "vi" else f"{at:%Y-%m-%d %H:%M}"
        kind, _, number = code.partition(" ")
        for field, word in ((key, code), ("difference", code), ("slot", kind)):
            if (field, word) in self.labels:
                label = self.labels[field, word][self.language == "vi"]
                return f"{label} {number}".strip() if field == "slot" else label
        return code


@cache
def labels_of_evidence(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """By field and code, English and Vietnamese; of quarantined files as the lists of rejects tell it."""
    labels: dict[tuple[str, str], tuple[str, str]] = {}
    with (folder / "evidence_labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            labels[row["field"], row["code"]] = (row["label_en"], row["label_vi"])
    with (folder.parent / "complaints" / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["domain"] == "reject_problem":
                labels["reason", row["code"]] = (row["label_en"], row["label_vi"])
    return labels
