"""What was really injected, and when it was typed in: the clean history of every person.

One row per dose given. Numbers, not text (ten million must fit): products, facilities and lots are
row numbers, days count from 1970-01-01. Schedules and ages are respected; faults come later.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation import campaign
from vax_pipeline.core.simulation.campaign import AZ, PFIZER, PRODUCTS, Lots, window_of
from vax_pipeline.core.simulation.draws import Bools, Ints, chance, day_number, stream, weighted
from vax_pipeline.core.simulation.geography import Geography

PRIMARY, ADDITIONAL, BOOSTER = 0, 1, 2
AT_SESSION, RETROSPECTIVE, EXCEL_IMPORT, FROM_COMPLAINT = range(4)
ENTRY_MODES = ("at_session", "retrospective", "excel_import", "from_complaint")

VACCINATED_SHARE = 0.985
EARLY_SHARE = 0.08
RETURN_SHARE = 0.99
NEVER_ENTERED_SHARE = 0.026
POSTHUMOUS_SHARE = 0.25
DAY_MINUTES = 1440
CUTOFF_MINUTES = 6 * 60  # what is typed in by 06:00 of the last day is delivered that morning
MONTHS_6, MONTHS_3 = 184, 92  # never shorter than the calendar months they stand for


@dataclass(frozen=True)
class Shots:
    """Columns of doses in the making, one row each; all whole numbers."""

    person: Ints
    slot_type: Ints
    slot_no: Ints
    product: Ints
    injected: Ints

    def frame(self) -> pl.DataFrame:
        return pl.DataFrame({name: column.astype(np.int32) for name, column in vars(self).items()})


def build_doses(
    population: pl.DataFrame,
    geography: Geography,
    lots: Lots,
    seed: int,
    until: date,
    *,
    is_clean: bool = False,
) -> pl.DataFrame:
    """Every dose given before `until`; typed in at once and all of them where `is_clean`.

    Columns: dose, person, slot_type, slot_no, product, injected (day), facility (row), lot (row),
    injected_at and entered (minutes since 1970, Vietnamese time), entry_mode, is_entered.
    """
    rng = stream(seed, "doses")
    today = day_number(until)
    primary, complete = _primary_series(rng, population, today)
    later = _later_doses(rng, complete, population, today)
    deceased = population["deceased_on"].cast(pl.Int32).fill_null(10**6)
    doses = (
        pl.concat([shots.frame() for shots in (*primary, *later)])
        .filter(pl.col("injected") < today)
        .sort("person", "injected", "slot_no")
    )
    # A few injections under the name of someone already dead: a number used by another.
    alive = doses["injected"] < deceased.gather(doses["person"])
    alive |= pl.Series(chance(rng, 0 if is_clean else POSTHUMOUS_SHARE, len(doses)))
    placed = _placed(rng, doses.filter(alive), population, geography, lots)
    return _typed_in(rng, placed, today, is_clean).with_row_index("dose")


def _primary_series(
    rng: np.random.Generator, population: pl.DataFrame, today: int
) -> tuple[list[Shots], Shots]:
    """The primary doses by number, and the last of each completed series."""
    adults = population.filter(~pl.col("is_child"))
    person = np.flatnonzero(chance(rng, VACCINATED_SHARE, len(adults)))
    birth = adults["birth"].cast(pl.Int32).to_numpy().astype(np.int64)[person]
    product, injected = _first_doses(rng, birth, today)
    needed = np.array([p.primary_doses for p in PRODUCTS])
    shots: list[Shots] = []
    completed: list[Shots] = []
    given = product
    for number in (1, 2, 3):
        row = Shots(
            person, np.full(len(person), PRIMARY), np.full(len(person), number), given, injected
        )
        shots.append(row)
        done = needed[product] == number
        completed.append(Shots(*(column[done] for column in vars(row).values())))
        going = ~done & chance(rng, RETURN_SHARE, len(person))
        person, product, injected = person[going], product[going], injected[going]
        injected = injected + _interval(rng, product)
        # AstraZeneca followed by Pfizer was allowed, and common, when the first ran short.
        mixed = (product == AZ) & chance(rng, 0.12, len(person))
        mixed &= injected >= day_number(campaign.AZ_TO_PFIZER_FROM) + 14
        given = np.where(mixed, PFIZER, product)
    last = Shots(
        *(
            np.concatenate(column)
            for column in zip(*(vars(c).values() for c in completed), strict=True)
        )
    )
    return shots, last


def _first_doses(rng: np.random.Generator, birth: Ints, today: int) -> tuple[Ints, Ints]:
    """Product and day of each person's first dose, by group: health workers, adults, teenagers."""
    size = len(birth)
    product = weighted(rng, [p.share for p in PRODUCTS], size)
    start = np.array([day_number(p.first_doses[0]) for p in PRODUCTS])[product]
    end = np.array([day_number(p.first_doses[1]) for p in PRODUCTS])[product]
    injected = start + (rng.random(size) ** 1.3 * (end - start + 1)).astype(np.int64)
    early = chance(rng, EARLY_SHARE, size)
    low, high = (day_number(day) for day in campaign.EARLY_FIRST)
    injected = np.where(
        early, low + (rng.random(size) ** 2 * (high - low)).astype(np.int64), injected
    )
    product = np.where(early, AZ, product)
    teen = birth > today - round(18.9 * 365.25)  # under 18 when the campaign began, with a margin
    low, high = (day_number(day) for day in campaign.TEEN_FIRST)
    injected = np.where(teen, low + rng.integers(0, high - low + 1, size), injected)
    return np.where(teen, PFIZER, product), injected


