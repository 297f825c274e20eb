"""The doses feed: every version of every record, as text, in the style of each delivery."""

from pathlib import Path

import numpy as np
import polars as pl

from vax_pipeline.core.simulation import fault_sheet
from vax_pipeline.core.simulation.campaign import PRODUCTS, SINOPHARM
from vax_pipeline.core.simulation.doses import (
    ADDITIONAL,
    BOOSTER,
    DAY_MINUTES,
    ENTRY_MODES,
    PRIMARY,
)
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.feed_faults import cut_short, rename_a_column
from vax_pipeline.core.simulation.files import (
    ALWAYS,
    DAILY_STYLES,
    DAILY_WINDOW,
    ISO_GZIP,
    WEEKLY_STYLES,
    Style,
    birth_text,
    delivery_days,
    in_feed_order,
    minute_text,
    sex_text,
    slices,
    write_feed,
)
from vax_pipeline.core.simulation.world import World

ADD, UPDATE, DELETE = range(3)
ACTIONS = ("add", "update", "delete")
UNKNOWN_VACCINES = ("Vắc xin Covid", "ngừa covid 19", "Nanocovax")
UNKNOWN_PLACES = ("Điểm tiêm cộng đồng số 3", "Nhà văn hóa khu phố 5", "Trường tiểu học")
ODD_LOTS = ("???", "KHONG RO", "LO", "0")
UNREADABLE_DAYS = ("31/02/2021", "không nhớ", "tháng 9")
UNREADABLE_LABELS = ("?", "mũi", "xx")
ABROAD = ("Hoa Kỳ", "Nhật Bản", "trial")
JOBS = ("Công nhân", "Nông dân", "Giáo viên", "Nhân viên y tế", "Kinh doanh", "Học sinh", "Hưu trí")


def write_doses(world: World, landing: Path) -> dict[int, int]:
    """Writes all deliveries of the feed; returns rows per delivery day."""
    versions = dose_versions(world)
    window = day_number(world.until) - DAILY_WINDOW
    delivered: dict[int, int] = {}
    for place, (day, rows) in enumerate(slices(versions["delivery"].to_numpy())):
        styles = DAILY_STYLES if day > window else WEEKLY_STYLES
        if world.is_plain:
            styles = (ISO_GZIP,)
        style = styles[place % len(styles)]
        part = versions[rows]
        text = in_feed_order("doses", render(world, part, style))
        write_feed(
            landing, "doses", day, rename_a_column(text, day, world.feed_faults_until), style
        )
        delivered[day] = len(part)
    return delivered


def dose_versions(world: World) -> pl.DataFrame:
    """records, once per version, with action, at (minutes) and delivery (day), in that order."""
    records = world.records
    deleted = fault_sheet.FAULTS.index("deleted")
    # A corrected record was first typed with the lot of the box beside it.
    beside = world.lots.index[:, :, [1, 2, 0]].reshape(-1)
    following = np.arange(len(world.lots.lots))
    following[world.lots.index.reshape(-1)] = beside
    wrong = pl.Series(following.astype(np.int32))
    was_corrected = (pl.col("corrected_at") > 0) & (pl.col("lot") >= 0)
    first = records.with_columns(
        action=pl.lit(ADD),
        at=pl.col("entered"),
        lot=pl.when(was_corrected).then(wrong.gather(records["lot"].clip(0))).otherwise("lot"),
    )
    update = records.filter(pl.col("corrected_at") > 0).with_columns(
        action=pl.lit(UPDATE), at=pl.col("corrected_at")
    )
    delete = records.filter(pl.col("fault") == deleted).with_columns(
        action=pl.lit(DELETE), at=pl.col("entered") + DAY_MINUTES // 2
    )
    versions = pl.concat([first, update, delete]).sort("at", "record", "action")
    on_time = delivery_days(
        versions["at"].to_numpy().astype(np.int64),
        world.until,
        ALWAYS if world.is_plain else DAILY_WINDOW,
    )
    delivery = cut_short(on_time, world.feed_faults_until)
    return versions.with_columns(delivery=pl.Series(delivery.astype(np.int32)))


