"""What the rules of several profiles must find: numbers of several people, people of several numbers.

Judged on what is written where it is in use: profiles that have records, and complaints.
"""

import polars as pl

from vax_pipeline.core.simulation.draws import unaccented
from vax_pipeline.core.simulation.truth_doses import kept, typed_records
from vax_pipeline.core.simulation.truth_identity import current_records
from vax_pipeline.core.simulation.truth_persons import told_apart
from vax_pipeline.core.simulation.world import World

VALID = ("CCCD", "CMND", "PASSPORT")


def in_use(world: World, written: pl.DataFrame) -> pl.DataFrame:
    """Rows of truth_identity.mentions that a record or a complaint carries, with what tells people."""
    used = current_records(world)["profile"].unique()
    birth = pl.col("birth").cast(pl.Int32)
    year = pl.col("birth").dt.truncate("1y")
    is_year = pl.col("birth_precision") == "YEAR"
    return written.filter(
        pl.col("complaint").is_not_null() | pl.col("profile").cast(pl.Int32).is_in(used.implode())
    ).with_columns(
        name_key=unaccented("name").str.to_lowercase(),
        born_first=pl.when(is_year).then(year.cast(pl.Int32)).otherwise(birth),
        born_last=pl.when(is_year)
        .then(year.dt.offset_by("1y").dt.offset_by("-1d").cast(pl.Int32))
        .otherwise(birth),
        number=pl.when(pl.col("id_kind").is_in(list(VALID))).then("id_value"),
    )


def profile_findings(world: World, written: pl.DataFrame) -> pl.DataFrame:
    """rule_id, profile, complaint: ID-008 and ID-016 by mention."""
    used = in_use(world, written)
    return pl.concat([_shared_numbers(used), _several_numbers(used)])


def _shared_numbers(used: pl.DataFrame) -> pl.DataFrame:
    """ID-008: a number under which two people are written, of other name and other birth date."""
    carriers = used.drop_nulls(["number", "name_key", "born_first"]).with_row_index("row")
    several = carriers.filter(pl.col("person").n_unique().over("number") > 1)
    pairs = several.join(several, on="number", suffix="_other").filter(
        (pl.col("person") != pl.col("person_other"))
        & (pl.col("name_key") != pl.col("name_key_other"))
        & (
            (pl.col("born_last") < pl.col("born_first_other"))
            | (pl.col("born_first") > pl.col("born_last_other"))
        )
    )
    rows = carriers.join(pairs.select("row").unique(), on="row", how="semi")
    return rows.select(pl.lit("ID-008").alias("rule_id"), "profile", "complaint")


def _several_numbers(used: pl.DataFrame) -> pl.DataFrame:
    """ID-016: people who are written with their present and with a former number."""
    return (
        used.filter(_is_own())
        .filter(pl.col("number").n_unique().over("person") > 1)
        .select(pl.lit("ID-016").alias("rule_id"), "profile", "complaint")
    )


def _is_own() -> pl.Expr:
    """The number is the person's in the registry, and name or birth date says so as well."""
    name = ~pl.col("differs_name").fill_null(True) | (
        pl.col("name_key") == unaccented("registered_name").str.to_lowercase()
    ).fill_null(False)
    birth = ~pl.col("differs_birth").fill_null(True)
    return (pl.col("found") == pl.col("person")).fill_null(False) & (name | birth)


def strange_numbers(world: World, written: pl.DataFrame) -> pl.DataFrame:
    """profile, complaint: people written with several numbers, one of which is not theirs.

    Whether such a mention is linked to them decides ID-016, and is a matter of policy.
    """
    numbered = in_use(world, written).drop_nulls("number").with_columns(is_own=_is_own())
    return numbered.filter(
        (pl.col("number").n_unique().over("person") > 1) & ~pl.col("is_own").all().over("person")
    ).select("profile", "complaint")


def several_profiles(world: World) -> pl.DataFrame:
    """DUP-004: rule_id, record. People the registry knows, with doses under two profiles of theirs."""
    bound = told_apart(world).filter("is_bound")
    held = kept(typed_records(world))
    fields = ("id_value", "name", "birth", "birth_precision", "is_female")
    profiles = world.profiles.select(pl.col("profile").cast(pl.Int32), *fields)
    known = world.population.filter("in_registry").select("person")
    return (
        held.join(bound, left_on="holder", right_on="person", how="semi")
        .join(known, left_on="holder", right_on="person", how="semi")
        .join(profiles, on="profile", suffix="_written")
        .group_by("holder")
        .agg(
            pl.col("record").min(),
            pl.struct("id_value", "name", "birth_written", "birth_precision_written", "is_female")
            .n_unique()
            .alias("profiles"),
        )
        .filter(pl.col("profiles") > 1)
        .select(pl.lit("DUP-004").alias("rule_id"), "record")
    )