def _interval(rng: np.random.Generator, product: Ints) -> Ints:
    low = np.array([p.interval[0] for p in PRODUCTS])[product]
    high = np.array([p.interval[1] for p in PRODUCTS])[product]
    return low + (rng.random(len(product)) ** 2 * (high - low + 1)).astype(np.int64)


def _later_doses(
    rng: np.random.Generator, complete: Shots, population: pl.DataFrame, today: int
) -> tuple[Shots, Shots]:
    """Additional doses from December 2021, boosters six (later three) months after the series."""
    birth = population["birth"].cast(pl.Int32).to_numpy()
    adult = birth[complete.person] < today - round(19 * 365.25)
    start, sooner = (
        day_number(campaign.BOOSTER_START),
        day_number(campaign.BOOSTER_THREE_MONTHS_FROM),
    )
    size = len(adult)
    wait = rng.integers(0, 7, size)
    due = np.maximum(complete.injected + MONTHS_6, start) + wait
    due = np.where(due < sooner, due, np.maximum(complete.injected + MONTHS_3, sooner) + wait * 8)
    boosted = adult & chance(rng, 0.8, size) & (due < today)
    extra_due = start + rng.integers(0, 14, size)
    extra = adult & ~boosted & (complete.injected <= start - 35) & chance(rng, 0.008, size)
    third = np.where(
        np.isin(complete.product, (PFIZER, campaign.MODERNA)), complete.product, PFIZER
    )
    return (
        _chosen(complete.person, ADDITIONAL, third, extra_due, extra),
        _chosen(complete.person, BOOSTER, third, due, boosted),
    )


def _chosen(person: Ints, slot_type: int, product: Ints, injected: Ints, keep: Bools) -> Shots:
    count = int(keep.sum())
    ones = np.ones(count, dtype=np.int64)
    return Shots(person[keep], ones * slot_type, ones, product[keep], injected[keep])


