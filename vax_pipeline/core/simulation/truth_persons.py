"""Whose history a record belongs to, as far as anybody could tell from what was written.

Rules of histories speak of a person as the platform can know one. Someone written down twice is one
person when both times say so; else nobody can tell, truth does not speak of that history, and how much
that is is reported.
"""

import polars as pl

from vax_pipeline.core.simulation.draws import unaccented
from vax_pipeline.core.simulation.truth_identity import current_records
from vax_pipeline.core.simulation.world import World

_VALID_ID = r"^(0\d{11}|\d{9}|[A-Z]\d{7,8})$"


def told_apart(world: World) -> pl.DataFrame:
    """People with two profiles: person, is_bound (both say who it is)."""
    people = world.population.select(
        "person",
        "in_registry",
        "citizen_id",
        "cmnd",
        registered_name=unaccented("full_name").str.to_lowercase(),
        registered_birth="birth",
    )
    name, birth = pl.col("name"), pl.when(pl.col("birth_precision") == "DAY").then("birth")
    written = world.profiles.select(
        "person",
        "is_second",
        birth=birth,
        name=unaccented("name").str.to_lowercase(),
        number=pl.when(pl.col("id_value").str.contains(_VALID_ID)).then("id_value"),
    ).join(people, on="person", how="left", maintain_order="left")
    number = pl.col("number")
    is_own = (number == pl.col("citizen_id")) | (number == pl.col("cmnd"))
    agrees = (name == pl.col("registered_name")).fill_null(False) | (
        pl.col("birth") == pl.col("registered_birth")
    ).fill_null(False)
    written = written.with_columns(
        is_found=pl.col("in_registry") & is_own.fill_null(False) & agrees
    )
    fields = ("name", "birth", "number", "is_found")
    one, other = (
        written.filter(pl.col("is_second") == second).select("person", "in_registry", *fields)
        for second in (False, True)
    )
    same_name, same_birth, same_number = (
        (pl.col(field) == pl.col(f"{field}_other")).fill_null(False) for field in fields[:3]
    )
    stranger = ~pl.col("in_registry") & same_number & (same_name | same_birth)
    return one.join(other.drop("in_registry"), on="person", suffix="_other").select(
        "person", is_bound=(pl.col("is_found") & pl.col("is_found_other")) | stranger
    )


def undecided_records(world: World) -> pl.DataFrame:
    """Records of people of whose history truth does not speak: record, one column."""
    records = current_records(world)
    written = records.select("record", person=world.profiles["person"].gather(records["profile"]))
    return written.join(
        told_apart(world).filter(~pl.col("is_bound")), on="person", how="semi"
    ).select("record")
