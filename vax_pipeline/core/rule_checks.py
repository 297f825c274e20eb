"""Each rule as a check: the counts of the last run against the thresholds of the pack, or of another file.

Reads counts only: a changed threshold is applied at once, and no finding is computed again.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import duckdb

from checks.catalog import Rule, load_rules
from checks.outcome import MAX_SAMPLE_IDS, CheckOutcome
from checks.thresholds import (
    NATION,
    PROVINCE,
    Count,
    ThresholdsError,
    judge,
    load_thresholds,
    unjudged,
)
from vax_pipeline.core import check_results, clock, schemas
from vax_pipeline.core.labels import RULE_PACK_DIR, RULES_CSV
from vax_pipeline.core.run_context import read_run_context

_IN_A_PROVINCE = "place_code <> 'unknown'"
THRESHOLDS_CSV = RULE_PACK_DIR / "rule_thresholds.csv"


def checked_rules() -> tuple[Rule, ...]:
    """The rules that have a check of this kind.

    Those of deliveries have one of their own, which looks back a week: a delivery that was late stays so.
    """
    return tuple(rule for rule in load_rules(RULES_CSV) if rule.subject_type != "delivery")


def judge_rules(
    connection: duckdb.DuckDBPyConnection, thresholds_file: Path | None = None
) -> list[CheckOutcome]:
    """Outcomes of every rule in the nation, and in each province where it found something.

    Args:
        thresholds_file: another file than the pack's, in the same form.

    Raises:
        ThresholdsError: the file does not say what it must.
        FileNotFoundError: there is no such file.
    """
    standing = read_run_context(connection)
    day = standing.as_of.astimezone(clock.ICT).date()
    rules = load_rules(RULES_CSV)
    thresholds = load_thresholds(thresholds_file or THRESHOLDS_CSV, standing.rule_pack, day, rules)
    return judge(checked_rules(), _counts(connection), thresholds, schemas.FINDINGS.asset_key)


def judged_by_the_pack(connection: duckdb.DuckDBPyConnection) -> list[CheckOutcome]:
    """The same by the pack's own thresholds; each rule is broken when they can't be read."""
    try:
        return judge_rules(connection)
    except ThresholdsError as error:
        return unjudged(checked_rules(), str(error), schemas.FINDINGS.asset_key)


def provinces(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Codes of the provinces of which anything was counted."""
    rows = connection.execute(
        f"select distinct place_code from {schemas.RULE_COUNTS.sql} "
        f"where level = '{PROVINCE}' and {_IN_A_PROVINCE} order by 1"
    ).fetchall()
    return [str(code) for (code,) in rows]


def verdict(outcomes: list[CheckOutcome]) -> CheckOutcome:
    """One outcome for the nation and its provinces (those of one rule, the nation first).

    It fails when any of them does.
    """
    nation, *provinces = outcomes
    over = [one for one in provinces if not one.passed]
    if nation.passed and over:
        return dataclasses.replace(
            nation, status="failed", message=f"{nation.message}; in provinces"
        )
    return nation


def replace_outcomes(
    connection: duckdb.DuckDBPyConnection, outcomes: Sequence[CheckOutcome]
) -> None:
    """Put outcomes in place of those that the run said whose counts these are."""
    standing = read_run_context(connection)
    check_results.record(connection, outcomes, run_id=standing.run_id, as_of=standing.as_of)


def _counts(connection: duckdb.DuckDBPyConnection) -> list[Count]:
    """By rule, the nation first, with examples; what lies in no known province is in the nation only."""
    rows = connection.execute(
        f"""
        with examples as (
            select rule_id, min(subject_id, {MAX_SAMPLE_IDS}) as subject_ids
            from {schemas.FINDINGS.sql} group by rule_id
        )
        select counts.rule_id, level, place_code, subjects, evaluated,
            case when level = '{NATION}' then subject_ids end
        from {schemas.RULE_COUNTS.sql} as counts
        left join examples on counts.rule_id = examples.rule_id
        where level = '{NATION}' or (subjects > 0 and {_IN_A_PROVINCE})
        order by counts.rule_id, level, place_code
        """
    ).fetchall()
    return [
        Count(rule_id, level, place, subjects, evaluated, tuple(examples or ()))
        for rule_id, level, place, subjects, evaluated, examples in rows
    ]
