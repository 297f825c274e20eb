"""How each way of typing a person is read: one row a case, a table a field."""

import unicodedata
from collections.abc import Sequence

from staged import Row, StageDoses, codes_of, text_of

NAMES: dict[str, tuple[str | None, list[str]]] = {
    "Nguyễn Văn An": ("Nguyễn Văn An", []),
    unicodedata.normalize("NFD", "Nguyễn Văn Ấn"): ("Nguyễn Văn Ấn", ["name:nfc"]),
    "  Trần\u00a0 Thị\tBình ": ("Trần Thị Bình", ["name:spacing"]),
    "Trần\u200b Thị Bình": ("Trần Thị Bình", ["name:spacing"]),
    "Ðặng Văn Ðức": ("Đặng Văn Đức", ["name:look_alike"]),
    "Ɖặng Văn ɖức": ("Đặng Văn đức", ["name:look_alike", "name:case"]),
    "D\u0335ặng Văn An": ("Đặng Văn An", ["name:look_alike"]),
    "𝐋𝐞 𝐕𝐚𝐧 𝐀𝐧": ("Le Van An", ["name:look_alike"]),
    "ＬＥ ＶＡＮ ＡＮ": ("LE VAN AN", ["name:look_alike", "name:case"]),
    "ʟᴇ ᴠᴀɴ ᴀɴ": ("LE VAN AN", ["name:look_alike", "name:case"]),
    "Lе Vаn Аn": ("Le Van An", ["name:look_alike"]),  # Cyrillic е, а, А
    "TRẦN thị bình": ("TRẦN thị bình", ["name:case"]),
    "Trần Thị Hoà": ("Trần Thị Hòa", ["name:tone"]),
    "Hoà Thuý Hoè QUỶ Thuỷ": ("Hòa Thúy Hòe QUỶ Thủy", ["name:tone", "name:case"]),
    "Hòang Thị TÒAN Qúy": ("Hoàng Thị TOÀN Quý", ["name:tone", "name:case"]),
    "Phựơng Tíên Nguỹên Gíup": ("Phượng Tiến Nguyễn Giúp", ["name:tone"]),
    "Nghiã Cuả Haỉ": ("Nghĩa Của Hải", ["name:tone"]),
    "Thuý Thuý": ("Thúy Thúy", ["name:tone"]),
    "Hoàng Thị Hòa Quý Thúy Huỳnh Giàu Già Khuỷu": (
        "Hoàng Thị Hòa Quý Thúy Huỳnh Giàu Già Khuỷu",
        [],
    ),
    "Gabriel García": ("Gabriel García", []),
    "Hùog Thị An": ("Hùog Thị An", []),  # no syllable: a slip stays as it is
    # names of the Highlands
    "H'Hen Niê": ("H'Hen Niê", []),
    "H’Hen Niê": ("H'Hen Niê", ["name:look_alike"]),
    "H' Hen Niê": ("H'Hen Niê", ["name:spacing"]),
    "Y Thu Niê": ("Y Thu Niê", []),
    "Vàng A Páo": ("Vàng A Páo", []),
    "Ksor H'Bƀiă": ("Ksor H'Bƀiă", []),
    # what stands around a name
    "1. Nguyễn Văn An": ("Nguyễn Văn An", ["name:punctuation"]),
    "Nguyễn Văn An.": ("Nguyễn Văn An", ["name:punctuation"]),
    "Nguyễn Văn An 0912 345 678": ("Nguyễn Văn An", ["name:phone"]),
    "Nguyễn Văn An (ĐT: 0912345678)": ("Nguyễn Văn An", ["name:phone"]),
    "Nguyễn Văn An - 1985": ("Nguyễn Văn An", ["name:note"]),
    "Nguyễn Văn An (con bà Lan)": ("Nguyễn Văn An", ["name:note"]),
    "Nguyễn Văn An (mẹ Lan) 0912345678": ("Nguyễn Văn An", ["name:phone", "name:note"]),
    "Nguyễn Văn 2": ("Nguyễn Văn 2", []),
    "123456": ("123456", []),
    # forms of address, and names that only look like one
    "Ông Nguyễn Văn An": ("Nguyễn Văn An", ["name:honorific"]),
    "Bà Trần Thị Lan": ("Trần Thị Lan", ["name:honorific"]),
    "CHÁU LÊ THỊ MAI": ("LÊ THỊ MAI", ["name:honorific", "name:case"]),
    "Mr. John Smith": ("John Smith", ["name:honorific"]),
    "bé. Lê Thị Mai": ("Lê Thị Mai", ["name:honorific"]),
    "anh Lê Văn Bình": ("Lê Văn Bình", ["name:honorific", "name:case"]),
    "Anh Lê Văn Bình": ("Anh Lê Văn Bình", []),  # Lê Văn Bình Anh, given name first
    "Ông Thị Bích": ("Ông Thị Bích", []),
    "Ông Ích Khiêm": ("Ông Ích Khiêm", []),
    "Bà Thị Hoa": ("Bà Thị Hoa", []),
    "Bế Văn Đàn": ("Bế Văn Đàn", []),
    "Bùi Anh": ("Bùi Anh", []),
    "Em": ("Em", []),
    "Mr Mr John Smith": ("Mr Mr John Smith", []),
    "Con bà Nguyễn Thị Lan": ("Con bà Nguyễn Thị Lan", ["name:parent", "name:case"]),
    "CB Nguyễn Thị Lan": ("CB Nguyễn Thị Lan", ["name:parent", "name:case"]),
    "Không có tên": ("Không có tên", ["name:case"]),  # junk is found by its rule, not taken away
    "  ": (None, []),
}

