"""Findings, links and assessments against a simulation's truth: precision, recall, confusion.

Set-based: the truth files are read by DuckDB beside the warehouse's tables. Works in terms of the
sources (record, complaint, citizen number); the pipeline's keys are looked up. Writes nothing.
"""

import json
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.keys import key_text_sql
from vax_pipeline.core.link_evaluation import score_links
from vax_pipeline.core.truth_files import view_truth

Document = dict[str, Any]


def evaluate(connection: duckdb.DuckDBPyConnection, truth_dir: Path) -> Document:
    """The object of `vax evaluate`: rules, links and complaints, rates as fractions.

    Args:
        connection: a warehouse after a run; temporary views are made on it.
        truth_dir: the `truth` folder of the simulation that was loaded; of several provinces, each has
            its own below.

    Raises:
        FileNotFoundError: a truth file is missing.
    """
    for name in ("findings", "undecided", "complaints"):
        view_truth(connection, truth_dir, name)
    scope: dict[str, str] = {}
    for path in truth_dir.rglob("scope.json"):
        scope |= json.loads(path.read_text(encoding="utf-8"))
    _name_subjects(connection)
    _set_undecided_apart(connection, [rule for rule, of in scope.items() if of == "history"])
    return {
        "rules": _score_rules(connection, set(scope)),
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
                    when 'mention' then coalesce({key_text_sql("records.mention_id")}, findings.subject_id)
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


def _set_undecided_apart(connection: duckdb.DuckDBPyConnection, rules: list[str]) -> None:
    """Adds is_undecided and is_compound to `evaluated`.

    Undecided are subjects of rules of histories where truth does not say whose history it is: two
    profiles that might be one person's or two, or a lookalike of another's dose. So are claims whose
    record nobody could find. Compound are subjects with faults of more than one rule planted: what was
    found must not move a subject from one part to the other, or every confusion of two rules is compound.
    """
    connection.execute(
        f"""
        create or replace temp table evaluated as
        with
        people as (
            select distinct links.citizen_key
            from truth_undecided as undecided
            inner join {schemas.MENTION_LINKS.sql} as links
                on undecided.subject_id = links.source_record_id
            where undecided.subject_type = 'dose'
        ),
        undecided as (
            select subject_id as subject from truth_undecided where subject_type <> 'dose'
            union
            select citizen_key from people
            union
            select links.source_record_id
            from {schemas.MENTION_LINKS.sql} as links
            semi join people on links.citizen_key = people.citizen_key
            union
            select links.mention_id
            from {schemas.MENTION_LINKS.sql} as links
            semi join people on links.citizen_key = people.citizen_key
        )
        select
            evaluated.*,
            undecided.subject is not null and list_contains(?, evaluated.rule_id) as is_undecided,
            count(distinct case when evaluated.is_planted then evaluated.rule_id end) over (
                partition by evaluated.subject_type, evaluated.subject
            ) > 1 as is_compound
        from evaluated
        left join undecided on evaluated.subject = undecided.subject
        """,
        [rules],
    )


def _score_rules(connection: duckdb.DuckDBPyConnection, scope: set[str]) -> Document:
    """Per rule: planted, found, undecided, precision, recall, f1; the same for single and compound.

    Rates are null where truth does not speak, or where there is nothing to divide by.
    """
    rows = connection.execute(
        """
        select
            rule_id,
            part,
            count(*) filter (where is_planted and not is_undecided) as planted,
            count(*) filter (where is_found and not is_undecided) as found,
            count(*) filter (where is_planted and is_found and not is_undecided) as both_of_them,
            count(*) filter (where is_undecided) as undecided
        from evaluated
        cross join (values ('all'), ('single'), ('compound')) as parts(part)
        where part = 'all' or is_compound = (part = 'compound')
        group by rule_id, part
        order by rule_id, part
        """
    ).fetchall()
    scores: Document = {}
    for rule_id, part, planted, found, both, undecided in rows:
        score: Document = {"planted": planted, "found": found, "undecided": undecided}
        score |= _rates(both, planted, found) if rule_id in scope else _rates(0, 0, 0)
        if part == "all":
            scores[rule_id] = score
        else:
            scores[rule_id][part] = score
    return scores


def _rates(both: int, planted: int, found: int) -> Document:
    return {
        "precision": both / found if found else None,
        "recall": both / planted if planted else None,
        "f1": _f1(both, planted, found),
    }


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
    judged, cause, advice, rejected = _row(
        connection,
        "select count(*), avg(is_cause_right::int), avg(is_advice_right::int), "
        "avg(is_rejected::int) filter (where is_valid) from judged_complaints",
    )
    reasons = connection.execute(
        """
        with
        planted as (select complaint_id, unnest(true_reasons) as code from judged_complaints),
        found as (select complaint_id, unnest(found_reasons) as code from judged_complaints)
        select
            coalesce(planted.code, found.code) as reason,
            count(planted.code) as planted,
            count(found.code) as found,
            count(*) filter (where planted.code = found.code) as both_of_them
        from planted
        full join found on planted.complaint_id = found.complaint_id and planted.code = found.code
        group by reason
        order by reason
        """
    ).fetchall()
    facilities = connection.execute(
        f"""
        select
            case
                when claims.facility_code is not null then claims.facility_basis
                else coalesce(claims.candidate_basis, 'none')
            end as basis,
            count(*) as claims,
            avg((coalesce(claims.facility_code, claims.candidate_facility_code) = truth.facility_code)::int)
                as accuracy
        from {schemas.FCT_COMPLAINT_CLAIMS.sql} as claims
        inner join truth_complaints as truth on claims.complaint_id = truth.complaint_id
        where claims.is_contested and truth.facility_code is not null
        group by basis
        order by basis
        """
    ).fetchall()
    scores = {
        reason: {"planted": planted, "found": found, **_rates(both, planted, found)}
        for reason, planted, found, both in reasons
    }
    return {
        "complaints": judged,
        "root_cause_accuracy": cause,
        "recommendation_accuracy": advice,
        "valid_rejected_rate": rejected,
        "reject_reason_f1": {reason: score["f1"] for reason, score in scores.items()},
        "reject_reasons": scores,
        "facilities": {
            basis: {"claims": claims, "accuracy": accuracy}
            for basis, claims, accuracy in facilities
        },
    }


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row
