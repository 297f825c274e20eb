"""The one sink of all checkers: quality.check_results."""

import json
from collections.abc import Sequence
from datetime import datetime

import duckdb

from checks.outcome import CheckOutcome
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
    table = schemas.CHECK_RESULTS.sql
    with warehouse.transaction(connection):
        connection.executemany(
            f"delete from {table} where run_id = ? and check_name = ?",
            [(row[0], row[2]) for row in rows],
        )
        marks = ", ".join("?" * len(schemas.CHECK_RESULTS.columns))
        connection.executemany(f"insert into {table} values ({marks})", rows)


def totals(connection: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, int]:
    """How many checks of a run passed, failed and broke."""
    rows = connection.execute(
        f"select status, count(*) from {schemas.CHECK_RESULTS.sql} where run_id = ? group by all",
        [run_id],
    ).fetchall()
    return {"passed": 0, "failed": 0, "broken": 0} | {str(s): int(n) for s, n in rows}
