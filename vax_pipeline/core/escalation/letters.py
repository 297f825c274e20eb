"""Putting one message together from the ledger: letter, worklist, card. Called by the outbox.

What is struck is left out; all else depends on the ledger alone, so that a resend reads alike.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, func, select

from vax_pipeline.core.escalation.channels import Notice
from vax_pipeline.core.escalation.digest import (
    Letter,
    Line,
    as_group,
    top_level,
    write_body,
    write_subject,
    write_worklist,
)
from vax_pipeline.core.escalation.filing import BODY_FILE, CARD_FILE, WORKLIST_FILE
from vax_pipeline.core.escalation.ledger_tables import escalations, message_lines, messages
from vax_pipeline.core.escalation.recipients import Party


def put_together(
    connection: Connection,
    message: dict[str, Any],
    addressee: Party,
    waiting: int,
    prepared: Path,
) -> Notice:
    """Write body, worklist and card of a message into `prepared`.

    Args:
        message: a row of `messages`.
        addressee: who gets it now; may stand in for others, and the letter then says so.
        waiting: complaints told of before, still open, not acknowledged.
    """
    key, created_at = message["message_key"], message["created_at"]
    letter = Letter(
        message_key=key,
        recipient_code=addressee.code,
        recipient_name=addressee.name,
        created_at=created_at,
        groups=[as_group(row) for row in _groups_of(connection, key)],
        in_place_of=_others_in(connection, key, addressee.code),
        waiting=waiting,
    )
    write_worklist(prepared / WORKLIST_FILE, _lines_of(connection, key), created_at)
    body, subject = write_body(letter), write_subject(letter)
    (prepared / BODY_FILE).write_text(body, encoding="utf-8")
    card = {"message_key": key, "sent_to": addressee.code, "subject": subject}
    (prepared / CARD_FILE).write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")
    return Notice(
        message_key=key,
        recipient_code=addressee.code,
        email=addressee.email,
        level=top_level(letter),
        subject=subject,
        body=body,
        prepared=prepared,
    )


def count_waiting(connection: Connection) -> dict[str, int]:
    """By recipient with a pending message: complaints it was told of, open, not acknowledged."""
    pending = select(messages.c.recipient_code).where(messages.c.state == "pending")
    query = (
        select(messages.c.recipient_code, func.count(func.distinct(escalations.c.complaint_id)))
        .join_from(messages, message_lines)
        .join(escalations)
        .where(
            messages.c.state == "sent",
            messages.c.recipient_code.in_(pending),
            message_lines.c.kind == "to",
            escalations.c.delivery_state == "sent",
            ~escalations.c.is_settled,
            escalations.c.acknowledged_at.is_(None),
        )
        .group_by(messages.c.recipient_code)
    )
    return {str(code): int(number) for code, number in connection.execute(query)}


def _still_in(key: str) -> Any:
    return and_(message_lines.c.message_key == key, message_lines.c.state != "struck")


def _groups_of(connection: Connection, key: str) -> list[dict[str, Any]]:
    query = (
        select(
            message_lines.c.kind,
            escalations.c.clock,
            escalations.c.level,
            func.max(escalations.c.after_hours).label("after_hours"),
            func.count().label("complaints"),
            func.min(escalations.c.due_at).label("earliest_due_at"),
        )
        .join_from(message_lines, escalations)
        .where(_still_in(key))
        .group_by(message_lines.c.kind, escalations.c.clock, escalations.c.level)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _lines_of(connection: Connection, key: str) -> Iterator[Line]:
    query = (
        select(
            escalations.c.complaint_id,
            message_lines.c.kind,
            escalations.c.clock,
            escalations.c.level,
            escalations.c.due_at,
        )
        .join_from(message_lines, escalations)
        .where(_still_in(key))
        .order_by(message_lines.c.kind.desc(), escalations.c.due_at, escalations.c.complaint_id)
    )
    for rows in connection.execution_options(stream_results=True).execute(query).partitions(10_000):
        yield from (Line(*row) for row in rows)


def _others_in(connection: Connection, key: str, addressee_code: str) -> list[str]:
    """For whom the addressee stands in: those meant by the ladder, other than itself."""
    query = (
        select(message_lines.c.recipient_code)
        .distinct()
        .where(_still_in(key), message_lines.c.recipient_code != addressee_code)
        .order_by(message_lines.c.recipient_code)
    )
    return list(connection.scalars(query))
