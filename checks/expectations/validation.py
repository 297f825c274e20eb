"""One suite, validated by GX inside DuckDB. Imports GX: load it late.

GX gets a table, never rows; what comes back are counts, and the keys of failed rows by a query of
our own.
"""

# pyright: basic
# GX leaves most of its types open.

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.interfaces import Batch, TestConnectionError
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

from checks.expectations.gx_on_duckdb import sqlalchemy_arguments
from checks.expectations.suite import Expectation, Suite
from checks.expectations.translation import (
    broken_outcome,
    check_of,
    failing_keys_query,
    is_broken,
    result_format,
    to_gx,
    to_outcome,
)
from checks.outcome import CheckOutcome


@contextmanager
def warehouse_source(
    database: Path, connect: Callable[[], duckdb.DuckDBPyConnection]
) -> Generator[SQLDatasource]:
    """The database as a GX data source of an ephemeral context, let go of at the end."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source: SQLDatasource = context.data_sources.add_sql(
        "warehouse",
        connection_string=f"duckdb:///{database}",
        kwargs=sqlalchemy_arguments(connect),  # pyright: ignore[reportCallIssue]
        create_temp_table=False,
    )
    try:
        yield source
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def validate_suite(
    source: SQLDatasource, suite: Suite, sampler: duckdb.DuckDBPyConnection
) -> tuple[list[CheckOutcome], ExpectationSuiteValidationResult | None]:
    """The outcome of each expectation, and GX's result for Data Docs (null: no such table)."""
    try:
        asset = source.add_table_asset(suite.name, table_name=suite.table, schema_name=suite.schema)
    except TestConnectionError:
        reason = f"table {suite.name} does not exist"
        return [broken_outcome(suite, e, reason) for e in suite.expectations], None
    batch = asset.add_batch_definition_whole_table("whole").get_batch()
    gx_suite = gx.ExpectationSuite(
        name=suite.name, expectations=[to_gx(suite, e) for e in suite.expectations]
    )
    validated = batch.validate(gx_suite, result_format=result_format(suite))
    validated.results = [_retried(batch, suite, result) for result in validated.results]
    by_name = {check_of(result): result for result in validated.results}
    outcomes = [
        to_outcome(suite, e, by_name[e.name], _sample(sampler, suite, e, by_name[e.name]))
        for e in suite.expectations
    ]
    return outcomes, validated


def _retried(
    batch: Batch, suite: Suite, result: ExpectationValidationResult
) -> ExpectationValidationResult:
    """A broken expectation once more, alone: GX bundles queries, so one error breaks neighbours."""
    if not is_broken(result) or result.expectation_config is None:
        return result
    return batch.validate(
        result.expectation_config.to_domain_obj(), result_format=result_format(suite)
    )


def _sample(
    sampler: duckdb.DuckDBPyConnection,
    suite: Suite,
    expectation: Expectation,
    result: ExpectationValidationResult,
) -> tuple[str, ...]:
    if is_broken(result) or not result.result.get("unexpected_count"):
        return ()
    query = failing_keys_query(suite, expectation, result.result)
    if query is None:
        return ()
    return tuple(str(row[0]) for row in sampler.execute(query).fetchall())
