"""What a spreadsheet might run is written as text, and is the sender's text again when it comes back."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vax_pipeline.core.feeds.reject_columns import (
    HEADERS,
    REJECT,
    Answers,
    ids_in,
    own_column,
    senders_own,
)
from vax_pipeline.core.spreadsheets import original, safe

STARTERS = "=+-@\t\r\n＝＋－＠"
TEXTS = st.text(alphabet=st.sampled_from(f"{STARTERS}'\"ab1 ,ộ"), max_size=8)
ID = "R0123456789abcdef"


@given(TEXTS)
def test_no_safe_text_starts_a_formula_and_its_original_is_found_again(text: str) -> None:
    assert not safe(text).startswith(tuple(STARTERS))
    assert original(safe(text)) == text


@pytest.mark.parametrize("text", ["", "'", "'abc", "''", "a=b", " =1", "0912", "''x=1"])
def test_harmless_text_is_left_alone_both_ways(text: str) -> None:
    assert (safe(text), original(text)) == (text, text)


def test_an_apostrophe_of_the_sender_before_a_formula_is_kept() -> None:
    assert safe("'=1") == "''=1"
    assert original("''=1") == "'=1"


@given(st.lists(TEXTS, min_size=1))
def test_a_column_is_restored_as_single_texts_are(texts: list[str]) -> None:
    frame = pl.DataFrame({"c0": [safe(text) for text in texts], "c1": [ID] * len(texts)})
    restored = frame.select(Answers({HEADERS[REJECT]: 1}).value(0)).to_series()
    assert restored.to_list() == texts


def test_only_rows_that_answer_a_reject_are_restored() -> None:
    frame = pl.DataFrame({"c0": ["'=1"] * 4, "c1": [ID, None, "", "R-something"]})
    answers = Answers({HEADERS[REJECT]: 1})
    assert frame.select(answers.value(0)).to_series().to_list() == ["=1", "'=1", "'=1", "'=1"]
    assert frame.select(answers.marks()).to_series().to_list() == [
        f'{{"corrects":["{ID}"]}}', None, None, None,
    ]  # fmt: skip


def test_without_our_columns_nothing_is_touched() -> None:
    answers = Answers({"'=note": 0})
    assert answers.unknown == {"'=note": 0}
    assert pl.DataFrame({"c0": ["'=1"]}).select(answers.value(0)).item() == "'=1"


@pytest.mark.parametrize(
    "header", [*HEADERS.values(), "VAX_REJECT (gi? nguyên)", "\ufeffvax_problem", " vax_line x "]
)
def test_our_columns_are_known_by_their_first_word_whatever_became_of_the_rest(header: str) -> None:
    assert own_column(header) in HEADERS


@pytest.mark.parametrize("header", ["", "vax", "vaccine_name", "reject", "vax_rejects", "vax_"])
def test_a_sender_s_column_is_not_taken_for_ours(header: str) -> None:
    assert own_column(header) is None


def test_headers_of_a_file_of_ours_are_the_sender_s_again() -> None:
    assert senders_own(["'=note", HEADERS[REJECT]]) == ["=note"]
    assert senders_own(["'=note"]) == ["'=note"]


def test_ids_are_read_and_nothing_else() -> None:
    assert ids_in(f" {ID}  {ID} ") == [ID, ID]
    assert ids_in(f"{ID} and more") == ids_in("R12") == ids_in(None) == []
