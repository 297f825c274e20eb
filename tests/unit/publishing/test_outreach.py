"""The texts of a province go to that province, most urgent first."""

import csv
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.publishing.outreach import FILE_NAME, write_outreach


def test_each_province_gets_its_texts_most_urgent_first(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute(f"create schema {schemas.MARTS}")
    connection.execute(
        f"create table {schemas.OUTREACH_SMS.sql} as select 'k' || phone as message_key, "
        "'X' as reason_code, 'Kiểm tra, sửa' as text_vi, 'Check' as text_en, * from (values "
        "('75', 4, '0912000101'), ('75', 1, '0912000103'), ('75', 1, '0912000102'), "
        "('unknown', 2, '0912000104')) texts(province_code, priority, phone)"
    )
    assert write_outreach(connection, tmp_path) == {"75": 3, "unknown": 1}
    with (tmp_path / "75" / FILE_NAME).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["phone"] for row in rows] == ["0912000102", "0912000103", "0912000101"]
    assert rows[0] == {
        "message_key": "k0912000102",
        "priority": "1",
        "reason_code": "X",
        "phone": "0912000102",
        "text_vi": "Kiểm tra, sửa",
        "text_en": "Check",
    }
    with (tmp_path / "unknown" / FILE_NAME).open(encoding="utf-8", newline="") as file:
        assert [row["phone"] for row in csv.DictReader(file)] == ["0912000104"]
