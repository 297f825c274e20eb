"""How each way of typing a dose is read: one row a case, all staged by one dbt run."""

import unicodedata
from datetime import date
from pathlib import Path

import duckdb
import pytest
from staged import build_staging, fetch

TIDY = {
    "full_name": "Nguyễn Văn An",
    "date_of_birth": "02/03/1985",
    "sex": "Nam",
    "id_number": "075085000123",
    "phone": "0912345678",
    "dose_label": "Mũi 1",
    "vaccine_name": "AstraZeneca",
    "lot_number": "ABV5297",
    "injected_at": "08/11/2021",
    "entered_at": "2021-11-08 10:00:00",
    "province_code": "75",
}

# field typed -> what is read
CASES: dict[str, tuple[dict[str, str | None], dict[str, object]]] = {
    "tidy row": (
        {},
        {
            "full_name": "Nguyễn Văn An",
            "name_exact_key": "nguyễn văn an",
            "name_key": "nguyen van an",
            "birth_on": date(1985, 3, 2),
            "birth_precision": "DAY",
            "sex": "M",
            "id_type": "CCCD",
            "phone": "0912345678",
            "dose_type": "primary",
            "dose_no": 1,
            "vaccine_code": "AZ",
            "injected_on": date(2021, 11, 8),
            "injected_at": None,
            "normalizations": [],
        },
    ),
    "name decomposed": (
        {"full_name": unicodedata.normalize("NFD", "Nguyễn Văn Ấn")},
        {"full_name": "Nguyễn Văn Ấn", "normalizations": ["name:nfc"]},
    ),
    "name spaced": (
        {"full_name": "  Trần\u00a0 Thị\tBình "},
        {"full_name": "Trần Thị Bình", "normalizations": ["name:spacing"]},
    ),
    "name with Icelandic eth": (
        {"full_name": "Ðặng Văn Ðức"},
        {
            "full_name": "Đặng Văn Đức",
            "name_key": "dang van duc",
            "normalizations": ["name:look_alike"],
        },
    ),
    "name in bold letters": ({"full_name": "𝐋𝐞 𝐕𝐚𝐧 𝐀𝐧"}, {"full_name": "Le Van An"}),
    "name in full width": ({"full_name": "ＬＥ ＶＡＮ"}, {"full_name": "LE VAN"}),
    "name keeps its case": (
        {"full_name": "TRẦN thị bình"},
        {"full_name": "TRẦN thị bình", "name_exact_key": "trần thị bình", "normalizations": []},
    ),
    "tone on the second vowel": (
        {"full_name": "Hoà Thuý Hoè QUỶ Thuỷ"},
        {"full_name": "Hòa Thúy Hòe QUỶ Thủy", "normalizations": ["name:tone"]},
    ),
    "tone typed too early": (
        {"full_name": "Hòang Thị TÒAN Qúy"},
        {"full_name": "Hoàng Thị TOÀN Quý", "normalizations": ["name:tone"]},
    ),
    "tone twice running": ({"full_name": "Thuý Thuý"}, {"full_name": "Thúy Thúy"}),
    "tone in place": (
        {"full_name": "Hoàng Thị Hòa Quý Thúy Huỳnh"},
        {"full_name": "Hoàng Thị Hòa Quý Thúy Huỳnh", "normalizations": []},
    ),
    "name with apostrophe": (
        {"full_name": "H’Hen Niê"},
        {"full_name": "H'Hen Niê", "normalizations": ["name:look_alike"]},
    ),
    "name empty": ({"full_name": "  "}, {"full_name": None, "name_key": None}),
    "CCCD with spaces and dots": (
        {"id_number": "075.085 000123"},
        {"id_number": "075085000123", "normalizations": ["id:spacing"]},
    ),
    "CCCD with letter O": (
        {"id_number": "O75085000123"},
        {"id_number": "075085000123", "normalizations": ["id:letter_o"]},
    ),
    "CCCD without its zero": (
        {"id_number": "75085000123"},
        {
            "id_number": "075085000123",
            "id_type": "CCCD",
            "id_typed": "75085000123",
            "normalizations": ["id:leading_zeros"],
        },
    ),
    "CCCD without both zeros": (
        {"id_number": "1185000123", "sex": "Nữ"},
        {"id_number": "001185000123", "normalizations": ["id:leading_zeros"]},
    ),
    "11 digits of another sex": (
        {"id_number": "75085000123", "sex": "Nữ"},
        {"id_number": "75085000123", "id_type": "INVALID", "normalizations": []},
    ),
    "11 digits of another birth year": (
        {"id_number": "75085000123", "date_of_birth": "02/03/1986"},
        {"id_number": "75085000123", "id_type": "INVALID"},
    ),
    "11 digits of no province": (
        {"id_number": "99085000123"},
        {"id_number": "99085000123", "id_type": "INVALID"},
    ),
    "11 digits without a birth date": (
        {"id_number": "75085000123", "date_of_birth": None},
        {"id_number": "75085000123", "id_type": "INVALID"},
    ),
    "CCCD of the 21st century repaired": (
        {"id_number": "75312000123", "sex": "2", "date_of_birth": "2012"},
        {"id_number": "075312000123", "birth_precision": "YEAR"},
    ),
    "CCCD written by a sheet": ({"id_number": "75085000123.0"}, {"id_number": "075085000123"}),
    "CCCD with an exponent": ({"id_number": "7.51E+10"}, {"id_type": "INVALID"}),
    "CMND": ({"id_number": "271 450 001"}, {"id_number": "271450001", "id_type": "CMND"}),
    "passport": ({"id_number": "b1234567"}, {"id_number": "B1234567", "id_type": "PASSPORT"}),
    "nine digits of a foreigner": (
        {"id_number": "521234567", "nationality": "Hoa Kỳ"},
        {"id_type": "PASSPORT", "nationality": "US"},
    ),
    "id of words": ({"id_number": "Không có"}, {"id_number": None, "id_type": None}),
    "id too short": ({"id_number": "12345"}, {"id_number": "12345", "id_type": "INVALID"}),
    "phone of the world": (
        {"phone": "+84 912.345.678"},
        {"phone": "0912345678", "normalizations": ["phone:form"]},
    ),
    "phone from 84": ({"phone": "84912345678"}, {"phone": "0912345678"}),
    "phone from 0084": ({"phone": "0084912345678"}, {"phone": "0912345678"}),
    "phone of eleven digits": (
        {"phone": "01682345678"},
        {"phone": "0382345678", "normalizations": ["phone:11to10"]},
    ),
    "phone without zero": ({"phone": "912345678"}, {"phone": "0912345678"}),
    "two phones": ({"phone": "0912345678 / 0987654321"}, {"phone": "0912345678"}),
    "phone of no operator": (
        {"phone": "0112345678"},
        {"phone": None, "normalizations": ["phone:unreadable"]},
    ),
}

