"""What went wrong at whole places and with whole lots, decided before any record is typed in.

A facility stops typing, or leaves a product's second doses or a lot's doses lying in a drawer: given, and
never entered. Lots missing from the allocation list, transferred away on paper and used all the same.
Only where there is enough to be seen: a village has none of it.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.campaign import (
    AZ,
    LOT_WINDOW_DAYS,
    MODERNA,
    PFIZER,
    PRODUCTS,
    Lots,
)
from vax_pipeline.core.simulation.doses import DAY_MINUTES, PRIMARY
from vax_pipeline.core.simulation.draws import Bools, day_number, stream
from vax_pipeline.core.simulation.geography import Geography

SILENT_DAYS, BASELINE_DAYS = 12, 28
SILENT_ENTRIES, BASELINE_ENTRIES = 15, 84  # so that some thirty were due while it kept silent
BACKLOG_DOSES, BACKLOG_SHARE = 80, 0.4
BIGGEST = 12
IDLE_LOT_DOSES, IDLE_SHARE = (130, 320), 0.7
LOT_DOSES = 60
HEAP_RECORDS, HEAP_SHARE = (90, 600), 0.75
AT_MOST = 5


@dataclass(frozen=True)
class PlaceFaults:
    """Rows of facilities and lots.

    silent: facility to its first silent day. backlogs: (facility, product) whose later primary doses
    were partly not entered. idle, unlisted, overdrawn: lots partly not entered, in no allocation list,
    transferred out on paper. heaped: facilities that made up dates.
    """

    silent: dict[int, int] = field(default_factory=dict)
    backlogs: tuple[tuple[int, int], ...] = ()
    idle: tuple[int, ...] = ()
    unlisted: tuple[int, ...] = ()
    overdrawn: tuple[int, ...] = ()
    heaped: tuple[int, ...] = ()

    def is_silent(self, facility: np.ndarray, entered: np.ndarray) -> Bools:
        """Whether a record would have been typed in by a facility that had fallen silent."""
        held = np.zeros(len(facility), dtype=bool)
        for place, since in self.silent.items():
            held |= (facility == place) & (entered >= since * DAY_MINUTES)
        return held


def plan_place_faults(
    doses: pl.DataFrame, geography: Geography, lots: Lots, seed: int, until: date
) -> PlaceFaults:
    """Chooses places and lots with enough doses for the fault to show, none for two faults."""
    rng = stream(seed, "places")
    entered = doses.filter("is_entered")
    silent = _silent(entered, geography, until, rng)
    busiest = doses["facility"].value_counts(sort=True)["facility"].head(BIGGEST).to_list()
    backlogs = _backlogs(doses, [place for place in busiest if place not in silent], rng)
    idle, unlisted, overdrawn = _lots(doses, lots, until, rng)
    taken = {*silent, *busiest}
    sizes = (
        entered["facility"]
        .value_counts()
        .filter(pl.col("count").is_between(*HEAP_RECORDS) & ~pl.col("facility").is_in(list(taken)))
    )
    heaped = _some(rng, sizes["facility"].sort().to_list(), 3)
    since = day_number(until) - SILENT_DAYS
    return PlaceFaults(
        dict.fromkeys(silent, since), tuple(backlogs), idle, unlisted, overdrawn, tuple(heaped)
    )


def leave_in_drawers(doses: pl.DataFrame, faults: PlaceFaults, seed: int) -> pl.DataFrame:
    """The doses again, with `is_entered` taken from those the faulty places never typed in."""
    rng = stream(seed, "drawers")
    luck = rng.random(len(doses))
    facility, lot = doses["facility"].to_numpy(), doses["lot"].to_numpy()
    lost = faults.is_silent(facility, doses["entered"].to_numpy())
    later = is_later_primary(doses)
    for place, product in faults.backlogs:
        mine = later & (facility == place) & (doses["product"].to_numpy() == product)
        lost |= mine & (luck < BACKLOG_SHARE)
    lost |= np.isin(lot, faults.idle) & (luck < IDLE_SHARE)
    return doses.with_columns(is_entered=pl.col("is_entered") & ~pl.Series(lost))


def is_later_primary(doses: pl.DataFrame) -> Bools:
    """Doses after the first of a series, within the product's number of them."""
    needed = np.array([product.primary_doses for product in PRODUCTS])
    number = doses["slot_no"].to_numpy()
    product = doses["product"].to_numpy()
    primary = (doses["slot_type"] == PRIMARY).to_numpy() & (product >= 0)
    return primary & (number > 1) & (number <= needed[np.maximum(product, 0)])


def _some(rng: np.random.Generator, candidates: list[int], count: int) -> list[int]:
    chosen: list[int] = rng.permutation(len(candidates))[:count].tolist()
    return sorted(candidates[place] for place in chosen)


def _silent(
    entered: pl.DataFrame, geography: Geography, until: date, rng: np.random.Generator
) -> list[int]:
    """Stations and clinics that typed steadily before, and had something to type since."""
    day = pl.col("entered") // DAY_MINUTES
    since = day_number(until) - SILENT_DAYS
    counts = entered.group_by("facility").agg(
        before=((day >= since - BASELINE_DAYS) & (day < since)).sum(), after=(day >= since).sum()
    )
    facilities = geography.facilities.with_row_index("facility").filter(
        pl.col("kind").is_in(["station", "clinic"]) & (pl.col("active_to") == "")
    )
    busy = counts.filter(
        (pl.col("before") >= BASELINE_ENTRIES)
        & (pl.col("after") >= SILENT_ENTRIES)
        & pl.col("facility").is_in(facilities["facility"].cast(pl.Int32).implode())
    )
    return _some(rng, busy["facility"].sort().to_list(), AT_MOST)


def _backlogs(
    doses: pl.DataFrame, places: list[int], rng: np.random.Generator
) -> list[tuple[int, int]]:
    counts = (
        doses.filter(pl.Series(is_later_primary(doses)) & pl.col("facility").is_in(places))
        .group_by("facility", "product")
        .len()
        .filter(pl.col("len") >= BACKLOG_DOSES)
        .sort("facility", "product")
    )
    pairs = list(counts.select("facility", "product").iter_rows())
    return [pairs[place] for place in _some(rng, list(range(len(pairs))), AT_MOST)]


def _lots(
    doses: pl.DataFrame, lots: Lots, until: date, rng: np.random.Generator
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Idle ones have long been used up; unlisted ones are of products whose name says which."""
    used = doses.group_by("lot").agg(pl.len().alias("used"), pl.col("injected").max().alias("last"))
    known = used.join(
        lots.lots.select(pl.col("lot").cast(pl.Int32), "product"), on="lot", how="left"
    ).sort("lot")
    old = known.filter(
        pl.col("used").is_between(*IDLE_LOT_DOSES)
        & (pl.col("last") < day_number(until) - LOT_WINDOW_DAYS - 10)
    )
    idle = _some(rng, old["lot"].to_list(), AT_MOST)
    rest = known.filter((pl.col("used") >= LOT_DOSES) & ~pl.col("lot").is_in(idle))
    plain = rest.filter(pl.col("product").is_in([AZ, PFIZER, MODERNA]))
    unlisted = _some(rng, plain["lot"].to_list(), AT_MOST)
    rest = rest.filter(~pl.col("lot").is_in(unlisted))
    return tuple(idle), tuple(unlisted), tuple(_some(rng, rest["lot"].to_list(), AT_MOST))
