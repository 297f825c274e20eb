"""The sheet on which faults are planted: records as growing columns, and who carries one already.

Negative codes stand for text that is no value. Rates are shares of people; the names say what was
done, and which rules that fires is truth's concern.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.campaign import Lots
from vax_pipeline.core.simulation.doses import AT_SESSION, DAY_MINUTES, PRIMARY, lot_for
from vax_pipeline.core.simulation.draws import Bools, Ints, quota

MISSING, UNKNOWN, AMBIGUOUS = -1, -2, -3
OK, TEXT_MISSING, TEXT_UNREADABLE = 0, 1, 2

# Fault -> share of people. The names say what was done; which rules that fires is truth's concern.
RATES = {
    "vaccine_missing": 0.0015,
    "vaccine_unknown": 0.0012,
    "vaccine_ambiguous": 0.001,
    "never_allocated": 0.0008,
    "date_missing": 0.0012,
    "date_unreadable": 0.0012,
    "date_after_entry": 0.0015,
    "date_before_birth": 0.0005,
    "date_wrong_year": 0.0012,
    "date_wrong": 0.005,
    "too_young_product": 0.0006,
    "too_young_date": 0.0006,
    "label_missing": 0.0012,
    "label_unreadable": 0.0012,
    "label_repeated": 0.004,
    "facility_unknown": 0.001,
    "facility_closed": 0.001,
    "given_abroad": 0.001,
    "lot_missing": 0.003,
    "lot_form": 0.0015,
    "lot_of_other_product": 0.005,
    "lot_expired": 0.002,
    "lot_of_other_province": 0.002,
    "component_swapped": 0.0008,
    "lot_wrong": 0.005,
    "interval_short": 0.003,
    "mixed": 0.002,
    "no_slot": 0.001,
    "booster_early": 0.002,
    "booster_before_complete": 0.0015,
    "same_day": 0.0015,
    "misfiled": 0.011,
    "sent_twice": 0.005,
    "two_facilities": 0.0035,
    "typed_twice": 0.005,
    "typed_unsure": 0.002,
    "deleted": 0.002,
}
FAULTS = ("none", *RATES, "date_made_up")
CORRECTED_SHARE = 0.015
EXTRA_GIVEN = ("no_slot", "booster_early")


@dataclass
class Sheet:
    """The records as growing columns; `free` says which people carry no fault yet."""

    columns: dict[str, Ints]
    free: Bools
    rng: np.random.Generator

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def take(self, fault: str, possible: Bools) -> Ints:
        """Rows for a fault, one per person, among the possible ones of people still free."""
        people = len(self.free)
        rows = np.flatnonzero(possible & self.free[self["person"]])
        rows = self.rng.permutation(rows)
        _, first = np.unique(self["person"][rows], return_index=True)
        rows = self.rng.permutation(rows[first])[: quota(people, RATES[fault])]
        self.free[self["person"][rows]] = False
        self.columns["fault"][rows] = FAULTS.index(fault)
        return rows

    def append(self, rows: Ints, **changes: Ints | int) -> Ints:
        """Copies of rows with changes, at the end; returns where they lie."""
        start = len(self["person"])
        for name, column in self.columns.items():
            copied = column[rows].copy()
            if name in changes:
                copied[:] = changes[name]
            self.columns[name] = np.concatenate([column, copied])
        return np.arange(start, start + len(rows))


def build_sheet(
    population: pl.DataFrame, doses: pl.DataFrame, profiles: pl.DataFrame, rng: np.random.Generator
) -> Sheet:
    main = np.full(len(population), -1)
    second = main.copy()
    for target, is_second in ((main, False), (second, True)):
        chosen = profiles.filter(pl.col("is_second") == is_second)
        target[chosen["person"].to_numpy()] = chosen["profile"].to_numpy()
    entered = doses.filter("is_entered")
    person = entered["person"].to_numpy().astype(np.int64)
    later = (entered["slot_type"].to_numpy() != PRIMARY) | (entered["slot_no"].to_numpy() > 1)
    profile = np.where(later & (second[person] >= 0), second[person], main[person])
    names = (
        "dose",
        "slot_type",
        "slot_no",
        "product",
        "injected",
        "injected_at",
        "facility",
        "lot",
        "entered",
        "entry_mode",
    )
    columns = {name: entered[name].to_numpy().astype(np.int64) for name in names}
    zeros = np.zeros(len(entered), dtype=np.int64)
    columns |= {
        "person": person,
        "profile": profile,
        "entered_by": columns["facility"].copy(),
        "label_state": zeros.copy(),
        "date_state": zeros.copy(),
        "fault": zeros.copy(),
        "twin_record": zeros - 1,
        "abroad": zeros.copy(),
    }
    # Faults go to people whose history is complete and under one profile.
    free = (second < 0) & population["deceased_on"].is_null().to_numpy()
    free[doses.filter(~pl.col("is_entered"))["person"].to_numpy()] = False
    return Sheet(columns, free, rng)


def is_primary(sheet: Sheet, number: int) -> Bools:
    return (sheet["slot_type"] == PRIMARY) & (sheet["slot_no"] == number)


def is_last(sheet: Sheet) -> Bools:
    """The person's last record: the sheet is in the order of person and date."""
    person = sheet["person"]
    return np.append(person[1:] != person[:-1], True)


def set_day(sheet: Sheet, rows: Ints, day: Ints) -> None:
    sheet["injected_at"][rows] += (day - sheet["injected"][rows]) * DAY_MINUTES
    sheet["injected"][rows] = day


def given_on(sheet: Sheet, rows: Ints, day: Ints, lots: Lots) -> None:
    """Moves the injection and its typing-in to another day, with the lot of that day."""
    set_day(sheet, rows, day)
    sheet["entered"][rows] = sheet["injected_at"][rows] + sheet.rng.integers(3, 60, len(rows))
    sheet["entry_mode"][rows] = AT_SESSION
    refill(sheet, rows, lots)


def refill(sheet: Sheet, rows: Ints, lots: Lots) -> None:
    sheet["lot"][rows] = lot_for(
        lots, sheet["product"][rows], sheet["injected"][rows], sheet["facility"][rows]
    )
