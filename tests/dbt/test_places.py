"""Provinces, districts and communes of 2021: codes and names in any spelling, inside their parent."""

import re
import unicodedata
from collections.abc import Callable

import duckdb
import pytest
from staged import StageDoses

Place = tuple[str | None, str | None, str | None]

PLACES: dict[Place, tuple[Place, list[str]]] = {
    ("75", "731", "26005"): (("75", "731", "26005"), []),
    (None, None, "25993"): (("75", "731", "25993"), []),
    ("1", None, None): (("01", None, None), ["place:lost_zeros"]),
    ("1", "1", "1"): (("01", "001", "00001"), ["place:lost_zeros"]),
    ("075", None, None): ((None, None, None), ["place:unknown"]),
    ("Đồng Nai", "Biên Hòa", None): (("75", "731", None), ["place:name"]),
    ("Tỉnh Đồng Nai", "TP. Biên Hoà", "Phường Trảng Dài"): (("75", "731", "25993"), ["place:name"]),
    ("dong nai", "tp bien hoa", "p trang dai"): (("75", "731", "25993"), ["place:name"]),
    # names that begin like an abbreviation of a type
    ("Phú Thọ", None, None): (("25", None, None), ["place:name"]),
    ("Quảng Nam", None, None): (("49", None, None), ["place:name"]),
    ("Hà Nam", None, None): (("35", None, None), ["place:name"]),
    ("Thanh Hóa", "Quan Hóa", None): (("38", "385", None), ["place:name"]),
    ("TP.HCM", "Phú Nhuận", "P.1"): (("79", "768", "27058"), ["place:alias", "place:name"]),
    # Hồ Chí Minh City, where districts and wards have numbers
    ("TP.HCM", "Quận 1", "P. Bến Nghé"): (("79", "760", "26740"), ["place:alias", "place:name"]),
    ("TPHCM", "1", None): (("79", "760", None), ["place:alias", "place:name"]),
    ("Sài Gòn", "Q.5", "Phường 05"): (("79", "774", "27334"), ["place:alias", "place:name"]),
    ("79", "Q5", "P5"): (("79", "774", "27334"), ["place:name"]),
    # ward 4 is not commune 00004 of Hà Nội
    ("79", "774", "4"): (("79", "774", "27301"), ["place:name"]),
    ("Hồ Chí Minh", "774", "00004"): (
        ("01", "001", "00004"),
        ["place:contradiction", "place:name"],
    ),
    # Thủ Đức since 2021, and the three districts it was made of
    ("79", "TP Thủ Đức", "Linh Trung"): (("79", "769", "26800"), ["place:name"]),
    ("79", "Q. Thủ Đức", "Linh Trung"): (("79", "769", "26800"), ["place:former", "place:name"]),
    ("79", "Quận 9", "Hiệp Phú"): (("79", "769", "26839"), ["place:former", "place:name"]),
    ("79", "Quận 2", "Phường Bình An"): (("79", "769", "27094"), ["place:former"]),
    ("79", "762", None): (("79", "769", None), ["place:former"]),
    ("79", "Quận 3", "Phường 7"): (("79", "770", "27139"), ["place:former", "place:name"]),
    ("Quảng Ninh", "Hoành Bồ", None): (("22", "193", None), ["place:former", "place:name"]),
    # older and shorter names
    ("Thừa Thiên - Huế", None, None): (("46", None, None), ["place:name"]),
    ("Huế", None, None): (("46", None, None), ["place:alias"]),
    ("Bà Rịa Vũng Tàu", None, None): (("77", None, None), ["place:name"]),
    ("Hà Tây", None, None): (("01", None, None), ["place:alias"]),
    ("Đắc Lắc", None, None): (("66", None, None), ["place:alias"]),
    ("ĐN", None, None): ((None, None, None), ["place:unknown"]),
    # a name two units of one parent share is told by its type or its accents, else by nothing
    ("Đồng Tháp", "TP Cao Lãnh", None): (("87", "866", None), ["place:name"]),
    ("Đồng Tháp", "H. Cao Lãnh", None): (("87", "873", None), ["place:name"]),
    ("Đồng Tháp", "Cao Lãnh", None): (("87", None, None), ["place:name", "place:unknown"]),
    ("Thanh Hóa", "Hoằng Hóa", "Hoằng Quỳ"): (("38", "399", "15886"), ["place:name"]),
    ("Thanh Hóa", "Hoằng Hóa", "Hoang Quy"): (("38", "399", None), ["place:name", "place:unknown"]),
    # without its parent a name says nothing, but a commune's may be the only one of its province
    (None, "Biên Hòa", None): ((None, None, None), ["place:unknown"]),
    ("Đồng Nai", None, "Phường Trảng Dài"): (
        ("75", "731", "25993"),
        ["place:inferred", "place:name"],
    ),
    ("Đồng Nai", None, "Xã Xuân Hòa"): (("75", "741", "26443"), ["place:inferred", "place:name"]),
    # what contradicts
    ("75", "760", None): (("75", None, None), ["place:contradiction", "place:unknown"]),
    ("75", "Quận Hoàn Kiếm", None): (("75", None, None), ["place:contradiction", "place:unknown"]),
    ("75", "760", "26740"): (("79", "760", "26740"), ["place:contradiction", "place:unknown"]),
    ("75", "Quận Không Tên", None): (("75", None, None), ["place:unknown"]),
    ("Atlantis", None, None): ((None, None, None), ["place:unknown"]),
    (None, None, None): ((None, None, None), []),
}


def test_places(stage_doses: StageDoses) -> None:
    doses = stage_doses(
        [
            {"province_code": province, "district_code": district, "unit_code": unit}
            for province, district, unit in PLACES
        ]
    )
    read = {
        typed: (
            (dose["province_code"], dose["district_code"], dose["unit_code"]),
            dose["normalizations"],
        )
        for typed, dose in zip(PLACES, doses, strict=True)
    }
    assert read == PLACES


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _short(name: str) -> str:
    return re.sub("^(Tỉnh|Thành phố|Quận|Huyện|Thị xã|Phường|Xã|Thị trấn) ", "", name)


# How a list's name is spelled, and how many of 10,599 communes may be lost by it: those that share
# the name with another of their district, or are of a district that does so in its province.
SPELLINGS: dict[str, tuple[Callable[[str], str], int]] = {
    "as listed": (str, 0),
    "decomposed": (lambda name: unicodedata.normalize("NFD", name), 0),
    "without accents": (_plain, 42),
    "without type": (_short, 700),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_name_leads_to_its_commune_or_to_none(
    stage_doses: StageDoses, seeded: duckdb.DuckDBPyConnection, spelling: str
) -> None:
    spell, lost = SPELLINGS[spelling]
    units = seeded.execute(
        "select unit_code, unit_name, district_name, province_name from ops.communes "
        "join ops.districts using (district_code) join ops.provinces on "
        "communes.province_code = provinces.province_code order by 1"
    ).fetchall()
    doses = stage_doses(
        [
            {
                "province_code": spell(province),
                "district_code": spell(district),
                "unit_code": spell(commune),
            }
            for _, commune, district, province in units
        ]
    )
    found = [(code, dose["unit_code"]) for (code, *_), dose in zip(units, doses, strict=True)]
    assert [pair for pair in found if pair[1] not in (None, pair[0])] == []
    assert len(found) == 10_599
    assert sum(read is None for _, read in found) <= lost
