"""What the administration did with each complaint: events that come late, twice and out of order.

Most complaints get an outcome within 48 hours; a share is late and some are never answered, so
that every level of the ladder is reached by the last day.
"""

from pathlib import Path

import numpy as np
import polars as pl

from vax_pipeline.core.simulation import complaint_papers as papers
from vax_pipeline.core.simulation.complaint_files import handler_codes
from vax_pipeline.core.simulation.doses import CUTOFF_MINUTES, DAY_MINUTES
from vax_pipeline.core.simulation.draws import Ints, chance, day_number, stream, weighted
from vax_pipeline.core.simulation.feed_faults import add_a_column
from vax_pipeline.core.simulation.files import (
    ALWAYS,
    ISO_CSV,
    NDJSON_ISO,
    delivery_days,
    in_feed_order,
    minute_text,
    slices,
    write_feed,
)
from vax_pipeline.core.simulation.world import World

HOUR = 60
NEVER = 10**8
# Hours to the first outcome, from the record of receipt: spans and their shares.
SPANS = ((1, 20), (20, 47), (48.5, 72), (72.5, 118), (121, 166), (170, 330))
SPAN_WEIGHTS = (0.42, 0.41, 0.05, 0.035, 0.02, 0.015, 0.05)  # the last: never answered
OUTCOMES = {"approve": "approved", "later": "deferred", "reject": "rejected"}


def build_events(world: World, complaints: pl.DataFrame) -> pl.DataFrame:
    """One row per event.

    Columns: complaint, event_type, occurred, recorded (minutes), delivery (day), actor_code,
    to_code, reason_codes, next_review_on (Date), note.
    """
    rng = stream(world.seed, "events")
    own = complaints.filter(pl.col("duplicate_of") < 0)
    handler, pooled = handler_codes(world, own)
    received = own["received"].to_numpy()
    assigned = _assignments(rng, received, pooled, _last_run(world))
    outcome = _outcomes(rng, received, _wait_for_copies(complaints, own))
    outcome = np.where(assigned >= NEVER, NEVER, np.maximum(outcome, assigned + 30))
    frame = own.select("complaint", "received", "recommendation", "reason").with_columns(
        handler=handler,
        assigned=pl.Series(np.where(pooled == 1, assigned, NEVER)),
        acknowledged=pl.Series(
            np.where(chance(rng, 0.75, len(own)), received + rng.integers(10, 400, len(own)), NEVER)
        ),
        outcome=pl.Series(outcome),
        started=pl.Series(
            np.where(outcome < NEVER, outcome - rng.integers(5, 30, len(own)), NEVER)
        ),
        kind=_kinds(rng, own),
    )
    parts = [
        _event(frame, "assigned", pl.lit("assigned"), to="handler"),
        _event(frame, "acknowledged", pl.lit("acknowledged")),
        _event(frame, "started", pl.lit("review_started")),
        _event(frame, "outcome", pl.col("kind")),
        *_followups(rng, frame),
        *_handed_on(world, frame),
    ]
    events = pl.concat(parts, how="vertical").filter(pl.col("occurred") < NEVER)
    return _recorded(world, rng, events.sort("occurred", "complaint", "event_type"))


def _assignments(rng: np.random.Generator, received: Ints, pooled: Ints, last_run: int) -> Ints:
    """When an officer was named: before the next run at 08:00 mostly; else late, or never."""
    due = next_run(received)
    size = len(received)
    early = received + ((due - received) * (0.1 + 0.85 * rng.random(size))).astype(np.int64)
    late = due + rng.integers(120, 4000, size)
    way = weighted(rng, [0.85, 0.1, 0.05], size)
    # Whether the run of the very last morning is missed is a matter of seconds: nobody is late.
    way[due >= last_run] = 0
    early = np.where(due >= last_run, np.minimum(early, received + 5), early)
    chosen = np.select([way == 0, way == 1], [early, late], NEVER)
    return np.where(pooled == 1, chosen, received)


def _last_run(world: World) -> int:
    return day_number(world.until) * DAY_MINUTES + 8 * HOUR


def next_run(minute: Ints) -> Ints:
    """The first daily run (08:00) after a minute."""
    run = minute // DAY_MINUTES * DAY_MINUTES + 8 * HOUR
    return np.where(run > minute, run, run + DAY_MINUTES)


