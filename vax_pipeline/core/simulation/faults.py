"""What went wrong when doses were typed in: planted faults on the clean history.

Input is what was given, output is what is recorded. At most one fault a person, so that what a
fault implies can be told apart; `truth_doses` then computes, from the result, every rule it fires.
Negative codes stand for text that is no value (see `text`): the frame stays numeric.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation import campaign
from vax_pipeline.core.simulation.campaign import AZ, MODERNA, PFIZER, SINOPHARM, Lots
from vax_pipeline.core.simulation.doses import (
    AT_SESSION,
    BOOSTER,
    DAY_MINUTES,
    PRIMARY,
    RETROSPECTIVE,
    lot_for,
)
from vax_pipeline.core.simulation.draws import Bools, Ints, chance, day_number, quota, stream

MISSING, UNKNOWN, AMBIGUOUS = -1, -2, -3
OK, TEXT_MISSING, TEXT_UNREADABLE = 0, 1, 2

# Fault -> share of people. The names say what was done; which rules that fires is truth's concern.
RATES = {
    "vaccine_missing": 0.0015, "vaccine_unknown": 0.0012, "vaccine_ambiguous": 0.001,
    "date_missing": 0.0012, "date_unreadable": 0.0012, "date_after_entry": 0.0015,
    "date_before_birth": 0.0005, "date_wrong_year": 0.0012, "date_wrong": 0.005,
    "too_young_product": 0.0006, "too_young_date": 0.0006,
    "label_missing": 0.0012, "label_unreadable": 0.0012, "label_repeated": 0.004,
    "facility_unknown": 0.001, "facility_closed": 0.001,
    "lot_missing": 0.003, "lot_form": 0.0015, "lot_of_other_product": 0.005, "lot_expired": 0.002,
    "lot_of_other_province": 0.002, "lot_wrong": 0.005,
    "interval_short": 0.003, "mixed": 0.002, "no_slot": 0.001, "booster_early": 0.002,
    "booster_before_complete": 0.0015, "same_day": 0.0015, "misfiled": 0.008,
    "sent_twice": 0.005, "two_facilities": 0.0035, "typed_twice": 0.005, "deleted": 0.002,
}  # fmt: skip
FAULTS = ("none", *RATES)
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


def plant_faults(
    population: pl.DataFrame,
    doses: pl.DataFrame,
    profiles: pl.DataFrame,
    facilities: pl.DataFrame,
    lots: Lots,
    seed: int,
    until: date,
) -> pl.DataFrame:
    """What the platform holds. One row per record.

    Columns: record, dose (given dose, -1 when none), person (who was injected), profile (who is
    written down), slot_type, slot_no, label_state, product, injected, injected_at, date_state,
    facility, entered_by, lot, entered, entry_mode, fault, twin_record (first of a pair or -1),
    corrected_at (minutes, 0 if never).
    """
    rng = stream(seed, "faults")
    sheet = _sheet(population, doses, profiles, rng)
    today = day_number(until)
    _wrong_texts(sheet)
    _wrong_dates(sheet, profiles)
    _wrong_lots(sheet, lots)
    _wrong_places(sheet, facilities)
    _wrong_series(sheet, lots)
    _wrong_ages(sheet, profiles, lots)
    _misfiled(sheet, population, profiles)
    _repeated(sheet, facilities, lots, today)
    rows = {name: pl.Series(column.astype(np.int32)) for name, column in sheet.columns.items()}
    in_time = sheet["entered"] < today * DAY_MINUTES + 360
    frame = pl.DataFrame(rows).with_row_index("row").filter(pl.Series(in_time))
    corrected = chance(rng, CORRECTED_SHARE, len(frame)) & (frame["fault"] == 0).to_numpy()
    when = frame["entered"].to_numpy() + rng.integers(600, 6000, len(frame))
    corrected &= when < today * DAY_MINUTES + 360
    # Records are numbered as they are typed in.
    return (
        frame.with_columns(corrected_at=pl.Series(np.where(corrected, when, 0).astype(np.int32)))
        .sort("entered", "row")
        .with_row_index("record")
        .with_columns(pl.col("record").cast(pl.Int32))
        .pipe(_renumber_pairs)
    )


def _renumber_pairs(frame: pl.DataFrame) -> pl.DataFrame:
    """`twin_record` from rows of the sheet to record numbers."""
    numbers = frame.select(
        pl.col("row").cast(pl.Int32).alias("twin_record"), pl.col("record").alias("pair")
    )
    return (
        frame.join(numbers, on="twin_record", how="left", maintain_order="left")
        .with_columns(twin_record=pl.col("pair").fill_null(-1))
        .drop("row", "pair")
    )


def _sheet(
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
    names = ("dose", "slot_type", "slot_no", "product", "injected", "injected_at", "facility", "lot", "entered", "entry_mode")  # fmt: skip
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
    }
    # Faults go to people whose history is complete and under one profile.
    free = (second < 0) & population["deceased_on"].is_null().to_numpy()
    free[doses.filter(~pl.col("is_entered"))["person"].to_numpy()] = False
    return Sheet(columns, free, rng)


def _wrong_texts(sheet: Sheet) -> None:
    everywhere = np.ones(len(sheet["person"]), dtype=bool)
    sheet["product"][sheet.take("vaccine_missing", everywhere)] = MISSING
    sheet["product"][sheet.take("vaccine_unknown", everywhere)] = UNKNOWN
    rows = sheet.take("vaccine_ambiguous", sheet["product"] == SINOPHARM)
    sheet["product"][rows] = AMBIGUOUS
    sheet["lot"][rows] = MISSING
    sheet["date_state"][sheet.take("date_missing", everywhere)] = TEXT_MISSING
    sheet["date_state"][sheet.take("date_unreadable", everywhere)] = TEXT_UNREADABLE
    sheet["label_state"][sheet.take("label_missing", everywhere)] = TEXT_MISSING
    sheet["label_state"][sheet.take("label_unreadable", everywhere)] = TEXT_UNREADABLE
    rows = sheet.take("label_repeated", _is_primary(sheet, 2))
    sheet["slot_no"][rows] = 1


def _is_primary(sheet: Sheet, number: int) -> Bools:
    return (sheet["slot_type"] == PRIMARY) & (sheet["slot_no"] == number)


def _is_last(sheet: Sheet) -> Bools:
    """The person's last record: the sheet is in the order of person and date."""
    person = sheet["person"]
    return np.append(person[1:] != person[:-1], True)


