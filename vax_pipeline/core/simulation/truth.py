"""Writes `truth/`: what was planted, who is who, and which rules this truth speaks of.

findings.parquet (rule_id, subject_type, subject_id): subjects in terms of the sources.
A mention is named by a record that carries it, a citizen by the registry's number, or by a record
when the registry does not hold the person. undecided.parquet (subject_type, subject_id): records of
whose holder's history, and claims, of which it does not speak.
"""

import json
from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation import (
    truth_doses,
    truth_identity,
    truth_persons,
    truth_places,
    truth_profiles,
    truth_service,
)
from vax_pipeline.core.simulation.world import World

# What truth speaks of, and whether a rule looks at a subject by itself or at a person's history.
_LOCAL = {
    "ID": (1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17, 18, 19, 20),
    "DOSE": range(1, 16),
    "LOT": range(1, 7),
    "MIS": (2, 5, 6, 7, 8),
    "CMP": range(1, 9),
    "SLA": range(1, 7),
    "FEED": (1, 2, 3, 4, 5, 7),
}
_OF_HISTORY = {
    "SEQ": (1, 2, 3, 4, 5, *range(7, 12)),
    "MIS": (1, 3, 4),
    "DUP": range(1, 6),
    "ID": (8, 16),
}
SCOPE = {
    f"{family}-{number:03d}": kind
    for kind, rules in (("local", _LOCAL), ("history", _OF_HISTORY))
    for family, numbers in rules.items()
    for number in numbers
}


def write_truth(
    world: World,
    complaints: pl.DataFrame,
    events: pl.DataFrame,
    deliveries: pl.DataFrame,
    truth: Path,
) -> dict[str, int]:
    """Writes the truth files; returns how many findings were planted per rule.

    Args:
        deliveries: what `truth_feeds` found of the landing folder.
    """
    written = truth_identity.mentions(world, complaints)
    findings = pl.concat(
        [
            _identity(world, written),
            _doses(world),
            _citizens(world),
            truth_service.complaint_findings(world, complaints, events),
            truth_places.place_findings(world),
            deliveries,
        ]
    )
    findings.sort("rule_id", "subject_id").write_parquet(truth / "findings.parquet")
    _undecided(world, complaints, written).write_parquet(truth / "undecided.parquet")
    truth_identity.mention_truth(world, written).write_parquet(truth / "mentions.parquet")
    truth_service.write_complaint_truth(world, complaints, truth)
    (truth / "scope.json").write_text(json.dumps(SCOPE) + "\n", encoding="utf-8")
    counts = findings["rule_id"].value_counts().sort("rule_id")
    return dict(counts.iter_rows())


def _identity(world: World, written: pl.DataFrame) -> pl.DataFrame:
    """Each mention a rule fires on."""
    found = pl.concat(
        [
            truth_identity.identity_findings(world, written),
            truth_profiles.profile_findings(world, written),
        ]
    )
    return _mentions_named(world, found).select("rule_id", "subject_type", "subject_id")


def _mentions_named(world: World, found: pl.DataFrame) -> pl.DataFrame:
    """Adds subject_type and subject_id: a mention is named by its first record or its complaint."""
    first = truth_identity.current_records(world).group_by("profile").agg(pl.col("record").min())
    named = found.join(
        first.with_columns(pl.col("profile").cast(pl.UInt32)), on="profile", how="left"
    )
    subject = (
        pl.when(pl.col("complaint").is_not_null())
        .then(world.numbers.complaint())
        .otherwise(world.numbers.full_record())
    )
    return named.with_columns(subject_type=pl.lit("mention"), subject_id=subject).drop_nulls(
        "subject_id"
    )


def _undecided(world: World, complaints: pl.DataFrame, written: pl.DataFrame) -> pl.DataFrame:
    """subject_type, subject_id: records of whose holder's history truth does not speak, and claims."""
    records = pl.concat([truth_persons.undecided_records(world), truth_doses.lookalikes(world)])
    strange = _mentions_named(world, truth_profiles.strange_numbers(world, written))
    lost = truth_service.without_trace(complaints, truth_doses.crowded_holders(world))
    return pl.concat(
        [
            records.unique()
            .sort("record")
            .select(pl.lit("dose").alias("subject_type"), subject_id=world.numbers.full_record()),
            strange.select(pl.lit("dose").alias("subject_type"), "subject_id"),
            lost.select(
                pl.lit("claim").alias("subject_type"), subject_id=world.numbers.complaint() + "#1"
            ),
        ]
    )


def _doses(world: World) -> pl.DataFrame:
    return truth_doses.dose_findings(world).select(
        "rule_id",
        pl.lit("dose").alias("subject_type"),
        world.numbers.full_record().alias("subject_id"),
    )


def _citizens(world: World) -> pl.DataFrame:
    found = [truth_doses.missing_findings(world), truth_profiles.several_profiles(world)]
    return pl.concat(found).select(
        "rule_id",
        pl.lit("citizen").alias("subject_type"),
        world.numbers.full_record().alias("subject_id"),
    )
