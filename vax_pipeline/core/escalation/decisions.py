"""From evaluated tables to rows of the ledger: escalations, messages, lines. Called by the tick.

A message's key is made of what is in it and of the tick that decided it, and kept in the ledger:
every try carries the same, two digests never share one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from vax_pipeline.core.escalation import policy
from vax_pipeline.core.escalation.ledger import Decisions, Tick
from vax_pipeline.core.escalation.ledger_tables import instant_sql, instant_text
from vax_pipeline.core.escalation.policy import released_through

_NUMBERED_SQL = """
create or replace temp table numbered as
select
    *,
    coalesce(revived_id, $first_id - 1 + row_number() over (
        order by revived_id is not null, complaint_id, clock, starts_at, level
    )) as id
from due
"""

_LINES_SQL = """
create or replace temp table keyed_lines as
select
    numbered.id, numbered.complaint_id, numbered.clock, numbered.starts_at, numbered.level,
    due_lines.kind, due_lines.recipient_code, due_lines.addressee_code, due_lines.cadence
from due_lines
inner join numbered using (complaint_id, clock, starts_at, level)
"""

_MESSAGES_SQL = """
create or replace temp table keyed_messages as
select
    addressee_code,
    cadence,
    left(sha256(concat_ws('|', addressee_code, cadence, $tick_id, $as_of, count(*), bit_xor(
        md5_number_lower(concat_ws('|', complaint_id, clock, epoch_us(starts_at), level, kind))
    ))), 32) as message_key
from keyed_lines
group by addressee_code, cadence
"""

_ESCALATIONS_SQL = f"""
with first_told as (
    select keyed_lines.id,
        arg_min(keyed_messages.message_key,
            (keyed_lines.kind = 'copy', keyed_lines.recipient_code <> numbered.recipient_code,
            keyed_messages.message_key)) as message_key
    from keyed_lines
    inner join keyed_messages using (addressee_code, cadence)
    inner join numbered using (id)
    group by keyed_lines.id
)

select
    id, complaint_id, clock, {instant_sql("starts_at")} as starts_at, level, recipient_code,
    {instant_sql("due_at")} as due_at, after_hours, is_jumped, first_told.message_key
from numbered
left join first_told using (id)
"""

_BATCH = 20_000


def decide(
    connection: duckdb.DuckDBPyConnection,
    settled: Sequence[tuple[int, str]],
    tick: Tick,
    first_id: int,
) -> Decisions:
    """All rows this tick adds or changes; the many are streamed, in the order they are written."""
    as_of = tick.evaluated_through
    connection.execute(_NUMBERED_SQL, {"first_id": first_id})
    connection.execute(_LINES_SQL)
    connection.execute(_MESSAGES_SQL, {"tick_id": tick.id, "as_of": instant_text(as_of)})
    revived = list(_escalations(connection, tick, "revived_id is not null"))
    return Decisions(
        settled=settled,
        acknowledged=policy.acknowledged_rows(connection, as_of),
        new_escalations=_escalations(connection, tick, "revived_id is null"),
        revived_escalations=revived,
        messages=_messages(connection, tick),
        lines=_stream(
            connection,
            "select message_key, id as escalation_id, kind, recipient_code, 'pending' as state"
            " from keyed_lines inner join keyed_messages using (addressee_code, cadence)"
            " order by message_key, id",
        ),
    )


def count_settled(settled: Sequence[tuple[int, str]]) -> dict[str, int]:
    """Ended rows by the state they end in."""
    return dict(Counter(state for _, state in settled))


def _escalations(
    connection: duckdb.DuckDBPyConnection, tick: Tick, condition: str
) -> Iterator[dict[str, Any]]:
    for row in _stream(connection, f"{_ESCALATIONS_SQL} where {condition} order by id"):
        is_jumped = row.pop("is_jumped")
        yield row | {
            "escalated_at": None if is_jumped else tick.evaluated_through,
            "delivery_state": "jumped" if is_jumped else "pending",
            "acknowledged_at": None,
            "is_settled": False,
            "tick_id": tick.id,
        }


def _messages(connection: duckdb.DuckDBPyConnection, tick: Tick) -> Iterator[dict[str, Any]]:
    as_of = tick.evaluated_through
    for row in _stream(
        connection,
        "select message_key, addressee_code as recipient_code, cadence from keyed_messages",
    ):
        yield row | {
            "slot_at": released_through(row["cadence"], as_of),
            "created_at": as_of,
            "attempts": 0,
            "next_attempt_at": None,
            "state": "pending",
            "tick_id": tick.id,
        }


def _stream(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    """Rows of a query as dicts; the connection serves one stream at a time."""
    result = connection.execute(query)
    names = [column[0] for column in result.description or []]
    while rows := result.fetchmany(_BATCH):
        for row in rows:
            yield dict(zip(names, row, strict=True))
