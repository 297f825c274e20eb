"""Every rule has a fixture that breaks it and one that keeps it, in the unit tests beside the models.

What breaks a rule is what a unit test expects to be found. What keeps it is named in the test's
`config.meta.keeps`: rule -> subjects that are given and must not be found. A rule without both fails here.
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import yaml

from checks.catalog import load_rules
from vax_pipeline.core.settings import DBT_PROJECT_DIR

RULES = {rule.rule_id for rule in load_rules(DBT_PROJECT_DIR / "seeds/rule_pack/rules.csv")}
Row = dict[str, Any]


def unit_tests() -> Iterator[dict[str, Any]]:
    for path in sorted((DBT_PROJECT_DIR / "models").rglob("*.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", [])


def expected_rows(test: dict[str, Any]) -> list[Row]:
    rows = test["expect"].get("rows", [])
    if isinstance(rows, str):
        return list(csv.DictReader(io.StringIO(rows)))
    return rows


def found(test: dict[str, Any]) -> set[tuple[str, str]]:
    """(rule, subject) that the test expects to be found; counted rules have themselves as subject."""
    pairs: set[tuple[str, str]] = set()
    for row in expected_rows(test):
        rule = row.get("rule_id") or row.get("duplicate_rule")
        subject = row.get("subject_id") or row.get("record_id") or rule
        if rule in RULES and row.get("subjects") != 0:
            pairs.add((str(rule), str(subject)))
    return pairs


def kept(test: dict[str, Any]) -> dict[str, list[str]]:
    return test.get("config", {}).get("meta", {}).get("keeps", {})


def test_every_rule_has_a_fixture_that_breaks_it() -> None:
    broken = {rule for test in unit_tests() for rule, _ in found(test)}
    assert RULES - broken == set()


def test_every_rule_has_a_fixture_that_keeps_it() -> None:
    keeping = {rule for test in unit_tests() for rule in kept(test)}
    assert RULES - keeping == set(), (
        "name what must not be found in config.meta.keeps of a unit test"
    )


def test_what_keeps_a_rule_is_given_and_not_found() -> None:
    wrong: dict[str, list[str]] = defaultdict(list)
    for test in unit_tests():
        given = json.dumps(test["given"], default=str, ensure_ascii=False)
        for rule, subjects in kept(test).items():
            assert rule in RULES, f"{test['name']} keeps {rule}, which is no rule"
            for subject in subjects:
                # A subject of several parts, a lot or a day, is given part by part.
                is_given = all(part in given for part in subject_parts(subject))
                if not is_given or (rule, subject) in found(test):
                    wrong[test["name"]].append(f"{rule} {subject}")
    assert wrong == {}


def subject_parts(subject: str) -> list[str]:
    """Names of copies made in SQL end in a number, claims in # and theirs; days of a feed are feed/day."""
    parts = re.split(r"[#|/]", subject)
    return [
        part.rsplit("-", 1)[0] if part[-1:].isdigit() and "-" in part else part for part in parts
    ]
