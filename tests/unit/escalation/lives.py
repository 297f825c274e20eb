"""What must hold of a ledger after any life of it: all that was due was told, and once."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.unit.escalation.country import Country, clock
from vax_pipeline.core.clock import ICT
from vax_pipeline.core.escalation.auditor import audit
from vax_pipeline.core.escalation.channels import Notice
from vax_pipeline.core.escalation.tick import pending_fingerprint

POINTS = ("evaluated", "recording", "recorded", "prepared", "delivered", "filed", "marked")
# The review ladder, written a second time: level, hours, daily letter.
LADDER = (("0", 0, False), ("1", 36, False), ("2", 48, False), ("3", 72, True), ("4", 120, True),
          ("5", 168, True))  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A line of a worklist that was handed over, under the key of its message."""

    recipient: str
    complaint_id: str
    level: str
    message_key: str


def lines_of(notice: Notice) -> list[Told]:
    """What a notice tells, from the worklist that is attached to it."""
    rows = (notice.prepared / "worklist.csv").read_text("utf-8-sig").splitlines()[1:]
    cells = [row.split(",") for row in rows]
    return [Told(notice.recipient_code, c[0], c[3], notice.message_key) for c in cells]


@dataclass(frozen=True)
class Filed:
    """A complaint as it will turn out."""

    id: str
    received: datetime
    met_at: datetime | None

    def known_at(self, instant: datetime) -> dict[str, object]:
        met_at = self.met_at if self.met_at and self.met_at <= instant else None
        return clock(self.id, starts_at=self.received, met_at=met_at)


def publish(country: Country, filed: Sequence[Filed], at: datetime) -> None:
    """A release that knows what was known at an instant."""
    country.publish(*(c.known_at(at) for c in filed if c.received <= at), as_of=at)


def check_life(
    country: Country, filed: Sequence[Filed], told: Collection[Told], last: datetime
) -> None:
    """Hold a ledger, ticked for the last time at `last` with nobody refusing, to its promises."""
    for complaint in (c for c in filed if not c.met_at or c.met_at > last):
        released = [
            level
            for level, hours, is_daily in LADDER
            if _is_released(complaint.received, hours, is_daily, last)
        ]
        states = country.states(complaint.id)
        assert set(released) <= states.keys(), "a level that was due is in no row"
        if released:
            assert states[released[-1]] == "sent"
            levels = {line.level for line in told if line.complaint_id == complaint.id}
            assert released[-1] in levels
            assert all(states[level] == "jumped" for level in set(released) - levels)
    # One key per recipient and level, however often the message was handed over.
    keys = Counter((line.recipient, line.complaint_id, line.level) for line in set(told))
    assert set(keys.values()) <= {1}, "a level was told under two keys"
    received = {c.id: c.received for c in filed}
    hours_of = {level: hours for level, hours, _ in LADDER}
    for line in told:
        assert received[line.complaint_id] + timedelta(hours=hours_of[line.level]) <= last
    assert audit(country.settings).differences == {}
    assert pending_fingerprint(country.settings, last) is None


def _is_released(received: datetime, hours: int, is_daily: bool, at: datetime) -> bool:
    """Hour by hour with a calendar, where the pipeline computes backwards from the tick."""
    due_at = received + timedelta(hours=hours)
    if not is_daily:
        return due_at <= at
    letter = due_at.astimezone(ICT).replace(hour=7, minute=30, second=0, microsecond=0)
    while letter < due_at:
        letter += timedelta(days=1)
    return letter <= at
