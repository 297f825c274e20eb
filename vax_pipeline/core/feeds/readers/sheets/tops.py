"""Which sheet of a workbook is read: the first whose first rows have the headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vax_pipeline.core.feeds.readers.sheets.events import Row, RowEvents, gather
from vax_pipeline.core.feeds.readers.sheets.heading import Heading, find_heading, require_heading
from vax_pipeline.core.feeds.readers.sheets.items import MAX_ITEM_BYTES
from vax_pipeline.core.feeds.readers.sheets.values import to_text
from vax_pipeline.core.feeds.readers.sheets.workbook import Sheet, Workbook
from vax_pipeline.core.feeds.rejects import Reason, Reject
from vax_pipeline.core.feeds.spec import Feed

LINES = 30  # titles, headers, and some more to tell a list from an empty form
STEP_BYTES = 1 << 16


@dataclass(frozen=True)
class Top:
    """The first rows of a sheet.

    Attributes:
        texts: by row number and column, of rows that hold something.
        lines: numbers of all row elements, empty ones included.
    """

    sheet: Sheet
    texts: Mapping[int, Mapping[int, str]]
    lines: Sequence[int]

    def has_records(self, heading: Heading) -> bool:
        """Whether there is something below the headers."""
        return any(line > heading.last_line for line in self.texts)


def read_tops(workbook: Workbook) -> list[Top]:
    """The first rows of every sheet, visible ones first."""
    return [_read_top(workbook, sheet) for sheet in workbook.sheets]


def choose_sheet(feed: Feed, tops: Sequence[Top]) -> tuple[Top, Heading, list[Reject]]:
    """The sheet to read, its headers, and a reject for each further sheet that holds records too.

    Of the sheets with headers the visible ones come first, and of these one with records before an
    empty form.

    Raises:
        QuarantineError: no sheet has the headers.
    """
    found = _with_headings(feed, tops)
    if not found:
        require_heading(feed, [top.texts for top in tops])
    (top, heading), *others = sorted(
        found, key=lambda f: (not f[0].sheet.is_visible, not f[0].has_records(f[1]))
    )
    return top, heading, [_unread(o.sheet) for o, below in others if o.has_records(below)]


def unread_sheets(feed: Feed, tops: Sequence[Top]) -> list[Reject]:
    """A reject for each sheet that holds records, of a workbook of which others are read."""
    found = _with_headings(feed, tops)
    return [_unread(top.sheet) for top, heading in found if top.has_records(heading)]


def _with_headings(feed: Feed, tops: Sequence[Top]) -> list[tuple[Top, Heading]]:
    headings = [(top, find_heading(feed, top.texts)) for top in tops]
    return [(top, heading) for top, heading in headings if heading is not None]


def _read_top(workbook: Workbook, sheet: Sheet) -> Top:
    events, read = RowEvents(), 0
    for piece in workbook.pieces(sheet):
        for start in range(0, len(piece), STEP_BYTES):
            events.feed(piece[start : start + STEP_BYTES])
            if events.rows and events.rows[-1].line > LINES:
                return _top(workbook, sheet, events.rows)
        read += len(piece)
        if read > MAX_ITEM_BYTES:
            break
    return _top(workbook, sheet, events.rows)


def _top(workbook: Workbook, sheet: Sheet, rows: Sequence[Row]) -> Top:
    first = [row for row in rows if row.line <= LINES]
    cells = gather(first)
    texts: dict[int, dict[int, str]] = {}
    places = zip(cells.lines[cells.row].tolist(), cells.column.tolist(), strict=True)
    for (line, column), text in zip(places, to_text(cells, workbook), strict=True):
        if text:
            texts.setdefault(line, {})[column] = text
    return Top(sheet, texts, [row.line for row in first])


def _unread(sheet: Sheet) -> Reject:
    return Reject(
        None,
        Reason.SHEET_NOT_READ,
        f"Sheet {sheet.number} of the workbook holds records too, and only one list of a workbook is "
        "read (of worklists that come back, those alone): deliver it as a workbook of its own.",
        None,
    )
