"""From how many findings a rule is an alarm: limits of the rule pack, laid on counts already made.

Counts are per rule and place; nothing is computed again when a limit changes. Callers pass the file.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from checks.catalog import Rule
from checks.outcome import CheckOutcome, Severity, broken, measured

ANY = "*"
NATION, PROVINCE = "nation", "province"
_PLACE = {NATION: re.compile(r"\*|VN"), PROVINCE: re.compile(r"\*|[0-9]{2}")}
_COLUMNS = frozenset(
    [
        "rule_id",
        "level",
        "place_code",
        "most_subjects",
        "most_share",
        "pack",
        "valid_from",
        "valid_to",
    ]
)


class ThresholdsError(ValueError):
    """The file of thresholds does not say what it must; the message names file and line."""


@dataclass(frozen=True)
class Threshold:
    """How many subjects a rule may hold for in a place.

    Attributes:
        rule_id, place_code: `*` is any.
        level: nation or province.
        most_subjects: the largest number that still passes; null is no limit.
        most_share: the largest share of those looked at, 0 to 1; null is no limit.
    """

    rule_id: str
    level: str
    place_code: str
    most_subjects: int | None
    most_share: float | None

    def for_a_number_alone(self) -> "Threshold":
        """The same where nobody knows how many were looked at: a share says nothing there."""
        return replace(self, most_share=None)

    def allowed_share(self, evaluated: int) -> float:
        """The largest share that passes, both limits regarded; 1 where there is none."""
        share = 1.0 if self.most_share is None else self.most_share
        if self.most_subjects is not None and evaluated:
            share = min(share, self.most_subjects / evaluated)
        return share

    def in_words(self) -> str:
        """`at most 2%`, `at most 7`, or both; empty without a limit."""
        parts: list[str] = []
        if self.most_share is not None:
            parts.append(f"at most {100 * self.most_share:.4g}%")
        if self.most_subjects is not None:
            parts.append(f"at most {self.most_subjects:,}")
        return ", ".join(parts)


NO_LIMIT = Threshold(ANY, ANY, ANY, None, None)


@dataclass(frozen=True)
class Count:
    """What was found of a rule in a place.

    Attributes:
        place_code: a province, or VN for the nation; `unknown` where the province is not known.
        evaluated: how many subjects were looked at; null where that is not known.
        sample_ids: ids of subjects it holds for.
    """

    rule_id: str
    level: str
    place_code: str
    subjects: int
    evaluated: int | None
    sample_ids: tuple[str, ...] = ()


class Thresholds:
    """The limits of a pack on a day; the most special one counts."""

    def __init__(self, limits: Iterable[Threshold]) -> None:
        self._limits = {(one.rule_id, one.level, one.place_code): one for one in limits}

    def of(self, rule_id: str, level: str, place_code: str) -> Threshold:
        """That of the rule in the place, of the rule, of the place, of all; else no limit."""
        for rule, place in (
            (rule_id, place_code),
            (rule_id, ANY),
            (ANY, place_code),
            (ANY, ANY),
        ):
            if found := self._limits.get((rule, level, place)):
                return found
        return NO_LIMIT


def load_thresholds(path: Path, pack: str, day: date, rules: Sequence[Rule]) -> Thresholds:
    """The limits in force on a day.

    Args:
        rules: the catalogue; a limit for a rule that is not in it is a slip of the pen.

    Raises:
        ThresholdsError: the file is no csv of UTF-8, a column is missing, a value is no limit, or one
            limit is given twice.
        FileNotFoundError: there is no such file.
    """
    known = {ANY, *(rule.rule_id for rule in rules)}
    found: dict[tuple[str, str, str], Threshold] = {}
    for line, row in _rows(path):
        try:
            since, until = _day(row, "valid_from"), _day(row, "valid_to")
            limit = _threshold(row)
            if limit.rule_id not in known:
                raise ValueError(f"there is no rule {limit.rule_id!r}")
        except (TypeError, ValueError) as error:
            raise ThresholdsError(f"{path}, line {line}: {error}") from error
        if row["pack"] != pack or not since <= day <= until:
            continue
        key = (limit.rule_id, limit.level, limit.place_code)
        if key in found:
            said = ", ".join(key)
            raise ThresholdsError(f"{path}, line {line}: {said} has a limit already that day")
        found[key] = limit
    return Thresholds(found.values())


def _day(row: Mapping[str, str | None], column: str) -> date:
    try:
        return date.fromisoformat(row[column] or "")
    except ValueError:
        told = f"{column} must be a day such as 2021-12-31, not {row[column]!r}"
        raise ValueError(told) from None


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of the file and the lines they end on."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = _COLUMNS - set(reader.fieldnames or ())
            if missing:
                raise ThresholdsError(f"{path}: missing columns {', '.join(sorted(missing))}")
            return [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ThresholdsError(f"{path}: save it as csv in UTF-8 ({error})") from error


def judge(
    rules: Sequence[Rule],
    counts: Sequence[Count],
    thresholds: Thresholds,
    asset_key: tuple[str, ...],
) -> list[CheckOutcome]:
    """An outcome for each count of a rule, `rule_<id>` for the nation, with the place for a province.

    A count of a rule that is in no catalogue is left out.
    """
    by_id = {rule.rule_id: rule for rule in rules}
    return [
        _outcome(by_id[count.rule_id], count, thresholds, asset_key)
        for count in counts
        if count.rule_id in by_id
    ]


def unjudged(rules: Sequence[Rule], reason: str, asset_key: tuple[str, ...]) -> list[CheckOutcome]:
    """Of every rule that its check could not run: then nothing is known of any."""
    return [
        broken(
            check_name(rule.rule_id),
            "sql",
            asset_key,
            f"{rule.title_en}: not checked, {reason}",
            severity=_severity(rule),
            rule_id=rule.rule_id,
        )
        for rule in rules
    ]


def check_name(rule_id: str) -> str:
    """What the check of a rule is called; Dagster takes letters, digits and underscores."""
    return f"rule_{rule_id.replace('-', '_')}"


def is_of_a_rule(outcome: CheckOutcome) -> bool:
    """Whether it lays thresholds on a rule's findings; other checks may name a rule, too."""
    rule_id = outcome.rule_id
    return rule_id is not None and outcome.check_name.startswith(check_name(rule_id))


