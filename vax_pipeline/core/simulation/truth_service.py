"""What the service rules must find: copies, missed clocks, unsupported claims."""

from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation import complaint_papers as papers
from vax_pipeline.core.simulation.complaint_events import next_run
from vax_pipeline.core.simulation.complaint_files import handler_codes
from vax_pipeline.core.simulation.doses import DAY_MINUTES
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.world import World

AS_OF_MINUTES = 8 * 60  # of the last day
REVIEW_MINUTES = 48 * 60
OUTCOMES = ("approved", "deferred", "supplement_requested", "rejected", "withdrawn")
FOUND_ELSEWHERE = ("UNDER_OTHER_IDENTITY",)
NOT_FOUND = ("NOT_ENTERED", "CANNOT_TELL")


def complaint_findings(
    world: World, complaints: pl.DataFrame, events: pl.DataFrame
) -> pl.DataFrame:
    """rule_id, subject_type, subject_id of CMP, SLA and the claims of MIS."""
    now = day_number(world.until) * DAY_MINUTES + AS_OF_MINUTES
    filed = complaints.with_columns(subject_id=world.numbers.complaint())
    own = filed.filter(pl.col("duplicate_of") < 0)
    missing = filed.filter(papers.claim_kind() == "missing").with_columns(
        claim=pl.col("subject_id") + "#1"
    )
    lost = pl.col("cause").is_in(list(NOT_FOUND)) & (pl.col("record") < 0)
    elsewhere = pl.col("cause").is_in(list(FOUND_ELSEWHERE))
    return pl.concat(
        [
            _rows(filed.filter(pl.col("duplicate_of") >= 0), "CMP-001", "complaint"),
            _rows(
                own.join(_review_missed(own, events, now), on="complaint", how="semi"),
                "SLA-002",
                "complaint",
            ),
            _rows(
                own.join(_assignment_missed(world, own, events, now), on="complaint", how="semi"),
                "SLA-003",
                "complaint",
            ),
            _rows(missing.filter(lost), "MIS-003", "claim", "claim"),
            _rows(missing.filter(elsewhere), "MIS-004", "claim", "claim"),
        ]
    )


def _rows(
    frame: pl.DataFrame, rule: str, subject_type: str, subject: str = "subject_id"
) -> pl.DataFrame:
    return frame.select(
        pl.lit(rule).alias("rule_id"),
        pl.lit(subject_type).alias("subject_type"),
        pl.col(subject).alias("subject_id"),
    )


def _review_missed(own: pl.DataFrame, events: pl.DataFrame, now: int) -> pl.DataFrame:
    """Complaints of which a cycle (receipt, reopening) had no outcome recorded within 48 hours."""
    reopened = events.filter(pl.col("event_type") == "reopened")
    starts = pl.concat(
        [
            own.select("complaint", pl.col("received").alias("starts")),
            reopened.select("complaint", pl.col("recorded").alias("starts")),
        ]
    )
    outcomes = events.filter(pl.col("event_type").is_in(list(OUTCOMES))).select(
        "complaint", "recorded"
    )
    met = (
        starts.join(outcomes, on="complaint", how="left")
        .filter(pl.col("recorded").is_null() | (pl.col("recorded") >= pl.col("starts")))
        .group_by("complaint", "starts")
        .agg(pl.col("recorded").min())
    )
    ended = starts.join(met, on=["complaint", "starts"], how="left").with_columns(
        pl.col("recorded").fill_null(now)
    )
    return (
        ended.filter(pl.col("recorded") - pl.col("starts") > REVIEW_MINUTES)
        .select("complaint")
        .unique()
    )


def _assignment_missed(
    world: World, own: pl.DataFrame, events: pl.DataFrame, now: int
) -> pl.DataFrame:
    """Pool complaints neither given to an officer nor decided by the first daily run after receipt."""
    _, pooled = handler_codes(world, own)
    due = next_run(own["received"].to_numpy())
    named = (
        events.filter(pl.col("event_type").is_in(["assigned", *OUTCOMES]))
        .group_by("complaint")
        .agg(pl.col("recorded").min())
    )
    pool = own.with_columns(due=pl.Series(due)).filter(pl.Series(pooled == 1))
    pool = pool.join(named, on="complaint", how="left")
    late = (pl.col("due") <= now) & (
        pl.col("recorded").is_null() | (pl.col("recorded") > pl.col("due"))
    )
    return pool.filter(late).select("complaint")


def without_trace(complaints: pl.DataFrame, crowded: pl.DataFrame) -> pl.DataFrame:
    """Complaints about a dose misfiled where it fits as if it were the other's own: nobody can see it."""
    misfiled = complaints.filter(pl.col("cause").is_in(list(FOUND_ELSEWHERE)))
    return misfiled.join(crowded, on="record", how="anti")


def write_complaint_truth(world: World, complaints: pl.DataFrame, truth: Path) -> None:
    """complaints.parquet: complaint_id, root_cause, recommendation, reasons, is_valid."""
    complaints.select(
        world.numbers.complaint().alias("complaint_id"),
        pl.col("cause").alias("root_cause"),
        "recommendation",
        "reasons",
        "is_valid",
    ).write_parquet(truth / "complaints.parquet")
