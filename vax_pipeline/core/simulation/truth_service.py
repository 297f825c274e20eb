"""What the rules of complaints must find: copies, decisions against the paper, nothing done, nobody told.

And of their claims: those no record supports, and those whose record stands under somebody else.
"""

from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation import complaint_papers as papers
from vax_pipeline.core.simulation.truth_clocks import clock_findings, now_of
from vax_pipeline.core.simulation.world import World

FOUND_ELSEWHERE = ("UNDER_OTHER_IDENTITY",)
NOT_FOUND = ("NOT_ENTERED", "CANNOT_TELL")
# What an approval has to change in the records; the simulated facilities change nothing.
TO_BE_CHANGED = (
    "NOT_GIVEN_TO_THIS_PERSON",
    "UNDER_OTHER_IDENTITY",
    "NOT_ENTERED",
    "DUPLICATE_PROFILE",
    "ENTERED_DIFFERENT",
)
WITHIN_MINUTES = 48 * 60  # to change what was approved, to tell what was decided


def complaint_findings(
    world: World, complaints: pl.DataFrame, events: pl.DataFrame
) -> pl.DataFrame:
    """rule_id, subject_type, subject_id of CMP, SLA and the claims of MIS."""
    filed = complaints.with_columns(
        subject_id=world.numbers.complaint(), complaint=pl.col("complaint").cast(pl.Int64)
    )
    own = filed.filter(pl.col("duplicate_of") < 0)
    told = events.with_columns(pl.col("complaint").cast(pl.Int64))
    missing = filed.filter(papers.claim_kind() == "missing").with_columns(
        claim=pl.col("subject_id") + "#1"
    )
    lost = pl.col("cause").is_in(list(NOT_FOUND)) & (pl.col("record") < 0)
    elsewhere = pl.col("cause").is_in(list(FOUND_ELSEWHERE))
    found = {
        "CMP-001": filed.filter(pl.col("duplicate_of") >= 0),
        "CMP-002": filed.filter(~_names_a_facility(world, filed)),
        "CMP-003": _without_evidence(own, told),
        "CMP-004": _against_the_paper(own, told),
        "CMP-005": _unchanged(own, told, now_of(world)),
        "CMP-006": _untold(own, told, now_of(world)),
        "CMP-007": filed.filter(papers.reads_as("R13") & (pl.col("read_status") == papers.READ)),
        "CMP-008": filed.filter(pl.col("phone").is_null()),
    }
    clocks = clock_findings(world, own, told).join(
        own.select("complaint", "subject_id"), on="complaint"
    )
    return pl.concat(
        [
            *(_rows(frame, pl.lit(rule), "complaint") for rule, frame in found.items()),
            _rows(clocks, pl.col("rule_id"), "complaint"),
            _rows(missing.filter(lost), pl.lit("MIS-003"), "claim", "claim"),
            _rows(missing.filter(elsewhere), pl.lit("MIS-004"), "claim", "claim"),
        ]
    )


def _rows(
    frame: pl.DataFrame, rule: pl.Expr, subject_type: str, subject: str = "subject_id"
) -> pl.DataFrame:
    return frame.select(
        rule.alias("rule_id"),
        pl.lit(subject_type).alias("subject_type"),
        pl.col(subject).alias("subject_id"),
    )


def _names_a_facility(world: World, filed: pl.DataFrame) -> pl.Series:
    """By code, by its exact name, or by pointing at a record that has one."""
    facility = world.records["facility"].gather(filed["record"].clip(0))
    pointed = filed["points_at_record"] & (facility >= 0)
    return (filed["naming"] <= papers.NAMED_EXACTLY) | pointed


def _is_read() -> pl.Expr:
    return (pl.col("paper") != papers.NO_PAPER) & (pl.col("read_status") == papers.READ)


