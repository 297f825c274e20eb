"""The days of `vax demo --days N`: what their ticks count, and the two on which nobody can be told."""

from datetime import timedelta

import pytest

from tests.unit.escalation.country import RECEIVED, Country, after, clock
from vax_pipeline.cli.demo_days import PlayedDay, outage, play_ticks
from vax_pipeline.core.clock import parse_instant

MORNING = parse_instant("2021-12-01 08:00")  # two hours before the complaint comes in
DAY = timedelta(days=1)


def played(
    country: Country, number: int, *, is_outage: bool = False, again: bool = False
) -> PlayedDay:
    day = PlayedDay((MORNING + number * DAY).date(), files=0, is_outage=is_outage)
    play_ticks(country.settings, day, MORNING + number * DAY, asks_again=again)
    return day


@pytest.mark.parametrize(
    ("days", "down"), [(1, []), (3, []), (4, [1, 2]), (5, [1, 2]), (10, [4, 5]), (30, [14, 15])]
)
def test_an_outage_of_two_days_lies_between_days_without(days: int, down: list[int]) -> None:
    assert list(outage(days)) == down


def test_what_falls_due_while_the_notifier_is_down_goes_out_after_it(country: Country) -> None:
    country.publish(clock(starts_at=RECEIVED))
    before, first, second, since = (
        played(country, 0),
        played(country, 1, is_outage=True),
        played(country, 2, is_outage=True),
        played(country, 3, again=True),
    )
    assert (before.told, before.sent, before.waiting) == ({"0": 1}, 1, 0)
    assert (first.told, first.sent) == ({"1": 1}, 0)  # 36 hours, and nobody can be told
    assert (second.told, second.sent) == ({"2": 1}, 0)
    assert first.waiting + first.dead > 0
    assert second.waiting + second.dead > first.waiting + first.dead
    assert since.told == {"3": 1}
    assert (since.waiting, since.dead) == (0, 0)
    assert country.states() == {"0": "sent", "1": "sent", "2": "sent", "3": "sent"}


def test_an_outcome_delivered_late_takes_back_what_was_rightly_told(country: Country) -> None:
    country.publish(clock())
    for number in range(3):
        played(country, number)
    country.publish(clock(met_at=after(47)), as_of=MORNING + 3 * DAY)
    day = played(country, 3)
    assert day.settled == {"closed": 2, "retracted": 1}
    assert day.as_json()["retracted"] == 1
