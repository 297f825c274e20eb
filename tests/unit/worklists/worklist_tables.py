"""The tables that worklists are written from, with a few rows: one of each list for facility F1.

Types are those that matter for what a cell shows; everything else is text.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.worklists.catalog import WORKLISTS
from vax_pipeline.core.worklists.spec import Worklist
from vax_pipeline.core.worklists.workbook import columns_of

Row = Mapping[str, Any]
_TYPES = {
    "claim_no": "integer",
    "claimed_dose_no": "integer",
    "records": "bigint",
    "priority": "integer",
    "needs_review": "boolean",
    "birth_on": "date",
    "claimed_injected_on": "date",
    "record_injected_on": "date",
    "expiry_on": "date",
}
_BESIDE = ("province_code", "owner_code", "needs_review", "priority", "rule_id", "item_id")

COMPLAINT: Row = {
    "complaint_id": "PA-1",
    "claim_no": 1,
    "owner_code": "F1",
    "province_code": "75",
    "received_at": "2021-12-07 09:15:00+07",
    "due_at": "2021-12-09 09:15:00+07",
    "clock_state": "RUNNING",
    "full_name": "Nguyễn Thị Đào",
    "birth_on": "1980-11-07",
    "claim_kind": "missing",
    "claimed_dose_type": "booster",
}
POOLED: Row = {
    "complaint_id": "PA-9",
    "owner_code": "TYT1",
    "province_code": "75",
    "assign_by": "2021-12-08 08:00:00+07",
    "missing_for_routing": "facility;date",
}
REQUEST: Row = {
    "request_id": "90dd0a5b66a44ad7ec99de06da8549be",
    "owner_code": "CAX1",
    "province_code": "75",
    "full_name": "Trần Văn Hòa",
    "birth_typed": "1980",
    "sex": "M",
    "id_typed": "075080000123",
    "verification_status": "MISMATCH",
    "verification_reason": "NAME",
    "differs": "name:accents;sex:other",
}
RECORD: Row = {
    "record_id": "platform:DN1",
    "owner_code": "F1",
    "province_code": "75",
    "severity": "error",
    "rule_ids": "LOT-001;LOT-004",
    "full_name": "Lê Thị Bình",
    "id_typed": "075190000101",
    "phone": "0912345678",
    "vaccine_typed": "AstraZeneca",
    "needs_review": True,
    "priority": 1,
}
LOT: Row = {
    "item_id": "i1",
    "owner_code": "CDC75",
    "province_code": "75",
    "rule_id": "LOT-005",
    "title_vi": "Lô không phân bổ cho tỉnh",
    "severity": "warn",
    "lot_number": "A1",
    "records": 7,
    "correction_vi": "Đối chiếu số lô",
}
LATE: Row = {
    "complaint_id": "PA-7",
    "owner_code": "SYT",
    "province_code": "75",
    "clock_vi": "Xem xét",
    "due_at": "2021-12-05 08:00:00+07",
    "hours_overdue": 72.5,
    "level_vi": "Quá 72 giờ",
}
ASKED_BACK: Row = {
    "complaint_id": "PA-8",
    "owner_code": "F3",
    "province_code": "75",
    "state": "REJECTED",
    "full_name": "Lê Thị Bình",
    "bring_vi": "giấy xác nhận đã tiêm",
}
EVIDENCE = """
    ('platform:DN1', 'LOT-001', 'error', '{}'),
    ('platform:DN1', 'LOT-004', 'error',
        '{"lot": "A1", "injected_on": "2021-11-08", "expiry_on": "2021-10-31"}'),
    ('platform:DN7', 'LOT-001', 'error', '{}')
"""
ROWS: Mapping[str, Iterable[Row]] = {
    "wl_facility_complaints": [COMPLAINT],
    "wl_agency_pool": [POOLED],
    "wl_commune_identity": [REQUEST],
    "wl_facility_review": [RECORD],
    "wl_cdc_lots": [LOT],
    "wl_escalations": [LATE],
    "wl_returning_citizens": [ASKED_BACK],
}


def create_tables(
    connection: duckdb.DuckDBPyConnection, rows: Mapping[str, Iterable[Row]] = ROWS
) -> None:
    """Tables of all worklists and what names their owners; `rows` by worklist."""
    connection.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
    for schema in ("marts", "ops", "quality"):
        connection.execute(f"create schema if not exists {schema}")
    for worklist in WORKLISTS:
        _create(connection, worklist, rows.get(worklist.name, ()))
    named = {
        schemas.PROVINCES: ("province_code", "province_name", [("75", "Tỉnh Đồng Nai")]),
        schemas.DIM_FACILITIES: (
            "facility_code",
            "facility_name",
            [("F1", "Trạm Y tế A"), ("F2", "B")],
        ),
        schemas.DIM_AGENCIES: (
            "agency_code",
            "agency_name",
            [("CDC75", "CDC Đồng Nai"), ("TYT1", "C")],
        ),
    }
    for relation, (code, name, known) in named.items():
        connection.execute(
            f"create or replace table {relation.sql} ({code} varchar, {name} varchar)"
        )
        connection.executemany(f"insert into {relation.sql} values (?, ?)", known)
    connection.execute(
        f"create or replace table {schemas.RECORD_EVIDENCE.sql} as from (values {EVIDENCE}) "
        "as told (record_id, rule_id, severity, evidence)"
    )
    connection.execute(
        f"create or replace table {schemas.RUN_CONTEXT.sql} as "
        "select 'run' as run_id, 'vn_moh' as rule_pack, '2021-12-08 08:00+07'::timestamptz as as_of"
    )


def _create(connection: duckdb.DuckDBPyConnection, worklist: Worklist, rows: Iterable[Row]) -> None:
    columns = dict.fromkeys(
        name for name in (*columns_of(worklist), *_BESIDE) if name != "findings"
    )
    typed = ", ".join(f'"{name}" {_type(name)}' for name in columns)
    connection.execute(f"create or replace table {worklist.relation.sql} ({typed})")
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into {worklist.relation.sql} ({names}) values ({marks})", list(row.values())
        )


def _type(name: str) -> str:
    kind = "timestamptz" if name.endswith(("_at", "_by")) else "varchar"
    return _TYPES.get(name, kind)
