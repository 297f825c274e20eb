"""Writes `truth/`: what was planted, who is who, and which rules this truth speaks of.

findings.parquet (rule_id, subject_type, subject_id, is_compound): subjects in terms of the sources.
A mention is named by a record that carries it, a citizen by the registry's number, or by a record
when the registry does not hold the person.
"""

import json
from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation import truth_doses, truth_identity, truth_service
from vax_pipeline.core.simulation.world import World

SCOPE = (
    *(f"ID-{n:03d}" for n in (1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17, 18, 19, 20)),
    *(f"DOSE-{n:03d}" for n in range(1, 13)),
    *(f"LOT-{n:03d}" for n in range(1, 6)),
    *(f"SEQ-{n:03d}" for n in (1, 3, 4, 5, 7, 8, 9)),
    *(f"MIS-{n:03d}" for n in (1, 3, 4, 5)),
    *(f"DUP-{n:03d}" for n in (1, 2, 3)),
    "CMP-001",
    "SLA-002",
    "SLA-003",
    *(f"FEED-{n:03d}" for n in (1, 2, 3, 4, 5, 7)),
)


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
            truth_service.completeness_findings(world),
            deliveries,
        ]
    ).with_columns(is_compound=pl.col("rule_id").n_unique().over("subject_type", "subject_id") > 1)
    findings.sort("rule_id", "subject_id").write_parquet(truth / "findings.parquet")
    truth_identity.mention_truth(world, written).write_parquet(truth / "mentions.parquet")
    truth_service.write_complaint_truth(world, complaints, truth)
    (truth / "scope.json").write_text(json.dumps(SCOPE) + "\n", encoding="utf-8")
    counts = findings["rule_id"].value_counts().sort("rule_id")
    return dict(counts.iter_rows())


def _identity(world: World, written: pl.DataFrame) -> pl.DataFrame:
    """Each fired mention, named by its first current record or by its complaint."""
    found = truth_identity.identity_findings(world, written)
    first = truth_identity.current_records(world).group_by("profile").agg(pl.col("record").min())
    named = found.join(
        first.with_columns(pl.col("profile").cast(pl.UInt32)), on="profile", how="left"
    )
    subject = (
        pl.when(pl.col("complaint").is_not_null())
        .then(world.numbers.complaint())
        .otherwise(world.numbers.full_record())
    )
    return named.select(
        "rule_id", pl.lit("mention").alias("subject_type"), subject.alias("subject_id")
    ).drop_nulls("subject_id")


def _doses(world: World) -> pl.DataFrame:
    return truth_doses.dose_findings(world).select(
        "rule_id",
        pl.lit("dose").alias("subject_type"),
        world.numbers.full_record().alias("subject_id"),
    )


def _citizens(world: World) -> pl.DataFrame:
    found = truth_doses.missing_findings(world)
    people = world.population[found["written"].to_numpy()]
    number = people.select(pl.when("in_registry").then("citizen_id")).to_series()
    return found.with_columns(number=number).select(
        "rule_id",
        pl.lit("citizen").alias("subject_type"),
        pl.coalesce("number", world.numbers.full_record()).alias("subject_id"),
    )