# typed, with what else is typed -> number, kind, what it may have been, notes
IDS: list[tuple[dict[str, str | None], str | None, str | None, str | None, list[str]]] = [
    ({"id_number": "075.085 000123"}, "075085000123", "CCCD", None, ["id:spacing"]),
    ({"id_number": "'075085000123"}, "075085000123", "CCCD", None, ["id:spacing"]),
    ({"id_number": "O75085000123"}, "075085000123", "CCCD", None, ["id:letter_o"]),
    ({"id_number": "075085000l23"}, "075085000123", "CCCD", None, ["id:letter_l"]),
    ({"id_number": "075085000123.0"}, "075085000123", "CCCD", None, ["id:decimal"]),
    (
        {"id_number": "Số CCCD: 075085000123"},
        "075085000123",
        "CCCD",
        None,
        ["id:spacing", "id:label"],
    ),
    ({"id_number": "271450001 / 075085000123"}, "075085000123", "CCCD", None, ["id:several"]),
    ({"id_number": "0７5085000123"}, "075085000123", "CCCD", None, ["id:look_alike"]),
    ({"id_number": "7.5085E+10"}, "7.5085E+10", "INVALID", None, ["id:exponent"]),
    ({"id_number": "75085000123"}, "075085000123", "CCCD", None, ["id:leading_zeros"]),
    (
        {"id_number": "75,085,000,123"},
        "075085000123",
        "CCCD",
        None,
        ["id:spacing", "id:leading_zeros"],
    ),
    (
        {"id_number": "1185000123", "sex": "Nữ"},
        "001185000123",
        "CCCD",
        None,
        ["id:leading_zeros"],
    ),
    (
        {"id_number": "75312000123", "sex": "2", "date_of_birth": "2012"},
        "075312000123",
        "CCCD",
        None,
        ["id:leading_zeros"],
    ),
    # nothing confirms the zero, or something contradicts it: offered, never used
    ({"id_number": "75085000123", "sex": "Nữ"}, "75085000123", "INVALID", "075085000123", []),
    (
        {"id_number": "75085000123", "date_of_birth": "02/03/1986"},
        "75085000123",
        "INVALID",
        "075085000123",
        [],
    ),
    (
        {"id_number": "75085000123", "date_of_birth": None},
        "75085000123",
        "INVALID",
        "075085000123",
        [],
    ),
    ({"id_number": "99085000123"}, "99085000123", "INVALID", None, []),
    ({"id_number": "07508500123"}, "07508500123", "INVALID", None, []),  # a digit is missing
    ({"id_number": "12345678"}, "12345678", "INVALID", "012345678", []),
    ({"id_number": "271 450 001"}, "271450001", "CMND", None, ["id:spacing"]),
    ({"id_number": "b1234567"}, "B1234567", "PASSPORT", None, ["id:case"]),
    ({"id_number": "Hộ chiếu B1234567"}, "B1234567", "PASSPORT", None, ["id:spacing", "id:label"]),
    ({"id_number": "521234567", "nationality": "Hoa Kỳ"}, "521234567", "PASSPORT", None, []),
    ({"id_number": "12345678", "nationality": "Israel"}, "12345678", "INVALID", "012345678", []),
    ({"id_number": "0912345678"}, "0912345678", "INVALID", None, ["id:phone"]),
    ({"id_number": "+84 912345678"}, "84912345678", "INVALID", None, ["id:spacing", "id:phone"]),
    (
        {"id_number": "DN 4 75 0012345678"},
        "DN4750012345678",
        "INVALID",
        None,
        ["id:spacing", "id:insurance"],
    ),
    ({"id_number": "Không có"}, None, None, None, ["id:no_number"]),
    ({"id_number": "000"}, "000", "INVALID", None, []),
]