def _wait_for_copies(complaints: pl.DataFrame, own: pl.DataFrame) -> Ints:
    """The minute until which a complaint stays open because it is filed a second time."""
    copies = complaints.filter(pl.col("duplicate_of") >= 0)
    until = np.zeros(len(complaints), dtype=np.int64)
    until[copies["duplicate_of"].to_numpy()] = copies["received"].to_numpy() + 60
    return until[own["complaint"].to_numpy()]


def _outcomes(rng: np.random.Generator, received: Ints, not_before: Ints) -> Ints:
    span = weighted(rng, SPAN_WEIGHTS, len(received))
    low = np.array([a for a, _ in SPANS] + [0])[span]
    high = np.array([b for _, b in SPANS] + [0])[span]
    minute = received + ((low + (high - low) * rng.random(len(received))) * HOUR).astype(np.int64)
    return np.where(span == len(SPANS), NEVER, np.maximum(minute, not_before))


def _kinds(rng: np.random.Generator, own: pl.DataFrame) -> pl.Series:
    """The outcome: what was to be expected mostly, now and then another, sometimes withdrawn."""
    size = len(own)
    expected = own["recommendation"].replace_strict(OUTCOMES, return_dtype=pl.String)
    other = pl.Series(["approved", "deferred", "rejected"]).gather(rng.integers(0, 3, size))
    kind = other.zip_with(pl.Series(chance(rng, 0.08, size)), expected)
    asked = pl.Series(chance(rng, 0.3, size)) & (kind == "deferred")
    kind = pl.Series(["supplement_requested"]).gather([0] * size).zip_with(asked, kind)
    return (
        pl.Series(["withdrawn"])
        .gather([0] * size)
        .zip_with(pl.Series(chance(rng, 0.01, size)), kind)
    )


