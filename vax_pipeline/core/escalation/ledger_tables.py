"""The tables of the ledger, for any database SQLAlchemy speaks. `ledger` reads and writes them."""

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An instant as ISO 8601 text in UTC: sorts as it reads, the same on every database."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(  # text comes from `instant_sql`, in bulk
        self,
        value: datetime | str | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> str | None:
        return instant_text(value) if isinstance(value, datetime) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


def instant_text(instant: datetime) -> str:
    """The one spelling of an instant in the ledger."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant_sql(column: str) -> str:
    """The same spelling in DuckDB: a million rows without a Python object for each instant."""
    return f"strftime({column} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00')"


metadata = MetaData()

# Grain: one row per level of a clock. A level is told once, whatever happens to its messages.
escalations = Table(
    "escalations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("complaint_id", String(64), nullable=False),
    Column("clock", String(16), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("level", String(8), nullable=False),
    Column("recipient_code", String(64), nullable=False),  # the first the ladder names
    Column("due_at", Instant, nullable=False),
    Column[float]("after_hours", Float, nullable=False),
    Column("escalated_at", Instant),  # null when jumped
    Column("message_key", String(64)),  # the first addressee's message; null when jumped
    Column("delivery_state", String(16), nullable=False),
    Column("acknowledged_at", Instant),
    Column(
        "is_settled", Boolean, nullable=False
    ),  # the clock has ended: nothing more can come of it
    Column("tick_id", Integer, nullable=False),
    UniqueConstraint("complaint_id", "clock", "starts_at", "level"),
    Index("ix_escalations_open", "is_settled"),
)

# Grain: one digest to one addressee in one cadence of one tick.
messages = Table(
    "messages",
    metadata,
    Column(
        "message_key", String(64), primary_key=True
    ),  # idempotency key: a resend carries the same
    Column("recipient_code", String(64), nullable=False),  # who gets it, after falling back
    Column("cadence", String(8), nullable=False),
    Column("slot_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant),
    Column("state", String(16), nullable=False),  # pending | sent | dead | struck
    Column("sent_at", Instant),
    Column("sent_to", String(64)),
    Column("subject", Text),
    Column("body_path", Text),
    Column("tick_id", Integer, nullable=False),
    Index("ix_messages_state", "state", "recipient_code"),
)

# Grain: one escalation in one message.
message_lines = Table(
    "message_lines",
    metadata,
    Column("message_key", String(64), ForeignKey("messages.message_key"), primary_key=True),
    Column("escalation_id", Integer, ForeignKey("escalations.id"), primary_key=True),
    Column("kind", String(8), nullable=False),  # to | copy
    Column("recipient_code", String(64), nullable=False),  # for whom, before falling back
    Column("state", String(16), nullable=False),  # pending | sent | struck
    Index("ix_message_lines_escalation", "escalation_id"),
)

# Grain: one question to a commune police about one mention, asked once. Codes only, of nobody's fields:
# the mention's id is a hash of them.
identity_requests = Table(
    "identity_requests",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("mention_id", String(64), nullable=False),
    Column("owner_code", String(64), nullable=False),  # the commune police asked
    Column("unit_code", String(16)),
    Column("verification_status", String(32), nullable=False),  # why: as it was then
    Column("verification_reason", String(32)),
    Column("differs", Text),
    Column("requested_at", Instant, nullable=False),
)

# Grain: one decision of a person about who somebody is. Nothing but its end is ever changed.
person_decisions = Table(
    "person_decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),  # link | unlink | merge
    Column("mention_id", String(64)),  # null for a merge
    Column("record_id", String(128)),  # by which the mention was named
    Column("from_key", String(64)),  # of whom the mention is not; the person that goes into another
    Column("into_key", String(64)),
    Column("decided_by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", String(64)),
    Column("revoked_why", Text),
)

# Grain: one evaluation that was written.
ticks = Table(
    "ticks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("evaluated_through", Instant, nullable=False),
    # Outcomes recorded later did not count; a tick that tells people knows all until it evaluates.
    Column("known_as_of", Instant, nullable=False),
    Column("release", Text, nullable=False),
    # Until then a tick on the same release finds nothing new: the idle moments cost nothing.
    Column("next_change_at", Instant),
)

# Tables whose rows never change once they are written, and when each was: a mirror of one reads only on.
WRITTEN_ONCE = {identity_requests.name: identity_requests.c.requested_at}
