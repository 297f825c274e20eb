"""Sending what the ledger holds pending: render, hand over, file, mark; at least once, one key.

A failure puts off its recipient, exponentially in the tick's time; after MAX_ATTEMPTS the message
is `dead` until somebody asks to retry. Every step leaves a state from which the next tick goes on.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, exists, func, select, update

from vax_pipeline.core.escalation.channels import Channel, DeliveryError, PausedError
from vax_pipeline.core.escalation.filing import (
    BODY_FILE,
    CARD_FILE,
    file_away,
    flush,
    prepared_directory,
    sent_directory,
)
from vax_pipeline.core.escalation.ledger import Faults, Ledger, no_faults
from vax_pipeline.core.escalation.ledger_tables import escalations, message_lines, messages
from vax_pipeline.core.escalation.letters import count_waiting, put_together
from vax_pipeline.core.escalation.recipients import Party, find_addressees

BACKOFF_FIRST = timedelta(minutes=10)
BACKOFF_MOST = timedelta(hours=6)
MAX_ATTEMPTS = 6
MARKED_TOGETHER = 100  # one commit and one flush for so many
SENDERS = 8


@dataclass(frozen=True)
class Sending:
    """What became of the pending messages: counts of messages."""

    sent: int = 0
    skipped: int = 0  # waiting for their recipient's next attempt
    dead: int = 0  # all dead ones in the ledger, not only today's


@dataclass(frozen=True)
class Filed:
    """A message that was handed over and lies among the sent ones, not yet marked."""

    message: dict[str, Any]
    sent_to: str
    subject: str
    directory: Path


@dataclass
class Outbox:
    """The pending messages of a ledger and the folder they are put together in."""

    ledger: Ledger
    folder: Path
    channel: Channel
    faults: Faults = no_faults

    def recognize_sent(self, as_of: datetime) -> None:
        """Mark what left the house but was not written down before a crash."""
        found: list[Filed] = []
        for message in self._pending():
            directory = sent_directory(
                self.folder, message["recipient_code"], message["message_key"]
            )
            if (directory / CARD_FILE).exists():
                said = json.loads((directory / CARD_FILE).read_text(encoding="utf-8"))
                found.append(Filed(message, said["sent_to"], said["subject"], directory))
        if found:
            self._mark_sent(found, as_of)

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

    def at_rest(self) -> Sending:
        """What there is to say when nothing is tried."""
        return Sending(skipped=len(self._pending()), dead=self._count_dead())

    def send_pending(
        self,
        register: duckdb.DuckDBPyConnection,
        as_of: datetime,
        on_progress: Callable[[str], None],
    ) -> Sending:
        """Try every pending message whose recipient is not put off; `register` has `addressees`.

        Recipients are served side by side, each in order: a service that hangs for one holds up
        nobody else. The ledger is written by this thread alone.
        """
        put_off, pending = self._recipients_put_off(as_of), self._pending()
        parties = find_addressees(register, [m["recipient_code"] for m in pending])
        with self.ledger.engine.connect() as connection:
            waiting = count_waiting(connection) if pending else {}
        queues: dict[str, list[dict[str, Any]]] = {}
        for message in pending:
            if message["recipient_code"] not in put_off:
                queues.setdefault(message["recipient_code"], []).append(message)
        sent, failures, filed = 0, 0, list[Filed]()
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="sender") as senders:
            served = [
                senders.submit(
                    self._serve, queue, parties.get(recipient), waiting.get(recipient, 0)
                )
                for recipient, queue in queues.items()
            ]
            try:
                for number, future in enumerate(as_completed(served), start=1):
                    delivered, failed = future.result()
                    filed += delivered
                    sent += len(delivered)
                    if failed is not None:
                        failures += 1
                        self._mark_failed(failed, as_of)
                    if len(filed) >= MARKED_TOGETHER:
                        on_progress(f"sending notices: {number} of {len(served)} recipients")
                        self._mark_sent(filed, as_of)
                        filed = []
            except BaseException:
                senders.shutdown(wait=False, cancel_futures=True)
                raise
        self._mark_sent(filed, as_of)
        return Sending(sent, len(pending) - sent - failures, self._count_dead())

    def _serve(
        self, queue: Sequence[dict[str, Any]], addressee: Party | None, waiting: int
    ) -> tuple[list[Filed], dict[str, Any] | None]:
        """Send a recipient's messages until one fails: what went out, and the one that failed."""
        filed: list[Filed] = []
        for message in queue:
            try:
                filed.append(self._send(message, addressee, waiting))
            except PausedError:
                return filed, None
            except DeliveryError:
                return filed, message
        return filed, None

    def _send(self, message: dict[str, Any], addressee: Party | None, waiting: int) -> Filed:
        if addressee is None:
            raise DeliveryError("neither the recipient nor any agency above it has an address")
        key = message["message_key"]
        prepared = prepared_directory(self.folder, key)
        with self.ledger.engine.connect() as connection:
            notice = put_together(connection, message, addressee, waiting, prepared)
        self.faults("prepared")
        self.channel.send(notice)
        self.faults("delivered")
        final = sent_directory(self.folder, message["recipient_code"], key)
        file_away(prepared, final)
        self.faults("filed")
        return Filed(message, addressee.code, notice.subject, final)

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

    def _mark_sent(self, filed: Sequence[Filed], as_of: datetime) -> None:
        """Write down what went out; a crash before finds the filed notices again."""
        flush(notice.directory for notice in filed)
        with self.ledger.engine.begin() as connection:
            for notice in filed:
                path = (notice.directory / BODY_FILE).relative_to(self.folder)
                connection.execute(
                    update(messages)
                    .where(messages.c.message_key == notice.message["message_key"])
                    .values(
                        state="sent",
                        attempts=notice.message["attempts"] + 1,
                        next_attempt_at=None,
                        sent_at=as_of,
                        sent_to=notice.sent_to,
                        subject=notice.subject,
                        body_path=str(path),
                    )
                )
                _mark_told(connection, notice.message["message_key"])
        self.faults("marked")

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


def _mark_told(connection: Connection, key: str) -> None:
    """Levels count as sent as soon as one of those they address was told."""
    in_message = (message_lines.c.message_key == key, message_lines.c.state == "pending")
    told = select(message_lines.c.escalation_id).where(*in_message, message_lines.c.kind == "to")
    connection.execute(
        update(escalations)
        .where(escalations.c.id.in_(told), escalations.c.delivery_state.in_(("pending", "dead")))
        .values(delivery_state="sent")
    )
    connection.execute(update(message_lines).where(*in_message).values(state="sent"))


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
