"""Signatures and certificates, answers of the police, and facilities' reviews of what they hold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.complaint_cases import CASE_NAMES
from vax_pipeline.core.simulation.doses import CUTOFF_MINUTES, DAY_MINUTES
from vax_pipeline.core.simulation.draws import Bools, chance, day_number, stream
from vax_pipeline.core.simulation.fault_sheet import FAULTS
from vax_pipeline.core.simulation.files import (
    ISO_CSV,
    ISO_GZIP,
    NDJSON_ISO,
    PARQUET,
    delivery_days,
    in_feed_order,
    minute_text,
    slices,
    write_feed,
)
from vax_pipeline.core.simulation.noise import BIT, ID_OR_BIRTH, KINDS
from vax_pipeline.core.simulation.world import World

SIGNED_SHARE = 0.93
CERTIFICATE_SHARE = 0.5
ANSWER_WINDOW = 21  # days over which the police answered, a delivery every third
NAME_NOISE = sum(BIT[kind] for kind in KINDS if kind.startswith("name_"))


@dataclass(frozen=True)
class Signatures:
    """signed: one flag per record; certified: one per person (row of the population)."""

    signed: Bools
    certified: Bools


def build_signatures(world: World, complaints: pl.DataFrame) -> Signatures:
    """Only what matches the registry may be signed; complaints about signing are left unsigned."""
    rng = stream(world.seed, "signatures")
    noise = world.profiles["noise"].to_numpy()[world.records["profile"].to_numpy()]
    person = world.records["person"].to_numpy()
    clean = noise & (ID_OR_BIRTH & ~BIT["id_lost_zero"] & ~BIT["id_old_number"] | NAME_NOISE) == 0
    verified = clean & world.population["in_registry"].to_numpy()[person]
    signed = verified & (world.records["fault"].to_numpy() == 0)
    signed &= chance(rng, SIGNED_SHARE, len(person))
    certified = chance(rng, CERTIFICATE_SHARE, len(world.population))
    whole = np.ones(len(world.population), dtype=bool)
    whole[person[~signed]] = False
    for case, is_signed, is_certified in (
        ("unsigned", False, False),
        ("not_issued", True, False),
        ("correct", True, True),
    ):
        mine = complaints.filter(pl.col("case") == CASE_NAMES.index(case))["person"].to_numpy()
        signed[np.isin(person, mine)] = is_signed
        certified[mine] = is_certified
        whole[mine] = is_signed
    return Signatures(signed, certified & whole)


def write_signatures(world: World, signatures: Signatures, landing: Path) -> int:
    """attestations: signatures per record, then certificates per citizen."""
    limit = day_number(world.until) * DAY_MINUTES + CUTOFF_MINUTES
    days = 1 + pl.col("record").cast(pl.Int64) * 7 % 9
    signing = world.records.filter(pl.Series(signatures.signed)).select(
        attestation_id=pl.lit("KS") + world.numbers.record(),
        source_record_id=world.numbers.record(),
        citizen_id=pl.lit(None, dtype=pl.String),
        kind=pl.lit("facility_signature"),
        signer_code=world.geography.facilities["facility_code"].gather(
            world.records.filter(pl.Series(signatures.signed))["entered_by"]
        ),
        at=pl.min_horizontal(pl.col("entered").cast(pl.Int64) + days * DAY_MINUTES, limit - 600),
    )
    done = world.population.filter(pl.Series(signatures.certified) & pl.col("in_registry"))
    given = world.records["person"].unique().implode()
    certificates = done.filter(pl.col("person").is_in(given)).select(
        attestation_id=world.numbers.certificate(),
        source_record_id=pl.lit(None, dtype=pl.String),
        citizen_id="citizen_id",
        kind=pl.lit("certificate_issued"),
        signer_code=pl.lit(f"SYT{world.province.code}"),
        at=limit - 300 - pl.col("person").cast(pl.Int64) * 37 % (20 * DAY_MINUTES),
    )
    rows = pl.concat([signing, certificates]).sort("at", "attestation_id")
    # Older signatures come in one go each month, recent ones every week.
    delivery = _every(
        delivery_days(rows["at"].to_numpy(), world.until), 28, day_number(world.until)
    )
    for place, (day, part) in enumerate(slices(delivery)):
        style = (PARQUET, ISO_GZIP)[place % 2]
        text = rows[part].with_columns(signed_at=minute_text("at", style)).drop("at")
        write_feed(landing, "attestations", day, in_feed_order("attestations", text), style)
    return len(rows)


def _every(delivery: np.ndarray, step: int, last: int) -> np.ndarray:
    """Delivery days pushed to the next of a regular series that ends on the last day."""
    return last - (last - delivery) // step * step


def answered_profiles(world: World) -> pl.DataFrame:
    """One row per profile the police answered for: profile, person, noise, result."""
    rng = stream(world.seed, "police")
    noise = pl.col("noise")
    fields = BIT["birth_missing"] | BIT["sex_missing"] | BIT["name_missing"] | BIT["name_junk"]
    wrong = sum(BIT[k] for k in KINDS if k.startswith(("name_", "birth_", "sex_")))
    compared = sum(BIT[k] for k in KINDS if k.startswith("id_")) | BIT["second_profile"]
    profiles = world.profiles.with_columns(
        known=world.population["in_registry"].gather(world.profiles["person"]),
        luck=pl.Series(rng.random(len(world.profiles))),
    ).filter((pl.col("nationality") == "VN") & (noise & (compared | fields) == 0))
    result = (
        pl.when(~pl.col("known") & (pl.col("luck") < 0.4))
        .then(pl.lit("not_found"))
        .when(pl.col("known") & (noise & wrong != 0) & (pl.col("luck") < 0.25))
        .then(pl.lit("mismatch"))
        .when(pl.col("known") & (noise & wrong == 0) & (pl.col("luck") < 0.06))
        .then(pl.lit("match"))
        .when(pl.col("luck") > 0.985)
        .then(pl.lit("pending"))
    )
    return profiles.select("profile", "person", "noise", result=result).drop_nulls("result")


def write_identity_results(world: World, landing: Path) -> int:
    """Answers of the commune police, record by record, in the last three weeks."""
    answers = answered_profiles(world)
    first = world.records.group_by("profile").agg(pl.col("record").min())
    answers = (
        answers.with_columns(pl.col("profile").cast(pl.Int32))
        .join(first, on="profile")
        .sort("record")
    )
    people = world.population[answers["person"].to_numpy()]
    communes = world.geography.communes["unit_code"].gather(people["unit"])
    last = day_number(world.until)
    wrong = pl.col("result") == "mismatch"
    frame = answers.with_columns(
        *people.select("citizen_id", "full_name", "birth", "is_female").get_columns(),
        unit_code=communes,
        at=(last - pl.col("record").cast(pl.Int64) % ANSWER_WINDOW) * DAY_MINUTES - 600,
        fields=_fields(),
    ).sort("at", "record")
    delivery = _every(delivery_days(frame["at"].to_numpy(), world.until), 3, last)
    for place, (day, part) in enumerate(slices(delivery)):
        style = (ISO_CSV, NDJSON_ISO)[place % 2]
        text = frame[part].select(
            result_id=pl.lit("KQ") + world.numbers.record(),
            # The request's number is the pipeline's own hash: this police answers by record.
            request_id=pl.lit(None, dtype=pl.String),
            source_system=pl.lit("platform"),
            source_record_id=world.numbers.record(),
            id_number="citizen_id",
            result="result",
            mismatch_fields=pl.when(wrong).then("fields"),
            corrected_citizen_id=pl.when(wrong).then("citizen_id"),
            corrected_full_name=pl.when(wrong & pl.col("fields").str.contains("name")).then(
                "full_name"
            ),
            corrected_date_of_birth=pl.when(wrong & pl.col("fields").str.contains("date")).then(
                pl.col("birth").dt.strftime("%Y-%m-%d")
            ),
            corrected_sex=pl.when(wrong & pl.col("fields").str.contains("sex")).then(
                pl.when("is_female").then(pl.lit("F")).otherwise(pl.lit("M"))
            ),
            decided_at=minute_text("at", style),
            agency_code=pl.lit("CAX") + pl.col("unit_code"),
        )
        write_feed(landing, "identity_results", day, in_feed_order("identity_results", text), style)
    return len(frame)


def _fields() -> pl.Expr:
    parts = [
        pl.when(pl.col("noise") & sum(BIT[k] for k in KINDS if k.startswith(prefix)) != 0).then(
            pl.lit(name)
        )
        for prefix, name in (("name_", "name"), ("birth_", "date_of_birth"), ("sex_", "sex"))
    ]
    return pl.concat_str(*parts, separator=";", ignore_nulls=True)


def write_reviews(world: World, complaints: pl.DataFrame, landing: Path) -> int:
    """record_reviews: a third of the records confirmed; denied ones found and removed."""
    denied = (
        complaints.filter(pl.col("case") == CASE_NAMES.index("denied"))["record"].unique().implode()
    )
    # What was typed wrong is not confirmed by those who typed it.
    clean = (pl.col("fault") == FAULTS.index("none")) & (pl.col("record") % 3 == 0)
    reviewed = world.records.filter(clean | pl.col("record").cast(pl.Int64).is_in(denied))
    last = day_number(world.until)
    frame = reviewed.with_columns(
        facility_code=world.geography.facilities["facility_code"].gather(reviewed["entered_by"]),
        at=(last - pl.col("record").cast(pl.Int64) % 28) * DAY_MINUTES - 500,
        outcome=pl.when(clean).then(pl.lit("confirmed")).otherwise(pl.lit("removed")),
    ).sort("at", "record")
    frame = frame.filter(pl.col("at") > pl.col("entered"))
    delivery = _every(delivery_days(frame["at"].to_numpy(), world.until), 7, last)
    for day, part in slices(delivery):
        text = frame[part].select(
            review_id=pl.lit("RS") + world.numbers.record(),
            facility_code="facility_code",
            source_record_id=world.numbers.record(),
            reviewed_at=minute_text("at", ISO_CSV),
            outcome="outcome",
            reviewer=pl.format("CB{}", pl.col("record") % 50),
        )
        write_feed(landing, "record_reviews", day, text, ISO_CSV)
    return len(frame)
