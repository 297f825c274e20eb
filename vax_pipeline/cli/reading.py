"""A home's warehouse opened from the terminal, for what no release holds."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

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
    with _opened(settings, warehouse.reader, built=built) as connection:
        yield connection


@contextmanager
def writing(settings: Settings) -> Generator[duckdb.DuckDBPyConnection]:
    """The same, to change what a run has left; it must have built all."""
    with _opened(settings, warehouse.writer, built=True) as connection:
        yield connection


@contextmanager
def _opened(
    settings: Settings,
    connect: Callable[[Settings], AbstractContextManager[duckdb.DuckDBPyConnection]],
    *,
    built: bool,
) -> Generator[duckdb.DuckDBPyConnection]:
    if not settings.warehouse.exists():
        fail(f"{settings.root} has no warehouse: run `vax run` first")
    try:
        with held(settings), connect(settings) as connection:
            if not warehouse.is_built(connection, by_dbt=built):
                fail(f"{settings.root} was not yet built by this version: run `vax run` once")
            yield connection
    except (HomeBusyError, warehouse.WarehouseLockedError) as error:
        fail(str(error))