PHONES: dict[str, tuple[str | None, list[str] | None, list[str]]] = {
    "0912345678": ("0912345678", None, []),
    "+84 912.345.678": ("0912345678", None, ["phone:form"]),
    "84912345678": ("0912345678", None, ["phone:form"]),
    "0084912345678": ("0912345678", None, ["phone:form"]),
    "(+84) 0912 345 678": ("0912345678", None, ["phone:form"]),
    "912345678": ("0912345678", None, ["phone:form"]),
    "912345678.0": ("0912345678", None, ["phone:form"]),
    "O912345678": ("0912345678", None, ["phone:form"]),
    "01682345678": ("0382345678", None, ["phone:11to10"]),
    "+841682345678": ("0382345678", None, ["phone:form", "phone:11to10"]),
    "1682345678": ("0382345678", None, ["phone:form", "phone:11to10"]),
    "(0251) 3822 946": ("02513822946", None, ["phone:form"]),
    "0912345678 / 0987654321": ("0912345678", ["0987654321"], ["phone:form", "phone:several"]),
    "0912345678-01682345678": (
        "0912345678",
        ["0382345678"],
        ["phone:form", "phone:several"],
    ),
    "123; 0987654321": ("0987654321", None, ["phone:form", "phone:several"]),
    "0112345678": (None, None, ["phone:unreadable"]),
    "không có": (None, None, ["phone:unreadable"]),
    " ": (None, None, []),
}

SEXES: dict[str, tuple[str | None, list[str]]] = {
    "Nam": ("M", []),
    "NỮ ": ("F", []),
    "Nu": ("F", []),
    "nử": ("F", []),
    "1.0": ("M", []),
    "2": ("F", []),
    "female": ("F", []),
    "0": (None, ["sex:ambiguous"]),
    "Nam/Nữ": (None, ["sex:ambiguous"]),
    "N": (None, ["sex:ambiguous"]),
    "??": (None, ["sex:unreadable"]),
    "": (None, []),
}