def province_of(outcome: CheckOutcome) -> str | None:
    """Of an outcome of a rule: the province, null for the nation."""
    return outcome.check_name.removeprefix(check_name(str(outcome.rule_id))).strip("_") or None


def _threshold(row: dict[str, str]) -> Threshold:
    if row["level"] not in (NATION, PROVINCE):
        raise ValueError(f"level {row['level']!r} is none of {NATION}, {PROVINCE}")
    if not _PLACE[row["level"]].fullmatch(row["place_code"]):
        raise ValueError(f"place_code {row['place_code']!r} is no {row['level']}, nor {ANY}")
    subjects = int(row["most_subjects"]) if row["most_subjects"] else None
    share = float(row["most_share"]) if row["most_share"] else None
    if subjects is not None and subjects < 0:
        raise ValueError(f"most_subjects {subjects} is negative")
    if share is not None and not 0.0 <= share <= 1.0:
        raise ValueError(f"most_share {share} is no fraction")
    return Threshold(row["rule_id"], row["level"], row["place_code"], subjects, share)


def _outcome(
    rule: Rule, count: Count, thresholds: Thresholds, asset_key: tuple[str, ...]
) -> CheckOutcome:
    limit = thresholds.of(rule.rule_id, count.level, count.place_code)
    evaluated = count.evaluated
    if evaluated is None:
        evaluated, limit = count.subjects, limit.for_a_number_alone()
    found = f"{count.subjects:,}"
    if count.evaluated:
        found += f" of {count.evaluated:,} ({count.subjects / count.evaluated:.2%})"
    name = check_name(rule.rule_id)
    return measured(
        name if count.level == NATION else f"{name}_{count.place_code}",
        "sql",
        asset_key,
        evaluated=evaluated,
        failed=count.subjects,
        threshold=limit.allowed_share(evaluated),
        severity=_severity(rule),
        sample_ids=count.sample_ids,
        rule_id=rule.rule_id,
        message="; ".join(filter(None, (f"{rule.title_en}: {found}", limit.in_words()))),
    )


def _severity(rule: Rule) -> Severity:
    """That of its check: what is only counted (`info`) warns."""
    return "error" if rule.severity == "error" else "warn"
