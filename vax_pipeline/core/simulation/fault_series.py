"""Faults of histories: intervals, mixing, doses without a place, doses of others, doses twice."""

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
from vax_pipeline.core.simulation.draws import Bools, chance, day_number
from vax_pipeline.core.simulation.fault_sheet import (
    FAULTS,
    TEXT_MISSING,
    Sheet,
    given_on,
    is_last,
    is_primary,
    refill,
    set_day,
)


def plant_series_faults(sheet: Sheet, lots: Lots) -> None:
    rng = sheet.rng
    second = is_primary(sheet, 2) & is_last(sheet)
    previous = np.append(0, sheet["injected"][:-1])
    previous_product = np.append(0, sheet["product"][:-1])
    same = second & (sheet["product"] == previous_product)
    gap = sheet["injected"] - previous
    rows = sheet.take("interval_short", same)
    given_on(sheet, rows, previous[rows] + rng.integers(3, 10, len(rows)), lots)
    rows = sheet.take(
        "mixed", same & (gap >= 28) & np.isin(sheet["product"], (PFIZER, SINOPHARM, MODERNA))
    )
    sheet["product"][rows] = np.where(sheet["product"][rows] == SINOPHARM, PFIZER, AZ)
    refill(sheet, rows, lots)
    rows = sheet.take(
        "same_day",
        same & (previous > day_number(campaign.AZ_TO_PFIZER_FROM)) & (sheet["product"] == AZ),
    )
    sheet["product"][rows] = PFIZER
    given_on(sheet, rows, previous[rows], lots)
    # Later the same day, so that which of the two is the second stays beyond doubt.
    sheet["injected_at"][rows] = sheet["injected_at"][rows - 1] + 25
    sheet["entered"][rows] = sheet["injected_at"][rows] + 30
    early = second & (previous < day_number(date(2021, 5, 30)))
    rows = sheet.take("booster_before_complete", early)
    sheet["slot_type"][rows], sheet["slot_no"][rows] = BOOSTER, 1
    given_on(sheet, rows, day_number(campaign.BOOSTER_START) + rng.integers(0, 6, len(rows)), lots)
    _extra_doses(sheet, lots, second)


def _extra_doses(sheet: Sheet, lots: Lots, second: Bools) -> None:
    """Third doses that had no place yet: before any was allowed, or too soon after the second."""
    rng = sheet.rng
    whole = second & np.isin(sheet["product"], (AZ, PFIZER, MODERNA))
    rows = sheet.take("no_slot", whole & (sheet["injected"] < day_number(date(2021, 10, 10))))
    new = sheet.append(rows, slot_type=PRIMARY, slot_no=3, dose=-1)
    sheet["fault"][rows] = 0
    given_on(sheet, new, sheet["injected"][rows] + rng.integers(30, 48, len(rows)), lots)
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
    given_on(sheet, new, start + rng.integers(-5, 6, len(rows)), lots)


def misfile_doses(sheet: Sheet, population: pl.DataFrame, profiles: pl.DataFrame) -> None:
    """A dose written down under the twin, or under whoever of the household came up with the phone."""
    main = np.full(len(population) + 1, -1)
    chosen = profiles.filter(~pl.col("is_second") & (pl.col("noise") == 0))
    main[chosen["person"].to_numpy()] = chosen["profile"].to_numpy()
    household = population["household"].to_numpy()
    person = sheet["person"]
    twin = population["twin"].to_numpy()[person]
    phone = population["phone"].to_numpy()
    following = np.minimum(person + 1, len(population) - 1)
    relative = (household[following] == household[person]) & (phone[following] == phone[person])
    other = np.where(twin >= 0, twin, np.where(relative, following, -1))
    # Nobody both loses a dose and gets another's: who loses one is of even number, who gets it of odd.
    possible = (other >= 0) & (main[other] >= 0) & is_last(sheet) & (person % 2 < other % 2)
    possible &= (
        sheet.free[other] & population["in_registry"].to_numpy()[other] & (sheet["dose"] >= 0)
    )
    rows = sheet.take("misfiled", possible)
    sheet["profile"][rows] = main[other[rows]]
    sheet.free[other[rows]] = False


def repeat_records(sheet: Sheet, facilities: pl.DataFrame, lots: Lots, today: int) -> None:
    """One injection recorded twice: sent again, by two facilities, typed again with a slip or two."""
    rng = sheet.rng
    ready = (sheet["entry_mode"] == AT_SESSION) & (sheet["entered"] < (today - 9) * DAY_MINUTES)
    ready &= (sheet["lot"] >= 0) & (sheet["product"] >= 0) & (sheet["fault"] == 0)
    for fault in ("sent_twice", "two_facilities", "typed_twice", "typed_unsure", "deleted"):
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
            set_day(sheet, new[slips], sheet["injected"][new[slips]] + 1)
            moved = new[~slips]
            sheet["lot"][moved] = lot_for(
                lots,
                sheet["product"][moved],
                sheet["injected"][moved],
                sheet["facility"][moved] + 1,
            )
        if fault == "typed_unsure":
            # Two fields differ: it may be one injection or two, and only a person can tell.
            sheet["entry_mode"][new] = RETROSPECTIVE
            set_day(sheet, new, sheet["injected"][new] + rng.integers(1, 4, len(new)))
            sheet["lot"][new] = lot_for(
                lots, sheet["product"][new], sheet["injected"][new], sheet["facility"][new] + 1
            )
        if fault == "deleted":
            sheet["label_state"][new] = TEXT_MISSING