BIRTHS: dict[str, tuple[str, str | None, str | None, str | None]] = {
    # typed: precision, first day, last day
    "2/3/1985": ("DAY", "1985-03-02", "1985-03-02", "birth:form"),
    "02-03-1985": ("DAY", "1985-03-02", "1985-03-02", "birth:form"),
    "1985-03-02": ("DAY", "1985-03-02", "1985-03-02", None),
    "1985/03/02": ("DAY", "1985-03-02", "1985-03-02", "birth:form"),
    "1985": ("YEAR", "1985-01-01", "1985-12-31", None),
    "1985-02": ("MONTH", "1985-02-01", "1985-02-28", None),
    "2/1984": ("MONTH", "1984-02-01", "1984-02-29", "birth:form"),
    "19850302": ("DAY", "1985-03-02", "1985-03-02", "birth:form"),
    "31108": ("DAY", "1985-03-02", "1985-03-02", "birth:excel_serial"),
    # midnight in Vietnam, and in UTC
    "478544400000": ("DAY", "1985-03-02", "1985-03-02", "birth:milliseconds"),
    "478569600000": ("DAY", "1985-03-02", "1985-03-02", "birth:milliseconds"),
    # 1960-05-20, midnight of Saigon's zone then (+08)
    "-303552000000": (
        "DAY",
        "1960-05-20",
        "1960-05-20",
        "birth:milliseconds",
    ),
    "1985-03-02T00:00:00": ("DAY", "1985-03-02", "1985-03-02", "birth:form"),
    "1985-03-01T17:00:00Z": ("DAY", "1985-03-02", "1985-03-02", "birth:form"),
    "31/02/1985": ("", None, None, "birth:unreadable"),
    "trước 1985": ("", None, None, "birth:unreadable"),
    "01/01/0001": ("", None, None, "birth:unreadable"),
}

INJECTIONS: dict[str, tuple[str | None, str | None, str | None]] = {
    # typed: day, instant in Vietnam, problem
    "08/11/2021": ("2021-11-08", None, None),
    "8/11/2021": ("2021-11-08", None, None),
    "8/11/21": ("2021-11-08", None, None),
    "2021-11-08": ("2021-11-08", None, None),
    "08/11/2021 09:30": ("2021-11-08", "2021-11-08 09:30", None),
    "08/11/2021 09:30:15": ("2021-11-08", "2021-11-08 09:30", None),
    "09:30 08/11/2021": ("2021-11-08", "2021-11-08 09:30", None),
    "2021-11-08 09:30:00": ("2021-11-08", "2021-11-08 09:30", None),
    "2021-11-08T02:30:00Z": ("2021-11-08", "2021-11-08 09:30", None),
    "2021-11-07T17:30:00Z": ("2021-11-08", "2021-11-08 00:30", None),
    "2021-11-08T09:30:00+07:00": ("2021-11-08", "2021-11-08 09:30", None),
    "1636338600000": ("2021-11-08", "2021-11-08 09:30", None),
    "44508": ("2021-11-08", None, None),
    "44508.395833333": ("2021-11-08", "2021-11-08 09:30", None),
    "13/14/2021": (None, None, "unreadable"),
    "2021": (None, None, "unreadable"),
    "11/2021": (None, None, "unreadable"),
    "hôm qua": (None, None, "unreadable"),
    " ": (None, None, "missing"),
}

