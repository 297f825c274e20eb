"""Decisions of officers about who somebody is: written to the ledger, taken back, never changed.

A decision is about a mention, that is a record's identity fields as typed: when these are corrected it
speaks of nobody any more. It takes effect with the next run. What can't be meant is refused in a sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb
from sqlalchemy import select, update

from vax_pipeline.core import schemas
from vax_pipeline.core.escalation.ledger import opened
from vax_pipeline.core.escalation.ledger_tables import person_decisions
from vax_pipeline.core.keys import key_sql, key_text_sql
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import records

Row = dict[str, Any]


class DecisionRefusedError(ValueError):
    """The decision can't be meant; the message says why, and what to do."""


@dataclass(frozen=True)
class Decision:
    """What is said, in keys of today. `is_turned`: the keys were given the other way round."""

    kind: str
    mention_id: str | None = None
    record_id: str | None = None
    from_key: str | None = None
    into_key: str | None = None
    is_turned: bool = False

    def as_row(self) -> Row:
        return {name: value for name, value in asdict(self).items() if name != "is_turned"}


def plan_link(connection: duckdb.DuckDBPyConnection, record_id: str, citizen_key: str) -> Decision:
    """The record's mention is this citizen.

    Raises:
        DecisionRefusedError: no such record, or the key is no citizen's of the registry extract.
    """
    record = _record(connection, record_id)
    key = current_key(connection, citizen_key)
    if not _is_citizen(connection, key):
        raise DecisionRefusedError(
            f"{citizen_key} is a person without a citizen in the registry extract: say with "
            f"`vax people merge {record['citizen_key']} {key}` that the two are one"
        )
    return Decision("link", record["mention_id"], record["record_id"], into_key=key)


def plan_unlink(connection: duckdb.DuckDBPyConnection, record_id: str) -> Decision:
    """The record's mention is not the person it is now held to be.

    Raises:
        DecisionRefusedError: no such record, or its mention already stands alone.
    """
    record = _record(connection, record_id)
    key = record["citizen_key"]
    if record["citizen_id"] is None and record["mentions"] == 1:
        raise DecisionRefusedError(
            f"{record['record_id']} is linked to nobody and stands alone under {key}: there is nothing "
            "to take it from"
        )
    return Decision("unlink", record["mention_id"], record["record_id"], from_key=key)


def plan_merge(
    connection: duckdb.DuckDBPyConnection, standing: Sequence[Row], key: str, into_key: str
) -> Decision:
    """Two people are one. A citizen's key stays before any other; of two others the older.

    Raises:
        DecisionRefusedError: a key is nobody's, or they are one person already (also by a decision that
            waits for the next run).
    """
    gone, kept = current_key(connection, key), current_key(connection, into_key)
    if gone == kept:
        raise DecisionRefusedError(f"{key} and {into_key} are one person already, under {kept}")
    if circle := _joined_by(connection, standing, gone, kept):
        numbers = ", ".join(str(number) for number in circle)
        raise DecisionRefusedError(
            f"{key} and {into_key} become one person with the next run already (decision {numbers}): "
            "undo that first if it is to go the other way"
        )
    is_turned = _age(connection, gone) < _age(connection, kept)
    if is_turned:
        gone, kept = kept, gone
    return Decision("merge", from_key=gone, into_key=kept, is_turned=is_turned)


def current_key(connection: duckdb.DuckDBPyConnection, key: str) -> str:
    """The key under which a person is found now; one that retired is followed.

    Raises:
        DecisionRefusedError: nobody bears the key, or ever did.
    """
    found = records(
        connection,
        f"""
        select citizen_key from (
            select 1 as rank, citizen_key from {schemas.FORMER_CITIZEN_KEYS.sql} where former_key = $key
            union all
            select 2, {key_text_sql("citizen_key")} from {schemas.INT_CITIZENS.sql}
            where citizen_key = {key_sql("$key")}
            union all
            select 3, {key_text_sql("citizen_key")} from {schemas.INT_PERSONS.sql}
            where citizen_key = {key_sql("$key")}
        ) as known
        order by rank, citizen_key
        limit 1
        """,
        {"key": key},
    )
    if not found:
        raise DecisionRefusedError(
            f"nobody has the key '{key}': take a citizen_key from a published table or `vax explain`"
        )
    return str(found[0]["citizen_key"])


def write_decision(
    settings: Settings, decision: Decision, *, decided_by: str, why: str, at: datetime
) -> int:
    """Write it to the ledger; returns its number."""
    row = {**decision.as_row(), "decided_by": decided_by, "why": why, "decided_at": at}
    with opened(settings) as ledger, ledger.engine.begin() as store:
        written = store.execute(person_decisions.insert().values(**row)).inserted_primary_key
    assert written is not None
    return int(written[0])


