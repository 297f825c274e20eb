"""What holds for whatever is typed: hundreds of generated values a batch, one query a batch."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import duckdb
from batches import BATCH, in_batches
from hypothesis import given
from hypothesis import strategies as st
from staged import Row, StageDoses

PEOPLE = st.tuples(
    st.sampled_from(["001", "008", "011", "048", "075", "079", "096"]),
    st.sampled_from(["Nam", "Nữ"]),
    st.integers(1920, 2016),
    st.integers(0, 999_999),
)
ID_VARIANTS: list[Callable[[str], str]] = [
    str,
    lambda cccd: cccd.lstrip("0"),
    lambda cccd: f"{cccd}.0",
    lambda cccd: f"{cccd[:3]} {cccd[3:6]}.{cccd[6:]}",
    lambda cccd: cccd.replace("0", "O", 1),
    lambda cccd: f"CCCD số {cccd}",
    lambda cccd: f"'{cccd}",
]


def _cccd(province: str, sex: str, year: int, serial: int) -> str:
    century_and_sex = (year // 100 - 19) * 2 + (sex == "Nữ")
    return f"{province}{century_and_sex}{year % 100:02}{serial:06}"


@in_batches
@given(st.lists(PEOPLE, min_size=BATCH // 7, max_size=BATCH // 7))
def test_a_cccd_is_the_same_however_it_is_typed(
    stage_doses: StageDoses, people: list[tuple[str, str, int, int]]
) -> None:
    rows: list[Row] = [
        {"id_number": vary(_cccd(*person)), "sex": person[1], "date_of_birth": str(person[2])}
        for person in people
        for vary in ID_VARIANTS
    ]
    read = [(dose["id_number"], dose["id_type"]) for dose in stage_doses(rows)]
    assert read == [(_cccd(*person), "CCCD") for person in people for _ in ID_VARIANTS]


@in_batches
@given(
    st.lists(
        st.tuples(
            st.from_regex("[1-9][0-9]{7,12}", fullmatch=True)
            | PEOPLE.map(lambda person: _cccd(*person).lstrip("0")),
            st.sampled_from(["Nam", "Nữ", None]),
            st.one_of(st.none(), st.integers(1920, 2016).map(str)),
        ),
        min_size=BATCH,
        max_size=BATCH,
    )
)
def test_a_repaired_number_agrees_with_province_sex_and_birth_year(
    stage_doses: StageDoses,
    seeded: duckdb.DuckDBPyConnection,
    typed: list[tuple[str, str | None, str | None]],
) -> None:
    provinces = {
        f"0{code}"
        for (code,) in seeded.execute("select province_code from ops.provinces").fetchall()
    }
    doses = stage_doses(
        [{"id_number": number, "sex": sex, "date_of_birth": year} for number, sex, year in typed]
    )
    for (number, sex, year), dose in zip(typed, doses, strict=True):
        repaired = str(dose["id_number"])
        if repaired == number:
            continue
        assert repaired == number.zfill(12)
        assert repaired[:3] in provinces
        assert sex is not None
        assert year is not None
        assert repaired == _cccd(repaired[:3], sex, int(year), int(repaired[6:]))


DAYS = st.dates(date(1922, 1, 1), date(2016, 12, 31))
BIRTH_FORMS: list[Callable[[date], str]] = [
    lambda day: f"{day:%d/%m/%Y}",
    lambda day: f"{day:%Y-%m-%d}",
    lambda day: f"{day.day}/{day.month}/{day.year}",
    lambda day: f"{day.day}-{day.month}-{day.year}",
    lambda day: f"{day:%d.%m.%Y}",
    lambda day: f"{day:%d %m %Y}",
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day:%Y%m%d}",
    lambda day: f"{day:%d%m%Y}",
    lambda day: f"{day:%d/%m/%y}",
    lambda day: f"ngày {day.day} tháng {day.month} năm {day.year}",
    lambda day: f"{day:%Y-%m-%d}T00:00:00",
    lambda day: f"{day:%d/%m/%Y} 00:00",
    lambda day: str((day - date(1899, 12, 30)).days),
    lambda day: str(_milliseconds(day, hours=0)),
    lambda day: str(_milliseconds(day, hours=-7)),
    lambda day: str(_milliseconds(day, hours=-8)),
]


def _milliseconds(day: date, *, hours: int) -> int:
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _is_written(day: date, form: Callable[[date], str]) -> bool:
    """Serials of five digits start in 1927; a few days around 1970 have too few milliseconds."""
    text = form(day)
    if re.fullmatch("-?[0-9]+", text) and len(text) != 8:
        return len(text) == 5 or len(text.lstrip("-")) >= 9
    return True


@in_batches
@given(st.lists(DAYS, min_size=BATCH // 10, max_size=BATCH // 10))
def test_a_birth_date_is_the_same_in_every_form(stage_doses: StageDoses, days: list[date]) -> None:
    written = [(day, form(day)) for day in days for form in BIRTH_FORMS if _is_written(day, form)]
    doses = stage_doses([{"date_of_birth": text, "id_number": None} for _, text in written])
    wrong = [
        (text, dose["birth_on"])
        for (day, text), dose in zip(written, doses, strict=True)
        if dose["birth_on"] != day
    ]
    assert wrong == []


@in_batches
@given(
    st.lists(
        st.text("0123456789/.- :TZ", max_size=20) | st.text(max_size=12),
        min_size=BATCH,
        max_size=BATCH,
    )
)
def test_a_birth_date_is_a_day_of_the_living_or_none(
    stage_doses: StageDoses, texts: list[str]
) -> None:
    for text, dose in zip(texts, stage_doses([{"date_of_birth": t} for t in texts]), strict=True):
        first, last, on = dose["birth_first_on"], dose["birth_last_on"], dose["birth_on"]
        assert (first is None) == (last is None) == (dose["birth_precision"] is None), text
        if isinstance(first, date) and isinstance(last, date):
            assert 1890 <= first.year == last.year <= 2030, text
            assert on in (None, first), text


MOBILE = st.from_regex("0(3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])[0-9]{7}", fullmatch=True)
PHONE_VARIANTS: list[Callable[[str], str]] = [
    str,
    lambda number: f"+84{number[1:]}",
    lambda number: f"0084 {number[1:]}",
    lambda number: f"(+84) {number[1:4]}.{number[4:7]}.{number[7:]}",
    lambda number: number[1:],
    lambda number: f"{number[1:]}.0",
    lambda number: f"{number} (mẹ)",
    lambda number: f"ĐT: {number[:4]} {number[4:7]} {number[7:]}",
    lambda number: f"{number}; 0123",
]


@in_batches
@given(st.lists(MOBILE, min_size=BATCH // 9, max_size=BATCH // 9))
def test_a_mobile_number_is_the_same_however_it_is_typed(
    stage_doses: StageDoses, numbers: list[str]
) -> None:
    doses = stage_doses([{"phone": vary(number)} for number in numbers for vary in PHONE_VARIANTS])
    assert [dose["phone"] for dose in doses] == [n for n in numbers for _ in PHONE_VARIANTS]


@in_batches
@given(
    st.lists(
        st.from_regex("(0|84|\\+84)?1[2-9][0-9]{8}", fullmatch=True)
        | st.text("0123456789 +-/.;()o", max_size=26),
        min_size=BATCH,
        max_size=BATCH,
    )
)
def test_a_phone_is_one_of_the_plan_of_2018_or_none(
    stage_doses: StageDoses, texts: list[str]
) -> None:
    plan = re.compile("0(3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])[0-9]{7}|02[0-9]{8,9}")
    for text, dose in zip(texts, stage_doses([{"phone": t} for t in texts]), strict=True):
        others = dose["other_phones"] or []
        assert isinstance(others, list)
        assert all(plan.fullmatch(str(number)) for number in others), text
        assert dose["phone"] is None or plan.fullmatch(str(dose["phone"])), text


def test_every_prefix_of_eleven_digits_leads_to_one_an_operator_has(
    stage_doses: StageDoses, seeded: duckdb.DuckDBPyConnection
) -> None:
    prefixes = seeded.execute("select old_prefix, new_prefix from ops.phone_prefixes").fetchall()
    doses = stage_doses([{"phone": f"{old}2345678"} for old, _ in prefixes])
    assert len(prefixes) == 21
    assert [dose["phone"] for dose in doses] == [f"{new}2345678" for _, new in prefixes]


def test_no_slip_in_the_name_of_a_vaccine_makes_another_of_it(
    stage_doses: StageDoses, seeded: duckdb.DuckDBPyConnection
) -> None:
    aliases = seeded.execute("select alias_key, vaccine_code from ops.vaccine_aliases").fetchall()
    code_of = dict(aliases)
    slips = [
        (slip, code)
        for alias, code in aliases
        if len(alias) >= 6
        for at in range(len(alias))
        for slip in (alias[:at] + alias[at + 1 :], alias[:at] + alias[at] + alias[at:])
        if slip not in code_of
    ]
    doses = stage_doses(
        [{"vaccine_name": name} for name in [*code_of, *(slip for slip, _ in slips)]]
    )
    read = [dose["vaccine_code"] for dose in doses]
    assert read[: len(code_of)] == list(code_of.values())
    others = [
        (slip, code, found)
        for (slip, code), found in zip(slips, read[len(code_of) :], strict=True)
        if found not in (code, None)
    ]
    assert len(slips) > 1000
    assert others == []
