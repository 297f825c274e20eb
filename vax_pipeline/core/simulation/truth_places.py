"""What the rules of places and lots must find, counted from what was given and what is on record.

Figures are those of the reports as written; limits are the published or chosen ones (docs/facts.md),
written down here on their own.
"""

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.campaign import CODES, PRODUCTS
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.fault_places import is_later_primary
from vax_pipeline.core.simulation.files import folder_of
from vax_pipeline.core.simulation.register_files import allocations
from vax_pipeline.core.simulation.report_files import (
    given_doses,
    reported_days,
    reported_facilities,
)
from vax_pipeline.core.simulation.truth_doses import expiry_on, kept, typed_records
from vax_pipeline.core.simulation.world import World

COMPLETENESS = 0.975
SECOND_DOSE_GAP, SECOND_DOSE_SHARE = 10, 0.15
HEAPED_DATES, HEAPED_SHARE = 50, 0.5
UNUSED_DAYS, IDLE_DOSES, IDLE_SHARE = 21, 50, 0.5


def place_findings(world: World) -> pl.DataFrame:
    """rule_id, subject_type, subject_id of DOSE-013, LOT-006 and MIS-002, 005, 006, 007, 008."""
    typed = typed_records(world)
    held = kept(typed).filter(pl.col("facility") >= 0)
    dated = held.filter(pl.col("day").is_not_null())
    given = given_doses(world)
    return pl.concat(
        [
            *_by_province(world, dated, given),
            *_by_facility(world, dated, given),
            _second_doses(world, dated, given),
            _silent(world),
            _heaped(world, typed),
            *_lots(world, held),
        ]
    )


def _rows(rule: str, subject_type: str, subjects: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"subject_id": subjects}, schema={"subject_id": pl.String}).select(
        pl.lit(rule).alias("rule_id"), pl.lit(subject_type).alias("subject_type"), "subject_id"
    )


def _by_province(world: World, dated: pl.DataFrame, given: pl.DataFrame) -> list[pl.DataFrame]:
    """Each reported day: under 97.5 % of what was given is on record, or more than was given."""
    on_record, injected = np.sort(dated["day"].to_numpy()), np.sort(given["injected"].to_numpy())
    days = np.array(reported_days(world))
    have = np.searchsorted(on_record, days, side="right")
    were = np.searchsorted(injected, days, side="right")
    found: list[pl.DataFrame] = []
    for rule, held in (("MIS-005", have < COMPLETENESS * were), ("MIS-006", have > were)):
        subjects = [f"{world.province.code}|{folder_of(int(day))}" for day in days[held]]
        found.append(_rows(rule, "province_day", subjects))
    return found


def _by_facility(world: World, dated: pl.DataFrame, given: pl.DataFrame) -> list[pl.DataFrame]:
    """The same of the facilities that report for themselves, by their latest report."""
    last = reported_days(world)[-1]
    have = dated.filter(pl.col("day") <= last).group_by("facility").len("have")
    counts = given.group_by("facility").len("were").join(have, on="facility", how="left")
    counts = counts.with_columns(
        pl.col("have").fill_null(0),
        code=world.geography.facilities["facility_code"].gather(counts["facility"]),
    ).filter(pl.col("code").is_in(reported_facilities(world, given)))
    fewer = counts.filter(pl.col("have") < COMPLETENESS * pl.col("were"))
    more = counts.filter(pl.col("have") > pl.col("were"))
    return [
        _rows("MIS-005", "facility", fewer["code"].to_list()),
        _rows("MIS-006", "facility", more["code"].to_list()),
    ]


