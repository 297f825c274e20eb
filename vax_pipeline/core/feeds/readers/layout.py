"""Where the header of a csv file stands, and what it says of the records below it."""

import re
from dataclasses import dataclass

from vax_pipeline.core.feeds.readers.blocks import Block
from vax_pipeline.core.feeds.readers.encodings import first_line
from vax_pipeline.core.feeds.readers.headers import (
    HeaderMatch,
    column_of,
    known_delimiter,
    match_headers,
)
from vax_pipeline.core.feeds.readers.line_ends import has_bare_return, split_returns
from vax_pipeline.core.feeds.readers.records import Form, first_record
from vax_pipeline.core.feeds.readers.source import Source
from vax_pipeline.core.feeds.spec import Feed

DELIMITERS = (",", ";", "\t")
# What Excel writes above the header to say which delimiter it took.
DECLARED = re.compile(rb'\s*"?sep=([,;\t])"?[,;\t]*\r?\n', re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How a file's records are written, and which field is which column."""

    feed: Feed
    form: Form
    match: HeaderMatch

    @property
    def columns(self) -> list[str]:
        return [f"c{position}" for position in range(self.form.width)]


def read_layout(source: Source, block: Block) -> tuple[Layout, int]:
    """The layout, and the bytes of the block up to the first record.

    Raises:
        QuarantineError: a header occurs twice, or a required column is missing.
    """
    declared = DECLARED.match(block.data)
    top = declared.end() if declared else 0
    delimiters = (declared[1].decode(),) if declared else DELIMITERS
    _split_header(source.feed, block, top, delimiters)
    data = block.data[top:]
    found = {delimiter: first_record(data, delimiter) for delimiter in delimiters}
    cells = {delimiter: _texts(fields) for delimiter, (fields, _, _) in found.items()}
    delimiter = known_delimiter(source.feed, cells)
    headers = cells[delimiter]
    _, start, end = found[delimiter]
    source.facts.delimiter = delimiter
    source.facts.header_line = block.line + block.data.count(b"\n", 0, top + start)
    match = match_headers(source.feed, headers)
    source.facts.headers = headers
    source.facts.unknown_columns = list(match.unknown)
    named = [position for position, header in enumerate(headers, start=1) if header.strip()]
    return Layout(source.feed, Form(delimiter, len(headers), named[-1]), match), top + end


def _split_header(feed: Feed, block: Block, top: int, delimiters: tuple[str, ...]) -> None:
    """Put LF behind a header that ends in CR alone while other lines of the file don't."""
    line = first_line(block.data[top:].lstrip()).rstrip(b"\r")
    if not has_bare_return(line) or b'"' in line:
        return
    header = line.partition(b"\r")[0]
    for delimiter in delimiters:
        cells = _texts(header.split(delimiter.encode()))
        if set(feed.required) <= {column_of(feed, cell) for cell in cells}:
            block.data = split_returns(block.data, delimiter, len(cells), is_last=block.is_last)
            return


def _texts(fields: list[bytes]) -> list[str]:
    return [field.decode("utf-8", "replace") for field in fields]
