"""What the dose, lot, series, missing and duplicate rules must find in the records as typed.

A planted fault often fires several rules, and so may honest lateness: everything is computed here
from the final records, in polars, from the wording of the rules and the facts of the campaign.
"""

from datetime import date

import polars as pl

from vax_pipeline.core.simulation import campaign, fault_sheet
from vax_pipeline.core.simulation.campaign import (
    AZ,
    HAYAT,
    MODERNA,
    MRNA,
    PFIZER,
    PRODUCTS,
    SINOPHARM,
)
from vax_pipeline.core.simulation.doses import ADDITIONAL, BOOSTER, DAY_MINUTES, PRIMARY
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.fault_sheet import FAULTS
from vax_pipeline.core.simulation.truth_identity import current_records
from vax_pipeline.core.simulation.world import World

LATE_ENTRY_DAYS = 30
LABELS = 16  # more than any label: person and label in one number
REPEATED = {"sent_twice": "DUP-001", "two_facilities": "DUP-002", "typed_twice": "DUP-003"}
MIXING = {
    (AZ, PFIZER): campaign.AZ_TO_PFIZER_FROM,
    (AZ, MODERNA): date(2021, 12, 12),
    (SINOPHARM, HAYAT): campaign.CAMPAIGN_START,
}
EXTENDED_ON, EXTENDED_LOTS_FROM = date(2021, 10, 22), date(2021, 7, 20)


def typed_records(world: World) -> pl.DataFrame:
    """Current records with what each rule looks at: person written down, birth, facility, lot."""
    records = current_records(world)
    profiles = world.profiles[records["profile"].to_numpy()]
    facilities = world.geography.facilities.with_row_index("facility").select(
        pl.col("facility").cast(pl.Int32),
        pl.col("active_from").str.to_date().cast(pl.Int32).alias("active_from"),
        pl.col("active_to").str.to_date(strict=False).cast(pl.Int32).alias("active_to"),
    )
    lots = world.lots.lots.select(
        pl.col("lot").cast(pl.Int32),
        pl.col("product").cast(pl.Int32).alias("lot_product"),
        "starts",
        "expiry",
        "province",
    )
    licences = pl.DataFrame(
        {
            "product": pl.Series(range(len(PRODUCTS)), dtype=pl.Int32),
            "licensed": [day_number(product.licensed_on) for product in PRODUCTS],
            "minimum_age": [product.minimum_age for product in PRODUCTS],
            "hard_minimum": [product.hard_minimum for product in PRODUCTS],
            "needed": [product.primary_doses for product in PRODUCTS],
        }
    )
    year_only = pl.col("birth_precision") == "YEAR"
    return (
        records.with_columns(
            written=profiles["person"],
            birth=profiles["birth"],
            birth_precision=profiles["birth_precision"],
            day=pl.when(pl.col("date_state") == fault_sheet.OK).then("injected"),
            entered_on=pl.col("entered") // DAY_MINUTES,
        )
        .with_columns(
            born_from=pl.when(year_only).then(pl.col("birth").dt.truncate("1y")).otherwise("birth")
        )
        .join(facilities, on="facility", how="left", maintain_order="left")
        .join(lots, on="lot", how="left", maintain_order="left")
        .join(licences, on="product", how="left", maintain_order="left")
    )


def dose_findings(world: World) -> pl.DataFrame:
    """rule_id, record: DOSE, LOT, SEQ and DUP rules by the record they fire on."""
    typed = typed_records(world)
    local = [
        typed.filter(held.fill_null(False)).select(pl.lit(rule).alias("rule_id"), "record")
        for rule, held in {**_dose_rules(world), **_lot_rules(world)}.items()
    ]
    repeated = [
        typed.filter(pl.col("fault") == FAULTS.index(fault)).select(
            pl.lit(rule).alias("rule_id"), "record"
        )
        for fault, rule in REPEATED.items()
    ]
    return pl.concat([*local, *repeated, *_series_findings(typed)])


