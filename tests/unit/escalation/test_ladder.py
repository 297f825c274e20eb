"""The ladder: which level is due when, for whom, in what cadence."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from tests.unit.escalation.country import CHAIN, Country, after, clock
from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.escalation.policy import PolicyError, last_daily_slot
from vax_pipeline.core.escalation.release_reader import read_release
from vax_pipeline.core.escalation.replay import due


def levels_at(country: Country, as_of: datetime, *clocks: dict[str, object]) -> list[str]:
    release = read_release(country.publish(*clocks))
    return due(country.settings, release, as_of)["level"].to_list()


@pytest.mark.parametrize(
    ("at", "slot"),
    [
        ("2021-12-05 07:30:00", "2021-12-05 07:30:00"),
        ("2021-12-05 07:29:59", "2021-12-04 07:30:00"),
        ("2021-12-05 23:59:59", "2021-12-05 07:30:00"),
        ("2021-12-05 00:00:00", "2021-12-04 07:30:00"),
    ],
)
def test_daily_letters_leave_at_half_past_seven_in_vietnam(at: str, slot: str) -> None:
    assert last_daily_slot(parse_instant(at)) == parse_instant(slot)


@pytest.mark.parametrize(
    ("as_of", "level"),
    [
        (after(seconds=-1), None),
        (after(0), "0"),
        (after(36, seconds=-1), "0"),
        (after(36), "1"),
        (after(36, seconds=1), "1"),
        (after(48, seconds=-1), "1"),
        (after(48), "2"),
        # Received at 10:00: 72 hours end on the 4th at 10:00, the next letter is the 5th's.
        (after(72), "2"),
        (parse_instant("2021-12-05 07:29:59"), "2"),
        (parse_instant("2021-12-05 07:30"), "3"),
        (parse_instant("2021-12-07 07:30"), "4"),
        (parse_instant("2021-12-09 07:29:59"), "4"),
        (parse_instant("2021-12-09 07:30"), "5"),
        (after(24 * 365), "5"),
    ],
)
def test_review_clock_climbs_at_its_exact_boundaries(
    country: Country, as_of: datetime, level: str | None
) -> None:
    assert levels_at(country, as_of, clock()) == ([level] if level else [])


def test_daily_level_due_at_exactly_half_past_seven_leaves_then(country: Country) -> None:
    received = parse_instant("2021-12-01 07:30")
    assert levels_at(country, received + timedelta(hours=72), clock(starts_at=received)) == ["3"]


def test_due_at_stays_exact_whatever_the_cadence(country: Country) -> None:
    release = read_release(country.publish(clock()))
    row = due(country.settings, release, parse_instant("2021-12-05 09:00")).row(0, named=True)
    assert row["due_at"] == after(72)
    assert (row["cadence"], row["jumped_levels"]) == ("daily", ["0", "1", "2"])


def test_recipients_follow_the_chain_of_the_complaint(country: Country) -> None:
    release = read_release(country.publish(clock()))
    row = due(country.settings, release, after(48)).row(0, named=True)
    assert row["recipient_code"] == "TTYT-1"
    assert row["also_codes"] == ["CDC-1"]
    assert row["copy_codes"] == ["F-1"]


@pytest.mark.parametrize(
    ("ended", "is_due"),
    [
        ({"met_at": after(36)}, False),
        ({"met_at": after(36, seconds=1)}, True),  # not known yet at 36 h
        ({"has_ladder": False}, False),
    ],
)
def test_a_clock_that_has_ended_or_has_no_ladder_is_not_due(
    country: Country, ended: dict[str, object], is_due: bool
) -> None:
    assert bool(levels_at(country, after(36), clock(**ended))) is is_due


def test_outcomes_recorded_after_known_as_of_do_not_count(country: Country) -> None:
    release = read_release(country.publish(clock(met_at=after(40))))
    assert due(country.settings, release, after(48)).height == 0
    assert due(country.settings, release, after(48), known_as_of=after(39)).height == 1


@pytest.mark.parametrize(
    ("name", "hours", "level", "recipient"),
    [
        ("assignment", 0, "P1", "TTYT-1"),
        ("deferred", 0, "D1", "F-1"),
        ("deferred", 48, "2", "TTYT-1"),
        ("deferred", 168, "5", "BYT"),
        ("identity", 48, "I1", "CAH-1"),
        ("identity", 120, "I2", "CAT-1"),
    ],
)
def test_the_other_clocks_have_ladders_of_their_own(
    country: Country, name: str, hours: int, level: str, recipient: str
) -> None:
    half_past_seven = parse_instant("2021-12-10 07:30")
    base = half_past_seven - timedelta(hours=hours)
    start = base if name == "identity" else base - timedelta(days=3)
    row = clock(clock=name, starts_at=start, due_at=base)
    release = read_release(country.publish(row))
    early = due(country.settings, release, half_past_seven - timedelta(seconds=1))
    assert level not in early["level"].to_list()
    found = due(country.settings, release, half_past_seven)
    assert found.select("level", "recipient_code").row(0) == (level, recipient)


def test_the_ladder_in_force_is_that_of_the_day_the_clock_started(country: Country) -> None:
    stricter = country.ladder.with_columns(
        valid_from=pl.lit("2021-12-02"),
        after_hours=pl.when(pl.col("level") == "2").then(pl.lit("24")).otherwise("after_hours"),
    )
    country.ladder = pl.concat(
        [country.ladder.with_columns(valid_to=pl.lit("2021-12-01")), stricter]
    )
    before_midnight = parse_instant("2021-12-01 23:59:59")
    midnight = parse_instant("2021-12-02 00:00")
    rows = clock("C-old", starts_at=before_midnight), clock("C-new", starts_at=midnight)
    release = read_release(country.publish(*rows))
    found = due(country.settings, release, midnight + timedelta(hours=24))
    assert dict(found.select("complaint_id", "level").iter_rows()) == {"C-old": "0", "C-new": "2"}


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("recipient_roles", "district_center", "unknown roles"),
        ("recipient_roles", "", "nobody receives it"),
        ("cadence", "weekly", "cadence"),
        ("counted_from", "received_at", "counted_from"),
    ],
)
def test_a_ladder_nobody_can_follow_is_refused(
    country: Country, column: str, value: str, problem: str
) -> None:
    country.ladder = country.ladder.with_columns(pl.lit(value).alias(column))
    with pytest.raises(PolicyError, match=problem):
        levels_at(country, after(36), clock())


@pytest.mark.parametrize(
    ("vacant", "recipient"),
    [
        ({"handler_code": None}, "TYT-1"),
        ({"handler_code": None, "chain_commune_station": None}, "TTYT-1"),
        (dict.fromkeys(CHAIN), "BYT"),
    ],
)
def test_a_vacant_role_falls_to_the_next_one_up(
    country: Country, vacant: dict[str, object], recipient: str
) -> None:
    release = read_release(country.publish(clock(**vacant)))
    assert due(country.settings, release, after(36))["recipient_code"].to_list() == [recipient]
