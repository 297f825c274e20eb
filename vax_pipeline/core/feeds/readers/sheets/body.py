"""The records of a sheet, batch by batch; what a row becomes is told by a subclass."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

import polars as pl

from vax_pipeline.core.feeds.readers.headers import HeaderMatch, shape_rows
from vax_pipeline.core.feeds.readers.sheets.cells import scan_cells
from vax_pipeline.core.feeds.readers.sheets.counting import Counter
from vax_pipeline.core.feeds.readers.sheets.events import parse_cells
from vax_pipeline.core.feeds.readers.sheets.grids import Grid, make_grids
from vax_pipeline.core.feeds.readers.sheets.heading import Heading
from vax_pipeline.core.feeds.readers.sheets.items import read_items
from vax_pipeline.core.feeds.readers.sheets.markup import Flags
from vax_pipeline.core.feeds.readers.sheets.tops import Top
from vax_pipeline.core.feeds.readers.sheets.values import to_text
from vax_pipeline.core.feeds.readers.sheets.workbook import Workbook
from vax_pipeline.core.feeds.readers.source import Batch, Source, no_rejects, row_schema
from vax_pipeline.core.feeds.rejects import REJECT_SCHEMA

HIDDEN = '{"hidden": true}'
# A row may be marked already, as the correction of a reject.
ALSO_HIDDEN = pl.coalesce(pl.col("marks").str.head(-1) + pl.lit(',"hidden": true}'), pl.lit(HIDDEN))


class Body(ABC):
    """The rows below the headers of a sheet."""

    def __init__(self, source: Source, workbook: Workbook, top: Top, heading: Heading) -> None:
        self.source = source
        self.workbook = workbook
        self.sheet = top.sheet
        self.heading = heading
        blank = (workbook.texts == "").arg_true()
        self.counter = Counter(
            sum(line <= heading.last_line for line in top.lines),
            {str(place).encode() for place in blank},
        )

    def read(self) -> Iterator[Batch]:
        columns = sorted(self.heading.names)
        last_line = 0
        for block in read_items(self.workbook.pieces(self.sheet), "sheetData", "row"):
            cells = scan_cells(block, last_line) or parse_cells(block, last_line)
            last_line = int(cells.lines[-1]) if len(cells.lines) else last_line
            counted = self.counter.count(block)
            texts = to_text(cells, self.workbook)
            for grid in make_grids(cells, texts, self.heading.last_line, columns):
                yield self.batch(grid, counted)
                counted = 0
            if counted:
                yield Batch(no_rows(self.source), no_rejects(), counted)

    @abstractmethod
    def batch(self, grid: Grid, counted: int) -> Batch:
        """Rows and rejects of a grid; `counted` records were seen in the XML it is of."""

    def shape(self, grid: Grid, frame: pl.DataFrame, match: HeaderMatch) -> pl.DataFrame:
        """Rows of the feed, those hidden in the sheet marked."""
        is_hidden = pl.Series(grid.is_hidden)
        return shape_rows(self.source.feed, frame, match).with_columns(
            marks=pl.when(is_hidden).then(ALSO_HIDDEN).otherwise(pl.col("marks"))
        )

    def unnamed(self, grid: Grid, taken: Mapping[str, int]) -> dict[str, int]:
        """Columns that have no header and yet hold something, under names of their own."""
        found: dict[str, int] = {}
        for name in grid.frame.columns[:-1]:
            place = int(name[1:])
            if place not in self.heading.names:
                plain = f"column_{place + 1}"
                found[plain if plain not in taken else f"{plain} (no header)"] = place
        return found

    def count_hidden(self, is_loaded: Flags) -> None:
        """Note how many of the rows loaded were hidden in the sheet."""
        facts = self.source.facts
        facts.hidden_rows = (facts.hidden_rows or 0) + int(is_loaded.sum())


def as_rejects(
    frame: pl.DataFrame, places: Mapping[str, int], code: pl.Expr, reason: pl.Expr
) -> pl.DataFrame:
    """All rows of a grid as rejects; the record is json, by header."""
    record = [pl.col(f"c{place}").alias(name) for name, place in places.items()]
    return frame.select(
        "line",
        is_child=pl.lit(value=False),
        reason_code=code,
        reason=reason,
        record=pl.struct(record).struct.json_encode(),
    ).select(list(REJECT_SCHEMA))


def no_rows(source: Source) -> pl.DataFrame:
    return pl.DataFrame(schema=row_schema(source.feed))
