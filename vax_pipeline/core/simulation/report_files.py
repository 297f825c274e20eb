"""administered_reports: doses actually given, cumulative, as the province reports them.

Counts what was injected, typed in or not: the difference to the records is the completeness.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation.campaign import PRODUCTS
from vax_pipeline.core.simulation.doses import PRIMARY
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.fault_sheet import EXTRA_GIVEN, FAULTS
from vax_pipeline.core.simulation.feed_faults import is_missed
from vax_pipeline.core.simulation.files import (
    DAILY_WINDOW,
    ISO_CSV,
    VIETNAMESE,
    in_feed_order,
    write_feed,
)
from vax_pipeline.core.simulation.world import World

REPORTED_FACILITIES = 15
EMPTY = pl.lit("")


def given_doses(world: World) -> pl.DataFrame:
    """One row per dose really given: the campaign's, and those that should not have been."""
    columns = ("slot_type", "slot_no", "product", "injected", "facility")
    extra = world.records.filter(
        (pl.col("dose") < 0) & pl.col("fault").is_in([FAULTS.index(f) for f in EXTRA_GIVEN])
    )
    return pl.concat([world.doses.select(columns), extra.select(columns)])


def reported_days(world: World) -> list[int]:
    """The days reports speak of: month ends, then each day until the one before the last delivery."""
    last = day_number(world.until) - 1
    recent = range(last - DAILY_WINDOW, last + 1)
    ends = [day_number(date(2021, month, 1)) - 1 for month in range(4, 13)]
    return [*(day for day in ends if day < recent[0]), *recent]


def reported_facilities(world: World, given: pl.DataFrame) -> list[str]:
    """The facilities that report for themselves: those that gave most."""
    order = given.group_by("facility").len().sort("len", "facility", descending=[True, False])
    codes = world.geography.facilities["facility_code"]
    return codes.gather(order["facility"].head(REPORTED_FACILITIES)).to_list()


def write_reports(world: World, landing: Path) -> int:
    """One file a day lately, each with the day before, and one late; older ones at each month's end."""
    given = given_doses(world)
    place = world.geography.facilities[given["facility"].to_numpy()]
    district = world.geography.communes.select("unit_code", "district_code")
    given = given.with_columns(
        facility_code=place["facility_code"],
        district=place.join(district, on="unit_code", how="left", maintain_order="left")[
            "district_code"
        ],
    )
    biggest = reported_facilities(world, given)
    written = 0
    for place_no, day in enumerate(reported_days(world)):
        until_day = given.filter(pl.col("injected") <= day)
        frame = _cumulative(until_day, biggest)
        style = VIETNAMESE if place_no % 4 == 3 else ISO_CSV
        stamp = date(1970, 1, 1) + timedelta(days=day)
        pattern = "%d/%m/%Y" if style is VIETNAMESE else "%Y-%m-%d"
        text = frame.with_columns(
            report_date=pl.lit(stamp.strftime(pattern)),
            province_code=pl.lit(world.province.code),
            doses_administered=pl.col("doses").cast(pl.String),
            reported_at=pl.lit((stamp + timedelta(days=1)).strftime(f"{pattern} 05:30:00")),
        )
        text = in_feed_order("administered_reports", text)
        if is_missed(day + 1, world.feed_faults_until):
            write_feed(landing, "administered_reports", day + 2, text, style, name="late")
        else:
            write_feed(landing, "administered_reports", day + 1, text, style)
        written += len(text)
    return written


def _cumulative(given: pl.DataFrame, biggest: list[str]) -> pl.DataFrame:
    """Rows of the province, of districts and of the largest facilities; detail by product and dose."""
    names = [product.names[0] for product in PRODUCTS]
    vaccine = pl.col("product").replace_strict(
        list(range(len(names))), names, return_dtype=pl.String
    )
    label = pl.when(pl.col("slot_type") == PRIMARY).then(pl.col("slot_no").cast(pl.String))
    label = (
        label.when(pl.col("slot_type") == 1).then(pl.lit("bổ sung")).otherwise(pl.lit("nhắc lại 1"))
    )
    keyed = given.with_columns(vaccine_name=vaccine, dose_label=label)
    levels = (
        keyed.select(
            unit_code=EMPTY,
            facility_code=EMPTY,
            vaccine_name=EMPTY,
            dose_label=EMPTY,
            doses=pl.len(),
        ).head(1),
        keyed.group_by("vaccine_name", "dose_label")
        .agg(pl.len().alias("doses"))
        .with_columns(unit_code=EMPTY, facility_code=EMPTY),
        keyed.group_by(pl.col("district").alias("unit_code"))
        .agg(pl.len().alias("doses"))
        .with_columns(facility_code=EMPTY, vaccine_name=EMPTY, dose_label=EMPTY),
        keyed.filter(pl.col("facility_code").is_in(biggest))
        .group_by("facility_code")
        .agg(pl.len().alias("doses"))
        .with_columns(unit_code=EMPTY, vaccine_name=EMPTY, dose_label=EMPTY),
        keyed.filter(pl.col("facility_code").is_in(biggest))
        .group_by("facility_code", "vaccine_name", "dose_label")
        .agg(pl.len().alias("doses"))
        .with_columns(unit_code=EMPTY),
    )
    keys = ["unit_code", "facility_code", "vaccine_name", "dose_label"]
    return pl.concat(
        [level.select(*keys, pl.col("doses").cast(pl.Int64)) for level in levels]
    ).sort(keys)
