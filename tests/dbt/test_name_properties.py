"""What holds for whatever is typed as a name: hundreds of generated values a batch, one query a batch."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import product

import duckdb
import jinja2
from batches import BATCH, in_batches
from hypothesis import given
from hypothesis import strategies as st
from staged import StageDoses

from vax_pipeline.core.settings import DBT_PROJECT_DIR

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
