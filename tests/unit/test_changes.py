"""What a run builds on: the tables of the last finished one, if nothing but deliveries and time has moved."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from checks.outcome import CheckOutcome
from vax_pipeline.core import changes, check_results, schemas, standing, warehouse
from vax_pipeline.core.run_context import write_run_context
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.untouched import basis

AS_OF = datetime(2021, 12, 8, 1, tzinfo=UTC)
LATER = AS_OF + timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", memory_limit="1GB", threads=1)


@pytest.fixture
def connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A home whose run r1 at AS_OF, on files a and b, has finished."""
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        connection.execute(
            f"create table {schemas.NEXT_CHANGES.sql} as select $at::timestamptz as changes_at",
            {"at": LATER},
        )
        deliver(connection, "a", "l1")
        deliver(connection, "b", "l1")
        start(connection, settings, "r1", AS_OF)
        standing.let_stand(connection, "r1")
        yield connection


def deliver(
    connection: duckdb.DuckDBPyConnection,
    file: str,
    load_id: str,
    state: str = "loaded",
    feed: str = "doses",
) -> None:
    connection.execute(f"delete from {schemas.DELIVERIES.sql} where file = ?", [file])
    connection.execute(
        f"insert into {schemas.DELIVERIES.sql} (feed, file, load_id, state) values (?, ?, ?, ?)",
        [feed, file, load_id, state],
    )


def start(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    run_id: str,
    as_of: datetime,
    code: str = "code",
    known_as_of: datetime | None = None,
) -> datetime | None:
    """What the first step of a whole run does; returns what the run builds on."""
    since = changes.since(connection, code, as_of)
    write_run_context(
        connection,
        settings,
        run_id=run_id,
        as_of=as_of,
        known_as_of=known_as_of or as_of,
        since=since,
        inputs="inputs",
        code=code,
    )
    return since


