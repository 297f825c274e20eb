"""The ledger of escalations: who was told what, when, and what is still to be sent.

A transactional store through SQLAlchemy (SQLite by default, others by URL). What one tick decides
is one transaction. Rows are never deleted. Sending and its states are the outbox's.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import (
    Connection,
    Engine,
    String,
    Table,
    bindparam,
    create_engine,
    event,
    exists,
    func,
    inspect,
    make_url,
    select,
    text,
    type_coerce,
    update,
)

from vax_pipeline.core import schemas
from vax_pipeline.core.escalation.ledger_tables import (
    WRITTEN_ONCE,
    escalations,
    message_lines,
    messages,
    metadata,
    ticks,
)
from vax_pipeline.core.files import require_writable
from vax_pipeline.core.settings import Settings

CHUNK = 20_000
READ_AT_ONCE = 100_000
Faults = Callable[[str], None]


def no_faults(point: str) -> None:
    """Where a test would kill the process; in life nothing happens."""


_LOADED = (
    "id",
    "complaint_id",
    "clock",
    "starts_at",
    "level",
    "due_at",
    "acknowledged_at",
    "delivery_state",
)
_NUMBERS = frozenset({"id", "decision_id"})
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Tick:
    """An evaluation in the ledger."""

    id: int
    evaluated_through: datetime
    known_as_of: datetime
    release: str
    next_change_at: datetime | None = None  # null: not worked out

    def says_quiet(self, release: str, as_of: datetime) -> bool:
        """Whether the ladder has nothing new at `as_of`, told from this evaluation alone."""
        return (
            self.release == release
            and self.known_as_of == self.evaluated_through <= as_of
            and self.next_change_at is not None
            and as_of < self.next_change_at
        )


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
        _add_missing_columns(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def open_rows(self) -> Iterator[pl.DataFrame]:
        """Rows whose clock had not ended at the last tick; instants as ISO text."""
        return _batches(self.engine, escalations, _LOADED, ~escalations.c.is_settled)

    def all_rows(self) -> Iterator[pl.DataFrame]:
        return _batches(self.engine, escalations, _LOADED)

    def settled_rows_of(self, complaint_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Settled rows of these complaints: an outcome that was taken back opens a clock again."""
        with self.engine.connect() as connection:
            settled = select(escalations.c.id).where(escalations.c.is_settled).limit(1)
            if connection.execute(settled).first() is None:
                return
        for start in range(0, len(complaint_ids), 1_000):
            chunk = escalations.c.complaint_id.in_(complaint_ids[start : start + 1_000])
            yield from _batches(self.engine, escalations, _LOADED, escalations.c.is_settled & chunk)

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
                    next_change_at=tick.next_change_at or _NEVER,
                )
            )


def _batches(
    engine: Engine, table: Table, names: Sequence[str], *conditions: Any
) -> Iterator[pl.DataFrame]:
    """Rows of a table in the order of its key, in frames of bounded size; at least one, perhaps empty.

    Past SQLAlchemy's rows, column by column: a million rows take seconds, not a minute. (A second
    SQLite library, as Arrow drivers bring it, would break the locks of this one.)
    """
    columns = [type_coerce(table.c[name], String).label(name) for name in names]
    query = select(*columns).where(*conditions).order_by(*table.primary_key)
    sql = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
    kinds = {name: pl.Int64 if name in _NUMBERS else pl.String for name in names}
    yield pl.DataFrame(schema=kinds)
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        while rows := cursor.fetchmany(READ_AT_ONCE):
            values = zip(names, zip(*rows, strict=True), strict=True)
            yield pl.DataFrame(dict(values), schema=kinds)
        cursor.close()
    finally:
        connection.close()


def mirrored_rows(
    settings: Settings, mirror: schemas.Table, since: datetime | None = None
) -> Iterator[pl.DataFrame]:
    """A table of the ledger in the columns of its mirror in `ops`, instants as UTC timestamps.

    In frames of bounded size: the requests of a country are millions.

    Args:
        since: of a table written once, only what was written later than this instant.
    """
    kinds = mirror.columns
    parsed = [
        pl.col(name).str.to_datetime("%+", time_unit="us", time_zone="UTC")
        for name, kind in kinds.items()
        if kind == "TIMESTAMPTZ"
    ]
    later = [WRITTEN_ONCE[mirror.name] > since] if since else []
    with opened(settings) as ledger:
        for rows in _batches(ledger.engine, metadata.tables[mirror.name], list(kinds), *later):
            yield rows.with_columns(parsed)


def rows_until(settings: Settings, mirror: schemas.Table, instant: datetime) -> int:
    """How many rows a table written once had at an instant."""
    written = WRITTEN_ONCE[mirror.name]
    with opened(settings) as ledger, ledger.engine.connect() as connection:
        query = select(func.count()).where(written <= instant)
        return int(connection.scalar(query) or 0)


def message_states(settings: Settings) -> Counter[str]:
    """Messages by state; the `dead` were given up on and wait for `vax escalate --retry-dead`."""
    query = select(messages.c.state, func.count()).group_by(messages.c.state)
    with opened(settings) as ledger, ledger.engine.connect() as connection:
        return Counter({str(state): int(number) for state, number in connection.execute(query)})


def level_states(settings: Settings) -> dict[str, Counter[str]]:
    """Escalations by level and delivery state."""
    query = select(escalations.c.level, escalations.c.delivery_state, func.count()).group_by(
        escalations.c.level, escalations.c.delivery_state
    )
    states: dict[str, Counter[str]] = defaultdict(Counter)
    with opened(settings) as ledger, ledger.engine.connect() as connection:
        for level, state, number in connection.execute(query):
            states[str(level)][str(state)] = int(number)
    return dict(sorted(states.items()))


def level_counts(settings: Settings) -> dict[str, int]:
    """Escalations by level, jumped levels left out: what people were told of or are about to be."""
    told = {
        level: states.total() - states["jumped"] - states["struck"]
        for level, states in level_states(settings).items()
    }
    return {level: number for level, number in told.items() if number}


@contextmanager
def opened(settings: Settings) -> Generator[Ledger]:
    """The ledger of a home, closed afterwards. SQLite makes the file but not its folder.

    Raises:
        PermissionError: it is a file of somebody else's. SQLite writes beside it even to read it.
    """
    settings.root.mkdir(parents=True, exist_ok=True)
    url = make_url(settings.ledger_url)
    if url.get_backend_name() == "sqlite" and url.database:
        require_writable(Path(url.database))
    with closing(Ledger(settings.ledger_url)) as ledger:
        yield ledger


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


def _add_missing_columns(engine: Engine) -> None:
    """Bring a ledger made by an earlier version up to these tables; what it lacks may be null."""
    there = inspect(engine)
    for table in metadata.sorted_tables:
        present = {column["name"] for column in there.get_columns(table.name)}
        for column in table.columns:
            if column.name not in present:
                kind = column.type.compile(engine.dialect)
                with engine.begin() as connection:
                    connection.execute(
                        text(f"alter table {table.name} add column {column.name} {kind}")
                    )


def _tune_sqlite(connection: Any, _record: Any) -> None:
    # WAL: `vax status` reads while a tick writes. FULL: what is marked sent stays marked.
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma busy_timeout = 20000")
    connection.execute("pragma cache_size = -131072")
