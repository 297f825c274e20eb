"""A month of clocks kept beside what the ladder asked for on each of its mornings.

`golden_month_clocks.csv` has a line per clock and says what happens to it; `golden_month_due.csv` the days on
which each level was the highest due, as each morning knew it (`then`) and as the month's end does (`since`).
"""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.command import vax, vax_json
from tests.unit.escalation.country import Country, clock
from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.escalation.release_reader import NoReleaseError
from vax_pipeline.core.escalation.replay import replay
from vax_pipeline.core.escalation.tick import tick

HERE = Path(__file__).parent
FIRST, LAST = date(2021, 11, 8), date(2021, 12, 8)
MORNINGS = [FIRST + timedelta(days) for days in range((LAST - FIRST).days + 1)]
INSTANTS = ("starts_at", "due_at", "met_at", "met_known_at", "acknowledged_at")
GRAIN = ("known", "complaint_id", "clock", "starts_at", "level", "recipient_code", "due_at")


def at(day: date) -> datetime:
    """When a morning asks: after the day's deliveries, its release and its letters."""
    return parse_instant(f"{day} 09:00")


@pytest.fixture
def month(country: Country) -> Country:
    """A home that published every morning what was known at six."""
    clocks = [
        {name: parse_instant(v) if name in INSTANTS and v else v or None for name, v in row.items()}
        for row in pl.read_csv(HERE / "golden_month_clocks.csv", infer_schema=False).to_dicts()
    ]
    for day in MORNINGS:
        known_at = parse_instant(f"{day} 06:00")
        country.publish(
            *(
                clock(
                    row["complaint_id"],
                    clock=row["clock"],
                    starts_at=row["starts_at"],
                    due_at=row["due_at"],
                    met_at=row["met_at"] if (row["met_known_at"] or at(LAST)) <= known_at else None,
                    acknowledged_at=row["acknowledged_at"],
                    has_ladder=row["has_ladder"] == "true",
                )
                for row in clocks
                if row["starts_at"] <= known_at
            ),
            as_of=known_at,
        )
    return country


def replayed(month: Country) -> pl.DataFrame:
    """The month in the shape of `golden_month_due.csv`."""
    mornings = [
        replay(month.settings, at(day), known).due.with_columns(
            pl.lit(name).alias("known"), pl.lit(str(day)).alias("day")
        )
        for day in MORNINGS
        for name, known in (("then", at(day)), ("since", at(LAST)))
    ]
    local = pl.col("starts_at", "due_at").dt.convert_time_zone("Asia/Ho_Chi_Minh")
    return (
        pl.concat(mornings)
        .with_columns(local.dt.strftime("%Y-%m-%d %H:%M"))
        .group_by(GRAIN)
        .agg(first=pl.col("day").min(), last=pl.col("day").max(), mornings=pl.len())
        .sort(GRAIN)
    )


def test_the_month_is_told_as_it_was_kept_whatever_the_ledger_holds_by_now(month: Country) -> None:
    kept = pl.read_csv(
        HERE / "golden_month_due.csv", schema_overrides={"level": pl.String, "mornings": pl.UInt32}
    )
    told = replayed(month)
    assert told.to_dicts() == kept.to_dicts()
    for day in (FIRST, FIRST + timedelta(12), LAST):
        tick(month.settings, at(day))
    assert replayed(month).to_dicts() == told.to_dicts()


def test_a_decision_delivered_late_was_rightly_told_of_and_is_known_to_be_in_time_since(
    month: Country,
) -> None:
    due = replayed(month).filter(pl.col("complaint_id") == "M-17")
    levels = {known: rows["level"].to_list() for (known,), rows in due.group_by("known")}
    assert levels == {"then": ["0", "1", "2", "3"], "since": ["0", "1"]}


def test_the_command_says_what_was_due_and_writes_nothing(month: Country) -> None:
    asked = ("--as-of", "2021-11-15T09:00:00+07:00", "--known-as-of", "2021-11-14T09:00:00+07:00")
    replaying = ("escalate", "--home", month.settings.root, *asked)
    first, again = (vax_json(*replaying, "--dry-run") for _ in range(2))
    assert {**first, "seconds": None} == {**again, "seconds": None}
    assert (
        first["release"] == "r0007"
    )  # of 14 November, though three weeks have been published since
    assert {row["complaint_id"] for row in first["due"]} >= {"M-03", "M-04"}
    vax(*replaying, expect=1)  # nobody may be told on what was known three weeks ago
    assert month.ledger() == []


def test_what_no_kept_release_is_old_enough_for_is_said(month: Country) -> None:
    with pytest.raises(NoReleaseError, match="no kept release"):
        replay(month.settings, at(FIRST), known_as_of=at(FIRST - timedelta(1)))
