"""What went wrong when doses were typed in: planted faults on the clean history.

Input is what was given, output is what is recorded. At most one fault a person, so that what a
fault implies can be told apart; `truth_doses` then computes, from the result, every rule it fires.
Negative codes stand for text that is no value (see `text`): the frame stays numeric.
"""

from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.campaign import AZ, JANSSEN, MODERNA, SINOPHARM, SPUTNIK, Lots
from vax_pipeline.core.simulation.doses import (
    DAY_MINUTES,
    component_lot,
    lot_for,
)
from vax_pipeline.core.simulation.draws import chance, day_number, stream
from vax_pipeline.core.simulation.fault_places import HEAP_SHARE, PlaceFaults
from vax_pipeline.core.simulation.fault_series import (
    misfile_doses,
    plant_series_faults,
    repeat_records,
)
from vax_pipeline.core.simulation.fault_sheet import (
    AMBIGUOUS,
    CORRECTED_SHARE,
    FAULTS,
    MISSING,
    TEXT_MISSING,
    TEXT_UNREADABLE,
    UNKNOWN,
    Sheet,
    build_sheet,
    given_on,
    is_last,
    is_primary,
    refill,
    set_day,
)


def plant_faults(
    *,
    population: pl.DataFrame,
    doses: pl.DataFrame,
    profiles: pl.DataFrame,
    facilities: pl.DataFrame,
    lots: Lots,
    places: PlaceFaults,
    seed: int,
    until: date,
    is_clean: bool = False,
) -> pl.DataFrame:
    """What the platform holds. One row per record; as given where `is_clean`.

    Columns: record, dose (given dose, -1 when none), person (who was injected), profile (who is
    written down), slot_type, slot_no, label_state, product, injected, injected_at, date_state,
    facility, entered_by, lot, entered, entry_mode, abroad (0, or 1: outside the campaign), fault,
    twin_record (first of a pair or -1), corrected_at (minutes, 0 if never).
    """
    rng = stream(seed, "faults")
    sheet = build_sheet(population, doses, profiles, rng)
    today = day_number(until)
    if not is_clean:
        _made_up_dates(sheet, places)
        _wrong_texts(sheet)
        _wrong_dates(sheet, profiles)
        _wrong_lots(sheet, lots)
        _wrong_places(sheet, facilities)
        plant_series_faults(sheet, lots)
        _wrong_ages(sheet, profiles, lots)
        misfile_doses(sheet, population, profiles)
        repeat_records(sheet, facilities, lots, today)
    rows = {name: pl.Series(column.astype(np.int32)) for name, column in sheet.columns.items()}
    in_time = sheet["entered"] < today * DAY_MINUTES + 360
    in_time &= ~places.is_silent(sheet["entered_by"], sheet["entered"])
    frame = pl.DataFrame(rows).with_row_index("row").filter(pl.Series(in_time))
    corrected = chance(rng, 0 if is_clean else CORRECTED_SHARE, len(frame))
    corrected &= (frame["fault"] == 0).to_numpy()
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


def _made_up_dates(sheet: Sheet, places: PlaceFaults) -> None:
    """A few facilities typed most injections as of the 1st or the 15th before."""
    place = np.isin(sheet["facility"], places.heaped) & sheet.free[sheet["person"]]
    rows = np.flatnonzero(place & chance(sheet.rng, HEAP_SHARE, len(place)))
    month = sheet["injected"][rows].astype("datetime64[D]").astype("datetime64[M]")
    start = month.astype("datetime64[D]").astype(np.int64)
    fifteenth = sheet["injected"][rows] >= start + 14
    set_day(sheet, rows, np.where(fifteenth, start + 14, start))
    sheet["fault"][rows] = FAULTS.index("date_made_up")
    sheet.free[sheet["person"][rows]] = False


