"""When a release stands: with the same inputs, before the first instant its tables wait for."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import pytest

from vax_pipeline.core import schemas, standing, warehouse
from vax_pipeline.core.run_context import write_run_context
from vax_pipeline.core.settings import Settings

AS_OF = datetime(2021, 12, 8, 1, tzinfo=UTC)
UNTIL = AS_OF + timedelta(hours=3)
DELIVERY = (
    "insert into raw.deliveries (feed, delivery_date, file, file_sha256, state, records, loaded, "
    "rejected, load_id, loaded_at) values "
    "('doses', '2021-12-07', 'doses/2021-12-07/a.csv', 'ab', 'loaded', 2, 2, 0, 'l1', '2021-12-07')"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", memory_limit="1GB", threads=1)


@pytest.fixture
def connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A home whose run r1 at AS_OF has finished; its tables wait for UNTIL."""
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        connection.execute(DELIVERY)
        connection.execute(
            f"create table {schemas.NEXT_CHANGES.sql} as select 'a deadline' as waits_for, "
            "$until::timestamptz as changes_at union all select 'the next day', "
            "$until::timestamptz + interval 9 hour",
            {"until": UNTIL},
        )
        finish(connection, settings, "r1")
        yield connection


def finish(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    run_id: str,
    known_as_of: datetime = AS_OF,
) -> None:
    """What the steps of a whole run write that bears on standing."""
    start(connection, settings, run_id, known_as_of)
    release = settings.published / "releases" / run_id
    release.mkdir(parents=True)
    (release / "manifest.json").write_text(json.dumps({"run_id": run_id}), encoding="utf-8")
    settings.current_release.unlink(missing_ok=True)
    settings.current_release.symlink_to(release)
    standing.let_stand(connection, run_id)


def start(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    run_id: str,
    known_as_of: datetime = AS_OF,
) -> None:
    write_run_context(
        connection,
        settings,
        run_id=run_id,
        as_of=AS_OF,
        known_as_of=known_as_of,
        inputs=standing.inputs_of(connection, standing.code_of(settings)),
        code=standing.code_of(settings),
    )


def standing_run(
    connection: duckdb.DuckDBPyConnection, settings: Settings, at: datetime = AS_OF
) -> str | None:
    """The run that a run at this instant would leave standing."""
    inputs = standing.inputs_of(connection, standing.code_of(settings))
    found = standing.still_standing(connection, settings, inputs, at)
    return found.run_id if found else None


@pytest.mark.parametrize(
    ("at", "stands"),
    [
        (AS_OF - timedelta(microseconds=1), None),
        (AS_OF, "r1"),
        (UNTIL - timedelta(microseconds=1), "r1"),
        (UNTIL, None),
    ],
)
def test_a_release_stands_until_the_first_instant_it_waits_for(
    connection: duckdb.DuckDBPyConnection, settings: Settings, at: datetime, stands: str | None
) -> None:
    assert standing_run(connection, settings, at) == stands


@pytest.mark.parametrize(
    "change",
    [
        DELIVERY.replace("a.csv", "b.csv"),
        "update raw.deliveries set file_sha256 = 'cd'",
        "update raw.deliveries set state = 'withdrawn'",
        "update raw.deliveries set file_mtime_ns = 7",  # the release's manifest has to know
        "insert into ops.escalations (complaint_id, level) values ('C-1', '0')",
        "insert into ops.identity_requests (request_id) values ('q1')",
        "insert into ops.person_decisions (decision_id, kind) values (1, 'link')",
    ],
)
def test_it_does_not_once_something_has_come(
    connection: duckdb.DuckDBPyConnection, settings: Settings, change: str
) -> None:
    connection.execute(change)
    assert standing_run(connection, settings) is None


def test_the_same_files_loaded_again_change_nothing(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    connection.execute("update raw.deliveries set load_id = 'l2', loaded_at = '2021-12-08'")
    assert standing_run(connection, settings) == "r1"


@pytest.mark.parametrize("changed", [{"rule_pack": "us_acip_2021"}, {"pseudonym_key": "another"}])
def test_other_settings_make_it_anew(
    connection: duckdb.DuckDBPyConnection, settings: Settings, changed: dict[str, str]
) -> None:
    others = Settings(**{**settings.model_dump(exclude_none=True), **changed})
    assert standing_run(connection, others) is None


def test_other_code_makes_it_anew(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = tmp_path / "code"
    (code / "target").mkdir(parents=True)
    (code / "model.sql").write_text("select 1", encoding="utf-8")
    monkeypatch.setattr(standing, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(standing, "_CODE", (code,))
    monkeypatch.setattr(standing, "code_of_process", cache(standing.code_of_process.__wrapped__))
    finish(connection, settings, "r2")

    (code / "target" / "manifest.json").write_text("{}", encoding="utf-8")
    assert standing_run(connection, settings) == "r2"
    (code / "model.sql").write_text("select 2", encoding="utf-8")
    assert standing_run(connection, settings) == "r2"  # of a process that began before
    standing.code_of_process.cache_clear()
    assert standing_run(connection, settings) is None


def test_a_run_that_was_stopped_has_to_be_made_good(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    start(connection, settings, "r2")
    assert standing_run(connection, settings) is None


def test_a_replay_never_stands(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    finish(connection, settings, "r2", known_as_of=AS_OF - timedelta(days=9))
    assert standing_run(connection, settings) is None


def test_without_its_release_it_is_made_anew(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    settings.current_release.unlink()
    assert standing_run(connection, settings) is None