def _dose_rules(world: World) -> dict[str, pl.Expr]:
    product, day = pl.col("product"), pl.col("day")
    injected_on = day.cast(pl.Date)
    age = _years(pl.col("born_from"), injected_on)
    teens = day_number(campaign.TEEN_START)
    return {
        "DOSE-001": product == fault_sheet.MISSING,
        "DOSE-002": product == fault_sheet.UNKNOWN,
        "DOSE-003": product == fault_sheet.AMBIGUOUS,
        "DOSE-004": pl.col("date_state") == fault_sheet.TEXT_MISSING,
        "DOSE-005": pl.col("date_state") == fault_sheet.TEXT_UNREADABLE,
        "DOSE-006": (day > pl.col("entered_on")) | (day > day_number(world.until)),
        "DOSE-007": injected_on < pl.col("born_from"),
        "DOSE-008": (day < day_number(campaign.CAMPAIGN_START)) | (day < pl.col("licensed")),
        "DOSE-009": (age < pl.col("minimum_age"))
        | ((age < 18) & (day < teens) & product.is_in(MRNA)),
        "DOSE-010": pl.col("label_state") != fault_sheet.OK,
        "DOSE-011": (pl.col("facility") == fault_sheet.UNKNOWN)
        | (day < pl.col("active_from"))
        | (day > pl.col("active_to")),
        "DOSE-012": pl.col("entered_on") - day > LATE_ENTRY_DAYS,
    }


def _years(born: pl.Expr, on: pl.Expr) -> pl.Expr:
    """Completed years at a day."""
    not_yet = _day_of_year(on) < _day_of_year(born)
    return on.dt.year() - born.dt.year() - not_yet.cast(pl.Int32)


def _day_of_year(day: pl.Expr) -> pl.Expr:
    """Month and day as one number that sorts like them; months are bytes and would overflow."""
    return day.dt.month().cast(pl.Int32) * 100 + day.dt.day().cast(pl.Int32)


def _lot_rules(world: World) -> dict[str, pl.Expr]:
    day = pl.col("day")
    pfizer_lot = (pl.col("lot_product") == PFIZER) & (
        pl.col("starts") >= day_number(EXTENDED_LOTS_FROM)
    )
    longer = pl.col("expiry").cast(pl.Int32).cast(pl.Date).dt.offset_by("3mo").cast(pl.Int32)
    expiry = pl.when(pfizer_lot & (day >= day_number(EXTENDED_ON))).then(longer).otherwise("expiry")
    return {
        "LOT-001": pl.col("lot") == fault_sheet.MISSING,
        "LOT-002": pl.col("lot") == fault_sheet.UNKNOWN,
        "LOT-003": (pl.col("product") >= 0) & (pl.col("lot_product") != pl.col("product")),
        "LOT-004": (day >= pl.col("starts")) & (day > expiry),
        "LOT-005": (pl.col("lot") == fault_sheet.UNKNOWN)
        | (pl.col("province") != world.province.code),
    }


def history(typed: pl.DataFrame) -> pl.DataFrame:
    """Dated records that are nobody's duplicate, in the order of each person written down.

    Adds position, previous_*, series (doses the first product needs), primaries (before this one),
    last_primary (day) and seen (highest label before). Windows over millions of people are slow, so
    rows are sorted once and looked at by offset from the person's first row.
    """
    repeated = [FAULTS.index(fault) for fault in REPEATED]
    primary = pl.col("slot_type") == PRIMARY
    ordered = (
        typed.filter(~pl.col("fault").is_in(repeated) & pl.col("day").is_not_null())
        .sort("written", "day", "slot_type", "slot_no", "record")
        .with_row_index("row")
        .with_columns(
            pl.col("row").cast(pl.Int64), starts_person=pl.col("written").rle_id().diff() != 0
        )
        .with_columns(
            first=pl.when(pl.col("starts_person").fill_null(True)).then("row").forward_fill(),
            before=primary.cast(pl.Int64).cum_sum() - primary.cast(pl.Int64),
            primary_row=pl.when(primary).then("row").forward_fill().shift(1),
            person_no=pl.col("written").rle_id().cast(pl.Int64) * LABELS,
        )
    )
    label = pl.col("person_no") + pl.when(primary).then(pl.col("slot_no")).otherwise(0)
    same = pl.col("first") < pl.col("row")
    first = ordered["first"]
    previous = [
        pl.when(same).then(pl.col(name).shift(1)).alias(f"previous_{name}")
        for name in ("day", "product", "slot_type", "hard_minimum")
    ]
    last_primary = ordered["day"].gather(ordered["primary_row"])
    return ordered.with_columns(
        *previous,
        position=pl.col("row") - pl.col("first") + 1,
        series=ordered["needed"].gather(first),
        primaries=pl.col("before") - ordered["before"].gather(first),
        last_primary=pl.when(pl.col("primary_row") >= pl.col("first")).then(last_primary),
        seen=pl.when(same).then(label.cum_max().shift(1) - pl.col("person_no")),
    )


