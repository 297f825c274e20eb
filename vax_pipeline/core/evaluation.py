"""Findings, links and assessments against a simulation's truth: precision, recall, confusion.

Set-based: the truth files are read by DuckDB beside the warehouse's tables. Works in terms of the
sources (record, complaint, citizen number); the pipeline's keys are looked up. Writes nothing.
"""

import json
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.link_evaluation import score_links

Document = dict[str, Any]


def evaluate(connection: duckdb.DuckDBPyConnection, truth_dir: Path) -> Document:
    """The object of `vax evaluate`: rules, links and complaints, rates as fractions.

    Args:
        connection: a warehouse after a run; temporary views are made on it.
        truth_dir: the `truth` folder of the simulation that was loaded.

    Raises:
        FileNotFoundError: a truth file is missing.
    """
    for name in ("findings", "complaints"):
        path = truth_dir / f"{name}.parquet"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: not the truth folder of a simulation")
        literal = str(path).replace("'", "''")
        connection.execute(
            f"create or replace temp view truth_{name} as select * from read_parquet('{literal}')"
        )
    scope = set(json.loads((truth_dir / "scope.json").read_text(encoding="utf-8")))
    _name_subjects(connection)
    return {
        "rules": _score_rules(connection, scope),
        "links": score_links(connection, truth_dir),
        "complaints": _score_complaints(connection),
    }


def _name_subjects(connection: duckdb.DuckDBPyConnection) -> None:
    """temp table evaluated(rule_id, subject_type, subject, is_planted, is_found), distinct.

    Mentions are named by mention_id, citizens by citizen_key; a planted subject the pipeline does
    not hold keeps its source name, and so counts as missed.
    """
    connection.execute(
        f"""
        create or replace temp table evaluated as
        with
        planted as (
            select distinct
                findings.rule_id,
                findings.subject_type,
                case findings.subject_type
                    when 'mention' then coalesce(records.mention_id, findings.subject_id)
                    when 'citizen'
                        then coalesce(citizens.citizen_key, links.citizen_key, findings.subject_id)
                    else findings.subject_id
                end as subject
            from truth_findings as findings
            left join {schemas.INT_MENTION_RECORDS.sql} as records
                on findings.subject_type = 'mention' and findings.subject_id = records.record_id
            left join {schemas.DIM_CITIZENS.sql} as citizens
                on findings.subject_type = 'citizen' and findings.subject_id = citizens.citizen_id
            left join {schemas.MENTION_LINKS.sql} as links
                on findings.subject_type = 'citizen'
                and findings.subject_id = links.source_record_id
        ),
        found as (
            select distinct rule_id, subject_type, subject_id as subject
            from {schemas.FINDINGS.sql}
        )
        select
            coalesce(planted.rule_id, found.rule_id) as rule_id,
            coalesce(planted.subject_type, found.subject_type) as subject_type,
            coalesce(planted.subject, found.subject) as subject,
            planted.rule_id is not null as is_planted,
            found.rule_id is not null as is_found
        from planted
        full join found
            on planted.rule_id = found.rule_id
            and planted.subject_type = found.subject_type
            and planted.subject = found.subject
        """
    )


def _score_rules(connection: duckdb.DuckDBPyConnection, scope: set[str]) -> Document:
    """Per rule: planted, found, precision, recall, f1. Null rates where truth does not speak."""
    rows = connection.execute(
        """
        select
            rule_id,
            count(*) filter (where is_planted) as planted,
            count(*) filter (where is_found) as found,
            count(*) filter (where is_planted and is_found) as both_of_them
        from evaluated
        group by rule_id
        order by rule_id
        """
    ).fetchall()
    scores: Document = {}
    for rule_id, planted, found, both in rows:
        in_scope = rule_id in scope
        precision = both / found if in_scope and found else None
        recall = both / planted if in_scope and planted else None
        scores[rule_id] = {
            "planted": planted,
            "found": found,
            "precision": precision,
            "recall": recall,
            "f1": _f1(both, planted, found) if in_scope else None,
        }
    return scores


def _f1(both: int, planted: int, found: int) -> float | None:
    """Harmonic mean of precision and recall; null when there is nothing to find and none found."""
    return 2 * both / (planted + found) if planted + found else None


def _score_complaints(connection: duckdb.DuckDBPyConnection) -> Document:
    """How often the assessment agrees with the officer who knows everything."""
    connection.execute(
        f"""
        create or replace temp table judged_complaints as
        select
            truth.complaint_id,
            truth.is_valid,
            truth.reasons as true_reasons,
            coalesce(found.reasons, []) as found_reasons,
            found.recommendation = 'reject' as is_rejected,
            found.root_cause is not distinct from truth.root_cause as is_cause_right,
            found.recommendation is not distinct from truth.recommendation as is_advice_right
        from truth_complaints as truth
        inner join {schemas.FCT_COMPLAINTS.sql} as found on truth.complaint_id = found.complaint_id
        """
    )
    cause, advice, rejected = _row(
        connection,
        "select avg(is_cause_right::int), avg(is_advice_right::int), "
        "avg(is_rejected::int) filter (where is_valid) from judged_complaints",
    )
    reasons = connection.execute(
        """
        with
        planted as (select complaint_id, unnest(true_reasons) as code from judged_complaints),
        found as (select complaint_id, unnest(found_reasons) as code from judged_complaints)
        select
            coalesce(planted.code, found.code) as reason,
            2 * count(*) filter (where planted.code = found.code)
                / (count(planted.code) + count(found.code)) as f1
        from planted
        full join found on planted.complaint_id = found.complaint_id and planted.code = found.code
        group by reason
        order by reason
        """
    ).fetchall()
    return {
        "root_cause_accuracy": cause,
        "recommendation_accuracy": advice,
        "valid_rejected_rate": rejected,
        "reject_reason_f1": dict(reasons),
    }


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row
