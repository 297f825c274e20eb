"""The one sink of all checkers: quality.check_results."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import get_args

import duckdb
import polars as pl

from checks.outcome import CheckOutcome, Engine, Severity, Status
from checks.thresholds import is_of_a_rule
from vax_pipeline.core import schemas, warehouse


def record(
    connection: duckdb.DuckDBPyConnection,
    outcomes: Sequence[CheckOutcome],
    *,
    run_id: str,
    as_of: datetime,
) -> None:
    """Write outcomes of a run; a check reported again in the same run replaces its row."""
    rows = [
        (
            run_id,
            as_of,
            outcome.check_name,
            outcome.engine,
            outcome.rule_id,
            "/".join(outcome.asset_key),
            outcome.status,
            outcome.evaluated,
            outcome.failed,
            outcome.ratio,
            outcome.threshold,
            outcome.severity,
            json.dumps(list(outcome.sample_ids)),
            outcome.message,
        )
        for outcome in outcomes
    ]
    if not rows:
        return
    table, columns = schemas.CHECK_RESULTS.sql, list(schemas.CHECK_RESULTS.columns)
    frame = pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
    connection.register("check_outcomes", frame)
    try:
        with warehouse.transaction(connection):
            connection.execute(
                f"delete from {table} using check_outcomes where {table}.run_id = check_outcomes.run_id "
                f"and {table}.check_name = check_outcomes.check_name"
            )
            connection.execute(f"insert into {table} by name from check_outcomes")
    finally:
        connection.unregister("check_outcomes")


def carry(
    connection: duckdb.DuckDBPyConnection,
    check_names: Collection[str],
    *,
    run_id: str,
    as_of: datetime,
) -> list[CheckOutcome]:
    """Let what the run that stands said by these of dbt's tests be said by this run, too; returns it."""
    table = schemas.CHECK_RESULTS.sql
    of_these = "engine = 'dbt' and list_contains($names, check_name)"
    names = {"names": list(check_names)}
    with warehouse.transaction(connection):
        connection.execute(
            f"delete from {table} where run_id = $run_id and {of_these}",
            {**names, "run_id": run_id},
        )
        connection.execute(
            f"""
            insert into {table} by name
            select * replace ($run_id as run_id, $as_of::timestamptz as as_of)
            from {table} semi join (select run_id from {schemas.STANDING.sql}) using (run_id)
            where {of_these}
            """,
            {**names, "run_id": run_id, "as_of": as_of},
        )
    told = set(check_names)
    return [outcome for outcome in of_run(connection, run_id) if outcome.check_name in told]


def of_run(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[CheckOutcome]:
    """What all checkers of a run said, by name; what blocks is not kept."""
    rows = connection.execute(
        "select check_name, engine, asset_key, status, evaluated, failed, rule_id, threshold, "
        f"severity, sample_ids, message from {schemas.CHECK_RESULTS.sql} "
        "where run_id = ? order by check_name",
        [run_id],
    ).fetchall()
    return [_outcome(*row) for row in rows]


def _outcome(
    check_name: str,
    engine: Engine,
    asset_key: str,
    status: Status,
    evaluated: int,
    failed: int,
    rule_id: str | None,
    threshold: float,
    severity: Severity,
    sample_ids: str,
    message: str,
) -> CheckOutcome:
    return CheckOutcome(
        check_name=check_name,
        engine=engine,
        asset_key=tuple(asset_key.split("/")),
        status=status,
        evaluated=evaluated,
        failed=failed,
        rule_id=rule_id,
        threshold=threshold,
        severity=severity,
        sample_ids=tuple(json.loads(sample_ids)),
        message=message,
    )


def totals(connection: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, int]:
    """How many checks of a run passed, failed and broke, and how many rules are over a threshold.

    Rules are apart: whether they are over says something of the data, not of the run.
    """
    outcomes = of_run(connection, run_id)
    found = Counter(o.status for o in outcomes if not is_of_a_rule(o) or o.status == "broken")
    over = {o.rule_id for o in outcomes if is_of_a_rule(o) and o.status == "failed"}
    return {status: found[status] for status in get_args(Status)} | {"rules_over": len(over)}