def _series_findings(typed: pl.DataFrame) -> list[pl.DataFrame]:
    sequence = history(typed)
    day, previous = pl.col("day"), pl.col("previous_day")
    primary = pl.col("slot_type") == PRIMARY
    # Schedules speak of the doses of the series; what comes after it is SEQ-004 alone.
    both = primary & (pl.col("previous_slot_type") == PRIMARY)
    both &= pl.col("position") <= pl.col("series")
    readable = pl.col("label_state") == fault_sheet.OK
    complete = pl.col("primaries") >= pl.col("series")
    boosts = (pl.col("slot_type") == BOOSTER) & readable
    start, sooner = (
        day_number(campaign.BOOSTER_START),
        day_number(campaign.BOOSTER_THREE_MONTHS_FROM),
    )
    last = pl.col("last_primary").cast(pl.Date)
    six, three = (last.dt.offset_by(months).cast(pl.Int32) for months in ("6mo", "3mo"))
    too_soon = pl.when(day < sooner).then(day < six).otherwise(day < three)
    # A label that is repeated, or lower than the place it takes.
    falls_back = (
        primary
        & readable
        & ((pl.col("slot_no") < pl.col("position")) | (pl.col("slot_no") <= pl.col("seen")))
    )
    rules = {
        "SEQ-001": both & (day - previous < pl.col("previous_hard_minimum")),
        "SEQ-003": both & _may_not_mix(),
        "SEQ-004": primary & (pl.col("position") > pl.col("series")),
        "SEQ-005": falls_back,
        "SEQ-007": (boosts & ((day < start) | (complete & too_soon)))
        | ((pl.col("slot_type") == ADDITIONAL) & complete & (day - pl.col("last_primary") < 28)),
        "SEQ-008": boosts & ~complete,
        "SEQ-009": day == previous,
    }
    return [
        sequence.filter(held.fill_null(False)).select(pl.lit(rule).alias("rule_id"), "record")
        for rule, held in rules.items()
    ]


def _may_not_mix() -> pl.Expr:
    first, second, day = pl.col("previous_product"), pl.col("product"), pl.col("day")
    mixed = (first >= 0) & (second >= 0) & (first != second)
    allowed = pl.lit(False)
    for (before, after), since in MIXING.items():
        allowed |= (first == before) & (second == after) & (day >= day_number(since))
    return mixed & ~allowed


def missing_findings(world: World) -> pl.DataFrame:
    """MIS-001: rule_id, written (person), record: a label higher than the doses known."""
    typed = typed_records(world)
    repeated = [FAULTS.index(fault) for fault in REPEATED]
    labelled = (pl.col("slot_type") == PRIMARY) & (pl.col("label_state") == fault_sheet.OK)
    people = (
        typed.filter(~pl.col("fault").is_in(repeated))
        .group_by("written")
        .agg(
            pl.len().alias("known"),
            pl.when(labelled).then("slot_no").max().alias("highest"),
            pl.col("record").min(),
        )
    )
    return people.filter(pl.col("highest") > pl.col("known")).select(
        pl.lit("MIS-001").alias("rule_id"), "written", "record"
    )
