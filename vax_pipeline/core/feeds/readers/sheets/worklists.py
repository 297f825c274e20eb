"""Worklists that come back filled in: sheets known by the header of their hidden column.

Their answers become records of the feed. A row without any answer is no record; it is counted as such.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from vax_pipeline.core.feeds.readers.answers import IS_ANSWERED, PROBLEM, SENTENCE, AnswerSheet
from vax_pipeline.core.feeds.readers.headers import HeaderMatch
from vax_pipeline.core.feeds.readers.sheets.body import Body, as_rejects
from vax_pipeline.core.feeds.readers.sheets.cells import Kind
from vax_pipeline.core.feeds.readers.sheets.grids import Grid
from vax_pipeline.core.feeds.readers.sheets.heading import HEADER_LINES, Heading
from vax_pipeline.core.feeds.readers.sheets.tops import Top
from vax_pipeline.core.feeds.readers.sheets.workbook import Workbook
from vax_pipeline.core.feeds.readers.source import Batch, Source
from vax_pipeline.core.feeds.rejects import SENTENCES, QuarantineError, Reason
from vax_pipeline.core.feeds.spec import Feed, header_key
from vax_pipeline.core.worklists.catalog import BY_NAME
from vax_pipeline.core.worklists.spec import Returns, Worklist, worklist_in

SHEET_LINES = 1_048_576  # of Excel


@dataclass(frozen=True)
class ReturnedSheet:
    """A sheet of a worklist.

    Attributes:
        places: of its columns, by `header_key`.
        lines_before: the sheets of a feed are counted as one: row r of the second is line 1,048,576 + r.
    """

    top: Top
    heading: Heading
    worklist: Worklist
    returns: Returns
    places: dict[str, int]
    lines_before: int


def plain_sheets(tops: Sequence[Top]) -> list[Top]:
    """The sheets that were not given out as a worklist."""
    return [top for top in tops if _mark(top) is None]


def find_returned(feed: Feed, tops: Sequence[Top]) -> list[ReturnedSheet]:
    """The sheets whose answers are records of the feed, in their order.

    Raises:
        QuarantineError: there are worklists, but none of this feed; or a column that was to be filled in
            is gone, or there twice.
    """
    found: list[ReturnedSheet] = []
    others: set[str] = set()
    for top in tops:
        mark = _mark(top)
        if mark is None:
            continue
        line, name = mark
        worklist = BY_NAME.get(name)
        if worklist is None or worklist.returns is None:
            raise QuarantineError(
                Reason.OTHER_WORKLIST,
                "The workbook holds a worklist that this version does not know: ask for a fresh one.",
            )
        if worklist.returns.feed != feed.name:
            others.add(worklist.returns.feed)
            continue
        names = {place: text.strip() for place, text in top.texts[line].items() if text.strip()}
        places = _places(worklist, worklist.returns, names)
        before = SHEET_LINES * len(found)
        heading = Heading(line, names)
        found.append(ReturnedSheet(top, heading, worklist, worklist.returns, places, before))
    if others and not found:
        raise QuarantineError(
            Reason.OTHER_WORKLIST,
            f"The worklists of this workbook are answered as {', '.join(sorted(others))}: "
            "put it into that folder.",
        )
    return found


class WorklistBody(Body):
    """The answers on one sheet."""

    def __init__(self, source: Source, workbook: Workbook, sheet: ReturnedSheet) -> None:
        super().__init__(source, workbook, sheet.top, sheet.heading)
        self.returned = sheet
        self.answers = AnswerSheet(sheet.worklist, sheet.returns, sheet.places)
        known = {header_key(column.header) for column in sheet.worklist.shown}
        known |= {header_key(answer.header) for answer in sheet.returns.answers}
        known.add(header_key(sheet.worklist.item_header))
        self.added = {
            name: place
            for place, name in sheet.heading.names.items()
            if header_key(name) not in known
        }

    def batch(self, grid: Grid, counted: int) -> Batch:
        facts, returns = self.source.facts, self.returned.returns
        frame = grid.frame.with_columns(pl.col("line") + self.returned.lines_before)
        read = self.answers.read(frame)
        answer_places = [self.returned.places[header_key(a.header)] for a in returns.answers]
        # A formula without value is none of the words either: this says why.
        has_formula = pl.Series(grid.has(Kind.FORMULA, answer_places))
        formula = Reason.FORMULA_WITHOUT_VALUE
        code = pl.when(has_formula).then(pl.lit(str(formula))).otherwise(read[PROBLEM])
        reason = pl.when(has_formula).then(pl.lit(SENTENCES[formula])).otherwise(read[SENTENCE])

        is_answered = read[IS_ANSWERED].to_numpy()
        is_bad = is_answered & (read[PROBLEM].is_not_null() | has_formula).to_numpy()
        is_good = is_answered & ~is_bad
        self.count_hidden(grid.is_hidden & is_good)
        unanswered = int((~is_answered).sum())
        facts.unanswered_rows = (facts.unanswered_rows or 0) + unanswered

        added = self.added | self.unnamed(grid, self.added)
        facts.unknown_columns = list(dict.fromkeys([*facts.unknown_columns, *added]))
        named = {name: place for place, name in self.heading.names.items()}
        rows = self._rows(grid, frame, read, added)
        rejects = as_rejects(frame, named | added, code, reason)
        return Batch(rows.filter(is_good), rejects.filter(is_bad), counted - unanswered)

    def _rows(
        self, grid: Grid, frame: pl.DataFrame, read: pl.DataFrame, added: dict[str, int]
    ) -> pl.DataFrame:
        """The answers in the shape of the feed; what somebody added to the sheet goes to `extra`."""
        names = [name for name in self.source.feed.column_names if name in read.columns]
        answers = read.select(pl.col(name).alias(f"c{n}") for n, name in enumerate(names))
        beside = frame.select(
            "line",
            *(
                pl.col(f"c{place}").alias(f"c{n}")
                for n, place in enumerate(added.values(), len(names))
            ),
        )
        match = HeaderMatch(
            {name: n for n, name in enumerate(names)},
            {name: n for n, name in enumerate(added, len(names))},
        )
        return self.shape(grid, pl.concat([answers, beside], how="horizontal"), match)


def _mark(top: Top) -> tuple[int, str] | None:
    """The row of a worklist's headers and the worklist's name; None for any other sheet."""
    for line in sorted(top.texts):
        for text in top.texts[line].values():
            name = worklist_in(text) if line <= HEADER_LINES else None
            if name is not None:
                return line, name
    return None


def _places(worklist: Worklist, returns: Returns, names: dict[int, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, name in sorted(names.items()):
        before = places.setdefault(header_key(name), place)
        if before != place:
            raise QuarantineError(
                Reason.DUPLICATE_HEADER,
                f"Columns {before + 1} and {place + 1} of the worklist have the same header: "
                "keep one of them.",
            )
    needed = [worklist.shown[0].header, *(answer.header for answer in returns.answers)]
    missing = [header for header in needed if header_key(header) not in places]
    if missing:
        raise QuarantineError(
            Reason.MISSING_COLUMN,
            f"Columns of the worklist are missing: {', '.join(missing)}. Put them back, or ask for a "
            "fresh workbook.",
        )
    return places
