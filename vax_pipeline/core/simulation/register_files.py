"""The slow feeds: registry of citizens, agencies, facilities, lots and their expiries."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.campaign import LOT_WINDOW_DAYS, PRODUCTS
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.files import (
    DAILY_WINDOW,
    ISO_CSV,
    PARQUET,
    SEMICOLON,
    VIETNAMESE,
    in_feed_order,
    write_feed,
)
from vax_pipeline.core.simulation.world import World

FIRST_EXTRACT = day_number(date(2021, 7, 5))
REGISTERS_ON = day_number(date(2021, 3, 8))
CITIZENS_A_FILE = 1_000_000


def write_registers(world: World, landing: Path) -> dict[str, int]:
    """Writes the five feeds; returns rows written per feed."""
    agencies = world.geography.agencies
    if not world.province.is_first:
        agencies = agencies.filter(pl.col("level") != "ministry")
    agencies = in_feed_order("agencies", agencies)
    write_feed(landing, "agencies", REGISTERS_ON, agencies, ISO_CSV)
    facilities = world.geography.facilities.with_columns(
        pl.col("active_to").replace("", None), pl.col("address").replace("", None)
    )
    write_feed(
        landing, "facilities", REGISTERS_ON, in_feed_order("facilities", facilities), VIETNAMESE_ISO
    )
    return {
        "agencies": len(agencies),
        "facilities": len(facilities),
        "citizens": _write_citizens(world, landing),
        **_write_lots(world, landing),
    }


# Vietnamese headers, yet ISO dates: the register keeps its own.
VIETNAMESE_ISO = type(VIETNAMESE)("csv", dates="iso", vietnamese=True)


def citizens(world: World) -> pl.DataFrame:
    """The registry extract as text, one row per citizen it holds."""
    communes = world.geography.communes
    people = world.population.filter("in_registry")
    unit = communes["unit_code"].gather(people["unit"])
    moved = people["person"] % 11 == 0
    elsewhere = communes["unit_code"].gather((people["unit"] + 1) % len(communes))
    return people.select(
        citizen_id="citizen_id",
        previous_ids="cmnd",
        full_name="full_name",
        date_of_birth=pl.col("birth").dt.strftime("%Y-%m-%d"),
        sex=pl.when("is_female").then(pl.lit("F")).otherwise(pl.lit("M")),
        nationality=pl.lit("VN"),
        permanent_unit_code=elsewhere.zip_with(moved, unit),
        current_unit_code=unit,
        hamlet=pl.format("Ấp {}", (pl.col("person") % 9 + 1).cast(pl.String)),
        phone="phone",
        life_status=pl.when(pl.col("deceased_on").is_null())
        .then(pl.lit("alive"))
        .otherwise(pl.lit("deceased")),
        deceased_on=pl.col("deceased_on").dt.strftime("%Y-%m-%d"),
    )


def _write_citizens(world: World, landing: Path) -> int:
    """A first extract, in which nobody has died yet, and the rows changed since, later."""
    full = citizens(world)
    before = full.with_columns(
        life_status=pl.lit("alive"), deceased_on=pl.lit(None, dtype=pl.String)
    )
    for part, start in enumerate(range(0, len(before), CITIZENS_A_FILE)):
        rows = before.slice(start, CITIZENS_A_FILE)
        write_feed(landing, "citizens", FIRST_EXTRACT, rows, PARQUET, name=f"citizens_{part + 1}")
    changed = full.filter(pl.col("life_status") == "deceased")
    day = day_number(world.until) - DAILY_WINDOW
    write_feed(landing, "citizens", day, changed, ISO_CSV, name="changes")
    return len(before) + len(changed)


def allocations(world: World) -> pl.DataFrame:
    """Lots that were used or typed, with what the province received of each.

    Columns of campaign.Lots, and used, allocated, transferred_out, discarded, is_listed: all lots were
    allocated with a little to spare, which was discarded; some are in no list, and some are said to have
    gone to another province.
    """
    given = world.doses.group_by("lot").len("used").with_columns(pl.col("lot").cast(pl.Int64))
    recorded = world.records.filter(pl.col("lot") >= 0)["lot"].unique()
    faults = world.place_faults
    used = pl.col("used")
    overdrawn = pl.col("lot").is_in(list(faults.overdrawn))
    return (
        world.lots.lots.join(given, on="lot", how="left")
        .with_columns(used=used.fill_null(0).cast(pl.Int64))
        .filter((used > 0) | pl.col("lot").is_in(recorded.cast(pl.Int64).implode()))
        .with_columns(
            allocated=(used * 102 // 1000 + 2) * 10,
            is_listed=~pl.col("lot").is_in(list(faults.unlisted)),
        )
        .with_columns(
            transferred_out=pl.when(overdrawn).then(pl.col("allocated") // 2).otherwise(0),
            discarded=pl.when(overdrawn)
            .then(0)
            .otherwise((pl.col("allocated") - used - used % 5).clip(0)),
        )
        .sort("lot")
    )


def _write_lots(world: World, landing: Path) -> dict[str, int]:
    """Lots that were used, and when they expire."""
    lots = allocations(world)
    used = lots.filter("is_listed")
    names = pl.Series([product.names[0] for product in PRODUCTS])
    starts = used["starts"].cast(pl.Int32).cast(pl.Date)
    listed = used.select(
        vaccine_name=names.gather(used["product"]),
        lot_number="lot_number",
        province_code="province",
        allocation_round=((pl.col("starts") - pl.col("starts").min()) // LOT_WINDOW_DAYS + 1).cast(
            pl.String
        ),
        allocated_on=starts.dt.strftime("%Y-%m-%d"),
        doses_allocated=pl.col("allocated").cast(pl.String),
        doses_transferred_in=pl.lit("0"),
        doses_transferred_out=pl.col("transferred_out").cast(pl.String),
        doses_discarded=pl.col("discarded").cast(pl.String),
    )
    # Of lots in no list of ours the maker still says when they expire.
    expiries = lots.select(
        vaccine_name=names.gather(lots["product"]),
        lot_number="lot_number",
        known_on=pl.col("starts").cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m-%d"),
        expiry_on=pl.col("expiry").cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m-%d"),
    )
    middle = np.datetime64("2021-08-15")
    early = starts < pl.Series([middle.astype(object)])[0]
    for when, rows, style in (
        (REGISTERS_ON, early, ISO_CSV),
        (day_number(date(2021, 8, 16)), ~early, SEMICOLON),
    ):
        part = listed.filter(rows)
        if style is SEMICOLON:
            part = part.with_columns(pl.col("allocated_on").str.to_date().dt.strftime("%d/%m/%Y"))
        write_feed(landing, "vaccine_lots", when, part, style)
    extended = _extensions(expiries)
    write_feed(landing, "lot_expiries", REGISTERS_ON, expiries, ISO_CSV)
    write_feed(
        landing,
        "lot_expiries",
        day_number(date(2021, 10, 25)),
        extended,
        ISO_CSV,
        name="extensions",
    )
    return {"vaccine_lots": len(listed), "lot_expiries": len(expiries) + len(extended)}


def _extensions(expiries: pl.DataFrame) -> pl.DataFrame:
    """Comirnaty's shelf life went from six to nine months, accepted on 22 October 2021."""
    late = expiries.filter(
        (pl.col("vaccine_name") == "Pfizer") & (pl.col("known_on") >= "2021-07-20")
    )
    longer = pl.col("expiry_on").str.to_date().dt.offset_by("3mo").dt.strftime("%Y-%m-%d")
    return late.with_columns(known_on=pl.lit("2021-10-22"), expiry_on=longer)
