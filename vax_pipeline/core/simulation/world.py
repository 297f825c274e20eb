"""The simulated world in one object: what is true, and what is recorded of it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.campaign import Lots, build_lots
from vax_pipeline.core.simulation.doses import build_doses
from vax_pipeline.core.simulation.faults import plant_faults
from vax_pipeline.core.simulation.geography import Geography, build_geography
from vax_pipeline.core.simulation.population import build_population
from vax_pipeline.core.simulation.profiles import build_profiles


@dataclass(frozen=True)
class World:
    """population, doses given: the truth. profiles, records: what the platform holds."""

    seed: int
    until: date
    geography: Geography
    population: pl.DataFrame
    lots: Lots
    doses: pl.DataFrame
    profiles: pl.DataFrame
    records: pl.DataFrame


def build_world(people: int, seed: int, until: date) -> World:
    """Population, campaign and records of a province; the same for the same arguments."""
    geography = build_geography(seed)
    population = build_population(people, seed, until, geography)
    lots = build_lots(seed, until)
    doses = build_doses(population, geography, lots, seed, until)
    vaccinated = np.unique(doses["person"].to_numpy())
    profiles = build_profiles(population, vaccinated, seed, until)
    records = plant_faults(
        population=population,
        doses=doses,
        profiles=profiles,
        facilities=geography.facilities,
        lots=lots,
        seed=seed,
        until=until,
    )
    return World(seed, until, geography, population, lots, doses, profiles, records)


def record_id(column: str = "record") -> pl.Expr:
    """The number of a record as the platform writes it."""
    return pl.lit("DN") + pl.col(column).cast(pl.String).str.zfill(9)


def full_record_id(column: str = "record") -> pl.Expr:
    """With its source system, as truth and staging name it."""
    return pl.lit("platform:DN") + pl.col(column).cast(pl.String).str.zfill(9)
