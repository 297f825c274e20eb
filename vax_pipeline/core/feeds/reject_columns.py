"""The columns of our own in an export of rejects, and how a corrected row is known by them.

Shared by the export, which writes them, and by the readers, which meet them when the file comes back:
they are no data of the sender's, and values made safe for Excel get their text back.
"""

import re
from collections.abc import Iterable, Mapping

import polars as pl

from vax_pipeline.core.spreadsheets import MADE_SAFE, original

PROBLEM, FIX, RECORD, FILE, LINE, REJECT = (
    "vax_problem", "vax_fix", "vax_record", "vax_file", "vax_line", "vax_reject",
)  # fmt: skip
# As people see them; the first word alone makes a column ours, whatever Excel does to the rest.
HEADERS = {
    PROBLEM: "vax_problem (lỗi / what is wrong)",
    FIX: "vax_fix (cách sửa / what to do)",
    RECORD: "vax_record (bản ghi đã gửi / the record as sent)",
    FILE: "vax_file (tệp / file)",
    LINE: "vax_line (dòng / line)",
    REJECT: "vax_reject (giữ nguyên / leave as it is)",
}
CORRECTS = "corrects"  # in `marks`: the ids of the rejects that a row corrects
_ID = "R[0-9a-f]{16}"  # the letter keeps Excel from taking one for a number
_IDS = rf"^\s*{_ID}(\s+{_ID})*\s*$"


def own_column(header: str) -> str | None:
    """Which of our columns a header names; null for a sender's own."""
    words = header.lower().replace("\ufeff", "").split(maxsplit=1)
    return words[0] if words and words[0] in HEADERS else None


def senders_own(headers: Iterable[str]) -> list[str]:
    """Headers without ours; in a file that has ours, as they were before they were made safe."""
    given = list(headers)
    theirs = [header for header in given if own_column(header) is None]
    return theirs if len(theirs) == len(given) else [original(header) for header in theirs]


def ids_in(text: str | None) -> list[str]:
    """Ids of rejects in a cell of the column `vax_reject`."""
    return re.findall(_ID, text) if text and re.match(_IDS, text) else []


class Answers:
    """The rows of a file that answer rejects, by its unknown columns `c0..cn`."""

    def __init__(self, unknown: Mapping[str, int]) -> None:
        """Find our columns among the unknown ones: `unknown` has their places by header."""
        self._ids = next((n for h, n in unknown.items() if own_column(h) == REJECT), None)
        has_ours = any(own_column(header) is not None for header in unknown)
        self.unknown = {
            original(header) if has_ours else header: place
            for header, place in unknown.items()
            if own_column(header) is None
        }

    @property
    def _is_answer(self) -> pl.Expr:
        return pl.col(f"c{self._ids}").str.contains(_IDS).fill_null(value=False)

    def value(self, place: int) -> pl.Expr:
        """A delivered value; in a row of ours with the text it had before it was made safe."""
        value = pl.col(f"c{place}")
        if self._ids is None:
            return value
        is_safe = self._is_answer & value.str.contains(MADE_SAFE)
        return pl.when(is_safe).then(value.str.slice(1)).otherwise(value)

    def marks(self) -> pl.Expr:
        """`{"corrects": [ids]}` for rows that answer rejects, null for others."""
        if self._ids is None:
            return pl.lit(None, pl.String)
        ids = pl.col(f"c{self._ids}").str.extract_all(_ID).list.join('","')
        marks = pl.concat_str(pl.lit(f'{{"{CORRECTS}":["'), ids, pl.lit('"]}'))
        return pl.when(self._is_answer).then(marks)

    def stray_ids(self) -> pl.Expr | None:
        """What stands in the column of ids and is none: a sender's value after all."""
        if self._ids is None:
            return None
        given = pl.col(f"c{self._ids}")
        return pl.when(~self._is_answer).then(given).alias(REJECT)
