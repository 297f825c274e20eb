"""What dbt's tests found, read from run_results.json and reported like any other check.

dbt says how many rows failed; how many were looked at is counted here, from the tested table.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from checks.outcome import CheckOutcome, Status
from vax_pipeline.core import check_results, schemas, warehouse
from vax_pipeline.core.dbt_process import RESULTS
from vax_pipeline.core.keys import key_text_sql

# Keys that may be shown: they name records, never people. citizen_id is an id number.
_SAFE_KEYS = frozenset(
    {
        "dose_id",
        "record_id",
        "mention_id",
        "finding_id",
        "complaint_id",
        "event_id",
        "agency_code",
        "facility_code",
        "citizen_key",
        "rule_id",
        "lot_number",
        "unit_code",
    }
)
_STATUS: dict[str, Status] = {
    "pass": "passed",
    "fail": "failed",
    "warn": "failed",
    "error": "broken",
}


def record_tests(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    manifest: Mapping[str, Any],
    standing: Iterable[str],
    *,
    run_id: str,
    as_of: datetime,
) -> list[CheckOutcome]:
    """Write what the tests of an invocation found, and before that what those say that were left standing.

    Args:
        standing: unique ids that dbt was not asked about.

    Returns:
        the outcomes carried over.
    """
    names = [str(manifest["nodes"][u]["name"]) for u in standing if is_test(manifest["nodes"][u])]
    carried = check_results.carry(connection, names, run_id=run_id, as_of=as_of)
    found = read_test_outcomes(connection, target, manifest)
    check_results.record(connection, found, run_id=run_id, as_of=as_of)
    return carried


def read_test_outcomes(
    connection: duckdb.DuckDBPyConnection, target: Path, manifest: Mapping[str, Any]
) -> list[CheckOutcome]:
    """One outcome per data test of the invocation in `target`; none of one that could not even begin."""
    if not (target / RESULTS).exists():
        return []
    results = json.loads((target / RESULTS).read_text(encoding="utf-8"))["results"]
    counts = row_counts(connection)
    outcomes: list[CheckOutcome] = []
    for result in results:
        node = manifest["nodes"].get(result["unique_id"])
        if node is None or not is_test(node) or result["status"] not in _STATUS:
            continue
        relation = _tested_relation(manifest, node)
        if relation is None:
            continue
        outcomes.append(
            _outcome(connection, node, result, relation, counts.get(relation.asset_key, 0))
        )
    return outcomes


def is_test(node: Mapping[str, Any]) -> bool:
    """Whether a node of dbt's manifest is a data test."""
    return node["resource_type"] == "test"


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, ...], int]:
    """Rows of every table (not view) of the warehouse, by (schema, table)."""
    tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    relations = [schemas.Relation(str(schema), str(name)) for schema, name in tables]
    return {r.asset_key: warehouse.count(connection, r) for r in relations}


def _outcome(
    connection: duckdb.DuckDBPyConnection,
    node: Mapping[str, Any],
    result: Mapping[str, Any],
    relation: schemas.Relation,
    evaluated: int,
) -> CheckOutcome:
    status = _STATUS[result["status"]]
    failed = int(result.get("failures") or 0)
    is_failed = status == "failed"
    return CheckOutcome(
        check_name=str(node["name"]),
        engine="dbt",
        rule_id=node.get("meta", {}).get("rule_id"),
        asset_key=relation.asset_key,
        status=status,
        evaluated=max(evaluated, failed),
        failed=failed,
        threshold=0.0,
        severity="warn" if node["config"].get("severity", "error").lower() == "warn" else "error",
        sample_ids=_samples(connection, result.get("compiled_code")) if is_failed else (),
        message="the test itself could not run: see dbt's log" if status == "broken" else "",
    )


def _samples(connection: duckdb.DuckDBPyConnection, sql: str | None) -> tuple[str, ...]:
    """The first safe key of up to ten rows at fault; of a row whose keys are all null, none."""
    if not sql:
        return ()
    relation = connection.sql(sql)
    keys = [column for column in relation.columns if column.lower() in _SAFE_KEYS]
    if not keys:
        return ()
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    texts = ", ".join(
        key_text_sql(f'"{key}"') if kinds[key] == "UUID" else f'"{key}"::varchar' for key in keys
    )
    first = f"coalesce({texts})"
    rows = relation.filter(f"{first} is not null").select(first).limit(10).fetchall()
    return tuple(str(row[0]) for row in rows)


def _tested_relation(
    manifest: Mapping[str, Any], node: Mapping[str, Any]
) -> schemas.Relation | None:
    candidates: Iterable[str] = (
        [node["attached_node"]] if node.get("attached_node") else node["depends_on"]["nodes"]
    )
    for unique_id in candidates:
        parent = manifest["nodes"].get(unique_id) or manifest["sources"].get(unique_id)
        if parent and parent["resource_type"] in ("model", "seed", "source"):
            return schemas.Relation(parent["schema"], parent.get("alias") or parent["identifier"])
    return None
