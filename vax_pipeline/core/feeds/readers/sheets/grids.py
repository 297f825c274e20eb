"""Cells side by side as rows of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.readers.sheets.cells import Cells, Kind, Numbers
from vax_pipeline.core.feeds.readers.sheets.markup import Bytes, Flags, Positions

MAX_FIELDS = 4 << 20


@dataclass(frozen=True)
class Grid:
    """Rows of a sheet that hold something.

    Attributes:
        frame: columns `c0..cn`, null where a cell is empty, and `line`.
        is_hidden: per row.
    """

    frame: pl.DataFrame
    is_hidden: Flags
    _row: Positions
    _column: Numbers
    _kind: Bytes

    def has(self, kind: Kind, columns: Sequence[int]) -> Flags:
        """Per row, whether a cell in one of these columns is of this kind."""
        found = np.zeros(self.frame.height, np.bool_)
        of_kind = self._kind == kind
        if of_kind.any():
            found[self._row[of_kind & np.isin(self._column, columns)]] = True
        return found


def make_grids(
    cells: Cells, texts: pl.Series, above: int, columns: Sequence[int]
) -> Iterator[Grid]:
    """The rows below line `above` that hold something.

    More than one grid when few cells are far apart: a table of what lies between would not fit.

    Args:
        texts: of the cells; an empty one is as good as none.
        columns: those to have in any case.
    """
    shown = np.flatnonzero((texts != "").to_numpy() & (cells.lines[cells.row] > above))
    if len(shown):
        # What an empty field takes its text from.
        with_null = pl.concat([texts, pl.Series([None], dtype=pl.String)], rechunk=True)
        yield from _make(cells, with_null, shown, columns)


def _make(
    cells: Cells, with_null: pl.Series, shown: Positions, columns: Sequence[int]
) -> Iterator[Grid]:
    is_first = np.diff(cells.row[shown], prepend=-1) > 0
    rows, row = cells.row[shown][is_first], np.cumsum(is_first) - 1
    places = np.union1d(np.flatnonzero(np.bincount(cells.column[shown])), columns).astype(np.int64)
    if len(rows) > 1 and len(rows) * len(places) > MAX_FIELDS:
        half = np.searchsorted(row, len(rows) // 2)
        yield from _make(cells, with_null, shown[:half], columns)
        yield from _make(cells, with_null, shown[half:], columns)
        return
    fields = np.full((len(places), len(rows)), len(with_null) - 1)
    fields[np.searchsorted(places, cells.column[shown]), row] = shown
    frame = pl.DataFrame(
        [
            with_null.gather(field).alias(f"c{place}")
            for field, place in zip(fields, places, strict=True)
        ]
    ).with_columns(line=pl.Series(cells.lines[rows]))
    yield Grid(frame, cells.is_hidden[rows], row, cells.column[shown], cells.kind[shown])