# typed: precision, first day, last day, notes
BIRTHS: dict[str, tuple[str | None, str | None, str | None, list[str]]] = {
    "02/03/1985": ("DAY", "1985-03-02", "1985-03-02", []),
    "1985-03-02": ("DAY", "1985-03-02", "1985-03-02", []),
    "1985": ("YEAR", "1985-01-01", "1985-12-31", []),
    "1985.0": ("YEAR", "1985-01-01", "1985-12-31", []),
    "1985-02": ("MONTH", "1985-02-01", "1985-02-28", []),
    "2/3/1985": ("DAY", "1985-03-02", "1985-03-02", ["birth:form"]),
    "02-03-1985": ("DAY", "1985-03-02", "1985-03-02", ["birth:form"]),
    "02 / 03 / 1985": ("DAY", "1985-03-02", "1985-03-02", ["birth:form"]),
    "1985/03/02": ("DAY", "1985-03-02", "1985-03-02", ["birth:form"]),
    "19850302": ("DAY", "1985-03-02", "1985-03-02", ["birth:form"]),
    "02031985": ("DAY", "1985-03-02", "1985-03-02", ["birth:form"]),
    "2/1984": ("MONTH", "1984-02-01", "1984-02-29", ["birth:form"]),
    "02.1984": ("MONTH", "1984-02-01", "1984-02-29", ["birth:form"]),
    "ngày 2 tháng 3 năm 1985": ("DAY", "1985-03-02", "1985-03-02", ["birth:words"]),
    "tháng 2 năm 1984": ("MONTH", "1984-02-01", "1984-02-29", ["birth:words"]),
    "sinh năm 1985": ("YEAR", "1985-01-01", "1985-12-31", ["birth:words"]),
    "00/00/1985": ("YEAR", "1985-01-01", "1985-12-31", ["birth:no_day"]),
    "1985-00-00": ("YEAR", "1985-01-01", "1985-12-31", ["birth:no_day"]),
    "00/02/1984": ("MONTH", "1984-02-01", "1984-02-29", ["birth:no_day"]),
    "1984-02-00": ("MONTH", "1984-02-01", "1984-02-29", ["birth:no_day"]),
    # of the two centuries the later one that was before the delivery
    "2/3/85": ("DAY", "1985-03-02", "1985-03-02", ["birth:two_digit_year"]),
    "2/3/45": ("DAY", "1945-03-02", "1945-03-02", ["birth:two_digit_year"]),
    "2/3/15": ("DAY", "2015-03-02", "2015-03-02", ["birth:two_digit_year"]),
    "31108": ("DAY", "1985-03-02", "1985-03-02", ["birth:excel_serial"]),
    "31108.0": ("DAY", "1985-03-02", "1985-03-02", ["birth:excel_serial"]),
    # midnight in Vietnam, and in UTC
    "478544400000": ("DAY", "1985-03-02", "1985-03-02", ["birth:milliseconds"]),
    "478569600000": ("DAY", "1985-03-02", "1985-03-02", ["birth:milliseconds"]),
    # 1960-05-20, midnight of Saigon's zone then (+08)
    "-303552000000": ("DAY", "1960-05-20", "1960-05-20", ["birth:milliseconds"]),
    "345600000": ("DAY", "1970-01-05", "1970-01-05", ["birth:milliseconds"]),
    "1985-03-02T00:00:00": ("DAY", "1985-03-02", "1985-03-02", ["birth:form"]),
    "1985-03-01T17:00:00Z": ("DAY", "1985-03-02", "1985-03-02", ["birth:form"]),
    # the 25th can't be a month; where both can be, the day comes first and nothing is turned round
    "03/25/1985": ("DAY", "1985-03-25", "1985-03-25", ["birth:month_first"]),
    "3/25/1985": ("DAY", "1985-03-25", "1985-03-25", ["birth:form", "birth:month_first"]),
    "03/02/1985": ("DAY", "1985-02-03", "1985-02-03", []),
    "01/01/1950": ("DAY", "1950-01-01", "1950-01-01", ["birth:maybe_year_only"]),
    "01/07/1950": ("DAY", "1950-07-01", "1950-07-01", ["birth:maybe_year_only"]),
    "01/02/1950": ("DAY", "1950-02-01", "1950-02-01", []),
    "31/02/1985": (None, None, None, ["birth:impossible"]),
    "13/13/1985": (None, None, None, ["birth:impossible"]),
    "01/01/0001": (None, None, None, ["birth:impossible"]),
    "trước 1985": (None, None, None, ["birth:unreadable"]),
    "8888": (None, None, None, ["birth:unreadable"]),
    " ": (None, None, None, []),
}


def test_names(stage_doses: StageDoses) -> None:
    doses = stage_doses([{"full_name": typed} for typed in NAMES])
    read = {
        typed: (dose["full_name"], dose["normalizations"])
        for typed, dose in zip(NAMES, doses, strict=True)
    }
    assert read == NAMES


