"""Whatever the clocks, the outcomes, the ticks and the failures: all that is due is told, and once."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.escalation.country import RECEIVED, Country, Killed
from tests.unit.escalation.lives import POINTS, Filed, Told, check_life, lines_of, publish
from vax_pipeline.core.escalation.channels import DeliveryError, Notice
from vax_pipeline.core.escalation.tick import tick
from vax_pipeline.core.settings import Settings


@dataclass
class Post:
    """Remembers every worklist row that was handed over; refuses now and then."""

    refuse: set[int] = field(default_factory=set[int])
    tried: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    told: list[Told] = field(default_factory=list[Told])

    def needs_email(self, recipient_code: str) -> bool:
        return False

    def send(self, notice: Notice) -> None:
        if next(self.tried) in self.refuse:
            raise DeliveryError("refused")
        self.told += lines_of(notice)


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
    """Ticks in order; some are ended by an exception that nobody catches."""
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
            publish(country, filed, at)

            def faults(reached: str, point: str | None = point) -> None:
                if reached == point:
                    raise Killed(reached)

            with suppress(Killed):
                tick(country.settings, at, channel=post, faults=faults)
            last = at
        post.refuse.clear()
        last += timedelta(days=1)  # all backoff is over
        publish(country, filed, last)
        tick(country.settings, last, channel=post)
        check_life(country, filed, post.told, last)
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
