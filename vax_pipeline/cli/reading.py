"""Looking into a home's warehouse from the terminal, for what no release holds: personal data."""

from collections.abc import Generator
from contextlib import contextmanager

import duckdb

from vax_pipeline.cli.output import fail
from vax_pipeline.core import warehouse
from vax_pipeline.core.home import HomeBusyError, held
from vax_pipeline.core.settings import Settings


@contextmanager
def reading(settings: Settings, *, built: bool = True) -> Generator[duckdb.DuckDBPyConnection]:
    """The warehouse, while this process holds the home: a run neither fails nor is disturbed by it.

    Args:
        built: what dbt makes is looked at, too.
    """
    if not settings.warehouse.exists():
        fail(f"{settings.root} has no warehouse: run `vax run` first")
    try:
        with held(settings), warehouse.reader(settings) as connection:
            if not warehouse.is_built(connection, by_dbt=built):
                fail(f"{settings.root} was not yet built by this version: run `vax run` once")
            yield connection
    except (HomeBusyError, warehouse.WarehouseLockedError) as error:
        fail(str(error))
