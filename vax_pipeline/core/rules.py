"""The catalogue of rules as documents: all of them, or one with the values it looks at.

From the files dbt seeds, so that it answers without a warehouse.
"""

from datetime import date
from typing import Any

from checks.catalog import Rule, load_rules
from checks.rule_pack import require_pack, values
from checks.rule_texts import load_texts
from vax_pipeline.core.labels import RULE_PACK_DIR, RULES_CSV

Document = dict[str, Any]


class UnknownRuleError(LookupError):
    """No rule has this id."""


def listed() -> list[Document]:
    """Every rule of the catalogue, in its order."""
    return [_as_document(rule) for rule in load_rules(RULES_CSV)]


def describe(rule_id: str, pack: str, day: date) -> Document:
    """One rule, what it says, and its values in a pack over time, those of a day marked.

    Raises:
        UnknownRuleError: there is no such rule.
        UnknownPackError: there is no such pack.
    """
    require_pack(RULE_PACK_DIR, pack)
    wanted = rule_id.upper()
    rules = {rule.rule_id: rule for rule in load_rules(RULES_CSV)}
    if wanted not in rules:
        raise UnknownRuleError(f"there is no rule '{rule_id}': `vax rules` lists them")
    text = load_texts(RULE_PACK_DIR)[wanted]
    return {
        "rule": {
            **_as_document(rules[wanted]),
            "sentence_en": text.sentence_en,
            "sentence_vi": text.sentence_vi,
            "correction_en": text.correction_en,
            "correction_vi": text.correction_vi,
        },
        "pack": pack,
        "on": day.isoformat(),
        "values": {
            used: [
                {
                    "fields": value.fields,
                    "valid_from": _day(value.valid_from),
                    "valid_to": _day(value.valid_to),
                    "is_in_force": value.is_in_force(day),
                    "source": value.source,
                }
                for value in rows
            ]
            for used, rows in values(RULE_PACK_DIR, pack, text.uses).items()
        },
    }


def _as_document(rule: Rule) -> Document:
    return {
        "rule_id": rule.rule_id,
        "title_en": rule.title_en,
        "title_vi": rule.title_vi,
        "severity": rule.severity,
        "class": rule.class_,
        "subject_type": rule.subject_type,
        "owner": rule.owner,
        "source": rule.source,
        "valid_from": _day(rule.valid_from),
        "valid_to": _day(rule.valid_to),
        "description_en": rule.description_en,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