def _wrong_texts(sheet: Sheet) -> None:
    everywhere = np.ones(len(sheet["person"]), dtype=bool)
    sheet["product"][sheet.take("vaccine_missing", everywhere)] = MISSING
    sheet["product"][sheet.take("vaccine_unknown", everywhere)] = UNKNOWN
    rows = sheet.take("vaccine_ambiguous", sheet["product"] == SINOPHARM)
    sheet["product"][rows] = AMBIGUOUS
    sheet["lot"][rows] = MISSING
    last = is_last(sheet) & is_primary(sheet, 2)
    sheet["product"][sheet.take("never_allocated", last)] = JANSSEN
    sheet["date_state"][sheet.take("date_missing", everywhere)] = TEXT_MISSING
    sheet["date_state"][sheet.take("date_unreadable", everywhere)] = TEXT_UNREADABLE
    sheet["label_state"][sheet.take("label_missing", everywhere)] = TEXT_MISSING
    sheet["label_state"][sheet.take("label_unreadable", everywhere)] = TEXT_UNREADABLE
    rows = sheet.take("label_repeated", is_primary(sheet, 2))
    sheet["slot_no"][rows] = 1


def _wrong_dates(sheet: Sheet, profiles: pl.DataFrame) -> None:
    rng = sheet.rng
    rows = sheet.take("date_after_entry", is_last(sheet))
    set_day(sheet, rows, sheet["entered"][rows] // DAY_MINUTES + rng.integers(2, 30, len(rows)))
    first = is_primary(sheet, 1)
    rows = sheet.take("date_before_birth", first)
    birth = profiles["birth"].cast(pl.Int32).fill_null(0).to_numpy()[sheet["profile"][rows]]
    set_day(sheet, rows, birth - rng.integers(400, 3000, len(rows)))
    rows = sheet.take("date_wrong_year", first)
    set_day(sheet, rows, sheet["injected"][rows] - 365)
    # Off by some days, yet possible: only the citizen's paper shows it.
    rows = sheet.take("date_wrong", first & (sheet["injected"] > day_number(date(2021, 7, 25))))
    set_day(sheet, rows, sheet["injected"][rows] - rng.integers(2, 5, len(rows)))


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
    second = is_primary(sheet, 2) & (sheet["product"] == SPUTNIK)
    rows = sheet.take("component_swapped", second)
    sheet["lot"][rows] = component_lot(lots, sheet["injected"][rows], np.ones(len(rows), dtype=int))
    rows = sheet.take("lot_wrong", known)
    sheet["lot"][rows] = lot_for(
        lots, sheet["product"][rows], sheet["injected"][rows], sheet["facility"][rows] + 1
    )


def _wrong_places(sheet: Sheet, facilities: pl.DataFrame) -> None:
    everywhere = np.ones(len(sheet["person"]), dtype=bool)
    sheet["facility"][sheet.take("facility_unknown", everywhere)] = UNKNOWN
    rows = sheet.take("given_abroad", everywhere)
    sheet["facility"][rows] = UNKNOWN
    sheet["abroad"][rows] = 1
    closing = (
        facilities["active_to"].str.to_date(strict=False).cast(pl.Int32).fill_null(10**6).to_numpy()
    )
    closed = int(np.argmin(closing))
    rows = sheet.take("facility_closed", sheet["injected"] > closing[closed] + 10)
    sheet["facility"][rows] = closed


def _wrong_ages(sheet: Sheet, profiles: pl.DataFrame, lots: Lots) -> None:
    birth = profiles["birth"].cast(pl.Int32).fill_null(0).to_numpy()[sheet["profile"]]
    teen = birth > day_number(date(2004, 3, 1))
    first = is_primary(sheet, 1) & teen
    rows = sheet.take("too_young_product", first)
    sheet["product"][rows] = AZ
    refill(sheet, rows, lots)
    rows = sheet.take("too_young_date", first)
    given_on(sheet, rows, sheet["injected"][rows] - 30, lots)
