"""The parts of the page and its words; `page.html.j2` lays them out."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path

import jinja2

from checks.catalog import Rule
from checks.expectations.groups import GROUPS
from checks.expectations.offline_page import OFFLINE_STYLE
from checks.outcome import CheckOutcome
from checks.thresholds import is_of_a_rule, province_of

FOLDER = Path(__file__).parent
SAMPLES_SHOWN = 5
SEVERITIES = {"error": ("lỗi", "error"), "warn": ("cảnh báo", "warning")}
# Checks of deliveries are called raw_<feed>_<this>.
_OF_DELIVERIES = {
    "schema": "the file has the columns and types agreed",
    "contract": "values have the shape agreed",
    "files": "every file could be read",
    "accounting": "records in the file = loaded + rejected",
    "keys": "each row stands once",
}
_OF_THE_RELEASE = {
    "release_holds_no_personal_data": "the release holds no name, number or phone of a person"
}


@dataclass(frozen=True)
class Line:
    """One check: what it says, in both languages, and what it found.

    Attributes:
        note: what a checker adds, in English; empty for nothing.
        state: passed, failed or broken.
        of: how many were looked at; empty where that says nothing.
        tolerated: the largest share, or number, that passes.
        places: provinces over their own threshold, in words.
    """

    code: str
    vietnamese: str
    english: str
    note: str
    state: str
    severity: tuple[str, str]
    found: str
    of: str
    share: str
    tolerated: str
    samples: tuple[str, ...]
    places: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.state != "passed" or bool(self.places)


@dataclass(frozen=True)
class Part:
    """A table or a group of checks, and how many more hold than are listed."""

    name: str
    lines: list[Line] = field(default_factory=lambda: [])
    unlisted: int = 0


def render(outcomes: Sequence[CheckOutcome], rules: Sequence[Rule], as_of: str) -> str:
    """The page, whole.

    Args:
        outcomes: all of one run, by name.
        rules: the catalogue.
        as_of: the instant the run stands at, for people.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    of_rules = _rules([o for o in outcomes if is_of_a_rule(o)], rules)
    rest = [o for o in outcomes if not is_of_a_rule(o)]
    return environment.get_template("page.html.j2").render(
        style=OFFLINE_STYLE,
        as_of=as_of,
        rules=of_rules,
        details=GROUPS,
        tables=_by_table(o for o in rest if o.engine == "gx"),
        deliveries=_by_table(o for o in rest if o.engine in ("pandera", "sql")),
        structure=_structure([o for o in rest if o.engine == "dbt"]),
        failed=sum(o.status == "failed" for o in rest),
        broken=sum(o.status == "broken" for o in outcomes),
        passed=sum(o.status == "passed" for o in rest),
    )


@cache
def sentences() -> dict[str, str]:
    """English sentence -> Vietnamese."""
    with (FOLDER / "sentences_vi.csv").open(encoding="utf-8", newline="") as file:
        return {row["sentence"]: row["vietnamese"] for row in csv.DictReader(file)}


def _rules(outcomes: Sequence[CheckOutcome], rules: Sequence[Rule]) -> list[Line]:
    """A line for each rule, those over a threshold first."""
    found: dict[str | None, dict[str | None, CheckOutcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.rule_id, {})[province_of(outcome)] = outcome
    lines = [
        _line(
            nation,
            _figures(nation, rule),
            code=rule.rule_id,
            vietnamese=rule.title_vi,
            english=rule.title_en,
            places=tuple(
                _in_words(province, _figures(outcome, rule))
                for province, outcome in found[rule.rule_id].items()
                if province is not None and not outcome.passed
            ),
        )
        for rule in rules
        if (nation := found.get(rule.rule_id, {}).get(None)) is not None
    ]
    return sorted(lines, key=lambda line: (not line.is_over, line.severity[1], line.code))


def _by_table(outcomes: Iterable[CheckOutcome]) -> list[Part]:
    """By what was checked; not in order first."""

    def table(outcome: CheckOutcome) -> tuple[str, ...]:
        return outcome.asset_key

    parts = [
        Part(".".join(key), sorted((_told(o) for o in group), key=lambda line: not line.is_over))
        for key, group in groupby(sorted(outcomes, key=table), key=table)
    ]
    return sorted(parts, key=lambda part: not any(line.is_over for line in part.lines))


def _structure(outcomes: Sequence[CheckOutcome]) -> Part:
    """Keys, relations and value lists: many, alike, and of interest only when one fails."""
    failed = [_told(outcome) for outcome in outcomes if not outcome.passed]
    return Part("dbt", failed, unlisted=len(outcomes) - len(failed))


def _told(outcome: CheckOutcome) -> Line:
    """What a check says: in its message, by its name, else its name alone."""
    table = "_".join(outcome.asset_key)
    english = (
        _OF_THE_RELEASE.get(outcome.check_name)
        or _OF_DELIVERIES.get(outcome.check_name.removeprefix(f"{table}_"))
        or outcome.message.partition(": not checked")[0]
        or outcome.check_name
    )
    return _line(
        outcome,
        _figures(outcome),
        code=outcome.rule_id or "",
        vietnamese=sentences().get(english, ""),
        english=english,
        note="" if outcome.message == english else outcome.message,
    )


def _figures(outcome: CheckOutcome, rule: Rule | None = None) -> dict[str, str]:
    """Found, of how many, share and limit, as people read them."""
    figures = {"found": f"{outcome.failed:,}"}
    if rule is not None and rule.subject_type == "province_day":
        # How many days of a province could be wrong is not known: a number is what limits them, and
        # as a share of those found it can be told from the outcome only once it is passed.
        limit = "" if outcome.passed else f"{round(outcome.threshold * outcome.evaluated):,}"
        return {**figures, "of": "", "share": "", "tolerated": limit}
    return {
        **figures,
        "of": f"{outcome.evaluated:,}",
        "share": "" if outcome.ratio is None else _percent(outcome.ratio),
        "tolerated": _percent(outcome.threshold),
    }


def _in_words(place: str, figures: Mapping[str, str]) -> str:
    found = figures["found"]
    if figures["of"]:
        found += f" / {figures['of']} = {figures['share']}"
    return f"tỉnh · province {place}: {found} > {figures['tolerated']}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _line(
    outcome: CheckOutcome,
    figures: dict[str, str],
    *,
    code: str,
    vietnamese: str,
    english: str,
    note: str = "",
    places: tuple[str, ...] = (),
) -> Line:
    return Line(
        code=code,
        vietnamese=vietnamese,
        english=english,
        note=note,
        state=outcome.status,
        severity=SEVERITIES[outcome.severity],
        samples=outcome.sample_ids[:SAMPLES_SHOWN],
        places=places,
        **figures,
    )
