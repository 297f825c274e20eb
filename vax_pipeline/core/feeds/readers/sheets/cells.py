"""The cells of a block of sheet rows, found by looking at bytes.

What is not as regular as Excel, LibreOffice and the usual libraries write it is left to `events`, which
finds the same cells with an XML parser.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl

from vax_pipeline.core.feeds.readers.sheets.markup import (
    GREATER,
    QUOTE,
    Bytes,
    Flags,
    Grammar,
    Positions,
    Tags,
    bytes_at,
    find_tags,
    resolve_entities,
    slices,
    text_starts,
)

Numbers = npt.NDArray[np.int32]

MAX_ROW_DIGITS = 7
MAX_STYLE_DIGITS = 5
HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
GRAMMAR = Grammar(
    {
        "<row>": "<c> <c/> </row>",
        "<row/>": "<row> <row/>",
        "</row>": "<row> <row/>",
        "<c>": "<v> <v/> <f> <f/> <is> <is/> </c>",
        "<c/>": "<c> <c/> </row>",
        "</c>": "<c> <c/> </row>",
        "<v>": "</v>",
        "<v/>": "</c>",
        "</v>": "</c>",
        "<f>": "</f>",
        "<f/>": "<v> <v/> </c>",
        "</f>": "<v> <v/> </c>",
        "<is>": "<t> <t/> </is>",
        "<is/>": "</c>",
        "</is>": "</c>",
        "<t>": "</t>",
        "<t/>": "</is>",
        "</t>": "</is>",
    }
)


class Kind(IntEnum):
    """What the text of a cell is."""

    NUMBER = 0
    SHARED = 1  # place in the workbook's table of texts
    TEXT = 2
    BOOLEAN = 3
    ERROR = 4
    MOMENT = 5  # ISO 8601, in strict OOXML
    FORMULA = 6  # the formula itself, for want of a value


# Value of the attribute t -> kind.
KINDS = {
    "n": Kind.NUMBER,
    "s": Kind.SHARED,
    "str": Kind.TEXT,
    "inlineStr": Kind.TEXT,
    "b": Kind.BOOLEAN,
    "e": Kind.ERROR,
    "d": Kind.MOMENT,
}
# By the first two bytes of `n"`, `s"`, `str"`...: kind and bytes of the value; no bytes: unknown.
_TYPE_KIND = np.zeros(1 << 16, np.uint8)
_TYPE_BYTES = np.zeros(1 << 16, np.uint8)
for _name, _kind in KINDS.items():
    _code = int.from_bytes(f'{_name}"'.encode()[:2], "big")
    _TYPE_KIND[_code], _TYPE_BYTES[_code] = _kind, len(_name)


@dataclass(frozen=True)
class Cells:
    """The cells of some rows that hold something, in the order of the file.

    Attributes:
        lines: number of each row element, ascending, those without cells included.
        is_hidden: per row element.
        row: place of each cell's row in `lines`.
        column: of each cell, from 0; ascending within a row.
        kind: `Kind` of each cell.
        style: of each cell, place in the workbook's styles.
        text: of each cell as it stands in the file, not empty.
    """

    lines: Positions
    is_hidden: Flags
    row: Positions
    column: Numbers
    kind: Bytes
    style: Numbers
    text: pl.Series


def scan_cells(data: bytes, last_line: int) -> Cells | None:
    """The cells of whole rows, or None when a row, a cell or a text is written in an unusual way.

    Args:
        last_line: number of the row before this block; numbers must ascend.
    """
    tags = find_tags(data, GRAMMAR)
    if tags is None or not _is_whole(tags):
        return None
    is_row = tags.which("<row>", "<row/>")
    lines = _row_numbers(tags.view, tags.at[is_row])
    if lines is None or lines[0] <= last_line or not (np.diff(lines) > 0).all():
        return None
    return _read_values(tags, is_row, lines)


def _read_values(tags: Tags, is_row: Flags, lines: Positions) -> Cells | None:
    is_cell = tags.which("<c>")
    owners = np.cumsum(is_cell, dtype=np.int64)
    values = np.flatnonzero(tags.which("<v>", "<t>"))
    starts = text_starts(tags, values)
    if starts is None:
        return None
    has_text = tags.until[values] > starts
    values, starts = values[has_text], starts[has_text]
    cells = np.flatnonzero(is_cell)[owners[values] - 1]
    row = np.cumsum(is_row, dtype=np.int64)[values] - 1
    columns = _columns(tags.view, tags.at[cells], _digits_of(lines)[row])
    if columns is None or not _ascend(row, columns[0]) or _lacks_value(tags, owners, values):
        return None
    attributes = _style_and_kind(tags.view, columns[1], tags.until[cells] - 1)
    text = resolve_entities(slices(tags.view, starts, tags.until[values]))
    if attributes is None or text is None:
        return None
    style, kind = attributes
    kind[tags.view[tags.at[values] + 1] == ord("t")] = Kind.TEXT
    return Cells(lines, _hidden(tags, is_row), row, columns[0], kind, style, text)


def _is_whole(tags: Tags) -> bool:
    """Rows from start to end, and nothing between the tag of a row or a cell and what it holds."""
    return tags.are_whole("row") and bool(
        (tags.view[tags.until[tags.which("<row>", "<c>")] - 1] == GREATER).all()
    )


def _ascend(row: Positions, column: Numbers) -> bool:
    """Whether each cell of a row stands to the right of the one before: none twice."""
    return bool(((column[1:] > column[:-1]) | (row[1:] != row[:-1])).all())


def _row_numbers(view: Bytes, starts: Positions) -> Positions | None:
    if not _follows(view, starts + 4, b' r="'):
        return None
    number, count = _digits(view, starts + 8, MAX_ROW_DIGITS)
    is_closed = bytes_at(view, starts + 8 + count) == QUOTE
    return number.astype(np.int64) if ((count > 0) & is_closed).all() else None


def _columns(view: Bytes, starts: Positions, digits: Positions) -> tuple[Numbers, Positions] | None:
    """Column of each cell by its reference (`AB12`), and where the attributes after it begin."""
    if not _follows(view, starts + 2, b' r="'):
        return None
    letters = [bytes_at(view, starts + offset) - (ord("A") - 1) for offset in (6, 7, 8)]
    is_one = (letters[0] >= 1) & (letters[0] <= 26)
    is_two = (letters[1] >= 1) & (letters[1] <= 26)
    is_three = is_two & (letters[2] >= 1) & (letters[2] <= 26)
    column = letters[0].astype(np.int32)
    column = np.where(is_two, column * 26 + letters[1], column)
    column = np.where(is_three, column * 26 + letters[2], column)
    after = starts + 7 + is_two + is_three + digits
    if not is_one.all() or not (bytes_at(view, after) == QUOTE).all():
        return None
    return column - 1, after + 1


def _style_and_kind(view: Bytes, at: Positions, end: Positions) -> tuple[Numbers, Bytes] | None:
    """Style and kind of each cell, if its tag goes on with ` s="1"`, ` t="s"`, both or nothing."""
    has_style = bytes_at(view, at + 1) == ord("s")
    number, count = _digits(view, np.where(has_style, at + 4, 0), MAX_STYLE_DIGITS)
    if not _follows(view, at[has_style], b' s="') or not (count[has_style] > 0).all():
        return None
    style = np.where(has_style, number, 0).astype(np.int32)
    at = np.where(has_style, at + 4 + count + 1, at)
    has_kind = at < end
    if not _follows(view, at[has_kind], b' t="'):
        return None
    begins = np.where(has_kind, at + 4, 0)
    code = bytes_at(view, begins).astype(np.uint16) << 8 | bytes_at(view, begins + 1)
    kind, size = np.where(has_kind, _TYPE_KIND[code], 0), _TYPE_BYTES[code]
    at = np.where(has_kind, at + 4 + size + 1, at)
    is_known = (at == end) & (bytes_at(view, at - 1) == QUOTE) & ((size > 0) | ~has_kind)
    return (style, kind.astype(np.uint8)) if is_known.all() else None


def _digits(view: Bytes, at: Positions, most: int) -> tuple[Numbers, Positions]:
    """The number that begins at each place and how many digits it has."""
    number, count = np.zeros(len(at), np.int32), np.zeros(len(at), np.int64)
    is_number = np.ones(len(at), np.bool_)
    for offset in range(most):
        digit = bytes_at(view, at + offset) - ord("0")
        is_number &= digit <= 9
        number = np.where(is_number, number * 10 + digit, number)
        count += is_number
    return number, count


def _digits_of(numbers: Positions) -> Positions:
    return np.searchsorted(10 ** np.arange(1, MAX_ROW_DIGITS), numbers, side="right") + 1


def _follows(view: Bytes, at: Positions, text: bytes) -> bool:
    return all((bytes_at(view, at + offset) == byte).all() for offset, byte in enumerate(text))


def _lacks_value(tags: Tags, owners: Positions, values: Positions) -> bool:
    """Whether there is a formula without a value: it is shown itself, which takes a parser."""
    has_value = np.zeros(int(owners[-1]) + 1, np.bool_)
    has_value[owners[values]] = True
    formulas = owners[tags.which("<f>", "<f/>")]
    cells = np.flatnonzero(tags.which("<c>"))[formulas[~has_value[formulas]] - 1]
    # A text may be empty and still be a value.
    return any(
        b' t="str"' not in tags.data[tags.at[cell] : tags.until[cell]] for cell in cells.tolist()
    )


def _hidden(tags: Tags, is_row: Flags) -> Flags:
    if b"hidden" not in tags.data:
        return np.zeros(int(is_row.sum()), np.bool_)
    spans = zip(tags.at[is_row].tolist(), tags.until[is_row].tolist(), strict=True)
    return np.array([HIDDEN.search(tags.data, *span) is not None for span in spans], np.bool_)
