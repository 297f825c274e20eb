"""Looking into a home's warehouse from the terminal, for what no release holds: personal data."""

from collections.abc import Generator
from contextlib import contextmanager

import duckdb

from vax_pipeline.cli.output import fail
from vax_pipeline.core import warehouse
from vax_pipeline.core.home import HomeBusyError, held
from vax_pipeline.core.settings import Settings


@contextmanager
def reading(settings: Settings) -> Generator[duckdb.DuckDBPyConnection]:
    """The warehouse, while this process holds the home: a run neither fails nor is disturbed by it."""
    if not settings.warehouse.exists():
        fail(f"{settings.root} has no warehouse: run `vax run` first")
    try:
        with held(settings), warehouse.reader(settings) as connection:
            yield connection
    except (HomeBusyError, warehouse.WarehouseLockedError) as error:
        fail(str(error))
    except (duckdb.BinderException, duckdb.CatalogException):
        fail(f"{settings.root} was not yet built by this version: run `vax run` once")
