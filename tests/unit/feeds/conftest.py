"""A home to load into, and a landing place far away."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from landing_home import Home, attestation, csv
from odd_place import FIRST_FILE, URL, OddFileSystem, World
from returned import give_out

from tests.unit.worklists.filling import Filled
from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.feeds import remote_places
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.settings import Settings


@pytest.fixture(scope="session")
def memory_warehouse(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """In memory and made once: a file's commits and the bootstrap would be most of the time."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), memory_limit="1GB", threads=2)
    with duckdb.connect(config=dict(warehouse.engine_config(settings))) as connection:
        connection.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
        warehouse.bootstrap(connection)
        yield connection


@pytest.fixture
def home(tmp_path: Path, memory_warehouse: duckdb.DuckDBPyConnection) -> Home:
    """A landing folder and an empty warehouse."""
    settings = Settings(home=tmp_path, settle_seconds=0, memory_limit="1GB", threads=2)
    settings.landing.mkdir(parents=True)
    tables = [feed.raw_table for feed in FEEDS.values()]
    for table in (*tables, schemas.DELIVERIES, schemas.REJECTS, schemas.DELIVERY_FILL):
        memory_warehouse.execute(f"truncate {table.sql}").fetchall()
    return Home(settings, memory_warehouse)


@pytest.fixture
def world() -> World:
    OddFileSystem.world = World()
    return OddFileSystem.world


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_places, "WAIT_SECONDS", 0.0)


@pytest.fixture
def far(home: Home, world: World) -> Home:
    """The home of the other tests, its deliveries landing in the odd place."""
    home.settings = home.settings.at(landing=URL)
    world.put(FIRST_FILE, csv(attestation("A1"), "bad"))
    return home


@pytest.fixture
def given_out(tmp_path: Path) -> Filled:
    """The workbook of a province, open: three records, two claims, one in the pool, one request."""
    return give_out(tmp_path)
