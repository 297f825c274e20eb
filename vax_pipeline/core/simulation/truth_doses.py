"""What the dose, lot, series, missing and duplicate rules must find in the records as typed.

A planted fault often fires several rules, and so may honest lateness: everything is computed here
from the final records, in polars, from the wording of the rules and the facts of the campaign.
"""

from datetime import date

import polars as pl

from vax_pipeline.core.simulation import campaign, fault_sheet, truth_history
from vax_pipeline.core.simulation.campaign import AZ, JANSSEN, MODERNA, MRNA, PFIZER, PRODUCTS
from vax_pipeline.core.simulation.doses import DAY_MINUTES
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.fault_sheet import FAULTS
from vax_pipeline.core.simulation.truth_identity import current_records
from vax_pipeline.core.simulation.world import World

_ABROAD, _KNOWN_PLACE = pl.col("abroad") == 1, pl.col("facility") >= 0
LATE_ENTRY_DAYS = 30
LOOKALIKE_DAYS = 7
CROWDED = ("SEQ-004", "SEQ-005", "SEQ-008", "SEQ-009")
FORMS = {
    AZ: r"^([A-Z]{2,3}\d{4,5}|CTMAV\d{3}|[A-Z]?\d{4,})$",
    PFIZER: r"^([A-Z]{2,3}\d{4}|SC[A-Z]{2}\d|\d{6})$",
    MODERNA: r"^(\d{6,7}[A-Z]?|0\d{2}[A-M]21A)$",
}
REPEATED = {"sent_twice": "DUP-001", "two_facilities": "DUP-002", "typed_twice": "DUP-003"}
TYPED_AGAIN = REPEATED | {"typed_unsure": "DUP-005"}
EXTENDED_ON, EXTENDED_LOTS_FROM = date(2021, 10, 22), date(2021, 7, 20)