def _second_doses(world: World, dated: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """MIS-002, where 15 % of a product's later primary doses, and ten, are not on record.

    A record counts as the dose it is of, whatever number was typed.
    """
    last = reported_days(world)[-1]
    later = given.filter(pl.Series(is_later_primary(given)))
    number = world.doses["slot_no"].gather(dated["dose"].clip(0))
    recorded = dated.with_columns(
        slot_no=pl.when(pl.col("dose") >= 0).then(number).otherwise("slot_no")
    )
    recorded = recorded.filter(pl.Series(is_later_primary(recorded)) & (pl.col("day") <= last))
    codes = world.geography.facilities["facility_code"]
    reporting = set(reported_facilities(world, given))
    places = {world.province.code: pl.lit(True)} | {
        code: pl.col("facility") == row for row, code in enumerate(codes) if code in reporting
    }
    subjects: list[str] = []
    for place, held in places.items():
        were = later.filter(held).group_by("product").len("were")
        have = recorded.filter(held).group_by("product").len("have")
        gaps = were.join(have, on="product", how="left").with_columns(pl.col("have").fill_null(0))
        gap = pl.col("were") - pl.col("have").cast(pl.Int64)
        short = gaps.filter((gap >= SECOND_DOSE_GAP) & (gap >= SECOND_DOSE_SHARE * pl.col("were")))
        subjects += [f"{place}|{folder_of(last)}|{CODES[product]}" for product in short["product"]]
    return _rows("MIS-002", "province_day", subjects)


def _silent(world: World) -> pl.DataFrame:
    codes = world.geography.facilities["facility_code"]
    return _rows("MIS-007", "facility", [codes[row] for row in world.place_faults.silent])


def _heaped(world: World, typed: pl.DataFrame) -> pl.DataFrame:
    """Half of a facility's dates, of fifty or more, on the 1st and the 15th."""
    day_of_month = pl.col("day").cast(pl.Date).dt.day()
    counts = (
        typed.filter((pl.col("facility") >= 0) & pl.col("day").is_not_null())
        .group_by("facility")
        .agg(pl.len().alias("dates"), day_of_month.is_in([1, 15]).sum().alias("heaped"))
        .filter(
            (pl.col("dates") >= HEAPED_DATES) & (pl.col("heaped") >= HEAPED_SHARE * pl.col("dates"))
        )
    )
    codes = world.geography.facilities["facility_code"].gather(counts["facility"])
    return _rows("DOSE-013", "facility", codes.to_list())


def _lots(world: World, held: pl.DataFrame) -> list[pl.DataFrame]:
    """LOT-006: more on record than vials can give. MIS-008: far less, of a lot no longer in use."""
    today = day_number(world.until)
    own = allocations(world).filter(
        pl.col("is_listed") & (pl.col("province") == world.province.code)
    )
    of_lot = held.filter(pl.col("lot") >= 0).group_by(pl.col("lot").cast(pl.Int64))
    uses = of_lot.agg(
        pl.len().alias("recorded"),
        (pl.col("product") == pl.col("lot_product")).sum().alias("as_such"),
        pl.col("day").max().alias("last"),
    )
    overfill = pl.Series([product.overfill for product in PRODUCTS])
    received = pl.col("allocated") - pl.col("transferred_out")
    usable = received - pl.col("discarded")
    recorded = pl.col("recorded").cast(pl.Int64)
    lots = (
        own.join(uses, on="lot", how="left")
        .with_columns(pl.col("recorded", "as_such").fill_null(0))
        .with_columns(
            subject=pl.format(
                "{}|{}|{}",
                pl.Series(list(CODES)).gather(own["product"]),
                "lot_number",
                "province",
            ),
            possible=(received * (1 + overfill.gather(own["product"])) + 1e-9).floor(),
            until=expiry_on(pl.lit(today), pl.col("product")),
        )
    )
    over = lots.filter((received > 0) & (pl.col("as_such") > pl.col("possible")))
    idle = lots.filter(
        ((pl.col("until") < today) | (today - pl.coalesce("last", "starts") >= UNUSED_DAYS))
        & (usable - recorded >= IDLE_DOSES)
        & (recorded < IDLE_SHARE * usable)
    )
    return [
        _rows("LOT-006", "lot", over["subject"].to_list()),
        _rows("MIS-008", "lot", idle["subject"].to_list()),
    ]