LABELS: dict[str, tuple[str | None, int | None, str | None]] = {
    "1": ("primary", 1, None),
    "1.0": ("primary", 1, None),
    "Mũi 2": ("primary", 2, None),
    "MŨI SỐ 2": ("primary", 2, None),
    "Mũi cơ bản 3": ("primary", 3, None),
    "bổ sung": ("additional", 1, None),
    "Mũi bổ sung": ("additional", 1, None),
    "Mũi nhắc lại 1": ("booster", 1, None),
    "Nhắc lại lần 1": ("booster", 1, None),
    "mũi nhắc lại 2": ("booster", 2, None),
    "3": (None, 3, "ambiguous"),
    "Mũi 4": (None, 4, "ambiguous"),
    "mũi cuối": (None, None, "unreadable"),
    "": (None, None, "missing"),
}

VACCINES: dict[str, tuple[str | None, str | None]] = {
    "Astra Zeneca": ("AZ", None),
    "Vắc xin AstraZeneca": ("AZ", None),
    "COVID-19 Vaccine AstraZeneca": ("AZ", None),
    "Pfizer-BioNTech": ("PFIZER", None),
    "Comirnaty": ("PFIZER", None),
    "Modema": ("MODERNA", None),
    "Vero Cell": ("SINOPHARM_BIBP", "ambiguous"),
    "Vero Cell (Sinopharm)": ("SINOPHARM_BIBP", None),
    "SARS-CoV-2 Vaccine (Vero Cell), Inactivated": ("SINOPHARM_BIBP", None),
    "Hayat-Vax": ("HAYAT_VAX", None),
    "Sputnik V": ("SPUTNIK_V", None),
    "J&J": ("JANSSEN", None),
    "Vắc xin Cuba": ("ABDALA", None),
    "CoronaVac": (None, "unknown"),
    "vắc xin": (None, "unknown"),
    "": (None, "missing"),
}

LOTS: dict[str, str | None] = {
    "abv5297 ": "ABV5297",
    "Lô: FF 8841": "FF8841",
    "Số lô FF8841": "FF8841",
    "LOT.FF8841/": "FF8841",
    "So lo: 124001": "124001",
    "2O21O5O13": "202105013",
    "FO8841": "FO8841",
    "I-010621": "I-010621",
    "-": None,
    " ": None,
}

PLACES: dict[
    tuple[str | None, str | None, str | None], tuple[str | None, str | None, str | None]
] = {
    ("75", "731", "26005"): ("75", "731", "26005"),
    ("075", None, None): (None, None, None),
    ("Đồng Nai", "Biên Hòa", None): ("75", "731", None),
    ("Tỉnh Đồng Nai", "TP. Biên Hoà", "Phường Trảng Dài"): ("75", "731", "25993"),
    ("TP.HCM", "Quận 1", "P. Bến Nghé"): ("79", "760", "26740"),
    ("TPHCM", "1", None): ("79", "760", None),
    ("Sài Gòn", "Q.5", "Phường 05"): ("79", "774", "27334"),
    ("1", None, None): ("01", None, None),
    (None, None, "25993"): ("75", "731", "25993"),
    ("Atlantis", None, None): (None, None, None),
}


# One syllable with its tone on either vowel is one syllable: every open one with every tone.
SYLLABLES = [
    (unicodedata.normalize("NFC", head + a + mark + b), head + a + b + mark)
    for head in ("H", "Kh", "th", "NG")
    for a, b in (("o", "a"), ("o", "e"), ("u", "y"))
    for mark in "\u0300\u0301\u0303\u0309\u0323"
]


