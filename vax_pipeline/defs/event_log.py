"""Dagster's event log on SQLite, with its connections kept open.

A run over thirty delivery days writes some 2,500 events. Dagster's own SQLite log opens a database anew
for each of the two or three statements an event takes, and waits for the disk at every commit; that was a
third of a small run. Here each database is opened once and commits in WAL mode with `synchronous = normal`:
nothing is lost when a process is killed; only a power cut may cost the last events, never their
consistency. Files and tables are Dagster's own, so either class reads what the other wrote.

Named in dagster.yaml. The escalation ledger is a different database and flushes every commit.
"""

from collections import OrderedDict
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import StringSource
from dagster._config import UserConfigSchema
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

from vax_pipeline.defs.living import POOL

_KEPT = 8  # the index and the latest runs; a web server may look at hundreds
_BUSY_SECONDS = 20


class KeptOpenEventLog(SqliteEventLogStorage):
    """`SqliteEventLogStorage` that keeps its latest databases open."""

    def __init__(self, dagster_home: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._present: set[str] = set()
        super().__init__(str(Path(dagster_home) / "history" / "runs"), inst_data)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {"dagster_home": StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "KeptOpenEventLog":
        return cls(config_value["dagster_home"], inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard in self._engines:
            self._engines.move_to_end(shard)
            return self._engines[shard]
        engine = create_engine(
            self.conn_string_for_shard(shard), connect_args={"timeout": _BUSY_SECONDS}
        )
        event.listen(engine, "connect", _flush_at_checkpoints)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        self._engines[shard] = engine
        if len(self._engines) > _KEPT:
            _, oldest = self._engines.popitem(last=False)
            oldest.dispose()
        return engine

    def has_table(self, table_name: str) -> bool:
        """Dagster asks before it writes an event of a check, on a connection of its own; tables stay."""
        if table_name not in self._present and super().has_table(table_name):
            self._present.add(table_name)
        return table_name in self._present

    def get_concurrency_keys(self) -> set[str]:
        """The pools with a limit, this project's always among them.

        Dagster learns of a pool while it takes runs from the queue, too late for its limit to hold in
        that same round: the ten runs of a first tick would all start, and wait for the home in memory.
        """
        known = super().get_concurrency_keys()
        if POOL in known:
            return known
        self.initialize_concurrency_limit_to_default(POOL)
        return super().get_concurrency_keys()

    def dispose(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _flush_at_checkpoints(connection: Any, _record: object) -> None:
    connection.execute("pragma synchronous = normal")