def revoke_decision(
    settings: Settings, decision_id: int, *, revoked_by: str, why: str, at: datetime
) -> None:
    """Take a decision back. The row stays, with who took it back, when and why.

    Raises:
        DecisionRefusedError: there is none of this number, or it was taken back before.
    """
    standing_decision(settings, decision_id)
    statement = (
        update(person_decisions)
        .where(person_decisions.c.decision_id == decision_id)
        .where(person_decisions.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=revoked_by, revoked_why=why)
    )
    with opened(settings) as ledger, ledger.engine.begin() as store:
        taken_back = store.execute(statement).rowcount
    if not taken_back:  # somebody else was faster
        standing_decision(settings, decision_id)


def standing_decision(settings: Settings, decision_id: int) -> Row:
    """The decision of this number.

    Raises:
        DecisionRefusedError: there is none, or it was taken back.
    """
    found = [row for row in all_decisions(settings) if row["decision_id"] == decision_id]
    if not found:
        raise DecisionRefusedError(f"there is no decision {decision_id}: see `vax people list`")
    if found[0]["revoked_at"] is not None:
        by, at = found[0]["revoked_by"], found[0]["revoked_at"].isoformat()
        raise DecisionRefusedError(f"decision {decision_id} was taken back by {by} at {at}")
    return found[0]


def all_decisions(settings: Settings) -> list[Row]:
    """Every decision, the first first, with those that were taken back."""
    query = select(person_decisions).order_by(person_decisions.c.decision_id)
    with opened(settings) as ledger, ledger.engine.connect() as store:
        return [dict(row) for row in store.execute(query).mappings()]


def standing_decisions(settings: Settings) -> list[Row]:
    """Those that nobody took back."""
    return [row for row in all_decisions(settings) if row["revoked_at"] is None]


def _record(connection: duckdb.DuckDBPyConnection, record_id: str) -> Row:
    """Who the record's mention is held to be, and how many mentions that person has."""
    found = records(
        connection,
        f"""
        select written.record_id, written.mention_id, links.citizen_key, links.citizen_id,
            persons.mentions
        from {schemas.INT_MENTION_RECORDS.sql} as written
        inner join {schemas.INT_MENTIONS_LINKED.sql} as links using (mention_id)
        inner join {schemas.INT_PERSONS.sql} as persons using (citizen_key)
        where written.record_id in ($record, 'platform:' || $record)
        """,
        {"record": record_id},
    )
    if not found:
        raise DecisionRefusedError(
            f"no current record or complaint has the id '{record_id}': give one like platform:123"
        )
    return found[0]


def _is_citizen(connection: duckdb.DuckDBPyConnection, key: str) -> bool:
    sql = f"select 1 from {schemas.INT_CITIZENS.sql} where citizen_key = {key_sql('?')}"
    return bool(records(connection, sql, [key]))


def _age(connection: duckdb.DuckDBPyConnection, key: str) -> tuple[int, str]:
    """Sorts keys by which stays: the smaller one. Two citizens are alike."""
    if _is_citizen(connection, key):
        return (0, "")
    found = records(
        connection,
        f"select min(assigned_at) as given_at from {schemas.INT_UNLINKED_KEYS.sql} "
        f"where citizen_key = {key_sql('?')} and is_current",
        [key],
    )
    return (1, found[0]["given_at"].isoformat())


def _joined_by(
    connection: duckdb.DuckDBPyConnection, standing: Sequence[Mapping[str, Any]], *keys: str
) -> list[int]:
    """The merges by which both keys are one person, whether a run has seen them or not."""
    people = {key: {key} for key in keys}
    merged_by: dict[str, list[int]] = {key: [] for key in keys}
    merges = [
        (
            row["decision_id"],
            _known(connection, row["from_key"]),
            _known(connection, row["into_key"]),
        )
        for row in standing
        if row["kind"] == "merge"
    ]
    grows = True
    while grows:
        grows = False
        for number, one, other in merges:
            for key, person in people.items():
                if {one, other} & person and not {one, other} <= person:
                    person |= {one, other}
                    merged_by[key].append(number)
                    grows = True
    first, second = keys
    return sorted(set(merged_by[first])) if second in people[first] else []


def _known(connection: duckdb.DuckDBPyConnection, key: str) -> str:
    """The key as it is now; one that nobody bears for now stands for itself."""
    try:
        return current_key(connection, key)
    except DecisionRefusedError:
        return key
