"""Sending what the ledger holds pending: render, hand over, file, mark; at least once, one key.

A failure puts off its recipient, exponentially in the tick's time; after MAX_ATTEMPTS the message
is `dead` until somebody asks to retry. Every step leaves a state from which the next tick goes on.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, and_, exists, func, select, update

from vax_pipeline.core.escalation.channels import (
    BODY_FILE,
    CARD_FILE,
    WORKLIST_FILE,
    Channel,
    DeliveryError,
    Notice,
    file_away,
    prepared_directory,
    sent_directory,
)
from vax_pipeline.core.escalation.digest import (
    Letter,
    Line,
    as_group,
    write_body,
    write_subject,
    write_worklist,
)
from vax_pipeline.core.escalation.ledger import Faults, Ledger, no_faults
from vax_pipeline.core.escalation.ledger_tables import escalations, message_lines, messages
from vax_pipeline.core.escalation.recipients import Party, find_addressee

BACKOFF_FIRST = timedelta(minutes=10)
BACKOFF_MOST = timedelta(hours=6)
MAX_ATTEMPTS = 6


@dataclass(frozen=True)
class Sending:
    """What became of the pending messages: counts of messages."""

    sent: int = 0
    skipped: int = 0  # waiting for their recipient's next attempt
    dead: int = 0  # all dead ones in the ledger, not only today's


@dataclass
class Outbox:
    """The pending messages of a ledger and the folder they are put together in."""

    ledger: Ledger
    folder: Path
    channel: Channel
    faults: Faults = no_faults

    def recognize_sent(self, as_of: datetime) -> None:
        """Mark what left the house but was not written down before a crash."""
        for message in self._pending():
            key, recipient = message["message_key"], message["recipient_code"]
            card = sent_directory(self.folder, recipient, key) / CARD_FILE
            if card.exists():
                said = json.loads(card.read_text(encoding="utf-8"))
                self._mark_sent(message, as_of, said["sent_to"], said["subject"])

    def revive_dead(self) -> None:
        """Dead messages are pending again, with all their attempts."""
        with self.ledger.engine.begin() as connection:
            dead = select(messages.c.message_key).where(messages.c.state == "dead")
            rows = select(message_lines.c.escalation_id).where(
                message_lines.c.message_key.in_(dead), message_lines.c.kind == "to"
            )
            connection.execute(
                update(escalations)
                .where(escalations.c.id.in_(rows), escalations.c.delivery_state == "dead")
                .values(delivery_state="pending")
            )
            connection.execute(
                update(messages)
                .where(messages.c.state == "dead")
                .values(state="pending", attempts=0, next_attempt_at=None)
            )

    def due_keys(self, as_of: datetime) -> list[str]:
        """Messages that would be tried at `as_of`, each with the number of its next attempt."""
        waiting = self._recipients_put_off(as_of)
        pending = (m for m in self._pending() if m["recipient_code"] not in waiting)
        return sorted(f"{m['message_key']}#{m['attempts'] + 1}" for m in pending)

    def send_pending(
        self,
        register: duckdb.DuckDBPyConnection,
        as_of: datetime,
        on_progress: Callable[[str], None],
    ) -> Sending:
        """Try every pending message whose recipient is not put off; `register` has `addressees`."""
        waiting = self._recipients_put_off(as_of)
        pending = self._pending()
        sent = skipped = 0
        for number, message in enumerate(pending, start=1):
            if message["recipient_code"] in waiting:
                skipped += 1
                continue
            if number % 200 == 0:
                on_progress(f"sending notices: {number} of {len(pending)}")
            try:
                self._send(message, register, as_of)
                sent += 1
            except DeliveryError:
                self._mark_failed(message, as_of)
                waiting.add(message["recipient_code"])
        return Sending(sent=sent, skipped=skipped, dead=self._count_dead())

    def _send(
        self, message: dict[str, Any], register: duckdb.DuckDBPyConnection, as_of: datetime
    ) -> None:
        key, recipient = message["message_key"], message["recipient_code"]
        addressee = find_addressee(register, recipient)
        if addressee is None:
            raise DeliveryError("neither the recipient nor any agency above it has an address")
        prepared = prepared_directory(self.folder, key)
        notice = self._prepare(message, addressee, prepared)
        self.faults("prepared")
        self.channel.send(notice)
        self.faults("delivered")
        final = sent_directory(self.folder, recipient, key)
        file_away(prepared, final)
        self.faults("filed")
        self._mark_sent(message, as_of, addressee.code, notice.subject)
        self.faults("marked")

    def _prepare(self, message: dict[str, Any], addressee: Party, prepared: Path) -> Notice:
        key, created_at = message["message_key"], message["created_at"]
        with self.ledger.engine.connect() as connection:
            stands_for = _others_in(connection, key, addressee.code)
            letter = Letter(
                message_key=key,
                recipient_code=addressee.code,
                recipient_name=addressee.name,
                created_at=created_at,
                groups=[as_group(row) for row in _groups_of(connection, key)],
                in_place_of=stands_for,
                waiting=_waiting_for(connection, message),
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
            subject=subject,
            body=body,
            prepared=prepared,
        )

    def _pending(self) -> list[dict[str, Any]]:
        with self.ledger.engine.connect() as connection:
            query = (
                select(messages)
                .where(messages.c.state == "pending")
                .order_by(messages.c.recipient_code, messages.c.tick_id, messages.c.message_key)
            )
            return [dict(row) for row in connection.execute(query).mappings()]

    def _recipients_put_off(self, as_of: datetime) -> set[str]:
        with self.ledger.engine.connect() as connection:
            query = select(messages.c.recipient_code).where(
                messages.c.state == "pending", messages.c.next_attempt_at > as_of
            )
            return set(connection.scalars(query))

    def _count_dead(self) -> int:
        with self.ledger.engine.connect() as connection:
            query = select(func.count()).select_from(messages).where(messages.c.state == "dead")
            return int(connection.scalar(query) or 0)

    def _mark_sent(
        self,
        message: dict[str, Any],
        as_of: datetime,
        sent_to: str,
        subject: str,
    ) -> None:
        key = message["message_key"]
        path = sent_directory(self.folder, message["recipient_code"], key) / BODY_FILE
        with self.ledger.engine.begin() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.message_key == key)
                .values(
                    state="sent",
                    attempts=message["attempts"] + 1,
                    next_attempt_at=None,
                    sent_at=as_of,
                    sent_to=sent_to,
                    subject=subject,
                    body_path=str(path.relative_to(self.folder)),
                )
            )
            # A level counts as sent as soon as one of those it addresses was told.
            told = select(message_lines.c.escalation_id).where(
                message_lines.c.message_key == key,
                message_lines.c.kind == "to",
                message_lines.c.state == "pending",
            )
            connection.execute(
                update(escalations)
                .where(
                    escalations.c.id.in_(told),
                    escalations.c.delivery_state.in_(("pending", "dead")),
                )
                .values(delivery_state="sent")
            )
            connection.execute(
                update(message_lines)
                .where(message_lines.c.message_key == key, message_lines.c.state == "pending")
                .values(state="sent")
            )

    def _mark_failed(self, message: dict[str, Any], as_of: datetime) -> None:
        key, attempts = message["message_key"], message["attempts"] + 1
        pause = min(BACKOFF_FIRST * 2 ** (attempts - 1), BACKOFF_MOST)
        is_dead = attempts >= MAX_ATTEMPTS
        with self.ledger.engine.begin() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.message_key == key)
                .values(
                    attempts=attempts,
                    next_attempt_at=None if is_dead else as_of + pause,
                    state="dead" if is_dead else "pending",
                )
            )
            if is_dead:
                _mark_untold(connection, key)


def _mark_untold(connection: Connection, key: str) -> None:
    """Levels none of whose addressees can still be reached by a pending message are dead."""
    other = message_lines.alias("other")
    hope = exists().where(
        other.c.escalation_id == escalations.c.id,
        other.c.kind == "to",
        messages.c.message_key == other.c.message_key,
        messages.c.state.in_(("pending", "sent")),
    )
    rows = select(message_lines.c.escalation_id).where(
        message_lines.c.message_key == key, message_lines.c.kind == "to"
    )
    connection.execute(
        update(escalations)
        .where(escalations.c.id.in_(rows), escalations.c.delivery_state == "pending", ~hope)
        .values(delivery_state="dead")
    )


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


def _waiting_for(connection: Connection, message: dict[str, Any]) -> int:
    """Complaints this recipient was told of before, still open and not acknowledged."""
    query = (
        select(func.count(func.distinct(escalations.c.complaint_id)))
        .join_from(message_lines, escalations)
        .join(messages, messages.c.message_key == message_lines.c.message_key)
        .where(
            messages.c.recipient_code == message["recipient_code"],
            messages.c.state == "sent",
            messages.c.created_at < message["created_at"],
            message_lines.c.kind == "to",
            escalations.c.delivery_state == "sent",
            ~escalations.c.is_settled,
            escalations.c.acknowledged_at.is_(None),
        )
    )
    return int(connection.scalar(query) or 0)
