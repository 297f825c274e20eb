"""The ledger of escalations: who was told what, when, and what is still to be sent.

A transactional store through SQLAlchemy (SQLite by default, others by URL). What one tick decides
is one transaction. Rows are never deleted. Sending and its states are the outbox's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import (
    Connection,
    String,
    Table,
    bindparam,
    create_engine,
    event,
    exists,
    func,
    select,
    type_coerce,
    update,
)

from vax_pipeline.core import schemas
from vax_pipeline.core.escalation.ledger_tables import (
    escalations,
    message_lines,
    messages,
    metadata,
    ticks,
)
from vax_pipeline.core.settings import Settings

CHUNK = 20_000
Faults = Callable[[str], None]


def no_faults(point: str) -> None:
    """Where a test would kill the process; in life nothing happens."""


_LOADED = (
    escalations.c.id,
    escalations.c.complaint_id,
    escalations.c.clock,
    type_coerce(escalations.c.starts_at, String).label("starts_at"),
    escalations.c.level,
    type_coerce(escalations.c.due_at, String).label("due_at"),
    type_coerce(escalations.c.acknowledged_at, String).label("acknowledged_at"),
    escalations.c.delivery_state,
)
_LOADED_SCHEMA = {column.key: pl.String for column in _LOADED} | {"id": pl.Int64}


@dataclass(frozen=True)
class Tick:
    """An evaluation in the ledger."""

    id: int
    evaluated_through: datetime
    known_as_of: datetime
    release: str


@dataclass(frozen=True)
class Decisions:
    """What one tick decided, as rows of the tables above; written together or not at all."""

    settled: Sequence[tuple[int, str]]
    acknowledged: Sequence[tuple[int, datetime]]
    new_escalations: Iterable[dict[str, Any]]
    revived_escalations: Sequence[dict[str, Any]]
    messages: Iterable[dict[str, Any]]
    lines: Iterable[dict[str, Any]]


class Ledger:
    """The store behind a URL; tables are made when missing."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _tune_sqlite)
        metadata.create_all(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def open_rows(self) -> pl.DataFrame:
        """Rows whose clock had not ended at the last tick; instants as ISO text."""
        return self._load(select(*_LOADED).where(~escalations.c.is_settled))

    def all_rows(self) -> pl.DataFrame:
        return self._load(select(*_LOADED))

    def settled_rows_of(self, complaint_ids: Sequence[str]) -> pl.DataFrame:
        """Settled rows of these complaints: an outcome that was taken back opens a clock again."""
        found = [pl.DataFrame(schema=_LOADED_SCHEMA)]
        with self.engine.connect() as connection:
            settled = select(escalations.c.id).where(escalations.c.is_settled).limit(1)
            if connection.execute(settled).first() is None:
                return found[0]
        for start in range(0, len(complaint_ids), 1_000):
            chunk = complaint_ids[start : start + 1_000]
            condition = escalations.c.is_settled & escalations.c.complaint_id.in_(chunk)
            found.append(self._load(select(*_LOADED).where(condition)))
        return pl.concat(found)

    def last_tick(self) -> Tick | None:
        with self.engine.connect() as connection:
            row = connection.execute(select(ticks).order_by(ticks.c.id.desc()).limit(1)).first()
        return Tick(*row) if row else None

    def next_ids(self) -> tuple[int, int]:
        """The next free ids of ticks and escalations; whoever writes holds the tick's lock."""
        with self.engine.connect() as connection:
            tick_id = connection.scalar(select(func.coalesce(func.max(ticks.c.id), 0)))
            row_id = connection.scalar(select(func.coalesce(func.max(escalations.c.id), 0)))
        return int(tick_id or 0) + 1, int(row_id or 0) + 1

    def record(self, tick: Tick, decisions: Decisions, faults: Faults = no_faults) -> None:
        """Write one tick's decisions in one transaction."""
        with self.engine.begin() as connection:
            _settle(connection, decisions.settled)
            _acknowledge(connection, decisions.acknowledged)
            _insert(connection, escalations, decisions.new_escalations)
            _revive(connection, decisions.revived_escalations)
            faults("recording")
            _insert(connection, messages, decisions.messages)
            _insert(connection, message_lines, decisions.lines)
            connection.execute(
                ticks.insert().values(
                    id=tick.id,
                    evaluated_through=tick.evaluated_through,
                    known_as_of=tick.known_as_of,
                    release=tick.release,
                )
            )

    def _load(self, query: Any) -> pl.DataFrame:
        frames = [pl.DataFrame(schema=_LOADED_SCHEMA)]
        with self.engine.connect().execution_options(stream_results=True) as connection:
            for rows in connection.execute(query).partitions(100_000):
                frames.append(pl.DataFrame(list(rows), schema=_LOADED_SCHEMA, orient="row"))
        return pl.concat(frames)


def escalation_rows(settings: Settings) -> pl.DataFrame:
    """The whole ledger in the columns of `ops.escalations`, instants as UTC timestamps."""
    columns = list(schemas.ESCALATIONS.columns)
    instants = [n for n, kind in schemas.ESCALATIONS.columns.items() if kind == "TIMESTAMPTZ"]
    ledger = Ledger(settings_ledger_url(settings))
    query = select(
        *(
            type_coerce(escalations.c[name], String).label(name)
            if name in instants
            else escalations.c[name]
            for name in columns
        )
    ).order_by(escalations.c.id)
    schema = dict.fromkeys(columns, pl.String)
    frames = [pl.DataFrame(schema=schema)]
    try:
        with ledger.engine.connect().execution_options(stream_results=True) as connection:
            for rows in connection.execute(query).partitions(100_000):
                frames.append(pl.DataFrame(list(rows), schema=schema, orient="row"))
    finally:
        ledger.close()
    parsed = [
        pl.col(name).str.to_datetime("%+", time_unit="us", time_zone="UTC") for name in instants
    ]
    return pl.concat(frames).with_columns(parsed)


def escalations_of(settings: Settings, complaint_id: str) -> list[dict[str, Any]]:
    """What the ledger holds of one complaint, oldest level first: for `vax explain`."""
    ledger = Ledger(settings_ledger_url(settings))
    try:
        with ledger.engine.connect() as connection:
            query = (
                select(*(escalations.c[name] for name in schemas.ESCALATIONS.columns))
                .where(escalations.c.complaint_id == complaint_id)
                .order_by(escalations.c.due_at)
            )
            return [dict(row) for row in connection.execute(query).mappings()]
    finally:
        ledger.close()


def dead_messages(settings: Settings) -> int:
    """Messages given up on, waiting for `vax escalate --retry-dead`."""
    ledger = Ledger(settings_ledger_url(settings))
    try:
        with ledger.engine.connect() as connection:
            query = select(func.count()).select_from(messages).where(messages.c.state == "dead")
            return int(connection.scalar(query) or 0)
    finally:
        ledger.close()


def level_counts(settings: Settings) -> dict[str, int]:
    """Escalations by level, jumped levels left out: what people were told of or are about to be."""
    ledger = Ledger(settings_ledger_url(settings))
    told = escalations.c.delivery_state.notin_(("jumped", "struck"))
    query = (
        select(escalations.c.level, func.count())
        .where(told)
        .group_by(escalations.c.level)
        .order_by(escalations.c.level)
    )
    try:
        with ledger.engine.connect() as connection:
            return {str(level): int(number) for level, number in connection.execute(query)}
    finally:
        ledger.close()


def settings_ledger_url(settings: Settings) -> str:
    """The ledger's URL; the home is made, since SQLite makes the file but not its folder."""
    settings.root.mkdir(parents=True, exist_ok=True)
    return settings.ledger_url


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    for chunk in _chunks(rows):
        connection.execute(table.insert(), chunk)


def _settle(connection: Connection, settled: Sequence[tuple[int, str]]) -> None:
    """End rows, strike their lines that are still to be sent, and messages with no line left."""
    if not settled:
        return
    rows = ({"row_id": row_id, "state": state} for row_id, state in settled)
    end = (
        update(escalations)
        .where(escalations.c.id == bindparam("row_id"))
        .values(delivery_state=bindparam("state"), is_settled=True)
    )
    strike = (
        update(message_lines)
        .where(message_lines.c.escalation_id == bindparam("row_id"))
        .where(message_lines.c.state == "pending")
        .values(state="struck")
    )
    for chunk in _chunks(rows):
        connection.execute(end, chunk)
        connection.execute(strike, [{"row_id": row["row_id"]} for row in chunk])
    still_to_send = exists().where(
        message_lines.c.message_key == messages.c.message_key, message_lines.c.state == "pending"
    )
    connection.execute(
        update(messages)
        .where(messages.c.state.in_(("pending", "dead")), ~still_to_send)
        .values(state="struck")
    )


def _acknowledge(connection: Connection, acknowledged: Sequence[tuple[int, datetime]]) -> None:
    statement = (
        update(escalations)
        .where(escalations.c.id == bindparam("row_id"))
        .values(acknowledged_at=bindparam("instant"))
    )
    for chunk in _chunks({"row_id": i, "instant": at} for i, at in acknowledged):
        connection.execute(statement, chunk)


def _revive(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    statement = update(escalations).where(escalations.c.id == bindparam("row_id"))
    for chunk in _chunks(rows):
        renamed = [
            {"row_id": row["id"], **{k: v for k, v in row.items() if k != "id"}} for row in chunk
        ]
        connection.execute(
            statement.values({k: bindparam(k) for k in chunk[0] if k != "id"}), renamed
        )


def _tune_sqlite(connection: Any, _record: Any) -> None:
    # WAL: `vax status` reads while a tick writes. FULL: what is marked sent stays marked.
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma busy_timeout = 20000")
    connection.execute("pragma cache_size = -131072")
