"""What the identity rules must find, and to whom each mention belongs.

Computed from the values typed (format set aside) against the population, in numpy and polars, from
the wording of the rules; nothing here reads the rules the pipeline runs.
"""

import polars as pl

from vax_pipeline.core.simulation.doses import DAY_MINUTES
from vax_pipeline.core.simulation.fault_sheet import FAULTS
from vax_pipeline.core.simulation.noise import KINDS
from vax_pipeline.core.simulation.provinces import province_codes
from vax_pipeline.core.simulation.service_files import answered_profiles
from vax_pipeline.core.simulation.world import World

SHARED_PHONE_PEOPLE = 6
TWICE_ISSUED = (271_450_001, 271_500_000)
COMPARED = ("name", "birth", "sex")
FIELDS = (
    "name",
    "birth",
    "birth_precision",
    "is_female",
    "id_value",
    "phone",
    "person",
    "nationality",
)


def mentions(world: World, complaints: pl.DataFrame) -> pl.DataFrame:
    """One row per way a person is written: every profile, every complaint.

    Columns: FIELDS, profile (null for complaints), complaint (null for profiles), noise, first_written
    (day; null for a profile without a record left), id_kind, found (person the number belongs to in the
    registry, or null), agreement of the three fields.
    """
    entered = current_records(world).group_by("profile").agg(minute=pl.col("entered").min())
    first_written = (pl.col("minute") // DAY_MINUTES).cast(pl.Int32).cast(pl.Date)
    people = (
        world.profiles.join(
            entered.with_columns(pl.col("profile").cast(world.profiles.schema["profile"])),
            on="profile",
            how="left",
            maintain_order="left",
        )
        .with_columns(complaint=pl.lit(None, dtype=pl.Int64), first_written=first_written)
        .select(*FIELDS, "profile", "complaint", "noise", "first_written")
    )
    filed = complaints.with_columns(
        birth_precision=pl.lit("DAY"),
        nationality=pl.lit("VN"),
        noise=pl.lit(0, dtype=pl.Int64),
        profile=pl.lit(None, dtype=pl.UInt32),
        minute=pl.col("received"),
    ).select(*FIELDS, "profile", "complaint", "noise", first_written=first_written)
    frame = pl.concat([people, filed], how="vertical_relaxed")
    number = pl.col("id_value")
    frame = frame.with_columns(
        id_kind=pl.when(number.str.contains(r"^0\d{11}$"))
        .then(pl.lit("CCCD"))
        .when(number.str.contains(r"^\d{9}$"))
        .then(pl.lit("CMND"))
        .when(number.str.contains(r"^[A-Z]\d{7,8}$"))
        .then(pl.lit("PASSPORT"))
        .when(number.is_not_null())
        .then(pl.lit("INVALID"))
    )
    frame = frame.join(_registry_numbers(world), on="id_value", how="left", maintain_order="left")
    return _compared(world, frame)


def _registry_numbers(world: World) -> pl.DataFrame:
    """Every number the registry holds, present and former, and whose it is."""
    known = world.population.filter("in_registry")
    return pl.concat(
        [
            known.select(pl.col(column).alias("id_value"), pl.col("person").alias("found"))
            for column in ("citizen_id", "cmnd")
        ]
    ).drop_nulls("id_value")


def _compared(world: World, frame: pl.DataFrame) -> pl.DataFrame:
    """Adds differs_name, differs_birth, differs_sex: null where nothing was found or typed."""
    registry = world.population.select(
        pl.col("person").alias("found"),
        pl.col("full_name").alias("registered_name"),
        pl.col("birth").alias("registered_birth"),
        pl.col("is_female").alias("registered_female"),
    )
    joined = frame.join(registry, on="found", how="left", maintain_order="left")
    birth = (pl.col("birth") != pl.col("registered_birth")) | (pl.col("birth_precision") == "YEAR")
    known = pl.col("found").is_not_null()
    return joined.with_columns(
        differs_name=pl.col("name").str.to_lowercase()
        != pl.col("registered_name").str.to_lowercase(),
        differs_birth=pl.when(known & pl.col("birth").is_not_null()).then(birth),
        differs_sex=pl.col("is_female") != pl.col("registered_female"),
    )


def identity_findings(world: World, written: pl.DataFrame) -> pl.DataFrame:
    """rule_id, profile, complaint: one row per rule and mention it fires on."""
    written = written.with_columns(
        sharers=pl.when(pl.col("phone").is_not_null()).then(
            pl.col("person").n_unique().over("phone")
        )
    )
    return pl.concat(
        [
            written.filter(held.fill_null(False)).select(
                pl.lit(rule).alias("rule_id"), "profile", "complaint"
            )
            for rule, held in _conditions().items()
        ]
        + [_dead_before(world)]
    )


def _conditions() -> dict[str, pl.Expr]:
    kind, number = pl.col("id_kind"), pl.col("id_value")
    is_cccd, is_cmnd = kind == "CCCD", kind == "CMND"
    sign = number.str.slice(3, 1).cast(pl.Int32, strict=False)
    year = number.str.slice(4, 2).cast(pl.Int32, strict=False)
    prefixes = ["0" + code for code in province_codes()]
    born = pl.col("birth").dt.year()
    differing = pl.sum_horizontal(
        pl.col(f"differs_{field}").fill_null(False).cast(pl.Int8) for field in COMPARED
    )
    low, high = TWICE_ISSUED
    name = pl.col("name")
    young = (pl.col("birth").dt.offset_by("14y") > pl.col("first_written")).fill_null(False)
    return {
        "ID-001": number.is_null(),
        "ID-002": kind == "INVALID",
        "ID-003": is_cccd
        & (
            ((sign % 2 == 1) != pl.col("is_female")).fill_null(False)
            | (sign // 2 != (born - 1900) // 100).fill_null(False)
        ),
        "ID-004": is_cccd & (year != born % 100),
        "ID-005": is_cccd & ~number.str.slice(0, 3).is_in(prefixes),
        "ID-006": is_cmnd & number.cast(pl.Int64, strict=False).is_between(low, high),
        "ID-007": is_cmnd & young,
        "ID-010": (is_cccd | is_cmnd) & pl.col("found").is_null(),
        "ID-011": (differing == 1) & pl.col("differs_name"),
        "ID-012": (differing == 1) & pl.col("differs_birth"),
        "ID-013": (differing == 1) & pl.col("differs_sex"),
        "ID-014": differing > 1,
        "ID-018": pl.col("sharers") > SHARED_PHONE_PEOPLE,
        "ID-019": name.str.contains(r"\d")
        | name.str.contains(r"(?i)\btest\b")
        # Ý is a given name, whatever happened to its accent.
        | name.str.contains(r"\s[^\P{L}YyÝýỲỳỶỷỸỹỴỵ]$")
        | (name == "xxx"),
        "ID-020": name.is_null()
        | pl.col("birth").is_null()
        | pl.col("is_female").is_null()
        | number.is_null(),
    }


def _dead_before(world: World) -> pl.DataFrame:
    """ID-017: profiles with an injection dated after the death that the registry has of them."""
    records = current_records(world).filter(pl.col("date_state") == 0)
    person = world.profiles["person"].gather(records["profile"])
    known = world.population.select(
        pl.when("in_registry").then(pl.col("deceased_on").cast(pl.Int32))
    ).to_series()
    died = known.gather(person)
    late = records.filter((records["injected"] > died).fill_null(False))
    return late.select(
        pl.lit("ID-017").alias("rule_id"),
        pl.col("profile").cast(pl.UInt32),
        pl.lit(None, dtype=pl.Int64).alias("complaint"),
    ).unique()


def current_records(world: World) -> pl.DataFrame:
    """Records the platform still holds: those deleted again are gone."""
    return world.records.filter(pl.col("fault") != FAULTS.index("deleted"))


def mention_truth(world: World, written: pl.DataFrame) -> pl.DataFrame:
    """One row per record and complaint: whose it is, what noise it carries, the status expected.

    Columns: record_id, subject, person_id, citizen_id (null: not in the registry), noise, is_twin,
    twin_id and twin_citizen_id (of the twin or the namesake), verification_status (null: not
    assessable), status_is_certain.
    """
    people = _people(world)
    answers = answered_profiles(world).select("profile", "result")
    frame = (
        written.join(people, on="person", how="left", maintain_order="left")
        .join(answers, on="profile", how="left", maintain_order="left")
        .with_columns(verification_status=_status())
        .with_columns(noise_kinds=_noise_names())
    )
    # With two profiles of different status, or a complaint written otherwise, a person's one status
    # is a matter of policy: only unanimous people are scored.
    status = pl.col("verification_status")
    per_person = frame.group_by("person").agg(
        status_is_certain=(status.min() == status.max()) & (status.null_count() == 0)
    )
    frame = frame.join(per_person, on="person", how="left", maintain_order="left")
    columns = (
        pl.col("registered").alias("citizen_id"),
        pl.col("noise_kinds").alias("noise"),
        "person_id",
        "is_twin",
        "twin_id",
        "twin_citizen_id",
        "verification_status",
        "status_is_certain",
    )
    by_profile = frame.filter(pl.col("complaint").is_null()).select("profile", *columns)
    doses = current_records(world).select("record", pl.col("profile").cast(pl.UInt32))
    doses = doses.join(by_profile, on="profile", how="left", maintain_order="left")
    filed = frame.filter(pl.col("complaint").is_not_null())
    return pl.concat(
        [
            doses.select(
                world.numbers.full_record().alias("record_id"),
                pl.lit("dose").alias("subject"),
                pl.exclude("record", "profile"),
            ),
            filed.select(
                world.numbers.complaint().alias("record_id"),
                pl.lit("complaint").alias("subject"),
                *columns,
            ),
        ]
    )


def _people(world: World) -> pl.DataFrame:
    """One row per person: the registry's number, if it holds the person, and the twin or namesake."""
    people = world.population.select(
        "person",
        pl.when("in_registry").then("citizen_id").alias("registered"),
        "is_foreign",
        pl.max_horizontal("twin", "homonym").alias("other"),
        world.numbers.person().alias("person_id"),
    ).with_columns(is_twin=pl.col("other") >= 0)
    others = people.select(
        pl.col("person").cast(pl.Int64).alias("other"),
        pl.col("person_id").alias("twin_id"),
        pl.col("registered").alias("twin_citizen_id"),
    )
    return people.with_columns(pl.col("other").cast(pl.Int64)).join(
        others, on="other", how="left", maintain_order="left"
    )


def _status() -> pl.Expr:
    """In the order the rules give: foreigners, no usable number, the police, the registry."""
    compared = [pl.col(f"differs_{field}") for field in COMPARED]
    return (
        pl.when(pl.col("is_foreign") & (pl.col("id_kind") == "PASSPORT"))
        .then(pl.lit("EXEMPT_FOREIGN"))
        .when(pl.col("id_kind").is_null() | (pl.col("id_kind") == "INVALID"))
        .then(pl.lit("NO_ID_OR_BAD_FORMAT"))
        .when(pl.col("result").is_in(["mismatch", "not_found"]))
        .then(pl.lit("MISMATCH"))
        .when(pl.col("result").is_not_null())
        .then(pl.col("result").str.to_uppercase())
        .when(pl.col("found").is_null() | pl.any_horizontal(compared))
        .then(pl.lit("MISMATCH"))
        .when(pl.all_horizontal(~expression for expression in compared))
        .then(pl.lit("MATCH"))
    )


def _noise_names() -> pl.Expr:
    names = [
        pl.when(pl.col("noise") & (1 << place) != 0).then(pl.lit(kind))
        for place, kind in enumerate(KINDS)
    ]
    return pl.concat_list(names).list.drop_nulls()
