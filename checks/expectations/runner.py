"""Runs suites inside DuckDB and reports every expectation as an outcome.

The caller says which file, with which settings; all connections are closed at the end, so that the
next process can open the file. Nothing of GX is imported before `run_suites` or `load_ahead` is called.
"""

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from checks.expectations.gx_on_duckdb import connections, teach_gx_duckdb
from checks.expectations.suite import Suite
from checks.outcome import CheckOutcome

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

NO_CONFIG: Mapping[str, str] = {}


def load_ahead() -> Thread:
    """Import GX, which takes seconds, while the caller waits for something else."""
    thread = Thread(target=import_module, args=("checks.expectations.data_docs",))
    thread.start()
    return thread


def run_suites(
    database: Path,
    suites: Sequence[Suite],
    *,
    config: Mapping[str, str] = NO_CONFIG,
    read_only: bool = True,
    docs_dir: Path | None = None,
    run_at: datetime | None = None,
) -> list[CheckOutcome]:
    """Every expectation of every suite, evaluated inside `database`; one outcome each, in order.

    Args:
        config: DuckDB settings; must equal those of every other connection of this process.
        read_only: must equal that of every other connection of this process, too.
        docs_dir: where to write Data Docs; null writes none.
        run_at: the instant Data Docs show; null takes the machine's.

    Returns:
        Outcomes in the order of the suites. One that cannot run is `broken`; the others go on.

    Raises:
        ValueError: two suites name the same table.
    """
    if len({suite.asset_key for suite in suites}) < len(suites):
        raise ValueError("two suites for one table: put their expectations together")
    teach_gx_duckdb()
    from checks.expectations.validation import validate_suite, warehouse_source

    outcomes: list[CheckOutcome] = []
    validated: list[ExpectationSuiteValidationResult] = []
    with (
        _quiet_gx(),
        connections(database, config, read_only=read_only) as connect,
        warehouse_source(database, connect) as source,
    ):
        sampler = connect()
        for suite in suites:
            made, result = validate_suite(source, suite, sampler)
            outcomes.extend(made)
            if result is not None:
                validated.append(result)
    if docs_dir is not None:
        from checks.expectations.data_docs import build_data_docs

        build_data_docs(validated, docs_dir, run_at)
    return outcomes


@contextmanager
def _quiet_gx() -> Generator[None]:
    """GX logs database errors with the values in them; what broke is in the outcome."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
