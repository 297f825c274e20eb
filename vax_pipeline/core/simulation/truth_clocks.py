"""What the rules of service must find: clocks missed or running out, events that contradict each other.

From the events as recorded: what counts is when something was written down, in that order. A cycle starts
with receipt and with each reopening.
"""

import polars as pl

from vax_pipeline.core.simulation.complaint_events import next_run
from vax_pipeline.core.simulation.complaint_files import handler_codes
from vax_pipeline.core.simulation.doses import DAY_MINUTES
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.world import World

AS_OF_MINUTES = 8 * 60  # of the last day
AT_RISK_MINUTES, REVIEW_MINUTES = 36 * 60, 48 * 60
FURTHEST_REVIEW_DAYS = 14
FINAL = ("approved", "rejected", "withdrawn")
PUT_OFF = ("deferred", "supplement_requested")
OUTCOMES = (*FINAL, *PUT_OFF)
MOVING = ("assigned", "transferred", "review_started", "supplement_received", "reopened")


def now_of(world: World) -> int:
    """The minute the last morning's run stands at."""
    return day_number(world.until) * DAY_MINUTES + AS_OF_MINUTES


def clock_findings(world: World, own: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """rule_id, complaint: SLA-001 to SLA-006 of the complaints that are nobody's copy."""
    told = _in_order(own, events)
    elapsed = _reviews(own, told, now_of(world))
    late = (pl.col("elapsed") > REVIEW_MINUTES) | (
        ~pl.col("is_met") & (pl.col("elapsed") == REVIEW_MINUTES)
    )
    risk = ~pl.col("is_met") & ~late & (pl.col("elapsed") >= AT_RISK_MINUTES)
    found = {
        "SLA-001": elapsed.filter(risk),
        "SLA-002": elapsed.filter(late),
        "SLA-003": _not_assigned(world, own, told),
        "SLA-004": _put_off(told, now_of(world)),
        "SLA-005": _contradicting(told),
        "SLA-006": _handed_on(told),
    }
    return pl.concat(
        [
            frame.select(pl.lit(rule).alias("rule_id"), pl.col("complaint").cast(pl.Int64)).unique()
            for rule, frame in found.items()
        ]
    )


def _in_order(own: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Events of each complaint as they were recorded, with the final outcomes and cycles before them."""
    is_final = pl.col("event_type").is_in(list(FINAL))
    reopened = pl.col("event_type") == "reopened"
    told = (
        events.with_row_index("event")
        .join(own.select("complaint", "received"), on="complaint")
        .sort("complaint", "recorded", "occurred", "event")
        .with_columns(finals=is_final.cum_sum().over("complaint"))
    )
    # A reopening counts when something was final since the one before.
    finals_then = told.filter(reopened).with_columns(
        earlier=pl.col("finals").shift(1, fill_value=0).over("complaint")
    )
    opens = finals_then.filter(pl.col("finals") > pl.col("earlier")).select("event", opens=True)
    return (
        told.join(opens, on="event", how="left")
        .sort("complaint", "recorded", "occurred", "event")
        .with_columns(opens=pl.col("opens").fill_null(False))
        .with_columns(cycle=pl.col("opens").cum_sum().over("complaint"))
    )


def _reviews(own: pl.DataFrame, told: pl.DataFrame, now: int) -> pl.DataFrame:
    """One row per cycle: complaint, elapsed minutes to its first outcome or to now, is_met."""
    starts = pl.concat(
        [
            own.select(
                "complaint", pl.lit(0, dtype=pl.UInt32).alias("cycle"), starts=pl.col("received")
            ),
            told.filter("opens").select(
                "complaint", pl.col("cycle").cast(pl.UInt32), starts=pl.col("recorded")
            ),
        ],
        how="vertical_relaxed",
    )
    first = (
        told.filter(pl.col("event_type").is_in(list(OUTCOMES)))
        .group_by("complaint", pl.col("cycle").cast(pl.UInt32))
        .agg(met=pl.col("recorded").min())
    )
    return starts.join(first, on=["complaint", "cycle"], how="left").select(
        "complaint",
        elapsed=pl.col("met").fill_null(now) - pl.col("starts"),
        is_met=pl.col("met").is_not_null(),
    )


def _not_assigned(world: World, own: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Pool complaints neither given to an officer nor decided by the first daily run after receipt."""
    _, pooled = handler_codes(world, own)
    named = (
        told.filter((pl.col("cycle") == 0) & pl.col("event_type").is_in(["assigned", *OUTCOMES]))
        .group_by("complaint")
        .agg(named=pl.col("recorded").min())
    )
    pool = (
        own.with_columns(due=pl.Series(next_run(own["received"].to_numpy())))
        .filter(pl.Series(pooled == 1))
        .join(named, on="complaint", how="left")
    )
    due = pl.col("due")
    return pool.filter(
        (due <= now_of(world)) & (pl.col("named").is_null() | (pl.col("named") > due))
    )


def _put_off(told: pl.DataFrame, now: int) -> pl.DataFrame:
    """Put off to a day, two weeks away at most, and without another outcome when that day was over.

    After a final outcome nothing is put off any more, until the complaint is reopened.
    """
    outcomes = told.filter(pl.col("event_type").is_in(list(OUTCOMES))).with_columns(
        following=pl.col("recorded").shift(-1).over("complaint"), settled=_settled()
    )
    furthest = (pl.col("recorded") // DAY_MINUTES + FURTHEST_REVIEW_DAYS).cast(pl.Int32)
    waits = pl.col("event_type").is_in(list(PUT_OFF)) & (pl.col("settled") == 0)
    put_off = outcomes.filter(waits).with_columns(
        review=pl.min_horizontal(pl.col("next_review_on").cast(pl.Int32), furthest)
    )
    over = (pl.col("review").cast(pl.Int64) + 1) * DAY_MINUTES
    late = pl.col("following").is_null() & (over <= now)
    return put_off.filter(late | (pl.col("following") > over))


def _settled() -> pl.Expr:
    """How many final outcomes the cycle has had before."""
    final = pl.col("event_type").is_in(list(FINAL))
    return final.cum_sum().shift(1, fill_value=0).over("complaint", "cycle")


def _contradicting(told: pl.DataFrame) -> pl.DataFrame:
    """Before receipt, before the one recorded before it, an outcome after a final one, open reopened."""
    moving = told.filter(pl.col("event_type").is_in([*OUTCOMES, *MOVING]))
    outcome = pl.col("event_type").is_in(list(OUTCOMES))
    latest = pl.col("occurred").cum_max().shift(1).over("complaint")
    settled = _settled()
    wrong = (
        (pl.col("occurred") < pl.col("received"))
        | (pl.col("recorded") < pl.col("occurred"))
        | (outcome & (settled > 0))
        | ((pl.col("event_type") == "reopened") & ~pl.col("opens"))
        | (pl.col("occurred") < latest).fill_null(False)
    )
    return moving.filter(wrong)


def _handed_on(told: pl.DataFrame) -> pl.DataFrame:
    handed = told.filter(pl.col("event_type") == "transferred")
    return handed.group_by("complaint", "cycle").len().filter(pl.col("len") >= 2)
