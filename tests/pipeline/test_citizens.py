"""What a release holds for citizens, offices and the public, as `vax demo` leaves it."""

import csv
from pathlib import Path

import duckdb
import pytest

from tests.pipeline.conftest import Province
from vax_pipeline.core.publishing.public_lookup import (
    FILE,
    key_by_identity,
    key_by_phone,
    portal_key,
)
from vax_pipeline.core.settings import DEMO_PSEUDONYM_KEY


@pytest.fixture(scope="module")
def release(province: Province) -> Path:
    return province.home / "published" / "current"


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_who_filed_a_complaint_finds_its_outcome_and_nobody_else_does(
    province: Province, release: Path
) -> None:
    """By what stands in the complaint, computed as the portal does, against the state in bi.duckdb."""
    with duckdb.connect(str(province.home / "warehouse.duckdb"), read_only=True) as connection:
        received = connection.execute(
            "select complaint_id, phone, id_number, birth_on from intermediate.int_complaints__current"
        ).fetchall()
    with duckdb.connect(str(release / "bi.duckdb"), read_only=True) as bi:
        states = dict(bi.execute("select complaint_id, state from marts.fct_complaints").fetchall())
        answers = dict(bi.execute(f"select lookup_key, outcome from '{release / FILE}'").fetchall())
    portal = portal_key(DEMO_PSEUDONYM_KEY.encode())
    asked = 0
    for complaint_id, phone, id_number, birth_on in received:
        keys = [key_by_phone(portal, complaint_id, phone)] if phone else []
        if id_number and birth_on:
            keys.append(key_by_identity(portal, complaint_id, id_number, birth_on))
        if states[complaint_id] != "ATTACHED":
            assert {answers[key] for key in keys} <= {states[complaint_id]}
            asked += len(keys)
        assert key_by_phone(portal, complaint_id, "0900000000") not in answers
    assert asked > 100


def test_texts_name_no_one_and_go_to_one_phone_each(province: Province, release: Path) -> None:
    with duckdb.connect(str(province.home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select distinct full_name from intermediate.int_mentions"
        ).fetchall()
    names = {name for (name,) in found if name and name.count(" ") > 1}
    outreach = rows_of(release / "authority" / "75" / "tin_nhan_ra_soat.csv")
    wordings = rows_of(release / "authority" / "75" / "tin_nhan_ra_soat_mau.csv")
    notices = rows_of(release / "authority" / "75" / "tin_nhan_ket_qua.csv")
    assert len(outreach) > 100
    assert {row["notice"] for row in notices} == {
        *("APPROVED", "LONG_DEFERRAL", "REJECTED", "SUPPLEMENT"),
    }
    assert len({row["phone"] for row in outreach}) == len(outreach)
    assert [row["priority"] for row in outreach] == sorted(row["priority"] for row in outreach)
    assert {row["reason_code"] for row in outreach} <= {row["reason_code"] for row in wordings}
    texts = {row[language] for row in wordings + notices for language in ("text_vi", "text_en")}
    assert [text for text in texts if any(name in text for name in names)] == []
    phones = {row["phone"] for row in outreach + notices}
    assert [text for text in texts if any(phone in text for phone in phones)] == []


def test_public_figures_are_rounded_counts_of_the_whole_release(release: Path) -> None:
    with duckdb.connect(str(release / "bi.duckdb"), read_only=True) as bi:
        exact = dict(
            bi.execute(
                "select verification_status, count(*) from marts.dim_citizens "
                "where province_code = '75' group by all"
            ).fetchall()
        )
    shown = {
        (row["province_code"], row["category"]): row["count"]
        for row in rows_of(release / "public" / "people_by_verification.csv")
    }
    assert {province for province, _ in shown} > {"01", "75", "96", "unknown", "*"}
    for status, number in exact.items():
        if number > 7:
            assert abs(int(shown["75", status]) - number) <= 2
        else:
            assert shown["75", status] == ""
    assert all(int(count) % 5 == 0 and int(count) >= 10 for count in shown.values() if count)


def test_the_province_has_its_daily_report(release: Path) -> None:
    page = (release / "authority" / "75" / "bao_cao_ngay.html").read_text(encoding="utf-8")
    assert "Tỉnh Đồng Nai" in page
    assert "Mười đơn vị quá hạn nhiều nhất" in page
    assert "</html>" in page
