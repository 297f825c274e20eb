"""The texts of a province go to that province, most urgent first."""

import csv
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.publishing.texts import write_texts


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_province_gets_its_texts_most_urgent_first(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute(f"create schema {schemas.MARTS}")
    connection.execute(f"create schema {schemas.INTERMEDIATE}")
    connection.execute(
        f"create table {schemas.OUTREACH_SMS.sql} as select 'k' || phone as message_key, "
        "'MISMATCH' as reason_code, 'Kiểm tra, sửa' as text_vi, 'Check, mend' as text_en, * "
        "from (values ('75', 4, '0912000101'), ('75', 1, '0912000103'), ('75', 1, '0912000102'), "
        "('unknown', 2, '0912000104')) texts(province_code, priority, phone)"
    )
    connection.execute(
        f"create table {schemas.INT_SMS_TEXTS.sql} as "
        "select 'MISMATCH' as reason_code, 'Kiểm tra, sửa' as text_vi, 'Check, mend' as text_en"
    )
    connection.execute(
        f"create table {schemas.CITIZEN_NOTICES.sql} as select * from (values "
        "('79', '0912000105', 'REJECTED', timestamptz '2021-11-10 08:00:00+07', '=cmd()'), "
        "('79', '0912000106', 'APPROVED', timestamptz '2021-11-09 08:00:00+07', 'PA1')) "
        "texts(province_code, phone, notice, decided_at, reference)"
    )
    assert write_texts(connection, tmp_path) == {"outreach_sms": 4, "citizen_notices": 2}
    outreach = rows_of(tmp_path / "75" / "tin_nhan_ra_soat.csv")
    assert [row["phone"] for row in outreach] == ["0912000102", "0912000103", "0912000101"]
    assert outreach[0]["message_key"] == "k0912000102"
    assert "text_vi" not in outreach[0]
    for province in ("75", "unknown"):  # each file of phones has what is sent to them beside it
        assert rows_of(tmp_path / province / "tin_nhan_ra_soat_mau.csv") == [
            {"reason_code": "MISMATCH", "text_vi": "Kiểm tra, sửa", "text_en": "Check, mend"}
        ]
    others = rows_of(tmp_path / "unknown" / "tin_nhan_ra_soat.csv")
    assert [row["phone"] for row in others] == ["0912000104"]
    notices = rows_of(tmp_path / "79" / "tin_nhan_ket_qua.csv")
    assert [row["phone"] for row in notices] == ["0912000106", "0912000105"]
    files = list(tmp_path.rglob("*"))
    assert [file.name for file in files if file.is_file() and file.stat().st_mode & 0o077] == []
    assert [
        file.name for file in files if "=cmd" in ((file.is_file() and file.read_text()) or "")
    ] == []
