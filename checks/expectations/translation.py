"""Our expectations as GX expectations, and GX results as outcomes. Imports GX: load it late.

GX may only carry numbers and key ids out of here; checked values never leave the database.
"""

# pyright: basic
# pyright: reportPrivateImportUsage=false
# GX leaves most of its types open, and does not mark what it exports.

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import great_expectations.expectations as gxe
from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations.expectation import Expectation as GxExpectation

from checks.expectations.suite import Expectation, Suite
from checks.outcome import CheckOutcome, broken, measured, tolerated

# Counts and the query for the failing keys; never a value of the checked column.
RESULT_FORMAT: Mapping[str, Any] = {
    "result_format": "BASIC",
    "include_unexpected_rows": False,
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": True,
    "partial_unexpected_count": 0,
}
CHECK_META = "check"
BATCH = "{batch}"  # where GX puts the table
SAMPLED_ROWS = 1_000


class ExpectFewRowsToMeetCondition(gxe.UnexpectedRowsExpectation):
    """UnexpectedRowsExpectation with a tolerated fraction, and counts like all the others.

    GX's own asks for the rows, too, by the same query once more; here they are only counted.
    """

    mostly: float = 1.0
    metric_dependencies: ClassVar[tuple[str, ...]] = (
        "unexpected_rows_query.row_count",
        "table.row_count",
    )
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "mostly")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002  GX's signature
        execution_engine: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        evaluated = int(metrics["table.row_count"])
        failed = int(metrics["unexpected_rows_query.row_count"])
        return {
            "success": tolerated(failed, evaluated, 1.0 - self.mostly),
            "result": {
                "observed_value": failed,
                "element_count": evaluated,
                "unexpected_count": failed,
                "unexpected_percent": 100.0 * failed / evaluated if evaluated else 0.0,
            },
        }


def result_format(suite: Suite) -> dict[str, Any]:
    """What GX may report on this suite: numbers, and rows by the suite's key."""
    return {**RESULT_FORMAT, "unexpected_index_column_names": list(suite.key)}


def check_of(result: ExpectationValidationResult) -> str:
    """The name of the expectation a result belongs to; GX returns them in an order of its own."""
    config = result.expectation_config
    return str(config.meta[CHECK_META]) if config is not None and config.meta else ""


def to_gx(suite: Suite, expectation: Expectation) -> GxExpectation:
    """The GX expectation that measures ours; `meta` leads back from its result."""
    arguments = dict(expectation.arguments)
    common: dict[str, Any] = {
        "meta": {CHECK_META: expectation.name},
        "description": expectation.says,
        "mostly": expectation.mostly,
        "severity": "critical" if expectation.severity == "error" else "warning",
    }
    match expectation.kind:
        case "not_null":
            return gxe.ExpectColumnValuesToNotBeNull(**arguments, **common)
        case "unique":
            # GX's own numbers the rows of every value, which takes several times as long.
            where = _is_repeated(arguments["column"], BATCH)
            return ExpectFewRowsToMeetCondition(
                unexpected_rows_query=_rows_query(suite, where, BATCH), **common
            )
        case "in_set":
            return gxe.ExpectColumnValuesToBeInSet(**arguments, **common)
        case "between":
            return gxe.ExpectColumnValuesToBeBetween(**arguments, **common)
        case "greater":
            return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                **arguments, ignore_row_if="either_value_is_missing", **common
            )
        case "rows":
            # Every brace of the condition is a literal one.
            where = arguments["where"].replace("{", "{{").replace("}", "}}")
            return ExpectFewRowsToMeetCondition(
                unexpected_rows_query=_rows_query(suite, where, BATCH), **common
            )


def _rows_query(suite: Suite, where: str, table: str) -> str:
    return f"select {_key_columns(suite)} from {table} where {where}"


def _is_repeated(column: str, table: str) -> str:
    """Another row has the value. Hashes are grouped faster than text; only suspects are looked at."""
    return (
        f'"{column}" is not null and hash("{column}") in '
        f'(select hash("{column}") from {table} group by all having count(*) > 1) '
        f'qualify count(*) over (partition by "{column}") > 1'
    )


def _key_columns(suite: Suite) -> str:
    return ", ".join(f'"{column}"' for column in suite.key)


def failing_keys_query(
    suite: Suite, expectation: Expectation, result: Mapping[str, Any]
) -> str | None:
    """SQL for the keys of the failed rows, at most ten, in order; null when GX names none."""
    table = f'"{suite.schema}"."{suite.table}"'
    match expectation.kind:
        case "rows":
            source = _rows_query(suite, expectation.arguments["where"], table)
        case "unique":
            where = _is_repeated(expectation.arguments["column"], table)
            source = _rows_query(suite, where, table)
        case _:
            source = str(result.get("unexpected_index_query") or "").rstrip("; \n")
    if not source:
        return None
    # A million rows may fail. Few share a key, so the first of them, sorted, are looked at alone.
    return (
        f"select distinct id from (select concat_ws(':', {_key_columns(suite)}) as id "
        f"from ({source}) as failing where id <> '' order by id limit {SAMPLED_ROWS}) order by id limit 10"
    )


def is_broken(result: ExpectationValidationResult) -> bool:
    """Whether the expectation could not be evaluated: GX reports that as a plain failure."""
    return bool(exception_messages(result)) or "element_count" not in (result.result or {})


def exception_messages(result: ExpectationValidationResult) -> list[str]:
    """What was raised while evaluating: GX keeps one entry, or one a metric. May quote values."""
    information: dict[str, Any] = result.exception_info or {}
    entries = [information] if "raised_exception" in information else list(information.values())
    return [
        str(entry.get("exception_message")) for entry in entries if entry.get("raised_exception")
    ]


def what_broke(messages: list[str]) -> str:
    """A reason without data: database errors may quote values, so only names get through."""
    text = "\n".join(messages)
    if missing := re.search(r'The column "(\w+)" in BatchData does not exist', text):
        return f"column {missing[1]} does not exist"
    if missing := re.search(r'Binder Error: Referenced column "(\w+)" not found', text):
        return f"column {missing[1]} does not exist"
    if kind := re.search(r"_duckdb\.(\w+)", text):
        return f"DuckDB raised {kind[1]}"
    return "Great Expectations could not evaluate it"


def to_outcome(
    suite: Suite,
    expectation: Expectation,
    result: ExpectationValidationResult,
    sample_ids: tuple[str, ...],
) -> CheckOutcome:
    """The outcome of one expectation; GX's exceptions become `broken`, not `failed`."""
    if is_broken(result):
        return broken_outcome(suite, expectation, what_broke(exception_messages(result)))
    numbers = result.result
    absent = int(numbers.get("missing_count") or 0)
    return measured(
        suite.check_name(expectation),
        "gx",
        suite.asset_key,
        # On an empty table GX counts nothing at all.
        evaluated=int(numbers["element_count"] or 0) - absent,
        failed=int(numbers["unexpected_count"] or 0),
        threshold=expectation.threshold,
        severity=expectation.severity,
        sample_ids=sample_ids,
        rule_id=expectation.rule_id,
        message=expectation.says,
        blocking=expectation.blocking,
    )


def broken_outcome(suite: Suite, expectation: Expectation, reason: str) -> CheckOutcome:
    return broken(
        suite.check_name(expectation),
        "gx",
        suite.asset_key,
        f"{expectation.says}: not checked, {reason}",
        threshold=expectation.threshold,
        severity=expectation.severity,
        rule_id=expectation.rule_id,
        blocking=expectation.blocking,
    )
