"""What holds for whatever is typed: hundreds of generated values a batch, one query a batch."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product

import duckdb
import jinja2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from staged import Row, StageDoses

from vax_pipeline.core.settings import DBT_PROJECT_DIR

# A batch is one example; the cost is that of the query, whatever its rows.
in_batches = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
BATCH = 200

TONES = "\u0300\u0301\u0309\u0303\u0323"
ONSETS = (
    *("b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh"),
    *("p", "ph", "qu", "r", "s", "t", "th", "tr", "v", "x"),
)
# Rhymes by the place of the letter that bears the tone.
FIRST = (
    *("ai", "ao", "au", "ay", "âu", "ây", "eo", "êu", "ia", "iu", "oa", "oe", "oi", "ôi", "ơi"),
    *("ua", "ui", "ưa", "ưi", "ưu", "uy"),
    *(vowel + coda for vowel in "aăâeêioôơuưy" for coda in ("", "n", "ng", "c", "t")),
)
SECOND = (
    *("oan", "oang", "oat", "oen", "uynh", "iên", "iêm", "iêng", "uôn", "ươn", "ương", "uân", "uê"),
    *("yên", "yêu", "oai", "oay", "oeo", "uya", "uyu", "iêu", "uôi", "ươi", "ươu"),
)
THIRD = ("uyên", "uyêt")
RHYMES = [(rhyme, at) for at, rhymes in enumerate((FIRST, SECOND, THIRD)) for rhyme in rhymes]
VOWELS = frozenset("aăâeêioôơuưy")


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _syllables() -> Iterator[tuple[str, list[str]]]:
    """Each syllable with a tone as the rule writes it, and with the tone on any other vowel."""
    for onset, (rhyme, place), tone in product(ONSETS, RHYMES, TONES):
        if onset == "qu" and rhyme[0] not in "aăâeêơ" and rhyme not in ("i", "y", "yên"):
            continue
        if (onset == "gi" and rhyme[0] in "iy") or (onset == "g" and rhyme in ("ia", "iu")):
            continue
        head = onset[:-1] if onset in ("qu", "gi") else onset
        vowels = onset[-1] + rhyme if onset in ("qu", "gi") else rhyme
        shift = len(vowels) - len(rhyme)
        spelled = [
            _compose(head + vowels[: at + 1] + tone + vowels[at + 1 :])
            for at in range(len(vowels))
            if vowels[at] in VOWELS
        ]
        yield spelled[place + shift], spelled


def test_a_tone_on_any_vowel_of_any_syllable_is_put_in_its_one_place(
    stage_doses: StageDoses,
) -> None:
    written = [(right, other) for right, others in _syllables() for other in others]
    doses = stage_doses([{"full_name": f"Lê {other.capitalize()}"} for _, other in written])
    wrong = [
        (other, dose["full_name"])
        for (right, other), dose in zip(written, doses, strict=True)
        if dose["full_name"] != f"Lê {right.capitalize()}"
    ]
    assert len(written) > 20_000
    assert wrong == []


WORDS = st.sampled_from(sorted({right for right, _ in _syllables()}))
GIVEN = st.lists(WORDS.map(str.capitalize), min_size=1, max_size=4).map(" ".join)
NAMES = st.tuples(st.sampled_from(["Nguyễn", "Đặng", "Lê"]), GIVEN).map(" ".join)
VARIANTS: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.lower,
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: f" {name.replace(' ', '  ')}\u00a0",
    lambda name: name.replace(" ", " \u200b"),
    lambda name: name.replace("Đ", "Ð").replace("đ", "ð"),
    lambda name: f"1. {name}",
    lambda name: f"{name} (con bà Lan)",
    lambda name: f"{name} - 0912 345 678",
    lambda name: f"Mr. {name}",
    lambda name: "".join(_full_width(letter) for letter in unicodedata.normalize("NFD", name)),
]


def _full_width(letter: str) -> str:
    return chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter


@in_batches
@given(st.lists(NAMES, min_size=BATCH // 10, max_size=BATCH // 10))
def test_a_name_has_the_same_keys_however_it_is_written(
    stage_doses: StageDoses, names: list[str]
) -> None:
    doses = stage_doses([{"full_name": vary(name)} for name in names for vary in VARIANTS])
    for at, name in enumerate(names):
        variants = doses[at * len(VARIANTS) : (at + 1) * len(VARIANTS)]
        assert {dose["name_exact_key"] for dose in variants} == {name.lower()}
        assert len({dose["name_key"] for dose in variants}) == 1
        key = variants[0]["name_key"]
        assert isinstance(key, str)
        assert re.fullmatch("[a-z ]+", key)


SIGNS = st.sampled_from(list(" .,;:()[]/-–'’*\"0123456789\u00a0\u200b\u0301\u0323"))
LETTERS = st.sampled_from(list("aăâbcdđeêghiklmnoôơpqrstuưvxyAĐGHNQTðÐ𝐀ａƀéòạýữ"))
PIECES = st.one_of(
    SIGNS, LETTERS, WORDS, st.sampled_from(["Ông", "bà", "Mr", "Nguyễn", "Hoà", "1985"])
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES, max_size=6).map(" ".join)


@in_batches
@given(st.lists(TEXTS, min_size=BATCH, max_size=BATCH))
def test_a_name_that_was_read_is_read_as_it_is(stage_doses: StageDoses, texts: list[str]) -> None:
    once = [dose["full_name"] for dose in stage_doses([{"full_name": text} for text in texts])]
    again = stage_doses([{"full_name": name if name is None else str(name)} for name in once])
    changed = [
        (text, name, dose["full_name"])
        for text, name, dose in zip(texts, once, again, strict=True)
        if dose["full_name"] != name
    ]
    assert changed == []


def test_every_letter_that_unicode_calls_compatible_with_a_plain_one_is_read_as_that(
    stage_doses: StageDoses,
) -> None:
    letters = [
        (letter, plain)
        for letter in map(chr, range(128, 0x110000))
        if len(plain := unicodedata.normalize("NFKC", letter)) == 1
        and plain.isascii()
        and plain.isalpha()
    ]
    doses = stage_doses([{"full_name": f"Le {letter}an"} for letter, _ in letters])
    assert len(letters) > 800
    assert [dose["full_name"] for dose in doses] == [f"Le {plain}an" for _, plain in letters]


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


MACROS = DBT_PROJECT_DIR / "macros"


def _keys(name: str) -> tuple[str, str]:
    """The soft and the sorted key of a folded name, by the macros themselves."""
    files = [MACROS / "dialect" / "text.sql", MACROS / "normalize" / "name_keys.sql"]
    template = "".join(file.read_text("utf-8") for file in files)
    query = (
        "select {{ name_soft_key('name') }}, {{ name_sorted_key('name') }} from (select ? as name)"
    )
    sql = jinja2.Template(template + query).render()
    [found] = duckdb.execute(sql, [name]).fetchall()
    return found


def test_soft_keys_are_blind_to_i_and_y_only_where_both_are_written() -> None:
    same = {
        "ly": "li",
        "my": "mi",
        "quy": "qui",
        "hy": "hi",
        "thuy ly": "thuy li",
        "h'hen": "h hen",
    }
    other = {"thuy": "thui", "tay": "tai", "may": "mai", "yen": "ien", "nguyen": "nguien"}
    assert [pair for pair in same.items() if _keys(pair[0])[0] != _keys(pair[1])[0]] == []
    assert [pair for pair in other.items() if _keys(pair[0])[0] == _keys(pair[1])[0]] == []


def test_sorted_keys_are_blind_to_the_order_of_words() -> None:
    assert _keys("nguyen thi ly")[1] == _keys("li nguyen thi")[1] == "li nguyen thi"
    assert _keys("nguyen thi ly")[1] != _keys("nguyen van ly")[1]