def typed_records(world: World) -> pl.DataFrame:
    """Current records with what each rule looks at: whose they are, birth, facility, lot."""
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
        "component",
        "lot_number",
    )
    licences = pl.DataFrame(
        {
            "product": pl.Series(range(len(PRODUCTS)), dtype=pl.Int32),
            "licensed": [day_number(product.licensed_on) for product in PRODUCTS],
            "minimum_age": [product.minimum_age for product in PRODUCTS],
            "first_used": [day_number(product.first_used_on) for product in PRODUCTS],
        }
    )
    year_only = pl.col("birth_precision") == "YEAR"
    return (
        records.with_columns(
            holder=profiles["person"],
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
        for fault, rule in TYPED_AGAIN.items()
    ]
    return pl.concat([*local, *repeated, truth_history.series_findings(kept(typed))])


def _dose_rules(world: World) -> dict[str, pl.Expr]:
    product, day = pl.col("product"), pl.col("day")
    injected_on = day.cast(pl.Date)
    age = _years(pl.col("born_from"), injected_on)
    teens = day_number(campaign.TEEN_START)
    return {
        "DOSE-001": product == fault_sheet.MISSING,
        "DOSE-002": (product == fault_sheet.UNKNOWN) & ~_ABROAD,
        "DOSE-003": product == fault_sheet.AMBIGUOUS,
        "DOSE-004": pl.col("date_state") == fault_sheet.TEXT_MISSING,
        "DOSE-005": pl.col("date_state") == fault_sheet.TEXT_UNREADABLE,
        "DOSE-006": (day > pl.col("entered_on")) | (day > day_number(world.until)),
        "DOSE-007": injected_on < pl.col("born_from"),
        "DOSE-008": ~_ABROAD
        & (
            (day < day_number(campaign.CAMPAIGN_START))
            | (day < pl.col("licensed"))
            | (day < pl.col("first_used"))
        ),
        "DOSE-009": ~_ABROAD
        & ((age < pl.col("minimum_age")) | ((age < 18) & (day < teens) & product.is_in(MRNA))),
        "DOSE-010": pl.col("label_state") != fault_sheet.OK,
        "DOSE-011": ~_ABROAD
        & (~_KNOWN_PLACE | (day < pl.col("active_from")) | (day > pl.col("active_to"))),
        "DOSE-012": pl.col("entered_on") - day > LATE_ENTRY_DAYS,
        "DOSE-014": _KNOWN_PLACE & (product == JANSSEN),
        "DOSE-015": _ABROAD,
    }


def _years(born: pl.Expr, on: pl.Expr) -> pl.Expr:
    """Completed years at a day."""
    not_yet = _day_of_year(on) < _day_of_year(born)
    return on.dt.year() - born.dt.year() - not_yet.cast(pl.Int32)


def _day_of_year(day: pl.Expr) -> pl.Expr:
    """Month and day as one number that sorts like them; months are bytes and would overflow."""
    return day.dt.month().cast(pl.Int32) * 100 + day.dt.day().cast(pl.Int32)


def expiry_on(day: pl.Expr, product: pl.Expr) -> pl.Expr:
    """A lot's expiry as known on a day: Comirnaty's was put off by three months in October 2021."""
    late = (product == PFIZER) & (pl.col("starts") >= day_number(EXTENDED_LOTS_FROM))
    longer = pl.col("expiry").cast(pl.Int32).cast(pl.Date).dt.offset_by("3mo").cast(pl.Int32)
    return pl.when(late & (day >= day_number(EXTENDED_ON))).then(longer).otherwise("expiry")


def _has_form(product: pl.Expr, lot_number: pl.Expr) -> pl.Expr:
    """Whether a lot looks like those of a product, of the three whose lots went unlisted."""
    held = ~product.is_in(list(FORMS))
    for code, form in FORMS.items():
        held |= (product == code) & lot_number.str.contains(form)
    return held


def _lot_rules(world: World) -> dict[str, pl.Expr]:
    day, product, lot = pl.col("day"), pl.col("product"), pl.col("lot")
    unlisted = lot.is_in(list(world.place_faults.unlisted))
    expiry = expiry_on(day, pl.col("lot_product"))
    return {
        "LOT-001": lot == fault_sheet.MISSING,
        "LOT-002": ~_ABROAD
        & (product >= 0)
        & ((lot == fault_sheet.UNKNOWN) | (unlisted & ~_has_form(product, pl.col("lot_number")))),
        # In no list, a lot is what nearly all of its records say: by far most were typed rightly.
        "LOT-003": (product >= 0) & (pl.col("lot_product") != product),
        "LOT-004": (day >= pl.col("starts")) & (day > expiry),
        "LOT-005": ~_ABROAD
        & _KNOWN_PLACE
        & ((lot == fault_sheet.UNKNOWN) | (pl.col("province") != world.province.code) | unlisted),
    }


def kept(typed: pl.DataFrame) -> pl.DataFrame:
    """Without the records behind another of the same injection."""
    return typed.filter(~pl.col("fault").is_in([FAULTS.index(fault) for fault in REPEATED]))


def missing_findings(world: World) -> pl.DataFrame:
    """MIS-001: rule_id, record: the label that is higher than the doses known of its holder."""
    return truth_history.earlier_doses_missing(kept(typed_records(world)))


def lookalikes(world: World) -> pl.DataFrame:
    """Records of holders with two of a product within a week that nobody meant to be one: record.

    A stranger's dose beside one of their own, or two days made up: no record tells whether that is one
    injection or two.
    """
    typed = kept(typed_records(world)).filter(
        pl.col("day").is_not_null() & (pl.col("product") >= 0)
    )
    moved = typed.filter(
        pl.col("fault").is_in([FAULTS.index("misfiled"), FAULTS.index("date_made_up")])
    )
    near = moved.join(typed, on=["holder", "product"], suffix="_own").filter(
        (pl.col("record") != pl.col("record_own"))
        & ((pl.col("day") - pl.col("day_own")).abs() <= LOOKALIKE_DAYS)
    )
    return typed.join(near.select("holder").unique(), on="holder", how="semi").select("record")


def crowded_holders(world: World) -> pl.DataFrame:
    """record of each misfiled dose under whose holder the histories show one too many."""
    typed = typed_records(world)
    repeated = typed.filter(pl.col("fault").is_in([FAULTS.index(fault) for fault in REPEATED]))
    broken = truth_history.series_findings(kept(typed)).filter(pl.col("rule_id").is_in(CROWDED))
    holders = pl.concat(
        [
            repeated.select("holder"),
            typed.join(broken, on="record", how="semi").select("holder"),
        ]
    )
    misfiled = typed.filter(pl.col("fault") == FAULTS.index("misfiled"))
    return misfiled.join(holders.unique(), on="holder", how="semi").select("record")
