"""People and how they were typed, as the linking step meets them: no files, no doses, only who is who.

For measuring identity resolution at sizes where whole landing folders would take hours. Names, numbers
and noise are those of `simulate`; what normalization would make of the format is skipped.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.draws import sample, stream, unaccented, weighted
from vax_pipeline.core.simulation.geography import Geography, build_geography
from vax_pipeline.core.simulation.noise import KINDS
from vax_pipeline.core.simulation.population import build_population
from vax_pipeline.core.simulation.profiles import build_profiles
from vax_pipeline.core.simulation.provinces import Province, choose_provinces

DOSES_A_PROFILE = (0.17, 0.65, 0.18)  # one, two, three


def simulate_linkage(
    people: int, vaccinated: int, seed: int, until: date, out: Path, *, provinces: int, workers: int
) -> None:
    """Writes `out/citizens-<code>.parquet` and `out/profiles-<code>.parquet`, a pair per province.

    citizens: one row per citizen of the registry, in the columns of the current registry extract.
    profiles: one row per way a vaccinated person was typed: the person columns of a dose record,
    `doses` (how many records carry it), true_id (null: not in the registry), noise (kinds).

    Args:
        people: of all provinces together; `vaccinated` of them have profiles.
        workers: processes at a time; memory is that of the provinces they hold.
    """
    out.mkdir(parents=True, exist_ok=True)
    chosen = choose_provinces(provinces)
    with ProcessPoolExecutor(
        max_workers=workers, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        running = [
            pool.submit(
                _write_province, province, people // provinces, vaccinated // provinces, seed,
                until, out,
            )
            for province in chosen
        ]  # fmt: skip
        for made in running:
            made.result()


def _write_province(
    province: Province, people: int, vaccinated: int, seed: int, until: date, out: Path
) -> None:
    own_seed = province.seed(seed)
    rng = stream(own_seed, "linkage")
    geography = build_geography(province, own_seed)
    population = build_population(province, people, own_seed, until, geography)
    chosen = sample(rng, np.arange(people, dtype=np.int64), vaccinated)
    profiles = build_profiles(population, chosen, own_seed, until)
    doses = 1 + weighted(rng, DOSES_A_PROFILE, len(profiles))
    _citizens(population, geography).write_parquet(out / f"citizens-{province.code}.parquet")
    _profiles(profiles.with_columns(doses=pl.Series(doses)), population, geography).write_parquet(
        out / f"profiles-{province.code}.parquet"
    )


def _citizens(population: pl.DataFrame, geography: Geography) -> pl.DataFrame:
    people = population.filter("in_registry")
    units = geography.communes["unit_code"]
    current = units.gather(people["unit"])
    elsewhere = units.gather((people["unit"] + 1) % len(units))
    return people.select(
        "citizen_id",
        pl.concat_list("cmnd").list.drop_nulls().alias("previous_ids"),
        *_name_columns("full_name"),
        *_birth_columns(pl.lit("DAY")),
        _sex(),
        "phone",
        elsewhere.zip_with(people["person"] % 11 == 0, current).alias("permanent_unit_code"),
        current.alias("current_unit_code"),
        pl.lit(geography.province.code).alias("province_code"),
        "deceased_on",
    )


def _profiles(
    profiles: pl.DataFrame, population: pl.DataFrame, geography: Geography
) -> pl.DataFrame:
    units = geography.communes["unit_code"]
    people = population[profiles["person"].to_numpy()]
    number = pl.col("id_value")
    frame = profiles.with_columns(
        true_id=people["citizen_id"].zip_with(
            people["in_registry"], pl.Series([None], dtype=pl.String).gather([0] * len(people))
        ),
        is_twin=(people["twin"] >= 0) | (people["homonym"] >= 0),
    )
    return frame.select(
        pl.format("{}-{}", pl.lit(geography.province.code), "profile").alias("profile"),
        *_name_columns("name"),
        *_birth_columns(pl.col("birth_precision")),
        _sex(),
        number.alias("id_number"),
        pl.when(number.str.contains(r"^0\d{11}$"))
        .then(pl.lit("CCCD"))
        .when(number.str.contains(r"^\d{9}$"))
        .then(pl.lit("CMND"))
        .when(number.str.contains(r"^[A-Z]\d{7,8}$"))
        .then(pl.lit("PASSPORT"))
        .when(number.is_not_null())
        .then(pl.lit("INVALID"))
        .alias("id_type"),
        "phone",
        "nationality",
        units.gather(profiles["unit"]).alias("unit_code"),
        "doses",
        "true_id",
        "is_twin",
        pl.concat_list(
            pl.when(pl.col("noise") & (1 << place) != 0).then(pl.lit(kind))
            for place, kind in enumerate(KINDS)
        )
        .list.drop_nulls()
        .alias("noise"),
    )


def _name_columns(name: str) -> list[pl.Expr]:
    lower = pl.col(name).str.to_lowercase()
    return [
        pl.col(name).alias("full_name"),
        lower.alias("name_exact_key"),
        unaccented(name).str.to_lowercase().alias("name_key"),
    ]


def _birth_columns(precision: pl.Expr) -> list[pl.Expr]:
    birth = pl.col("birth")
    is_year = precision == "YEAR"
    return [
        pl.when(~is_year).then(birth).alias("birth_on"),
        pl.when(birth.is_not_null()).then(precision).alias("birth_precision"),
        pl.when(is_year).then(pl.date(birth.dt.year(), 1, 1)).otherwise(birth)
        .alias("birth_first_on"),
        pl.when(is_year).then(pl.date(birth.dt.year(), 12, 31)).otherwise(birth)
        .alias("birth_last_on"),
        birth.dt.year().alias("birth_year"),
    ]  # fmt: skip


def _sex() -> pl.Expr:
    return (
        pl.when("is_female").then(pl.lit("F")).when(~pl.col("is_female")).then(pl.lit("M"))
        .alias("sex")
    )  # fmt: skip
