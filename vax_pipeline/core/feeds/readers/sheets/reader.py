"""Excel workbooks: the records of the first sheet that has the headers, whatever stands around them; or
of all sheets that were given out as worklists of the feed.

The cells are read from the XML itself. Through fastexcel all would be text at the price of what the
cells are: 1.5E-10 comes as 0, an error and a formula without value as nothing, a date as the text of one,
and a stray cell at the far corner of a sheet ends the process, because it asks for all cells in between.
"""

from collections.abc import Iterator
from itertools import chain

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.readers.headers import HeaderMatch, empty_keys, required_key
from vax_pipeline.core.feeds.readers.mojibake import mend_rows
from vax_pipeline.core.feeds.readers.sheets.body import Body, as_rejects, no_rows
from vax_pipeline.core.feeds.readers.sheets.cells import Kind
from vax_pipeline.core.feeds.readers.sheets.grids import Grid
from vax_pipeline.core.feeds.readers.sheets.heading import Heading
from vax_pipeline.core.feeds.readers.sheets.markup import Flags
from vax_pipeline.core.feeds.readers.sheets.tops import (
    Top,
    choose_sheet,
    read_tops,
    unread_sheets,
)
from vax_pipeline.core.feeds.readers.sheets.workbook import Workbook, open_workbook
from vax_pipeline.core.feeds.readers.sheets.worklists import (
    WorklistBody,
    find_returned,
    plain_sheets,
)
from vax_pipeline.core.feeds.readers.source import Batch, Source, no_rejects
from vax_pipeline.core.feeds.rejects import (
    SENTENCES,
    QuarantineError,
    Reason,
    empty_key_reason,
    reject_frame,
)

BATCH_ROWS = 50_000


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
        tops = read_tops(workbook)
        returned = find_returned(source.feed, tops)
        if returned:
            chosen = [(sheet.top, sheet.heading) for sheet in returned]
            bodies = [WorklistBody(source, workbook, sheet) for sheet in returned]
            unread = unread_sheets(source.feed, plain_sheets(tops))
        else:
            top, heading, unread = choose_sheet(source.feed, plain_sheets(tops))
            chosen = [(top, heading)]
            bodies = [_FeedBody(source, workbook, top, heading)]
        source.facts.sheet = "; ".join(top.sheet.name for top, _ in chosen)
        source.facts.header_line = chosen[0][1].last_line
        source.facts.hidden_rows = 0
        yield Batch(no_rows(source), reject_frame(unread), 0)
        yield from _together(chain.from_iterable(body.read() for body in bodies))


class _FeedBody(Body):
    """Records under the headers of the feed."""

    def __init__(self, source: Source, workbook: Workbook, top: Top, heading: Heading) -> None:
        super().__init__(source, workbook, top, heading)
        self.match = heading.match(source.feed)
        self.unknown = dict.fromkeys(self.match.unknown)
        source.facts.unknown_columns = list(self.unknown)

    def batch(self, grid: Grid, counted: int) -> Batch:
        feed, facts, match = self.source.feed, self.source.facts, self._match(grid)
        rows = mend_rows(feed, self.shape(grid, grid.frame, match), facts)
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
        self.count_hidden(grid.is_hidden & ~is_bad)
        if not is_bad.any():
            return Batch(rows, no_rejects(), counted)
        code = np.select(list(reasons.values()), [str(reason) for reason in reasons], "")
        rejects = self._rejects(grid.frame.with_columns(reason_code=pl.Series(code)), match)
        return Batch(rows.filter(~is_bad), rejects.filter(is_bad), counted)

    def _match(self, grid: Grid) -> HeaderMatch:
        """The headers' match and, as unknown columns, those that have no header and yet hold something."""
        unknown = self.match.unknown | self.unnamed(grid, self.match.unknown)
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
        known = {self.heading.names[place]: place for place in match.known.values()}
        sentences = {
            **{str(code): sentence for code, sentence in SENTENCES.items()},
            str(Reason.EMPTY_KEY): empty_key_reason(required_key(self.source.feed)),
        }
        code = pl.col("reason_code")
        return as_rejects(frame, match.unknown | known, code, code.replace(sentences))


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
