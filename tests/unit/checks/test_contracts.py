"""Contracts accept rows as the feeds describe them, and name each departure, without quoting it."""

import time
from datetime import date
from typing import Any

import polars as pl
import pytest

from checks.contracts import FEEDS, UnknownFeedError, contract_of, validate
from checks.outcome import CheckOutcome
from vax_pipeline.core.feeds import catalog
from vax_pipeline.core.schemas import RAW_LINEAGE

# One valid value a column; a column of the same name means the same in every feed.
VALID = {
    "citizen_id": "075199000001",
    "previous_ids": "271000001;271000002",
    "full_name": "Nguyễn Thị Hoa",
    "date_of_birth": "01/02/1990",
    "sex": "Nữ",
    "phone": "0901000001",
    "id_number": "075190000001",
    "permanent_unit_code": "26188",
    "current_unit_code": "26188",
    "unit_code": "26188",
    "province_code": "75",
    "district_code": "731",
    "life_status": "alive",
    "branch": "health",
    "level": "commune",
    "email": "tramyte@example.vn",
    "sector": "local",
    "allocation_round": "1",
    "known_on": "2021-06-01",
    "report_date": "2021-11-08",
    "doses_administered": "1200",
    "action": "add",
    "entry_mode": "at_session",
    "entered_at": "2021-11-08 09:15:00",
    "injected_at": "08/11/2021 09:00",
    "received_at": "2021-11-08T09:15:00+07:00",
    "channel": "portal",
    "complainant_phone": "+84 901 000 001",
    "claim_no": "1",
    "claim_kind": "missing",
    "injected_on": "2021-11-08",
    "attachment_type": "certificate",
    "qualities": "clear;masked",
    "read_status": "read",
    "read_by": "officer",
    "cert_date_of_birth": "1990",
    "cert_sex": "F",
    "cert_injected_on": "08/11/2021",
    "event_type": "assigned",
    "occurred_at": "2021-11-08 10:00",
    "recorded_at": "2021-11-08 10:00",
    "claim_nos": "1;2",
    "reason_codes": "R01;R13",
    "next_review_on": "2021-11-20",
    "result": "mismatch",
    "mismatch_fields": "name;sex",
    "corrected_citizen_id": "075199000001",
    "corrected_sex": "M",
    "decided_at": "2021-11-08",
    "signed_at": "2021-11-08",
    "reviewed_at": "2021-11-08",
    "outcome": "confirmed",
}
KINDS = {"agencies": "commune_station", "facilities": "station", "attestations": "minutes"}

# Per feed: a column, a value it must not have.
ILL_SHAPED = {
    "citizens": [
        ("citizen_id", "75199000001"),
        ("previous_ids", "no number"),
        ("date_of_birth", "the first of May"),
        ("sex", "X"),
        ("permanent_unit_code", "Trảng Bom"),
        ("current_unit_code", "261880"),
        ("phone", "unknown"),
        ("life_status", "moved"),
        ("deceased_on", "?"),
    ],
    "agencies": [
        ("branch", "army"),
        ("level", "hamlet"),
        ("kind", "shop"),
        ("unit_code", "x"),
        ("email", "at home"),
        ("phone", "12"),
    ],
    "facilities": [
        ("sector", "x"),
        ("kind", "x"),
        ("unit_code", "x"),
        ("email", "x"),
        ("phone", "x"),
        ("active_from", "soon"),
        ("active_to", "never"),
    ],
    "vaccine_lots": [
        ("province_code", "Đồng Nai"),
        ("allocation_round", "first"),
        ("allocated_on", "x"),
        ("doses_allocated", "many"),
        ("doses_transferred_in", "-"),
        ("doses_transferred_out", "1,5"),
        ("doses_discarded", "none"),
    ],
    "lot_expiries": [("known_on", "x"), ("expiry_on", "end of year")],
    "doses": [
        ("action", "insert"),
        ("entered_at", "yesterday"),
        ("entry_mode", "by hand"),
        ("date_of_birth", "31 Feb"),
        ("sex", "3"),
        ("id_number", "không có"),
        ("phone", "n/a"),
        ("province_code", "Đồng Nai"),
        ("district_code", "Trảng Bom"),
        ("unit_code", "x"),
        ("injected_at", "tháng trước"),
    ],
    "administered_reports": [
        ("report_date", "x"),
        ("province_code", "VNM"),
        ("unit_code", "x"),
        ("doses_administered", "about 100"),
        ("reported_at", "x"),
    ],
    "complaints": [
        ("received_at", "x"),
        ("channel", "letter"),
        ("date_of_birth", "x"),
        ("sex", "x"),
        ("id_number", "x"),
        ("phone", "x"),
        ("email", "x"),
        ("province_code", "x"),
        ("district_code", "x"),
        ("unit_code", "x"),
        ("complainant_phone", "x"),
    ],
    "complaint_doses": [
        ("claim_no", "first"),
        ("claim_kind", "lost"),
        ("injected_on", "x"),
        ("cert_injected_on", "x"),
    ],
    "complaint_attachments": [
        ("attachment_type", "x"),
        ("qualities", "clear;good"),
        ("read_status", "x"),
        ("read_by", "x"),
        ("cert_date_of_birth", "x"),
        ("cert_sex", "x"),
    ],
    "complaint_events": [
        ("occurred_at", "x"),
        ("recorded_at", "x"),
        ("event_type", "closed"),
        ("claim_nos", "all"),
        ("reason_codes", "R1"),
        ("next_review_on", "x"),
    ],
    "identity_results": [
        ("id_number", "x"),
        ("result", "maybe"),
        ("mismatch_fields", "address"),
        ("corrected_citizen_id", "x"),
        ("corrected_date_of_birth", "x"),
        ("corrected_sex", "x"),
        ("decided_at", "x"),
    ],
    "attestations": [
        ("citizen_id", "x"),
        ("kind", "x"),
        ("signed_at", "x"),
        ("revoked_at", "x"),
    ],
    "record_reviews": [("reviewed_at", "x"), ("outcome", "x")],
}


