"""The three complaint feeds: nested NDJSON on most days, one csv a feed on every fourth."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

from vax_pipeline.core.simulation import complaint_papers as papers
from vax_pipeline.core.simulation.campaign import PRODUCTS
from vax_pipeline.core.simulation.doses import ADDITIONAL, BOOSTER
from vax_pipeline.core.simulation.draws import Ints
from vax_pipeline.core.simulation.files import (
    ALWAYS,
    ISO_CSV,
    ISO_GZIP,
    SEMICOLON,
    Style,
    day_text,
    delivery_days,
    folder_of,
    in_feed_order,
    minute_text,
    sex_text,
    slices,
    write_feed,
)
from vax_pipeline.core.simulation.world import World

CHANNELS = ("portal", "app", "hotline", "facility", "portal")
VAGUE_PLACES = ("Trạm y tế phường", "Bệnh viện gần nhà", "Khu công nghiệp", "Trường học")
WORDS = (
    "Tôi đã tiêm nhưng không thấy trên hệ thống.",
    "Thông tin mũi tiêm của tôi bị sai.",
    "Đề nghị xem xét lại hồ sơ tiêm chủng.",
)
CSV_EVERY = 4


def write_complaints(world: World, complaints: pl.DataFrame, landing: Path) -> dict[str, int]:
    """Writes complaints with what belongs to them; returns rows per feed."""
    delivery = delivery_days(
        complaints["received"].to_numpy().astype(np.int64), world.until, ALWAYS
    )
    counts = {"complaints": len(complaints), "complaint_doses": 0, "complaint_attachments": 0}
    for place, (day, rows) in enumerate(slices(delivery)):
        part = complaints[rows]
        as_csv = world.is_plain or place % CSV_EVERY == CSV_EVERY - 1
        style = (
            (SEMICOLON if place % 8 == 3 else ISO_CSV) if as_csv else Style("ndjson", dates="iso")
        )
        if world.is_plain:
            style = ISO_GZIP
        persons, doses, attachments = render_complaints(world, part, style)
        counts["complaint_doses"] += len(doses)
        counts["complaint_attachments"] += len(attachments)
        if as_csv:
            write_feed(landing, "complaints", day, in_feed_order("complaints", persons), style)
            for feed, frame in (("complaint_doses", doses), ("complaint_attachments", attachments)):
                write_feed(landing, feed, day, in_feed_order(feed, frame), style)
        else:
            _write_nested(landing, day, persons, doses, attachments)
    return counts


def _write_nested(
    landing: Path, day: int, persons: pl.DataFrame, doses: pl.DataFrame, attachments: pl.DataFrame
) -> None:
    """One complaint a line, its doses and attachments inside it."""
    nested = persons
    for name, frame in (("doses", doses), ("attachments", attachments)):
        children = frame.group_by("complaint_id", maintain_order=True).agg(
            pl.struct(pl.exclude("complaint_id")).alias(name)
        )
        nested = nested.join(children, on="complaint_id", how="left", maintain_order="left")
    path = landing / "complaints" / folder_of(day) / "complaints.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Absent keys instead of nulls, as the portal sends them; tens of thousands of lines at most.
    with path.open("w", encoding="utf-8") as target:
        for line in nested.iter_rows(named=True):
            target.write(json.dumps(_present(line), ensure_ascii=False) + "\n")


def _present(value: Any) -> Any:
    """A value without the empty keys in it."""
    if isinstance(value, dict):
        record = cast("dict[str, Any]", value)
        return {key: _present(item) for key, item in record.items() if item is not None}
    if isinstance(value, list):
        return [_present(item) for item in cast("list[Any]", value)]
    return value


def render_complaints(
    world: World, part: pl.DataFrame, style: Style
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The three feeds' rows as text."""
    communes = world.geography.communes[part["unit"].to_numpy()]
    frame = part.with_columns(
        *communes.select("unit_code", "unit_name", "district_code").get_columns(),
        *_places(world, part).get_columns(),
        number=world.numbers.record(),
        lot_number=world.lots.lots["lot_number"].gather(part["lot"].clip(0)),
        injected_date=part["injected"].cast(pl.Date),
        cert_injected_date=part["cert_injected"].cast(pl.Date),
    )
    persons = frame.select(
        complaint_id=world.numbers.complaint(),
        received_at=minute_text("received", style),
        channel=_pick("complaint", CHANNELS),
        complaint_type="complaint_type",
        full_name="name",
        date_of_birth=day_text("birth", style),
        sex=sex_text("is_female", style),
        id_number="id_value",
        phone="phone",
        province_code=pl.lit(world.province.code),
        district_code="district_code",
        unit_code=pl.when(pl.col("complaint") % 9 != 0).then("unit_code"),
        address=pl.format(
            "Ấp {}, {}", (pl.col("person") % 9 + 1).cast(pl.String), pl.col("unit_name")
        ),
        complainant_name="name",
        complainant_phone="phone",
        relation=pl.lit("self"),
        description=_pick("complaint", WORDS),
    )
    return persons, _claims(world, frame, style), _attachments(world, frame, style)


