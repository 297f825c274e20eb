"""A workbook of worklists that is given out, filled in, and lands again."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
from landing_home import Home

from tests.unit.worklists.filling import Answers, Filled
from tests.unit.worklists.worklist_tables import (
    COMPLAINT,
    POOLED,
    RECORD,
    REQUEST,
    Row,
    create_tables,
)
from vax_pipeline.core.worklists.export import write_owner
from vax_pipeline.core.worklists.owners import find_scope

REVIEW, IDENTITY, COMPLAINTS, POOL = (
    "Rà soát hồ sơ tiêm", "Thông tin công dân cần xác minh", "Phản ánh cần xử lý",
    "Phản ánh chờ phân công",
)  # fmt: skip
REVIEWS, EVENTS, RESULTS = "record_reviews", "complaint_events", "identity_results"
RIGHT: Answers = {"Kết quả rà soát": "Đúng", "Ngày giờ rà soát": "08/12/2021 07:30"}
APPROVED: Answers = {"Quyết định": "Xét duyệt", "Ngày giờ quyết định": "08/12/2021 07:30"}
ROWS: Mapping[str, Iterable[Row]] = {
    "wl_facility_complaints": [COMPLAINT, {**COMPLAINT, "claim_no": 2}],
    "wl_agency_pool": [POOLED],
    "wl_commune_identity": [REQUEST],
    "wl_facility_review": [{**RECORD, "record_id": f"platform:DN{n}"} for n in (1, 2, 3)],
}


def give_out(folder: Path, rows: Mapping[str, Iterable[Row]] = ROWS) -> Filled:
    path = folder / "given out.xlsx"
    with duckdb.connect() as connection:
        create_tables(connection, rows)
        write_owner(connection, find_scope(connection, "75"), path)
    return Filled(path)


def come_back(home: Home, filled: Filled, feed: str = REVIEWS, name: str = "back.xlsx") -> None:
    filled.save(home.settings.landing / feed / "2021-11-08" / name)
    home.load(feed)


def account(home: Home, feed: str = REVIEWS, name: str = "back.xlsx") -> dict[str, Any]:
    kept = ("records", "loaded", "rejected", "unanswered_rows", "state", "reason_code")
    return {key: home.delivery(name, feed)[key] for key in kept}