def rows(feed: str, count: int = 1) -> pl.DataFrame:
    """Valid rows of a feed, as they go to raw; a test breaks one field."""
    names = catalog.FEEDS[feed].column_names
    values: dict[str, Any] = {name: VALID.get(name) for name in names}
    values |= {"kind": KINDS[feed]} if feed in KINDS else {}
    values |= {key: f"{key}-1" for key in catalog.FEEDS[feed].key if values[key] is None}
    text = {name: pl.Series([value] * count, dtype=pl.String) for name, value in values.items()}
    return pl.DataFrame(text).with_columns(
        extra=pl.lit(None, pl.String),
        marks=pl.lit(None, pl.String),
        file=pl.lit(f"{feed}/2021-11-08/a.csv"),
        line=pl.int_range(2, count + 2, dtype=pl.Int64),
        delivery_date=pl.lit(date(2021, 11, 8)),
        load_id=pl.lit("load"),
    )


def judged(feed: str, frame: pl.DataFrame) -> tuple[CheckOutcome, CheckOutcome]:
    structure, values = validate(feed, frame)
    assert (structure.check_name, values.check_name) == (
        f"raw_{feed}_schema",
        f"raw_{feed}_contract",
    )
    assert structure.blocking and not values.blocking
    return structure, values


def first(column: str, value: str | None) -> pl.Expr:
    """The value in the first row, the others as they are."""
    is_first = pl.int_range(pl.len()) == 0
    return pl.when(is_first).then(pl.lit(value, pl.String)).otherwise(column).alias(column)


def test_every_feed_has_a_contract_of_exactly_its_columns() -> None:
    assert set(FEEDS) == set(catalog.FEEDS)
    for feed in FEEDS:
        columns = set(contract_of(feed).model.to_schema().columns)
        assert columns == {*catalog.FEEDS[feed].column_names, *RAW_LINEAGE}, feed


def test_every_natural_key_without_a_default_must_be_present() -> None:
    for feed in FEEDS:
        columns = contract_of(feed).model.to_schema().columns
        strict = {n for n, c in columns.items() if not c.nullable and n not in RAW_LINEAGE}
        keys = {c.name for c in catalog.FEEDS[feed].columns if c.key and c.default is None}
        assert strict == keys, feed


@pytest.mark.parametrize("feed", FEEDS)
def test_rows_as_described_pass(feed: str) -> None:
    structure, values = judged(feed, rows(feed, 3))
    assert (structure.status, values.status) == ("passed", "passed"), (structure, values)
    assert structure.evaluated == values.evaluated == 3


@pytest.mark.parametrize("feed", FEEDS)
def test_an_empty_value_is_no_breach_of_shape(feed: str) -> None:
    keys = {*catalog.FEEDS[feed].key, "file", "line", "delivery_date"}
    blank = pl.lit("", pl.String)
    frame = rows(feed).with_columns(
        blank.alias(name) for name in catalog.FEEDS[feed].column_names if name not in keys
    )
    assert [o.status for o in judged(feed, frame)] == ["passed", "passed"]


@pytest.mark.parametrize("feed", FEEDS)
def test_an_empty_delivery_passes(feed: str) -> None:
    assert [o.status for o in judged(feed, rows(feed).clear())] == ["passed", "passed"]


def test_every_shape_has_a_failing_value() -> None:
    for feed in FEEDS:
        columns = contract_of(feed).model.to_schema().columns
        shaped = {n for n, c in columns.items() if any("str_matches" in str(k) for k in c.checks)}
        assert shaped == {column for column, _ in ILL_SHAPED[feed]}, feed


