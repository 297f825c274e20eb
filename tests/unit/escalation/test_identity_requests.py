"""Identity requests are written to the ledger once, and read back into the warehouse."""

from collections.abc import Iterator

import duckdb
import pytest
from sqlalchemy import text

from tests.unit.escalation.country import Country
from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.escalation.ledger import opened
from vax_pipeline.core.identity_requests import write_requests
from vax_pipeline.core.run_context import read_back_ledger

FIRST = "2021-12-08 08:00:00+07"
NEXT = "2021-12-09 08:00:00+07"


@pytest.fixture
def held(country: Country) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse of nothing but requests."""
    with warehouse.writer(country.settings) as connection:
        warehouse.bootstrap(connection)
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, at: str, *mentions: str) -> None:
    """What dbt would list at an instant; one more that nobody can be asked about."""
    columns = ", ".join(f'"{n}" {k}' for n, k in schemas.IDENTITY_REQUESTS.columns.items())
    asked = schemas.INT_IDENTITY_REQUESTS.sql
    connection.execute(f"create or replace table {asked} ({columns})")
    for mention in mentions:
        connection.execute(
            f"insert into {asked} values (?, ?, 'CAX', '26000', 'MISMATCH', 'NAME', 'name:accents', ?)",
            [f"q-{mention}", mention, at],
        )
    connection.execute(
        f"insert into {asked} values ('q-nowhere', 'm-nowhere', null, null, 'MISMATCH', null, 'id', null)"
    )


def requests(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        f"select request_id, requested_at::varchar from {schemas.IDENTITY_REQUESTS.sql} order by all"
    ).fetchall()


def test_a_request_keeps_the_instant_it_was_first_made(
    country: Country, held: duckdb.DuckDBPyConnection
) -> None:
    ask(held, FIRST, "m1")
    assert write_requests(held, country.settings) == 1
    read_back_ledger(held, country.settings)
    ask(held, NEXT, "m1", "m2")
    assert write_requests(held, country.settings) == 1
    read_back_ledger(held, country.settings)
    assert requests(held) == [("q-m1", FIRST), ("q-m2", NEXT)]


def test_a_warehouse_built_from_scratch_asks_nothing_again(
    country: Country, held: duckdb.DuckDBPyConnection
) -> None:
    ask(held, FIRST, "m1")
    write_requests(held, country.settings)
    # Nothing was read back: as after a loss of the warehouse, or beside another writer.
    ask(held, NEXT, "m1")
    write_requests(held, country.settings)
    read_back_ledger(held, country.settings)
    assert requests(held) == [("q-m1", FIRST)]


def test_reading_back_replaces_what_was_there(
    country: Country, held: duckdb.DuckDBPyConnection
) -> None:
    ask(held, FIRST, "m1", "m2")
    write_requests(held, country.settings)
    read_back_ledger(held, country.settings)
    read_back_ledger(held, country.settings)
    assert len(requests(held)) == 2


def test_a_ledger_of_another_time_is_read_back_whole(
    country: Country, held: duckdb.DuckDBPyConnection
) -> None:
    ask(held, FIRST, "m1")
    write_requests(held, country.settings)
    ask(held, NEXT, "m2", "m3")
    write_requests(held, country.settings)
    read_back_ledger(held, country.settings)
    with opened(country.settings) as ledger, ledger.engine.begin() as store:
        store.execute(text("delete from identity_requests where request_id in ('q-m1', 'q-m3')"))
    read_back_ledger(held, country.settings)
    assert requests(held) == [("q-m2", NEXT)]


@pytest.mark.parametrize(
    "changed",
    [
        "delete from identity_requests where request_id = 'q-m1'",
        "delete from identity_requests",
        "insert into identity_requests select 'q-m0', 'm0', owner_code, unit_code, verification_status, "
        "verification_reason, differs, requested_at from identity_requests where request_id = 'q-m1'",
    ],
    ids=["it lacks one", "it is begun anew", "it has one more from before"],
)
def test_nothing_is_built_on_a_ledger_of_another_time(
    country: Country, held: duckdb.DuckDBPyConnection, changed: str
) -> None:
    ask(held, FIRST, "m1")
    write_requests(held, country.settings)
    read_back_ledger(held, country.settings)
    held.execute(f"insert into {schemas.STANDING.sql} (run_id) values ('r1')")
    for at, mention in ((FIRST, "m2"), (NEXT, "m3"), (NEXT, "m4")):
        ask(held, at, mention)
        write_requests(held, country.settings)
        read_back_ledger(held, country.settings)
        assert warehouse.count(held, schemas.STANDING) == 1  # it has only more
    with opened(country.settings) as ledger, ledger.engine.begin() as store:
        store.execute(text(changed))
    read_back_ledger(held, country.settings)
    assert warehouse.count(held, schemas.STANDING) == 0