def _event(
    frame: pl.DataFrame, when: str, event_type: pl.Expr, to: str | None = None
) -> pl.DataFrame:
    """One event per complaint at the minute in column `when`."""
    waits = event_type.is_in(["deferred", "supplement_requested"])
    refused = event_type == "rejected"
    reasons = list(papers.REASONS)
    code = pl.col("reason").replace_strict(
        list(range(len(reasons))), reasons, default="R08", return_dtype=pl.String
    )
    review = ((pl.col(when) // DAY_MINUTES) + 3 + pl.col("complaint") % 5).cast(pl.Int32)
    return frame.select(
        "complaint",
        event_type.alias("event_type"),
        pl.col(when).alias("occurred"),
        pl.col("handler").alias("actor_code"),
        (pl.col(to) if to else pl.lit(None, dtype=pl.String)).alias("to_code"),
        pl.when(refused).then(code).alias("reason_codes"),
        pl.when(waits & (pl.col(when) < NEVER))
        .then(review.clip(0, 100_000).cast(pl.Date))
        .alias("next_review_on"),
    )


def _followups(rng: np.random.Generator, frame: pl.DataFrame) -> list[pl.DataFrame]:
    """After the first outcome: notices, deferred ones taken up again or not, reopened ones."""
    size = len(frame)
    kind, outcome = frame["kind"].to_numpy(), frame["outcome"].to_numpy()
    answered = outcome < NEVER
    waits = np.isin(kind, ["deferred", "supplement_requested"]) & answered
    back = waits & chance(rng, 0.75, size)
    again = outcome + rng.integers(DAY_MINUTES, 8 * DAY_MINUTES, size)
    told = answered & np.isin(kind, ["approved", "rejected"]) & chance(rng, 0.9, size)
    reopened = answered & (kind == "rejected") & chance(rng, 0.05, size)
    reopening = outcome + rng.integers(DAY_MINUTES, 4 * DAY_MINUTES, size)
    settled = reopened & chance(rng, 0.6, size)
    moments = {
        "back_at": np.where(back, again, NEVER),
        "supplied_at": np.where(back & (kind == "supplement_requested"), again - 120, NEVER),
        "told_at": np.where(told, outcome + rng.integers(30, 2000, size), NEVER),
        "reopened_at": np.where(reopened, reopening, NEVER),
        "settled_at": np.where(settled, reopening + rng.integers(200, 2600, size), NEVER),
    }
    later = frame.with_columns(**{name: pl.Series(values) for name, values in moments.items()})
    return [
        _event(later, "supplied_at", pl.lit("supplement_received")),
        _event(later, "back_at", pl.lit("approved")),
        _event(later, "told_at", pl.lit("notified")),
        _event(later, "reopened_at", pl.lit("reopened")),
        _event(later, "settled_at", pl.lit("approved")),
    ]


def _handed_on(world: World, frame: pl.DataFrame) -> list[pl.DataFrame]:
    """One in forty is transferred to the district and back before it is decided; as many only there."""
    rng = stream(world.seed, "transfers")
    size = len(frame)
    start, outcome = frame["assigned"].to_numpy(), frame["outcome"].to_numpy()
    start = np.where(start < NEVER, start, frame["received"].to_numpy())
    room = (outcome < NEVER) & (outcome - start > 4 * HOUR)
    way = rng.random(size)
    there = np.where(room & (way < 0.05), start + HOUR, NEVER)
    back = np.where(room & (way < 0.025), start + 2 * HOUR, NEVER)
    centre = pl.lit(f"TTYT{world.province.anchor_district}")
    moved = frame.with_columns(there=pl.Series(there), back=pl.Series(back), centre=centre)
    return [
        _event(moved, "there", pl.lit("transferred"), to="centre"),
        _event(moved, "back", pl.lit("transferred"), to="handler"),
    ]


def _recorded(world: World, rng: np.random.Generator, events: pl.DataFrame) -> pl.DataFrame:
    """Adds when each was typed in and delivered; keeps what the last morning knows."""
    size = len(events)
    limit = day_number(world.until) * DAY_MINUTES + CUTOFF_MINUTES
    delay = np.where(
        chance(rng, 0.02, size), rng.integers(1200, 3600, size), rng.integers(0, 5, size)
    )
    recorded = events["occurred"].to_numpy() + delay
    # A clock that was wrong by hours: it happened before it was heard of.
    occurred = np.where(
        chance(rng, 0.003, size),
        events["occurred"].to_numpy() - 9000,
        events["occurred"].to_numpy(),
    )
    delivery = delivery_days(recorded, world.until, ALWAYS)
    delivery = delivery + np.where(chance(rng, 0.03, size), rng.integers(1, 4, size), 0)
    known = (recorded < limit) & (delivery <= day_number(world.until))
    return events.with_columns(
        occurred=pl.Series(occurred), recorded=pl.Series(recorded), delivery=pl.Series(delivery)
    ).filter(pl.Series(known))


def write_events(world: World, events: pl.DataFrame, landing: Path) -> int:
    """Writes the feed; two in a hundred arrive a second time the day after."""
    rng = stream(world.seed, "event files")
    numbered = events.with_row_index("event")
    twice = numbered.filter(pl.Series(chance(rng, 0.02, len(events)))).with_columns(
        pl.col("delivery") + 1
    )
    twice = twice.filter(pl.col("delivery") <= day_number(world.until))
    order = pl.concat([numbered, twice])
    order = order[rng.permutation(len(order))].sort("delivery", maintain_order=True)
    for place, (day, rows) in enumerate(slices(order["delivery"].to_numpy())):
        style = ISO_CSV if place % 3 else NDJSON_ISO
        text = order[rows].select(
            event_id=world.numbers.event(),
            complaint_id=world.numbers.complaint(),
            occurred_at=minute_text("occurred", style),
            recorded_at=minute_text("recorded", style),
            event_type="event_type",
            claim_nos=pl.lit("1"),
            actor_code="actor_code",
            to_code="to_code",
            assignee=pl.when(pl.col("event_type") == "assigned").then(
                pl.format("CB{}", pl.col("complaint") % 40)
            ),
            reason_codes="reason_codes",
            next_review_on=pl.col("next_review_on").dt.strftime("%Y-%m-%d"),
            note=pl.lit(None, dtype=pl.String),
        )
        text = in_feed_order("complaint_events", text)
        write_feed(
            landing,
            "complaint_events",
            day,
            add_a_column(text, day, world.feed_faults_until),
            style,
        )
    return len(order)