def test_keys_of_a_name_are_its_small_letters_with_and_without_accents(
    stage_doses: StageDoses,
) -> None:
    typed = ["Nguyễn Văn ĐỨC", "Ksor H'Bƀiă", "  "]
    doses = stage_doses([{"full_name": name} for name in typed])
    assert [(dose["name_exact_key"], dose["name_key"]) for dose in doses] == [
        ("nguyễn văn đức", "nguyen van duc"),
        ("ksor h'bƀiă", "ksor h'bbia"),
        (None, None),
    ]


def test_identity_numbers(stage_doses: StageDoses) -> None:
    doses = stage_doses([typed for typed, *_ in IDS])
    for (typed, *expected), dose in zip(IDS, doses, strict=True):
        notes = _notes_of("id", dose)
        read = [dose["id_number"], dose["id_type"], dose["id_hypothesis"], notes]
        assert read == expected, typed
        assert dose["id_typed"] == typed["id_number"]


def test_phones(stage_doses: StageDoses) -> None:
    doses = stage_doses([{"phone": typed} for typed in PHONES])
    read = {
        typed: (dose["phone"], dose["other_phones"], dose["normalizations"])
        for typed, dose in zip(PHONES, doses, strict=True)
    }
    assert read == PHONES


def test_sexes(stage_doses: StageDoses) -> None:
    doses = stage_doses([{"sex": typed} for typed in SEXES])
    read = {
        typed: (dose["sex"], dose["normalizations"])
        for typed, dose in zip(SEXES, doses, strict=True)
    }
    assert read == SEXES


def test_birth_dates(stage_doses: StageDoses) -> None:
    doses = stage_doses([{"date_of_birth": typed, "id_number": None} for typed in BIRTHS])
    for (typed, expected), dose in zip(BIRTHS.items(), doses, strict=True):
        precision, first, last, notes = expected
        assert dose["birth_typed"] == typed
        assert dose["birth_precision"] == precision, typed
        assert (text_of(dose["birth_first_on"]), text_of(dose["birth_last_on"])) == (first, last), (
            typed
        )
        assert text_of(dose["birth_on"]) == (first if precision == "DAY" else None), typed
        assert dose["birth_year"] == (int(first[:4]) if first else None), typed
        assert dose["normalizations"] == notes, typed


def test_a_cccd_says_which_century_two_digits_mean(stage_doses: StageDoses) -> None:
    born_1915, born_2015, other_year = "075015000123", "075215000123", "075085000123"
    doses = stage_doses(
        [
            {"date_of_birth": "2/3/15", "id_number": cccd}
            for cccd in (born_1915, born_2015, other_year)
        ]
    )
    assert [dose["birth_year"] for dose in doses] == [1915, 2015, 2015]


def test_what_was_read_reads_the_same_again(stage_doses: StageDoses) -> None:
    rows: list[Row] = [{"full_name": typed} for typed in NAMES]
    rows += [typed for typed, *_ in IDS]
    rows += [{"phone": typed} for typed in PHONES]
    columns = ("full_name", "id_number", "sex", "phone")
    first = stage_doses(rows)
    # The birth date goes in as it came: without it a repaired id has no proof.
    again = stage_doses(
        [
            {column: text_of(dose[column]) for column in columns}
            | {
                "date_of_birth": text_of(dose["birth_typed"]),
                "nationality": text_of(dose["nationality"]),
            }
            for dose in first
        ]
    )
    assert _columns(again, columns) == _columns(first, columns)
    changed = {code for dose in again for code in codes_of(dose)}
    assert changed <= {
        "name:case",
        "name:parent",
        "id:exponent",
        "id:phone",
        "id:insurance",
    }


def _columns(doses: Sequence[dict[str, object]], columns: Sequence[str]) -> list[list[object]]:
    return [[dose[column] for column in columns] for dose in doses]


def _notes_of(field: str, dose: dict[str, object]) -> list[str]:
    return [code for code in codes_of(dose) if code.startswith(f"{field}:")]