@pytest.mark.parametrize(
    ("feed", "column", "value"),
    [(feed, column, value) for feed, cases in ILL_SHAPED.items() for column, value in cases],
)
def test_an_ill_shaped_value_is_counted_and_its_column_named(
    feed: str, column: str, value: str
) -> None:
    structure, values = judged(feed, rows(feed, 2).with_columns(first(column, value)))
    assert structure.status == "passed"
    assert (values.status, values.severity, values.failed) == ("failed", "warn", 1)
    assert values.message == f"ill-shaped or absent: {column} 1"


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("empty", [None, ""])
def test_a_missing_natural_key_blocks(feed: str, empty: str | None) -> None:
    key = next(c.name for c in catalog.FEEDS[feed].columns if c.key and c.default is None)
    structure, _ = judged(feed, rows(feed, 2).with_columns(first(key, empty)))
    assert (structure.status, structure.severity, structure.failed) == ("failed", "error", 1)
    assert structure.sample_ids == (f"{feed}/2021-11-08/a.csv:2",)


def test_a_missing_column_fails_every_row() -> None:
    structure, values = judged("doses", rows("doses", 4).drop("reaction"))
    assert (structure.status, structure.evaluated, structure.failed) == ("failed", 4, 4)
    assert structure.message == "missing or of another type: reaction"
    assert values.status == "passed"


def test_a_column_that_is_not_text_fails_the_structure_and_breaks_the_values() -> None:
    frame = rows("doses", 4).with_columns(injected_at=pl.lit(date(2021, 11, 8)))
    structure, values = judged("doses", frame)
    assert (structure.status, structure.message) == (
        "failed",
        "missing or of another type: injected_at",
    )
    assert values.status == "broken"


def test_rows_with_several_faults_count_once() -> None:
    frame = rows("doses", 4).with_columns(first("sex", "X"), first("phone", "n/a"))
    _, values = judged("doses", frame)
    assert (values.failed, values.message) == (1, "ill-shaped or absent: phone 1, sex 1")


@pytest.mark.parametrize(("bad", "status"), [(10, "passed"), (11, "failed")])
def test_dose_values_pass_up_to_their_threshold(bad: int, status: str) -> None:
    frame = rows("doses", 100).with_columns(
        injected_at=pl.when(pl.int_range(pl.len()) < bad).then(pl.lit("?")).otherwise("injected_at")
    )
    _, values = judged("doses", frame)
    assert (values.status, values.failed, values.threshold) == (status, bad, 0.1)
    assert len(values.sample_ids) <= 10


@pytest.mark.parametrize(
    ("feed", "column", "name"),
    [
        ("doses", "sex", "source_system-1:source_record_id-1"),
        ("complaint_doses", "claim_kind", "complaint_id-1#1"),
        ("vaccine_lots", "allocated_on", "vaccine_name-1|lot_number-1|75|1"),
        ("citizens", "sex", "citizens/2021-11-08/a.csv:2"),
    ],
)
def test_a_row_is_named_by_its_record_never_by_a_person(feed: str, column: str, name: str) -> None:
    _, values = judged(feed, rows(feed).with_columns(first(column, "???")))
    assert values.sample_ids == (name,)
    assert "075199000001" not in str(values)


@pytest.mark.parametrize(
    "typed",
    [
        "8/11/2021",
        "08-11-2021",
        "08/11/2021 9:05",
        "9:05 08/11/2021",
        "2021-11-08",
        "2021-11-08 09:05:10.123",
        "2021-11-08T02:05:10Z",
        "2021-11-08T09:05:10+07:00",
        "2021",
        "2021-11",
        "11/2021",
        "1636336800000",
        "-315619200000",
        "44508",
        "44508.5",
        " 08/11/2021 ",
    ],
)
def test_every_accepted_form_of_a_date_fits(typed: str) -> None:
    _, values = judged("doses", rows("doses").with_columns(first("injected_at", typed)))
    assert values.status == "passed"


@pytest.mark.parametrize(
    "typed",
    ["271450001", "75190000001", "C1234567", "B 1234567", "075 190 000 001", "'075190000001"],
)
def test_every_usual_form_of_an_id_number_fits(typed: str) -> None:
    _, values = judged("doses", rows("doses").with_columns(first("id_number", typed)))
    assert values.status == "passed"


def test_a_lazy_frame_is_refused() -> None:
    with pytest.raises(TypeError, match="collect the frame first"):
        validate("doses", rows("doses").lazy())  # type: ignore[arg-type]


def test_an_unknown_feed_is_refused() -> None:
    with pytest.raises(UnknownFeedError, match="known are citizens"):
        validate("weather", rows("doses"))


def test_a_province_of_doses_is_judged_quickly() -> None:
    frame = rows("doses", 110_000).with_columns(
        sex=pl.when(pl.int_range(pl.len()) % 4 == 0).then(pl.lit("X")).otherwise("sex")
    )
    judged("doses", frame.head(10))
    start = time.perf_counter()
    _, values = judged("doses", frame)
    assert values.failed == 27_500
    assert time.perf_counter() - start < 2.0