def changed_files(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(f"select file from {schemas.CHANGED_FILES.sql}").fetchall()
    return {file for (file,) in rows}


def changed_tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(f"select name from {schemas.CHANGED_TABLES.sql}").fetchall()
    return {name for (name,) in rows}


ACCOUNTS = {"raw.deliveries", "raw.delivery_fill", "raw.rejects"}


def test_the_first_run_of_a_home_builds_on_nothing(settings: Settings) -> None:
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        assert start(connection, settings, "r1", AS_OF) is None
        assert connection.execute("select is_full from ops.run_context").fetchall() == [(True,)]


def test_the_next_run_builds_on_the_last(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    assert start(connection, settings, "r2", LATER) == AS_OF
    assert connection.execute("select is_full from ops.run_context").fetchall() == [(False,)]


@pytest.mark.parametrize(
    ("as_of", "code"),
    [(AS_OF - timedelta(microseconds=1), "code"), (LATER, "other code")],
    ids=["back in time", "with other code"],
)
def test_all_is_made_anew(
    connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime, code: str
) -> None:
    assert start(connection, settings, "r2", as_of, code) is None
    assert connection.execute("select is_full from ops.run_context").fetchall() == [(True,)]


def test_files_that_came_went_failed_or_were_replaced_have_changed(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    for file in ("c", "d", "e"):
        deliver(connection, file, "l1")
    start(connection, settings, "r2", AS_OF)
    standing.let_stand(connection, "r2")
    deliver(connection, "b", "l3")  # replaced
    deliver(connection, "c", "l3", "withdrawn")
    deliver(connection, "d", "l3", "failed")
    connection.execute(f"delete from {schemas.DELIVERIES.sql} where file = 'e'")
    deliver(connection, "f", "l3")
    deliver(connection, "g", "l3", "failed")  # never had rows
    start(connection, settings, "r3", LATER)
    assert changed_files(connection) == {"b", "c", "d", "e", "f"}


@pytest.mark.parametrize(
    ("feed", "state", "tables"),
    [
        ("doses", "loaded", {"raw.doses", *ACCOUNTS}),
        (
            "complaints",
            "loaded",
            {"raw.complaints", "raw.complaint_doses", "raw.complaint_attachments", *ACCOUNTS},
        ),
        ("doses", "failed", ACCOUNTS),
    ],
    ids=["of a feed", "with nested records", "that has no rows"],
)
def test_a_file_changes_the_tables_it_has_rows_in(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: str,
    state: str,
    tables: set[str],
) -> None:
    deliver(connection, "c", "l2", state, feed)
    start(connection, settings, "r2", AS_OF)
    assert changed_tables(connection) == tables


@pytest.mark.parametrize(
    ("later", "clock"),
    [
        (timedelta(), set[str]()),
        (timedelta(hours=15, minutes=59), {changes.INSTANT}),  # AS_OF is eight in the morning there
        (timedelta(hours=16), {changes.INSTANT, changes.DAY}),
    ],
    ids=["the same instant", "before midnight in Vietnam", "midnight in Vietnam"],
)
def test_time_alone_changes_the_clock_alone(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    later: timedelta,
    clock: set[str],
) -> None:
    start(connection, settings, "r2", AS_OF + later)
    assert changed_tables(connection) == clock


def test_what_nobody_noted_stands(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    some = (schemas.FCT_DOSES, schemas.raw("doses"), schemas.raw("complaints"))
    deliver(connection, "c", "l2")
    start(connection, settings, "r2", AS_OF)
    known = changes.account_of(connection, some, "r1")
    assert known.standing == {"marts.fct_doses", "raw.complaints"}
    changes.note_table(connection, schemas.FCT_DOSES.dotted)
    assert changes.account_of(connection, some, "r1").standing == {"raw.complaints"}


def test_of_a_table_kept_by_key_it_is_known_which_rows_can_differ(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    start(connection, settings, "r2", LATER)
    connection.execute(
        f"insert into {schemas.CHANGED_ROWS.sql} values ('marts.fct_doses', 'citizen_key', 'k1')"
    )
    [(table, condition)] = changes.account_of(connection, [], "r1").differing.items()
    found = connection.execute(
        f"select citizen_key from (values ('k1'), ('k2')) as doses(citizen_key) where {condition}"
    ).fetchall()
    assert (table, found) == ("marts.fct_doses", [("k1",)])


def test_of_an_older_release_nothing_is_known(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    start(connection, settings, "r2", AS_OF)
    assert changes.account_of(connection, [schemas.FCT_DOSES], "r0") == changes.Account()


def test_where_all_is_made_anew_nothing_stands(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    start(connection, settings, "r2", LATER, "other code")
    assert changes.account_of(connection, [schemas.FCT_DOSES], "r1") == changes.Account()


def test_after_assets_were_chosen_by_hand_nothing_is_built_on(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    changes.make_all_anew(connection)
    assert connection.execute("select is_full from ops.run_context").fetchall() == [(True,)]
    assert start(connection, settings, "r2", LATER) is None


def test_a_stopped_run_leaves_what_it_noted_to_the_next(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    deliver(connection, "c", "l2")
    start(connection, settings, "stopped", LATER)
    connection.execute(f"insert into {schemas.CHANGED_KEYS.sql} values ('record', 'k')")
    changes.note_table(connection, "marts.fct_doses")
    assert start(connection, settings, "r3", LATER + timedelta(hours=1)) == AS_OF
    assert changed_files(connection) == {"c"}
    assert warehouse.count(connection, schemas.CHANGED_KEYS) == 1
    assert "marts.fct_doses" in changed_tables(connection)


@pytest.mark.parametrize("state", ["withdrawn", "failed"])
def test_a_file_that_a_stopped_run_loaded_has_changed_though_it_is_gone(
    connection: duckdb.DuckDBPyConnection, settings: Settings, state: str
) -> None:
    deliver(connection, "c", "l2")
    start(connection, settings, "stopped", LATER)
    deliver(connection, "c", "l2", state)
    assert start(connection, settings, "r3", LATER) == AS_OF
    assert changed_files(connection) == {"c"}
    assert "raw.doses" in changed_tables(connection)
    standing.let_stand(connection, "r3")
    start(connection, settings, "r4", LATER)
    assert changed_files(connection) == set()


def test_nothing_builds_on_a_run_stopped_at_a_later_instant(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    start(connection, settings, "stopped", LATER)
    assert start(connection, settings, "r3", LATER - timedelta(hours=1)) is None


def test_nothing_builds_on_tables_half_made_anew(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    start(connection, settings, "stopped", LATER, "other code")
    assert start(connection, settings, "r3", LATER) is None


def test_nothing_builds_on_a_replay(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    write_run_context(
        connection,
        settings,
        run_id="replay",
        as_of=LATER,
        known_as_of=AS_OF,
        inputs="inputs",
        code="code",
    )
    standing.let_stand(connection, "replay")
    assert start(connection, settings, "r3", LATER) is None


def test_a_finished_run_forgets_what_had_changed(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    deliver(connection, "c", "l2")
    start(connection, settings, "r2", LATER)
    connection.execute(f"insert into {schemas.CHANGED_KEYS.sql} values ('record', 'k')")
    connection.execute(f"insert into {schemas.CHANGED_ROWS.sql} values ('t', 'c', 'k')")
    standing.let_stand(connection, "r2")
    for table in (
        schemas.CHANGED_FILES,
        schemas.CHANGED_KEYS,
        schemas.CHANGED_TABLES,
        schemas.CHANGED_ROWS,
    ):
        assert warehouse.count(connection, table) == 0
    start(connection, settings, "r3", LATER + timedelta(hours=1))
    assert changed_files(connection) == set()


def test_nothing_builds_on_a_stopped_run_that_another_called_done(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    deliver(connection, "c", "l2")
    start(connection, settings, "stopped", LATER)
    assert standing.let_stand(connection, "another") is None
    assert start(connection, settings, "r3", LATER) is None


def _outcome(name: str, status: Any = "passed", engine: Any = "dbt") -> CheckOutcome:
    return CheckOutcome(
        check_name=name, engine=engine, rule_id=None, asset_key=("marts", "fct_doses"),
        status=status, evaluated=5, failed=0, threshold=0.0, severity="error", sample_ids=(),
        message="",
    )  # fmt: skip


@pytest.fixture
def noted(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
) -> Callable[..., None]:
    """Let the standing run r1 have said something, and r2 begin at an instant."""

    def begin(as_of: Any, code: str = "code") -> None:
        outcomes = [
            _outcome("said"),
            _outcome("broke", "broken"),
            _outcome("by_another", engine="gx"),
        ]
        check_results.record(connection, outcomes, run_id="r1", as_of=AS_OF)
        start(connection, settings, "r2", as_of, code)

    return begin


def test_what_a_run_finds(
    connection: duckdb.DuckDBPyConnection,
    noted: Callable[..., None],
) -> None:
    deliver(connection, "c", "l2")
    noted(AS_OF)
    found = basis(connection)
    assert found is not None
    assert "raw.doses" in found.changed
    assert schemas.RUN_CONTEXT.dotted not in found.changed
    assert found.tests == {"said"}
    assert {schemas.NEXT_CHANGES.dotted, schemas.raw("doses").dotted} <= found.relations


def test_the_clock_is_a_parent(
    connection: duckdb.DuckDBPyConnection,
    noted: Callable[..., None],
) -> None:
    noted(LATER)
    found = basis(connection)
    assert found is not None
    assert found.changed == {changes.INSTANT, changes.DAY, schemas.RUN_CONTEXT.dotted}


def test_a_run_that_makes_all_anew_finds_nothing(
    connection: duckdb.DuckDBPyConnection,
    noted: Callable[..., None],
) -> None:
    noted(LATER, "other code")
    assert basis(connection) is None


def test_what_is_not_asked_again_says_what_it_said(
    connection: duckdb.DuckDBPyConnection,
    noted: Callable[..., None],
) -> None:
    noted(LATER)
    for _ in range(2):  # a step tried again
        told = check_results.carry(connection, ["said", "by_another"], run_id="r2", as_of=LATER)
        assert told == [_outcome("said")]
    assert check_results.of_run(connection, "r2") == [_outcome("said")]
    assert len(check_results.of_run(connection, "r1")) == 3
    standing.let_stand(connection, "r2")
    found = basis(connection)
    assert found is not None
    assert found.tests == {"said"}