def _set_day(sheet: Sheet, rows: Ints, day: Ints) -> None:
    sheet["injected_at"][rows] += (day - sheet["injected"][rows]) * DAY_MINUTES
    sheet["injected"][rows] = day


def _wrong_dates(sheet: Sheet, profiles: pl.DataFrame) -> None:
    rng = sheet.rng
    rows = sheet.take("date_after_entry", _is_last(sheet))
    _set_day(sheet, rows, sheet["entered"][rows] // DAY_MINUTES + rng.integers(2, 30, len(rows)))
    first = _is_primary(sheet, 1)
    rows = sheet.take("date_before_birth", first)
    birth = profiles["birth"].cast(pl.Int32).fill_null(0).to_numpy()[sheet["profile"][rows]]
    _set_day(sheet, rows, birth - rng.integers(400, 3000, len(rows)))
    rows = sheet.take("date_wrong_year", first)
    _set_day(sheet, rows, sheet["injected"][rows] - 365)
    # Off by some days, yet possible: only the citizen's paper shows it.
    rows = sheet.take("date_wrong", first & (sheet["injected"] > day_number(date(2021, 7, 25))))
    _set_day(sheet, rows, sheet["injected"][rows] - rng.integers(2, 5, len(rows)))


def _wrong_lots(sheet: Sheet, lots: Lots) -> None:
    rng = sheet.rng
    known = (sheet["lot"] >= 0) & (sheet["product"] >= 0)
    sheet["lot"][sheet.take("lot_missing", known)] = MISSING
    sheet["lot"][sheet.take("lot_form", known)] = UNKNOWN
    rows = sheet.take("lot_of_other_product", known & (sheet["product"] <= MODERNA))
    sheet["product"][rows] = (sheet["product"][rows] + rng.integers(1, 3, len(rows))) % 3
    rows = sheet.take("lot_expired", known & (sheet["injected"] > day_number(date(2021, 8, 20))))
    sheet["lot"][rows] = lots.index[sheet["product"][rows], 0, 0]
    rows = sheet.take("lot_of_other_province", known)
    sheet["lot"][rows] = lots.foreign[sheet["product"][rows], rng.integers(0, 2, len(rows))]
    rows = sheet.take("lot_wrong", known)
    sheet["lot"][rows] = lot_for(
        lots, sheet["product"][rows], sheet["injected"][rows], sheet["facility"][rows] + 1
    )


def _wrong_places(sheet: Sheet, facilities: pl.DataFrame) -> None:
    everywhere = np.ones(len(sheet["person"]), dtype=bool)
    sheet["facility"][sheet.take("facility_unknown", everywhere)] = UNKNOWN
    closing = (
        facilities["active_to"].str.to_date(strict=False).cast(pl.Int32).fill_null(10**6).to_numpy()
    )
    closed = int(np.argmin(closing))
    rows = sheet.take("facility_closed", sheet["injected"] > closing[closed] + 10)
    sheet["facility"][rows] = closed


def _wrong_series(sheet: Sheet, lots: Lots) -> None:
    rng = sheet.rng
    second = _is_primary(sheet, 2) & _is_last(sheet)
    previous = np.append(0, sheet["injected"][:-1])
    previous_product = np.append(0, sheet["product"][:-1])
    same = second & (sheet["product"] == previous_product)
    gap = sheet["injected"] - previous
    rows = sheet.take("interval_short", same)
    _given_on(sheet, rows, previous[rows] + rng.integers(3, 10, len(rows)), lots)
    rows = sheet.take(
        "mixed", same & (gap >= 28) & np.isin(sheet["product"], (PFIZER, SINOPHARM, MODERNA))
    )
    sheet["product"][rows] = np.where(sheet["product"][rows] == SINOPHARM, PFIZER, AZ)
    _refill(sheet, rows, lots)
    rows = sheet.take(
        "same_day",
        same & (previous > day_number(campaign.AZ_TO_PFIZER_FROM)) & (sheet["product"] == AZ),
    )
    sheet["product"][rows] = PFIZER
    _given_on(sheet, rows, previous[rows], lots)
    early = second & (previous < day_number(date(2021, 5, 30)))
    rows = sheet.take("booster_before_complete", early)
    sheet["slot_type"][rows], sheet["slot_no"][rows] = BOOSTER, 1
    _given_on(sheet, rows, day_number(campaign.BOOSTER_START) + rng.integers(0, 6, len(rows)), lots)
    _extra_doses(sheet, lots, second)


def _extra_doses(sheet: Sheet, lots: Lots, second: Bools) -> None:
    """Third doses that had no place yet: before any was allowed, or too soon after the second."""
    rng = sheet.rng
    whole = second & np.isin(sheet["product"], (AZ, PFIZER, MODERNA))
    rows = sheet.take("no_slot", whole & (sheet["injected"] < day_number(date(2021, 10, 10))))
    new = sheet.append(rows, slot_type=PRIMARY, slot_no=3, dose=-1)
    sheet["fault"][rows] = 0
    _given_on(sheet, new, sheet["injected"][rows] + rng.integers(30, 48, len(rows)), lots)
    whole = np.append(whole, np.zeros(len(new), dtype=bool))
    rows = sheet.take(
        "booster_early",
        whole
        & (sheet["injected"] > day_number(date(2021, 7, 1)))
        & (sheet["injected"] < day_number(date(2021, 10, 25))),
    )
    new = sheet.append(rows, slot_type=BOOSTER, slot_no=1, dose=-1)
    sheet["fault"][rows] = 0
    start = day_number(campaign.BOOSTER_START)
    _given_on(sheet, new, start + rng.integers(-5, 6, len(rows)), lots)


def _given_on(sheet: Sheet, rows: Ints, day: Ints, lots: Lots) -> None:
    """Moves the injection and its typing-in to another day, with the lot of that day."""
    _set_day(sheet, rows, day)
    sheet["entered"][rows] = sheet["injected_at"][rows] + sheet.rng.integers(3, 60, len(rows))
    sheet["entry_mode"][rows] = AT_SESSION
    _refill(sheet, rows, lots)


def _refill(sheet: Sheet, rows: Ints, lots: Lots) -> None:
    sheet["lot"][rows] = lot_for(
        lots, sheet["product"][rows], sheet["injected"][rows], sheet["facility"][rows]
    )


def _wrong_ages(sheet: Sheet, profiles: pl.DataFrame, lots: Lots) -> None:
    birth = profiles["birth"].cast(pl.Int32).fill_null(0).to_numpy()[sheet["profile"]]
    teen = birth > day_number(date(2004, 3, 1))
    first = _is_primary(sheet, 1) & teen
    rows = sheet.take("too_young_product", first)
    sheet["product"][rows] = AZ
    _refill(sheet, rows, lots)
    rows = sheet.take("too_young_date", first)
    _given_on(sheet, rows, sheet["injected"][rows] - 30, lots)


def _misfiled(sheet: Sheet, population: pl.DataFrame, profiles: pl.DataFrame) -> None:
    """A dose written down under the twin or the neighbour in the household."""
    main = np.full(len(population) + 1, -1)
    chosen = profiles.filter(~pl.col("is_second") & (pl.col("noise") == 0))
    main[chosen["person"].to_numpy()] = chosen["profile"].to_numpy()
    household = population["household"].to_numpy()
    person = sheet["person"]
    twin = population["twin"].to_numpy()[person]
    following = np.minimum(person + 1, len(population) - 1)
    other = np.where(
        twin >= 0, twin, np.where(household[following] == household[person], following, -1)
    )
    possible = (other >= 0) & (main[other] >= 0) & _is_last(sheet)
    possible &= (
        sheet.free[other] & population["in_registry"].to_numpy()[other] & (sheet["dose"] >= 0)
    )
    rows = sheet.take("misfiled", possible)
    sheet["profile"][rows] = main[other[rows]]
    sheet.free[other[rows]] = False


def _repeated(sheet: Sheet, facilities: pl.DataFrame, lots: Lots, today: int) -> None:
    """One injection recorded twice: sent again, by two facilities, or typed again with a slip."""
    rng = sheet.rng
    ready = (sheet["entry_mode"] == AT_SESSION) & (sheet["entered"] < (today - 9) * DAY_MINUTES)
    ready &= (sheet["lot"] >= 0) & (sheet["product"] >= 0) & (sheet["fault"] == 0)
    for fault in ("sent_twice", "two_facilities", "typed_twice", "deleted"):
        rows = sheet.take(fault, ready)
        sheet["fault"][rows] = 0
        again = sheet["entered"][rows] + rng.integers(1, 8, len(rows)) * DAY_MINUTES
        new = sheet.append(rows, twin_record=rows, entered=again, fault=FAULTS.index(fault))
        ready = np.append(ready, np.zeros(len(new), dtype=bool))
        if fault == "two_facilities":
            centre = np.flatnonzero(
                (facilities["kind"] == "hospital").to_numpy()
                & (facilities["active_from"] == "2021-03-01").to_numpy()
            )
            place = centre[rng.integers(0, len(centre), len(new))]
            place = np.where(
                place == sheet["facility"][rows], centre[(place == centre[0]).astype(int)], place
            )
            sheet["facility"][new] = sheet["entered_by"][new] = place
            sheet["entry_mode"][new] = RETROSPECTIVE
        if fault == "typed_twice":
            sheet["entry_mode"][new] = RETROSPECTIVE
            slips = chance(rng, 0.5, len(new))
            _set_day(sheet, new[slips], sheet["injected"][new[slips]] + 1)
            moved = new[~slips]
            sheet["lot"][moved] = lot_for(
                lots,
                sheet["product"][moved],
                sheet["injected"][moved],
                sheet["facility"][moved] + 1,
            )
        if fault == "deleted":
            sheet["label_state"][new] = TEXT_MISSING
