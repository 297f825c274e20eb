"""Where a sheet's headers stand: below titles, perhaps over two or three rows with merged cells."""

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vax_pipeline.core.feeds.readers.headers import (
    HeaderMatch,
    column_of,
    match_headers,
    require_columns,
    required_key,
)
from vax_pipeline.core.feeds.spec import Feed

HEADER_LINES = 10
MAX_DEPTH = 3
FEWEST_NUMBERED = 3
MAX_HEADER = 200  # characters; a longer text is no header that anybody knows

# Texts of a sheet's first rows, by row number and column.
Top = Mapping[int, Mapping[int, str]]


@dataclass(frozen=True)
class Heading:
    """The headers of a sheet.

    Attributes:
        last_line: the lowest of their rows; records begin below it.
        names: the header of each column that has one, by its place.
    """

    last_line: int
    names: dict[int, str]

    def match(self, feed: Feed) -> HeaderMatch:
        """Which column is which; those without a header are in neither part.

        Raises:
            QuarantineError: a header occurs twice.
        """
        match = match_headers(feed, [self.names.get(n, "") for n in range(max(self.names) + 1)])
        unknown = {name: place for name, place in match.unknown.items() if place in self.names}
        return HeaderMatch(match.known, unknown)


def find_heading(feed: Feed, top: Top) -> Heading | None:
    """The headers among the first rows, or None when no rows there have all the required ones."""
    for band in _bands(feed, top):
        if set(feed.required) <= _known(feed, _names(feed, top, band)):
            return _heading(feed, top, band)
    return None


def require_heading(feed: Feed, tops: Sequence[Top]) -> None:
    """Raise the quarantine of a workbook without headers: what the best rows of all sheets lack."""
    known = (_known(feed, _names(feed, top, band)) for top in tops for band in _bands(feed, top))
    require_columns(feed, max(known, key=len, default=set[str]()))


def _bands(feed: Feed, top: Top) -> Iterator[list[int]]:
    """Rows that may be the headers together: single ones first, then two, then three."""
    lines = [line for line in sorted(top) if line <= HEADER_LINES]
    for depth in range(1, MAX_DEPTH + 1):
        for first in lines:
            band = [first]
            while len(band) < depth and _is_subheading(feed, top, band):
                band.append(band[-1] + 1)
            if len(band) == depth and band[-1] <= HEADER_LINES:
                yield band


def _heading(feed: Feed, top: Top, band: list[int]) -> Heading:
    while len(band) < MAX_DEPTH and _is_subheading(feed, top, band):
        band.append(band[-1] + 1)
    names = _names(feed, top, band)
    return Heading(band[-1] + _numbers_columns(names, top.get(band[-1] + 1, {})), names)


def _names(feed: Feed, top: Top, band: Sequence[int]) -> dict[int, str]:
    """Of each column the lowest header that is known, else the lowest at all.

    A merged cell holds its text at the top left: one merged downwards stands in an upper row, and one
    over several columns has their own headers below it.
    """
    names: dict[int, str] = {}
    for line in band:
        for place, text in top.get(line, {}).items():
            is_known = _column(feed, text) is not None
            if text.strip() and (is_known or _column(feed, names.get(place, "")) is None):
                names[place] = text.strip()
    return names


def _known(feed: Feed, row: Mapping[int, str]) -> set[str]:
    columns = (_column(feed, text) for text in row.values())
    return {column for column in columns if column is not None}


def _column(feed: Feed, text: str) -> str | None:
    """The column that a header means."""
    return column_of(feed, text) if len(text) <= MAX_HEADER else None


def _is_subheading(feed: Feed, top: Top, band: Sequence[int]) -> bool:
    """Whether the next row goes on with the headers: most of it are some, and none stands at a key."""
    row, names = top.get(band[-1] + 1, {}), _names(feed, top, band)
    keys = required_key(feed)
    has_key = any(_column(feed, names.get(place, "")) in keys for place in row)
    return not has_key and 2 * len(_known(feed, row)) >= max(len(row), 1)


def _numbers_columns(names: Mapping[int, str], row: Mapping[int, str]) -> bool:
    """Whether a row numbers the columns, as printed forms do: (1) (2) (3), or A B 1 2 3."""
    marks = [row[place].strip(" ()[].") for place in sorted(row)]
    letters = [mark for mark in marks if not mark.isdecimal()]
    numbers = [mark for mark in marks if mark.isdecimal()]
    return (
        len(marks) >= max(FEWEST_NUMBERED, len(names) / 2)
        and letters == list(string.ascii_uppercase[: len(letters)])
        and numbers == [str(number + 1) for number in range(len(numbers))]
    )