def render(world: World, versions: pl.DataFrame, style: Style) -> pl.DataFrame:
    """The feed's columns as text, one row per version."""
    profiles = world.profiles[versions["profile"].to_numpy()]
    facilities = world.geography.facilities
    communes = world.geography.communes[profiles["unit"].to_numpy()]
    known = versions["facility"].to_numpy() >= 0
    place = facilities[np.where(known, versions["facility"].to_numpy(), 0)]
    signer = facilities["facility_code"].gather(versions["entered_by"])
    lots = world.lots.lots["lot_number"].gather(versions["lot"].clip(0))
    frame = versions.select(
        "record",
        "slot_type",
        "slot_no",
        "label_state",
        "product",
        "injected_at",
        "date_state",
        "lot",
        "at",
        "entry_mode",
        "action",
        "person",
        "abroad",
    ).with_columns(
        *profiles.select(
            "name_typed",
            "birth",
            "birth_precision",
            "is_female",
            "id_typed",
            "phone_typed",
            "nationality",
        ).get_columns(),
        *communes.select("unit_code", "unit_name", "district_code").get_columns(),
        *place.select("facility_code", pl.col("facility_name").alias("place_name")).get_columns(),
        known=pl.Series(known),
        signer=signer,
        lot_number=lots,
    )
    serial = pl.col("record")
    insured = pl.col("person") % 3 == 0
    return frame.select(
        source_record_id=world.numbers.record(),
        action=_choose(pl.col("action"), ACTIONS),
        entered_at=minute_text("at", style),
        entry_mode=_choose(pl.col("entry_mode"), ENTRY_MODES),
        entered_by_facility_code="signer",
        facility_code=pl.when(pl.col("known") & (serial % 12 != 0)).then("facility_code"),
        facility_name=pl.when("known")
        .then("place_name")
        .otherwise(_choose(serial, UNKNOWN_PLACES)),
        administered_in=pl.when(pl.col("abroad") == 1).then(_choose(serial, ABROAD)),
        full_name="name_typed",
        date_of_birth=birth_text(style),
        sex=sex_text("is_female", style),
        id_number="id_typed",
        health_insurance_number=pl.when(insured).then(
            pl.lit(f"DN4{world.province.code}")
            + (pl.col("person").cast(pl.Int64) * 7919 % 10**10).cast(pl.String).str.zfill(10)
        ),
        phone="phone_typed",
        nationality=pl.when(pl.col("nationality") != "VN")
        .then("nationality")
        .otherwise(pl.lit("Việt Nam") if style.vietnamese else pl.lit("VN")),
        occupation=_choose(pl.col("person"), JOBS),
        priority_group=(pl.col("person") % 16 + 1).cast(pl.String),
        indication=pl.when(pl.col("slot_type") == ADDITIONAL).then(pl.lit("Suy giảm miễn dịch")),
        province_code=pl.lit(world.province.code),
        district_code="district_code",
        unit_code="unit_code",
        address=pl.format(
            "Ấp {}, {}", (pl.col("person") % 9 + 1).cast(pl.String), pl.col("unit_name")
        ),
        dose_label=_label(style),
        vaccine_name=_vaccine(),
        lot_number=pl.when(pl.col("lot") >= 0)
        .then("lot_number")
        .when(pl.col("lot") == fault_sheet.UNKNOWN)
        .then(_choose(serial, ODD_LOTS)),
        injected_at=pl.when(pl.col("date_state") == fault_sheet.OK)
        .then(minute_text("injected_at", style, day_only=True))
        .when(pl.col("date_state") == fault_sheet.TEXT_UNREADABLE)
        .then(_choose(serial, UNREADABLE_DAYS)),
        reaction=pl.when(serial % 29 == 0).then(pl.lit("Sốt nhẹ")).otherwise(pl.lit("Không")),
    )


def _choose(number: pl.Expr, texts: tuple[str, ...]) -> pl.Expr:
    """texts[number % len(texts)]."""
    place = (number % len(texts)).cast(pl.Int64)
    return place.replace_strict(list(range(len(texts))), list(texts), return_dtype=pl.String)


def _label(style: Style) -> pl.Expr:
    number = pl.col("slot_no").cast(pl.String)
    plain = pl.format("Mũi {}", number) if style.vietnamese else number
    return (
        pl.when(pl.col("label_state") == fault_sheet.TEXT_MISSING)
        .then(None)
        .when(pl.col("label_state") == fault_sheet.TEXT_UNREADABLE)
        .then(_choose(pl.col("record"), UNREADABLE_LABELS))
        .when(pl.col("slot_type") == PRIMARY)
        .then(plain)
        .when(pl.col("slot_type") == BOOSTER)
        .then(pl.format("Mũi nhắc lại {}", number))
        .otherwise(pl.lit("Mũi bổ sung"))
    )


def _vaccine() -> pl.Expr:
    """A typed name of the product; the plain one where a generic name would leave it open."""
    product = pl.col("product")
    expression = pl.when(product == fault_sheet.UNKNOWN).then(
        _choose(pl.col("record"), UNKNOWN_VACCINES)
    )
    expression = expression.when(product == fault_sheet.AMBIGUOUS).then(pl.lit("Vero Cell"))
    undecided = (product == SINOPHARM) & (pl.col("lot") < 0)
    expression = expression.when(undecided).then(pl.lit(PRODUCTS[SINOPHARM].names[0]))
    for code, known in enumerate(PRODUCTS):
        expression = expression.when(product == code).then(_choose(pl.col("record"), known.names))
    return expression.otherwise(pl.lit(None, dtype=pl.String))
