"""Excel workbooks: the records of the first sheet that has the headers, whatever stands around them.

The cells are read from the XML itself. Through fastexcel all would be text at the price of what the
cells are: 1.5E-10 comes as 0, an error and a formula without value as nothing, a date as the text of one,
and a stray cell at the far corner of a sheet ends the process, because it asks for all cells in between.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.readers.headers import (
    HeaderMatch,
    empty_keys,
    required_key,
    shape_rows,
)
from vax_pipeline.core.feeds.readers.mojibake import mend_rows
from vax_pipeline.core.feeds.readers.sheets.cells import Kind, scan_cells
from vax_pipeline.core.feeds.readers.sheets.counting import Counter
from vax_pipeline.core.feeds.readers.sheets.events import parse_cells
from vax_pipeline.core.feeds.readers.sheets.grids import Grid, make_grids
from vax_pipeline.core.feeds.readers.sheets.heading import Heading
from vax_pipeline.core.feeds.readers.sheets.items import read_items
from vax_pipeline.core.feeds.readers.sheets.markup import Flags
from vax_pipeline.core.feeds.readers.sheets.tops import Top, choose_sheet
from vax_pipeline.core.feeds.readers.sheets.values import to_text
from vax_pipeline.core.feeds.readers.sheets.workbook import Workbook, open_workbook
from vax_pipeline.core.feeds.readers.source import Batch, Source, no_rejects, row_schema
from vax_pipeline.core.feeds.rejects import (
    REJECT_SCHEMA,
    SENTENCES,
    QuarantineError,
    Reason,
    empty_key_reason,
    reject_frame,
)

BATCH_ROWS = 50_000
HIDDEN = '{"hidden": true}'
# A row may be marked already, as the correction of a reject.
ALSO_HIDDEN = pl.coalesce(pl.col("marks").str.head(-1) + pl.lit(',"hidden": true}'), pl.lit(HIDDEN))


def read_sheets(source: Source) -> Iterator[Batch]:
    """Yield the rows of a workbook.

    Raises:
        QuarantineError: it can't be opened, no sheet has the headers, or the sheet is broken.
    """
    if source.facts.compression:
        raise QuarantineError(
            Reason.UNSUPPORTED_FORMAT,
            "A workbook inside gzip is not supported: deliver it unpacked.",
        )
    with open_workbook(source) as workbook:
        top, heading, unread = choose_sheet(workbook, source.feed)
        source.facts.sheet = top.sheet.name
        source.facts.header_line = heading.last_line
        source.facts.hidden_rows = 0
        body = _Body(source, workbook, top, heading)
        yield Batch(_no_rows(source), reject_frame(unread), 0)
        yield from _together(body.read())


class _Body:
    """The records below the headers."""

    def __init__(self, source: Source, workbook: Workbook, top: Top, heading: Heading) -> None:
        self.source = source
        self.workbook = workbook
        self.sheet = top.sheet
        self.heading = heading
        self.match = heading.match(source.feed)
        self.unknown = dict.fromkeys(self.match.unknown)
        source.facts.unknown_columns = list(self.unknown)
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
                yield self._batch(grid, counted)
                counted = 0
            if counted:
                yield Batch(_no_rows(self.source), no_rejects(), counted)

    def _batch(self, grid: Grid, counted: int) -> Batch:
        feed, facts, match = self.source.feed, self.source.facts, self._match(grid)
        rows = shape_rows(feed, grid.frame, match).with_columns(
            marks=pl.when(pl.Series(grid.is_hidden)).then(ALSO_HIDDEN).otherwise(pl.col("marks"))
        )
        rows = mend_rows(feed, rows, facts)
        known = match.known
        reasons = {
            Reason.FORMULA_WITHOUT_VALUE: grid.has(Kind.FORMULA, list(known.values())),
            Reason.ERROR_IN_KEY: grid.has(
                Kind.ERROR, [known[name] for name in feed.key if name in known]
            ),
            Reason.REPEATED_HEADER: self._repeats_header(grid),
            Reason.EMPTY_KEY: rows.select(empty_keys(feed)).to_series().to_numpy(),
        }
        is_bad = np.logical_or.reduce(list(reasons.values()))
        facts.hidden_rows = (facts.hidden_rows or 0) + int((grid.is_hidden & ~is_bad).sum())
        if not is_bad.any():
            return Batch(rows, no_rejects(), counted)
        code = np.select(list(reasons.values()), [str(reason) for reason in reasons], "")
        rejects = self._rejects(grid.frame.with_columns(reason_code=pl.Series(code)), match)
        return Batch(rows.filter(~is_bad), rejects.filter(is_bad), counted)

    def _match(self, grid: Grid) -> HeaderMatch:
        """The headers' match and, as unknown columns, those that have no header and yet hold something."""
        unknown = dict(self.match.unknown)
        for name in grid.frame.columns[:-1]:
            place = int(name[1:])
            if place not in self.heading.names:
                plain = f"column_{place + 1}"
                unknown[plain if plain not in self.match.unknown else f"{plain} (no header)"] = (
                    place
                )
        self.unknown |= dict.fromkeys(unknown)
        self.source.facts.unknown_columns = list(self.unknown)
        return HeaderMatch(self.match.known, unknown)

    def _repeats_header(self, grid: Grid) -> Flags:
        """Sheets made for printing have their headers on every page."""
        places = [self.match.known[name] for name in required_key(self.source.feed)]
        texts = [
            pl.col(f"c{n}").str.strip_chars().eq_missing(self.heading.names[n]) for n in places
        ]
        return grid.frame.select(pl.all_horizontal(texts)).to_series().to_numpy()

    def _rejects(self, frame: pl.DataFrame, match: HeaderMatch) -> pl.DataFrame:
        """All rows as rejects; the record is json, by header."""
        known = {self.heading.names[place]: place for place in match.known.values()}
        record = [
            pl.col(f"c{place}").alias(name) for name, place in (match.unknown | known).items()
        ]
        sentences = {
            **{str(code): sentence for code, sentence in SENTENCES.items()},
            str(Reason.EMPTY_KEY): empty_key_reason(required_key(self.source.feed)),
        }
        return frame.select(
            "line",
            "reason_code",
            is_child=pl.lit(value=False),
            reason=pl.col("reason_code").replace(sentences),
            record=pl.struct(record).struct.json_encode(),
        ).select(list(REJECT_SCHEMA))


def _together(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Larger batches: whatever is done to one costs a little for itself."""
    waiting: list[Batch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(b.rows.height for b in waiting) >= BATCH_ROWS:
            yield _as_one(waiting)
            waiting = []
    if waiting:
        yield _as_one(waiting)


def _as_one(batches: list[Batch]) -> Batch:
    return Batch(
        pl.concat([batch.rows for batch in batches]),
        pl.concat([batch.rejects for batch in batches]),
        sum(batch.records for batch in batches),
    )


def _no_rows(source: Source) -> pl.DataFrame:
    return pl.DataFrame(schema=row_schema(source.feed))
