"""The simulated world in one object: what is true, and what is recorded of it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.campaign import Lots, build_lots
from vax_pipeline.core.simulation.doses import build_doses
from vax_pipeline.core.simulation.fault_places import (
    PlaceFaults,
    leave_in_drawers,
    plan_place_faults,
)
from vax_pipeline.core.simulation.faults import plant_faults
from vax_pipeline.core.simulation.geography import Geography, build_geography
from vax_pipeline.core.simulation.population import build_population
from vax_pipeline.core.simulation.profiles import build_profiles
from vax_pipeline.core.simulation.provinces import Numbers, Province


@dataclass(frozen=True)
class World:
    """population, doses given: the truth. profiles, records: what the platform holds.

    A clean world holds what is true: nothing mistyped, left out, late or complained about. A plain one
    writes doses and complaints as csv.gz, a file a day, instead of one format after the other.
    """

    seed: int
    until: date
    geography: Geography
    population: pl.DataFrame
    lots: Lots
    doses: pl.DataFrame
    profiles: pl.DataFrame
    records: pl.DataFrame
    place_faults: PlaceFaults
    is_clean: bool = False
    is_plain: bool = False

    @property
    def province(self) -> Province:
        return self.geography.province

    @property
    def feed_faults_until(self) -> date | None:
        """Before which day deliveries go wrong, see `feed_faults`; null where nothing does."""
        return None if self.is_clean else self.until

    @property
    def numbers(self) -> Numbers:
        return self.province.numbers


def build_world(
    people: int,
    seed: int,
    until: date,
    province: Province,
    *,
    is_clean: bool = False,
    is_plain: bool = False,
) -> World:
    """Population, campaign and records of a province; the same for the same arguments."""
    own_seed = province.seed(seed)
    geography = build_geography(province, own_seed)
    population = build_population(province, people, own_seed, until, geography, is_clean=is_clean)
    lots = build_lots(province, seed, until)
    doses = build_doses(population, geography, lots, own_seed, until, is_clean=is_clean)
    places = PlaceFaults()
    if not is_clean:
        places = plan_place_faults(doses, geography, lots, own_seed, until)
        doses = leave_in_drawers(doses, places, own_seed)
    vaccinated = np.unique(doses["person"].to_numpy())
    profiles = build_profiles(population, vaccinated, own_seed, until, is_clean=is_clean)
    records = plant_faults(
        population=population,
        doses=doses,
        profiles=profiles,
        facilities=geography.facilities,
        lots=lots,
        places=places,
        seed=own_seed,
        until=until,
        is_clean=is_clean,
    )
    return World(
        own_seed,
        until,
        geography,
        population,
        lots,
        doses,
        profiles,
        records,
        places,
        is_clean,
        is_plain,
    )