def _placed(
    rng: np.random.Generator,
    doses: pl.DataFrame,
    population: pl.DataFrame,
    geography: Geography,
    lots: Lots,
) -> pl.DataFrame:
    """Adds facility and lot: mostly the commune's station, mostly the same for the next dose."""
    person = doses["person"].to_numpy()
    injected = doses["injected"].to_numpy().astype(np.int64)
    unit = population["unit"].to_numpy()[person]
    luck = rng.random(len(population))[person]
    luck = np.where(chance(rng, 0.15, len(person)), rng.random(len(person)), luck)
    facilities = geography.facilities.with_row_index("row")
    station, centre = facility_rows(geography)
    # Institutions come last in the register, after stations and centres.
    first_other = len(geography.communes) + geography.communes["district_code"].n_unique()
    others = len(facilities) - first_other
    other = first_other + (luck * 1000).astype(np.int64) % others
    facility = np.where(luck < 0.55, station[unit], np.where(luck < 0.78, centre[unit], other))
    active_from = facilities["active_from"].str.to_date().cast(pl.Int32).to_numpy()
    active_to = (
        facilities["active_to"].str.to_date(strict=False).cast(pl.Int32).fill_null(10**6).to_numpy()
    )
    closed = (injected < active_from[facility]) | (injected > active_to[facility])
    facility = np.where(closed, station[unit], facility)
    product = doses["product"].to_numpy()
    component = np.minimum(doses["slot_no"].to_numpy(), 2)
    lot = np.where(
        product == campaign.SPUTNIK,
        component_lot(lots, injected, component),
        lot_for(lots, product, injected, facility),
    )
    return doses.with_columns(
        facility=pl.Series(facility.astype(np.int32)), lot=pl.Series(lot.astype(np.int32))
    )


def facility_rows(geography: Geography) -> tuple[Ints, Ints]:
    """For each commune (row), the row of its station and of its district's centre."""
    rows = {code: row for row, code in enumerate(geography.facilities["facility_code"])}
    code = geography.province.code
    station = [rows[f"{code}{unit}1"] for unit in geography.communes["unit_code"]]
    centre = [rows[f"{code}{district}01"] for district in geography.communes["district_code"]]
    return np.array(station), np.array(centre)


def lot_for(lots: Lots, product: Ints, injected: Ints, facility: Ints) -> Ints:
    """The lot in use for a product at a facility on a day; `component_lot` for Sputnik V."""
    return lots.index[product, window_of(injected), facility % campaign.LOTS_A_WINDOW]


def component_lot(lots: Lots, injected: Ints, component: Ints) -> Ints:
    """The lot of a component of Sputnik V in use on a day."""
    return lots.index[campaign.SPUTNIK, window_of(injected), component - 1]


def _typed_in(
    rng: np.random.Generator, doses: pl.DataFrame, today: int, is_clean: bool
) -> pl.DataFrame:
    """Adds injected_at, entered, entry_mode, is_entered: at the session, later, or never."""
    size = len(doses)
    clock = (
        doses["injected"].to_numpy().astype(np.int64) * DAY_MINUTES
        + 450
        + rng.integers(0, 540, size)
    )
    delay = weighted(rng, [1, 0, 0, 0] if is_clean else [0.86, 0.07, 0.05, 0.02], size)
    low, high = np.array([0, 1, 8, 31])[delay], np.array([1, 8, 29, 80])[delay]
    lag = low + (rng.random(size) * (high - low)).astype(np.int64)
    same_day = clock + rng.integers(3, 90, size)
    entered = np.where(
        lag == 0,
        same_day,
        (clock // DAY_MINUTES + lag) * DAY_MINUTES + rng.integers(450, 1080, size),
    )
    in_time = entered < today * DAY_MINUTES + CUTOFF_MINUTES
    return doses.with_columns(
        injected_at=pl.Series(clock.astype(np.int32)),
        entered=pl.Series(entered.astype(np.int32)),
        entry_mode=pl.Series(
            np.array([AT_SESSION, RETROSPECTIVE, RETROSPECTIVE, EXCEL_IMPORT])[delay].astype(
                np.int8
            )
        ),
        is_entered=pl.Series(in_time & ~chance(rng, 0 if is_clean else NEVER_ENTERED_SHARE, size)),
    )