def _numbered(column: str, typed: list[str]) -> list[dict[str, str | None]]:
    return [
        {**TIDY, column: text, "source_record_id": f"{column}/{at}"}
        for at, text in enumerate(typed)
    ]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    doses = [{**TIDY, **typed, "source_record_id": case} for case, (typed, _) in CASES.items()]
    doses += _numbered("full_name", [late for _, late in SYLLABLES])
    doses += _numbered("date_of_birth", list(BIRTHS))
    doses += _numbered("injected_at", list(INJECTIONS))
    doses += _numbered("dose_label", list(LABELS))
    doses += _numbered("vaccine_name", list(VACCINES))
    doses += _numbered("lot_number", list(LOTS))
    doses += [
        {
            **TIDY,
            "province_code": province,
            "district_code": district,
            "unit_code": unit,
            "source_record_id": f"place/{at}",
        }
        for at, (province, district, unit) in enumerate(PLACES)
    ]
    return build_staging(tmp_path_factory.mktemp("home"), {"doses": doses})


def _dose(warehouse: duckdb.DuckDBPyConnection, record: str) -> dict[str, object]:
    return fetch(warehouse, "stg_doses", "source_record_id", record)


@pytest.mark.parametrize("case", CASES)
def test_reading(warehouse: duckdb.DuckDBPyConnection, case: str) -> None:
    dose = _dose(warehouse, case)
    expected = CASES[case][1]
    assert {column: dose[column] for column in expected} == expected


def test_tone_of_every_open_syllable_is_placed_once(warehouse: duckdb.DuckDBPyConnection) -> None:
    read = [_dose(warehouse, f"full_name/{at}")["full_name"] for at in range(len(SYLLABLES))]
    assert read == [early for early, _ in SYLLABLES]


def test_what_was_read_reads_the_same_again(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    # The birth date goes in as it came: without it a repaired id has no proof.
    staged = (
        "select source_record_id, birth_typed as date_of_birth, full_name, id_number, sex, phone, "
        "lot_number, nationality from staging.stg_doses order by 1"
    )
    first = warehouse.sql(staged).pl()
    again = build_staging(tmp_path, {"doses": first.iter_rows(named=True)})
    second = again.sql(staged).pl()
    changed = again.execute(
        "select distinct unnest(normalizations) from staging.stg_doses "
        "where source_record_id not like 'date_of_birth/%'"
    ).fetchall()
    assert second.equals(first)
    assert changed == []


@pytest.mark.parametrize("at", range(len(BIRTHS)), ids=list(BIRTHS))
def test_birth_date(warehouse: duckdb.DuckDBPyConnection, at: int) -> None:
    typed, (precision, first, last, note) = list(BIRTHS.items())[at]
    dose = _dose(warehouse, f"date_of_birth/{at}")
    assert dose["birth_typed"] == typed
    assert (dose["birth_precision"] or "") == precision
    assert _text(dose["birth_first_on"]) == first
    assert _text(dose["birth_last_on"]) == last
    assert _text(dose["birth_on"]) == (first if precision == "DAY" else None)
    assert dose["birth_year"] == (int(first[:4]) if first else None)
    assert dose["normalizations"] == ([note] if note else [])


@pytest.mark.parametrize("at", range(len(INJECTIONS)), ids=list(INJECTIONS))
def test_injection_date(warehouse: duckdb.DuckDBPyConnection, at: int) -> None:
    day, instant, problem = list(INJECTIONS.values())[at]
    dose = _dose(warehouse, f"injected_at/{at}")
    wall_clock = dose["injected_at"]
    assert _text(dose["injected_on"]) == day
    assert (f"{wall_clock:%Y-%m-%d %H:%M}" if wall_clock else None) == instant
    assert dose["injected_problem"] == problem


@pytest.mark.parametrize("at", range(len(LABELS)), ids=list(LABELS))
def test_dose_label(warehouse: duckdb.DuckDBPyConnection, at: int) -> None:
    dose = _dose(warehouse, f"dose_label/{at}")
    read = (dose["dose_type"], dose["dose_no"], dose["label_problem"])
    assert read == list(LABELS.values())[at]


@pytest.mark.parametrize("at", range(len(VACCINES)), ids=list(VACCINES))
def test_vaccine(warehouse: duckdb.DuckDBPyConnection, at: int) -> None:
    dose = _dose(warehouse, f"vaccine_name/{at}")
    assert (dose["vaccine_code"], dose["vaccine_problem"]) == list(VACCINES.values())[at]


@pytest.mark.parametrize("at", range(len(LOTS)), ids=list(LOTS))
def test_lot_number(warehouse: duckdb.DuckDBPyConnection, at: int) -> None:
    assert _dose(warehouse, f"lot_number/{at}")["lot_number"] == list(LOTS.values())[at]


@pytest.mark.parametrize("at", range(len(PLACES)), ids=[str(place) for place in PLACES])
def test_place(warehouse: duckdb.DuckDBPyConnection, at: int) -> None:
    dose = _dose(warehouse, f"place/{at}")
    read = (dose["province_code"], dose["district_code"], dose["unit_code"])
    assert read == list(PLACES.values())[at]


def _text(day: object) -> str | None:
    return str(day) if day else None