def _places(world: World, part: pl.DataFrame) -> pl.DataFrame:
    """The facility as the citizen names it: by code, by its exact name, vaguely, or not at all."""
    facility = world.geography.facilities[part["facility"].clip(0).to_numpy()]
    frame = facility.select("facility_code", "facility_name").with_columns(
        naming=part["naming"],
        complaint=part["said"],
        cert_facility_name=pl.col("facility_name"),
    )
    by_code = pl.col("naming") == papers.NAMED_BY_CODE
    exact = pl.col("naming") == papers.NAMED_EXACTLY
    vague = pl.col("naming") == papers.NAMED_VAGUELY
    return frame.select(
        pl.when(by_code).then("facility_code").alias("facility_code"),
        pl.when(by_code | exact)
        .then("facility_name")
        .when(vague)
        .then(_pick("complaint", VAGUE_PLACES))
        .alias("facility_name"),
        "cert_facility_name",
    )


def _pick(column: str, texts: tuple[str, ...]) -> pl.Expr:
    place = pl.col(column) % len(texts)
    return place.replace_strict(list(range(len(texts))), list(texts), return_dtype=pl.String)


def _label(number: str) -> pl.Expr:
    return (
        pl.when(pl.col("slot_type") == BOOSTER)
        .then(pl.format("Mũi nhắc lại {}", pl.col(number).cast(pl.String)))
        .when(pl.col("slot_type") == ADDITIONAL)
        .then(pl.lit("Mũi bổ sung"))
        .otherwise(pl.format("Mũi {}", pl.col(number).cast(pl.String)))
    )


def _product(column: str) -> pl.Expr:
    names = [product.names[0] for product in PRODUCTS]
    return pl.col(column).replace_strict(
        list(range(len(names))), names, default=None, return_dtype=pl.String
    )


def _claims(world: World, frame: pl.DataFrame, style: Style) -> pl.DataFrame:
    """One contested claim per complaint, with what the paper says of that dose."""
    shown = (pl.col("paper") != papers.NO_PAPER) & (pl.col("read_status") == papers.READ)
    shown &= pl.col("cert_shows") >= 2
    whole = shown & (pl.col("cert_shows") == 3)
    return frame.select(
        complaint_id=world.numbers.complaint(),
        claim_no=pl.lit("1"),
        claim_kind=papers.claim_kind(),
        contested_record_id=pl.when("points_at_record").then("number"),
        dose_label=_label("slot_no"),
        vaccine_name=_product("product"),
        lot_number=pl.when((pl.col("said") % 10 < 7) & (pl.col("lot") >= 0)).then("lot_number"),
        injected_on=day_text("injected_date", style),
        facility_code="facility_code",
        facility_name="facility_name",
        attachment_id=pl.when(pl.col("paper") != papers.NO_PAPER).then(world.numbers.attachment()),
        cert_dose_label=pl.when(shown).then(_label("cert_slot_no")),
        cert_vaccine_name=pl.when(shown).then(_product("cert_product")),
        cert_lot_number=pl.when(shown & ~_differs() & (pl.col("lot") >= 0)).then("lot_number"),
        cert_injected_on=pl.when(whole).then(day_text("cert_injected_date", style)),
        cert_facility_name=pl.when(shown).then("cert_facility_name"),
    )


def _differs() -> pl.Expr:
    return pl.col("cert_product") != pl.col("product")


def _attachments(world: World, frame: pl.DataFrame, style: Style) -> pl.DataFrame:
    sent = frame.filter(pl.col("paper") != papers.NO_PAPER)
    shown = (pl.col("read_status") == papers.READ) & (pl.col("cert_shows") >= 1)
    return sent.select(
        complaint_id=world.numbers.complaint(),
        attachment_id=world.numbers.attachment(),
        attachment_type=_pick("paper", papers.PAPERS),
        qualities=pl.when(pl.col("read_status") == papers.READ).then(
            _pick("quality", papers.QUALITIES)
        ),
        read_status=_pick("read_status", papers.READ_STATUSES),
        read_by=pl.when(pl.col("read_status") != papers.UNREAD).then(
            _pick("complaint", ("officer", "ocr"))
        ),
        cert_full_name=pl.when(shown).then("cert_name"),
        cert_date_of_birth=pl.when(shown).then(day_text("cert_birth", style)),
        cert_sex=pl.when(shown).then(sex_text("cert_is_female", style)),
    )


def handler_codes(world: World, complaints: pl.DataFrame) -> tuple[pl.Series, Ints]:
    """Who handles each: the facility named, else the commune's station; and 1 for the pool."""
    pooled = 1 - papers.is_named(complaints)
    facility = world.geography.facilities["facility_code"].gather(complaints["facility"].clip(0))
    station = "TYT" + world.geography.communes["unit_code"].gather(complaints["unit"])
    return station.zip_with(pl.Series(pooled == 1), facility), pooled
