"""The event log that keeps its databases open is Dagster's own on disk."""

from collections.abc import Generator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import text

from vax_pipeline.core import home
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.event_log import KeptOpenEventLog
from vax_pipeline.defs.living import POOL

RUNS = 12  # more than are kept open


@dg.asset
def counted() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 7})


@pytest.fixture
def instance() -> Generator[dg.DagsterInstance]:
    home.prepare(Settings())
    with dg.DagsterInstance.get() as instance:
        yield instance


def log_of(instance: dg.DagsterInstance) -> KeptOpenEventLog:
    log = instance.event_log_storage
    assert isinstance(log, KeptOpenEventLog)
    return log


def test_dagster_reads_what_it_wrote_however_many_runs(instance: dg.DagsterInstance) -> None:
    runs = [dg.materialize([counted], instance=instance).run_id for _ in range(RUNS)]
    folder = Path(Settings().dagster_home) / "history" / "runs"
    own = SqliteEventLogStorage(str(folder))
    written = {run: [r.message for r in log_of(instance).get_logs_for_run(run)] for run in runs}
    assert {run: [r.message for r in own.get_logs_for_run(run)] for run in runs} == written
    assert all("counted" in "".join(messages) for messages in written.values())
    assert len(instance.fetch_materializations(dg.AssetKey("counted"), limit=99).records) == RUNS


def test_the_pool_holds_one_run_before_any_run_was_queued(instance: dg.DagsterInstance) -> None:
    assert log_of(instance).get_concurrency_keys() == {POOL}
    assert log_of(instance).get_concurrency_info(POOL).slot_count == 1


def test_commits_survive_the_process_but_do_not_wait_for_the_disk(
    instance: dg.DagsterInstance,
) -> None:
    with log_of(instance).index_connection() as connection:
        mode = connection.execute(text("pragma journal_mode")).scalar()
        flushing = connection.execute(text("pragma synchronous")).scalar()
    assert (mode, flushing) == ("wal", 1)


def test_whether_a_table_is_there_is_asked_until_it_is(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(_log: SqliteEventLogStorage, table_name: str) -> bool:
        asked.append(table_name)
        return len(asked) > 1

    monkeypatch.setattr(SqliteEventLogStorage, "has_table", answer)
    log = KeptOpenEventLog(str(Settings().dagster_home))
    asked.clear()
    assert [log.has_table("later") for _ in range(4)] == [False, True, True, True]
    assert asked == ["later", "later"]
