"""Whatever the clocks, the outcomes, the ticks and the kills: all that is due is told, and once."""

import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.escalation.country import RECEIVED, Country, Killed, clock
from vax_pipeline.core.clock import ICT
from vax_pipeline.core.escalation.auditor import audit
from vax_pipeline.core.escalation.channels import DeliveryError, Notice
from vax_pipeline.core.escalation.tick import pending_fingerprint, tick
from vax_pipeline.core.settings import Settings

POINTS = ("evaluated", "recording", "recorded", "prepared", "delivered", "filed", "marked")
# The review ladder of complaints.md, written a second time: level, hours, daily letter.
LADDER = (("0", 0, False), ("1", 36, False), ("2", 48, False), ("3", 72, True), ("4", 120, True),
          ("5", 168, True))  # fmt: skip


@dataclass
class Post:
    """Remembers every worklist row that was handed over; refuses now and then."""

    refuse: set[int] = field(default_factory=set[int])
    tried: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    told: list[tuple[str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str]])

    def needs_email(self, recipient_code: str) -> bool:
        return False

    def send(self, notice: Notice) -> None:
        if next(self.tried) in self.refuse:
            raise DeliveryError("refused")
        lines = (notice.prepared / "worklist.csv").read_text("utf-8-sig").splitlines()[1:]
        for line in lines:
            complaint_id, _, _, level, *_ = line.split(",")
            self.told.append((notice.recipient_code, complaint_id, level, notice.message_key))


def is_released(received: datetime, hours: int, is_daily: bool, at: datetime) -> bool:
    """Hour by hour with a calendar, where the pipeline computes backwards from the tick."""
    due_at = received + timedelta(hours=hours)
    if not is_daily:
        return due_at <= at
    letter = due_at.astimezone(ICT).replace(hour=7, minute=30, second=0, microsecond=0)
    while letter < due_at:
        letter += timedelta(days=1)
    return letter <= at


@dataclass(frozen=True)
class Filed:
    """A complaint as it will turn out."""

    id: str
    received: datetime
    met_at: datetime | None

    def known_at(self, instant: datetime) -> dict[str, object]:
        met_at = self.met_at if self.met_at and self.met_at <= instant else None
        return clock(self.id, starts_at=self.received, met_at=met_at)


minutes = st.integers(min_value=0, max_value=60 * 24 * 12)


@st.composite
def complaints(draw: st.DrawFn) -> list[Filed]:
    filed: list[Filed] = []
    for number in range(draw(st.integers(1, 8))):
        received = RECEIVED + timedelta(minutes=draw(minutes))
        after = draw(st.none() | minutes)
        met_at = None if after is None else received + timedelta(minutes=after)
        filed.append(Filed(f"C-{number}", received, met_at))
    return filed


@st.composite
def visits(draw: st.DrawFn) -> list[tuple[datetime, str | None]]:
    """Ticks in order; some are killed."""
    found = draw(st.lists(st.tuples(minutes, st.none() | st.sampled_from(POINTS)), max_size=4))
    return [(RECEIVED + timedelta(minutes=at), point) for at, point in sorted(found, key=str)]


def live_through(
    filed: list[Filed], ticks: list[tuple[datetime, str | None]], refuse: set[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        country = Country(Settings(home=Path(folder), memory_limit="1GB", threads=1))
        post = Post(refuse=refuse)
        last = RECEIVED
        for at, point in sorted(ticks, key=lambda visit: visit[0]):
            country.publish(*(c.known_at(at) for c in filed if c.received <= at), as_of=at)

            def faults(reached: str, point: str | None = point) -> None:
                if reached == point:
                    raise Killed(reached)

            with suppress(Killed):
                tick(country.settings, at, channel=post, faults=faults)
            last = at
        post.refuse.clear()
        last += timedelta(days=1)  # all backoff is over
        open_now = [c for c in filed if not c.met_at or c.met_at > last]
        country.publish(*(c.known_at(last) for c in filed if c.received <= last), as_of=last)
        tick(country.settings, last, channel=post)

        # Nothing due is skipped: the highest level is told, every lower one is in the ledger.
        for complaint in open_now:
            released = [
                level
                for level, hours, is_daily in LADDER
                if is_released(complaint.received, hours, is_daily, last)
            ]
            states = country.states(complaint.id)
            assert set(released) <= states.keys()
            if released:
                assert states[released[-1]] == "sent"
                told = {level for _, id_, level, _ in post.told if id_ == complaint.id}
                assert released[-1] in told
                assert all(states[level] == "jumped" for level in set(released) - told)
        # Nothing is told twice: one key a recipient and level, however often it was handed over.
        keys = Counter((who, id_, level) for who, id_, level, _ in set(post.told))
        assert set(keys.values()) <= {1}
        # Nothing is told too early.
        received = {c.id: c.received for c in filed}
        hours_of = {level: hours for level, hours, _ in LADDER}
        for _, id_, level, _ in post.told:
            assert received[id_] + timedelta(hours=hours_of[level]) <= last
        assert audit(country.settings).differences == {}
        assert pending_fingerprint(country.settings, last) is None
        assert tick(country.settings, last, channel=post).sending.sent == 0


given_any_life = given(complaints(), visits(), st.sets(st.integers(1, 8), max_size=3))
unhurried = [HealthCheck.too_slow]


@given_any_life
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=unhurried)
def test_all_that_is_due_is_told_once(
    filed: list[Filed], ticks: list[tuple[datetime, str | None]], refuse: set[int]
) -> None:
    live_through(filed, ticks, refuse)


@pytest.mark.slow
@given_any_life
@settings(max_examples=150, deadline=None, suppress_health_check=unhurried)
def test_all_that_is_due_is_told_once_in_many_lives(
    filed: list[Filed], ticks: list[tuple[datetime, str | None]], refuse: set[int]
) -> None:
    live_through(filed, ticks, refuse)