def _without_evidence(own: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Approved without the paper the case needs, or rejected without one that was read."""
    needs_none = (
        pl.col("cause").is_in(list(papers.ANSWERED_WITHOUT_PAPER))
        | (
            pl.col("cause").is_in([*papers.SIGNING, "ENTERED_UNVERIFIED"])
            & (pl.col("complaint_type") == "CERTIFICATE_NOT_ISSUED")
        )
        | (pl.col("cause").is_in(["CANNOT_TELL"]) & (pl.col("complaint_type") == "NOT_MY_DOSE"))
    )
    approved = _with(told, "approved")
    rejected = _with(told, "rejected")
    return own.filter(
        ~_is_read()
        & (
            (pl.col("complaint").is_in(approved) & ~needs_none)
            | pl.col("complaint").is_in(rejected)
        )
    )


def _with(told: pl.DataFrame, event_type: str) -> list[int]:
    return told.filter(pl.col("event_type") == event_type)["complaint"].unique().to_list()


def _against_the_paper(own: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Rejected for a reason the paper, which was read, does not show."""
    given = told.filter(pl.col("event_type") == "rejected").select("complaint", "reason_codes")
    wrong = own.filter(_is_read()).join(given, on="complaint")
    wrong = wrong.filter(~pl.col("reasons").list.contains(pl.col("reason_codes")))
    return own.join(wrong.select("complaint").unique(), on="complaint", how="semi")


def _unchanged(own: pl.DataFrame, told: pl.DataFrame, now: int) -> pl.DataFrame:
    """Approved two days ago in the cycle that stands, and the records are as they were."""
    ends = ("approved", "rejected", "withdrawn")
    outcomes = told.filter(pl.col("event_type").is_in(list(ends))).sort("complaint", "recorded")
    last = outcomes.group_by("complaint").agg(pl.col("event_type", "recorded").last())
    reopened = (
        told.filter(pl.col("event_type") == "reopened")
        .group_by("complaint")
        .agg(reopened=pl.col("recorded").max())
    )
    done = last.join(reopened, on="complaint", how="left").filter(
        (pl.col("event_type") == "approved")
        & (pl.col("recorded") + WITHIN_MINUTES <= now)
        & (pl.col("reopened").is_null() | (pl.col("reopened") < pl.col("recorded")))
    )
    changed = own.filter(pl.col("cause").is_in(list(TO_BE_CHANGED)))
    return changed.join(done.select("complaint"), on="complaint", how="semi")


def _untold(own: pl.DataFrame, told: pl.DataFrame, now: int) -> pl.DataFrame:
    """Rejected, or asked for more, two days ago, and no notice since."""
    notices = (
        told.filter(pl.col("event_type") == "notified")
        .group_by("complaint")
        .agg(notified=pl.col("recorded").max())
    )
    silent = (
        told.filter(pl.col("event_type").is_in(["rejected", "supplement_requested"]))
        .join(notices, on="complaint", how="left")
        .filter(
            (pl.col("recorded") + WITHIN_MINUTES <= now)
            & (pl.col("notified").is_null() | (pl.col("notified") < pl.col("recorded")))
        )
    )
    return own.join(silent.select("complaint").unique(), on="complaint", how="semi")


def without_trace(complaints: pl.DataFrame, crowded: pl.DataFrame) -> pl.DataFrame:
    """Complaints about a dose misfiled where it fits as if it were the other's own, or by people of
    whom nothing ties them to that other: nobody can see it."""
    misfiled = complaints.filter(pl.col("cause").is_in(list(FOUND_ELSEWHERE)))
    tied = misfiled.filter(pl.col("phone").is_not_null()).join(crowded, on="record", how="semi")
    return misfiled.join(tied, on="complaint", how="anti")


def write_complaint_truth(world: World, complaints: pl.DataFrame, truth: Path) -> None:
    """complaints.parquet: complaint_id, root_cause, recommendation, reasons, is_valid, facility_code.

    The facility is the one that gave the dose, or is said to have; null of a dose that was made up.
    """
    is_made_up = (pl.col("dose") < 0) & (pl.col("record") < 0)
    given_at = world.geography.facilities["facility_code"].gather(complaints["facility"].clip(0))
    complaints.select(
        world.numbers.complaint().alias("complaint_id"),
        pl.col("cause").alias("root_cause"),
        "recommendation",
        "reasons",
        "is_valid",
        facility_code=pl.when(~is_made_up & (pl.col("facility") >= 0)).then(given_at),
    ).write_parquet(truth / "complaints.parquet")
