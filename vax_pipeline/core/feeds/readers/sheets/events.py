"""The cells of sheet rows by an XML parser: whatever way they are written, one at a time.

For the top of a sheet, where the headers are looked for, and for blocks that `cells` can't take.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.readers.sheets.cells import KINDS, Cells, Kind
from vax_pipeline.core.feeds.readers.sheets.xml_parser import damaged, feed, local, make_parser

MAX_STYLE = 1 << 20
MAX_COLUMNS = 1 << 14
MAX_ROWS = 1 << 20


@dataclass(frozen=True)
class Cell:
    """A cell that holds something; see `Cells`."""

    column: int
    kind: Kind
    style: int
    text: str


@dataclass
class Row:
    """A row element and its cells."""

    line: int
    is_hidden: bool
    cells: list[Cell] = field(default_factory=lambda: [])


class RowEvents:
    """Rows as they come; feed it a sheet or a part of one, from the start on."""

    def __init__(self, last_line: int = 0) -> None:
        self.rows: list[Row] = []
        self._line = last_line
        self._column = -1
        self._in_rows = False
        self._attributes: dict[str, str] = {}
        self._texts: dict[str, list[str]] = {}
        self._text_of = ""
        self._phonetic = 0
        self._parser = make_parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, data: bytes, *, is_last: bool = False) -> None:
        """Take a piece of XML. Raises QuarantineError when it is not well-formed."""
        feed(self._parser, data, is_last=is_last)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "sheetData":
            self._in_rows = True
        elif not self._in_rows:
            return
        elif name == "row":
            self._start_row(attributes)
        elif name == "c":
            self._start_cell(attributes)
        elif name == "rPh":
            self._phonetic += 1
        elif name in ("v", "f", "t") and not self._phonetic:
            self._text_of = name
            self._texts.setdefault(name, [])  # an empty formula is one, too

    def _end(self, tag: str) -> None:
        name = local(tag)
        if name == "sheetData":
            self._in_rows = False
        elif not self._in_rows:
            return
        elif name == "c":
            self._end_cell()
        elif name == "rPh":
            self._phonetic -= 1
        elif name in ("v", "f", "t"):
            self._text_of = ""

    def _characters(self, text: str) -> None:
        if self._text_of:
            self._texts[self._text_of].append(text)

    def _start_row(self, attributes: dict[str, str]) -> None:
        line = _number(attributes.get("r"), self._line + 1, MAX_ROWS)
        if line <= self._line:
            raise damaged(f"row {line} stands below row {self._line}")
        self._line, self._column = line, -1
        self.rows.append(Row(line, attributes.get("hidden") in ("1", "true")))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        column = _column(attributes.get("r", "")) if "r" in attributes else self._column + 1
        if column is None or column >= MAX_COLUMNS:
            raise damaged(f"a cell of row {self._line} has no column")
        self._column = column
        self._attributes, self._texts, self._text_of = attributes, {}, ""

    def _end_cell(self) -> None:
        texts = {name: "".join(parts) for name, parts in self._texts.items()}
        kind = KINDS.get(self._attributes.get("t", "n"), Kind.TEXT)
        text = texts.get("v", "")
        if "t" in texts:
            kind, text = Kind.TEXT, texts["t"]
        elif not text and "f" in texts and kind != Kind.TEXT:
            kind, text = Kind.FORMULA, "=" + texts["f"]
        if text and self.rows:
            style = _number(self._attributes.get("s"), 0, MAX_STYLE)
            self.rows[-1].cells.append(Cell(self._column, kind, style, text))
        self._texts = {}


def parse_cells(data: bytes, last_line: int) -> Cells:
    """The cells of whole rows. Raises QuarantineError when the XML or the order of cells is broken."""
    events = RowEvents(last_line)
    for piece in (b"<sheetData>", data, b"</sheetData>"):
        events.feed(piece, is_last=piece == b"</sheetData>")
    return gather(events.rows)


def gather(rows: Sequence[Row]) -> Cells:
    """Rows as columns of cells, those of a row from left to right."""
    places: list[int] = []
    cells: list[Cell] = []
    for place, row in enumerate(rows):
        ordered = sorted(row.cells, key=lambda cell: cell.column)
        if any(a.column == b.column for a, b in pairwise(ordered)):
            raise damaged(f"row {row.line} holds a cell twice")
        cells += ordered
        places += [place] * len(ordered)
    return Cells(
        np.array([row.line for row in rows], np.int64),
        np.array([row.is_hidden for row in rows], np.bool_),
        np.array(places, np.int64),
        np.array([cell.column for cell in cells], np.int32),
        np.array([cell.kind for cell in cells], np.uint8),
        np.array([cell.style for cell in cells], np.int32),
        pl.Series([cell.text for cell in cells], dtype=pl.String),
    )


def _column(reference: str) -> int | None:
    """Place of a column by its letters, from 0: `AB12` -> 27."""
    letters = reference.rstrip("0123456789")
    if not letters.isascii() or not letters.isalpha() or len(letters) > 3:
        return None
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _number(text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= most):
        raise damaged("a row or style number that is none")
    return int(text)
