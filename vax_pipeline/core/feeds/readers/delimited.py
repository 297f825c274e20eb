"""CSV of any delimiter: whole blocks at once when nothing is odd, record by record when it is.

Not through read_csv of DuckDB: it gives no line numbers, and one open quote swallows the rest of
the file. Here the lines come from the byte scan that also counts the records, and polars parses
only what the scan has found to be in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vax_pipeline.core.feeds.readers.blocks import Block, read_blocks
from vax_pipeline.core.feeds.readers.headers import (
    HeaderMatch,
    empty_keys,
    known_delimiter,
    match_headers,
    required_key,
    shape_rows,
)
from vax_pipeline.core.feeds.readers.records import (
    MAX_QUOTED_BYTES,
    Scan,
    first_record,
    scan,
    walk,
)
from vax_pipeline.core.feeds.readers.source import Batch, Source
from vax_pipeline.core.feeds.rejects import (
    Reason,
    Reject,
    empty_key_reason,
    reject,
    reject_frame,
    width_reject,
)
from vax_pipeline.core.feeds.spec import Feed

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class _Layout:
    feed: Feed
    delimiter: str
    width: int
    match: HeaderMatch

    @property
    def columns(self) -> list[str]:
        return [f"c{position}" for position in range(self.width)]


@dataclass(frozen=True)
class _Parsed:
    """Delivered columns `c0..cn`, and where each row's text lies, for those rejected later on."""

    frame: pl.DataFrame
    lines: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    rejects: list[Reject]
    records: int
    consumed: int


def read_delimited(source: Source) -> Iterator[Batch]:
    """Yield the rows of a csv file. Raises QuarantineError for the file as a whole."""
    layout: _Layout | None = None
    for block in read_blocks(source):
        header_bytes = 0
        if layout is None:
            layout, header_bytes = _read_header(source, block)
        data = block.data[header_bytes:]
        line = block.line + block.data.count(b"\n", 0, header_bytes)
        parsed = _parse(data, layout, line, is_last=block.is_last)
        block.consumed = header_bytes + parsed.consumed
        yield _batch(layout, data, parsed, line)


def _read_header(source: Source, block: Block) -> tuple[_Layout, int]:
    rows: dict[str, list[str]] = {}
    ends: dict[str, int] = {}
    start = 0  # of the first line that is not blank, whatever the delimiter
    for delimiter in DELIMITERS:
        fields, start, ends[delimiter] = first_record(block.data, delimiter)
        rows[delimiter] = [field.decode("utf-8", "replace") for field in fields]
    delimiter = known_delimiter(source.feed, rows)
    source.facts.delimiter = delimiter
    source.facts.header_line = block.line + block.data.count(b"\n", 0, start)
    match = match_headers(source.feed, rows[delimiter])
    source.facts.unknown_columns = list(match.unknown)
    source.facts.headers = rows[delimiter]
    return _Layout(source.feed, delimiter, len(rows[delimiter]), match), ends[delimiter]


def _parse(data: bytes, layout: _Layout, first_line: int, *, is_last: bool) -> _Parsed:
    found = scan(data, layout.delimiter, is_last=is_last)
    if found is not None and not is_last and len(data) - found.consumed > MAX_QUOTED_BYTES:
        found = None  # a quote has been open for so long that it can't be meant
    parsed = None
    if found is not None and b"\0" not in data:
        parsed = _parse_block(data, layout, found, first_line)
    return parsed or _parse_records(data, layout, first_line, is_last=is_last)


def _parse_block(data: bytes, layout: _Layout, found: Scan, first_line: int) -> _Parsed | None:
    """The fast way. None when the block must be read record by record after all."""
    blank = found.blank
    wrong = (found.fields != layout.width) & ~blank
    if (found.last_lines[wrong] > found.lines[wrong]).any():
        return None  # a record over several lines with a wrong width: a quote is missing somewhere
    keep = ~(blank | wrong)
    frame = _parse_text(_cut(data, found, keep), layout)
    if frame is None or frame.height != int(keep.sum()):
        return None
    rejects = [
        width_reject(
            first_line + int(found.lines[i]),
            int(found.fields[i]),
            layout.width,
            data[int(found.starts[i]) : int(found.ends[i])],
        )
        for i in np.flatnonzero(wrong)
    ]
    return _Parsed(
        frame,
        found.lines[keep],
        found.starts[keep],
        found.ends[keep],
        rejects,
        records=int((~blank).sum()),
        consumed=found.consumed,
    )


def _cut(data: bytes, found: Scan, keep: npt.NDArray[np.bool_]) -> bytes:
    """The text of the records to keep; a copy only when there is something to leave out."""
    if keep.all():
        return data[: found.consumed] if found.consumed < len(data) else data
    sizes = np.diff(np.append(found.starts, found.consumed))
    return np.frombuffer(data, np.uint8, found.consumed)[np.repeat(keep, sizes)].tobytes()


def _parse_text(text: bytes, layout: _Layout) -> pl.DataFrame | None:
    schema = dict.fromkeys(layout.columns, pl.String)
    if not text:
        return pl.DataFrame(schema=schema)
    is_quoted = b'"' in text
    try:
        frame = pl.read_csv(
            text,
            has_header=False,
            schema=schema,
            separator=layout.delimiter,
            quote_char='"' if is_quoted else None,
        )
    except pl.exceptions.PolarsError:
        return None  # bytes that are no UTF-8: the records that hold them are found one by one
    # Only a quoted field can be empty and not null.
    return frame.with_columns(pl.all().replace("", None)) if is_quoted else frame


def _parse_records(data: bytes, layout: _Layout, first_line: int, *, is_last: bool) -> _Parsed:
    walked = walk(data, layout.delimiter, layout.width, first_line, is_last=is_last)
    frame = pl.DataFrame(walked.rows, schema=dict.fromkeys(layout.columns, pl.String), orient="row")
    spans = np.array(walked.spans, dtype=np.int64).reshape(-1, 2)
    return _Parsed(
        frame,
        np.array(walked.lines, dtype=np.int64),
        spans[:, 0],
        spans[:, 1],
        walked.rejects,
        walked.records,
        walked.consumed,
    )


def _batch(layout: _Layout, data: bytes, parsed: _Parsed, first_line: int) -> Batch:
    frame = parsed.frame.with_columns(line=pl.Series(parsed.lines + first_line, dtype=pl.Int64))
    rows = shape_rows(layout.feed, frame, layout.match)
    without_key = rows.select(empty_keys(layout.feed)).to_series()
    rejects = parsed.rejects
    if without_key.any():
        reason = empty_key_reason(required_key(layout.feed))
        rejects = rejects + [
            reject(
                first_line + int(parsed.lines[i]),
                Reason.EMPTY_KEY,
                data[int(parsed.starts[i]) : int(parsed.ends[i])],
                reason,
            )
            for i in np.flatnonzero(without_key.to_numpy())
        ]
        rows = rows.filter(~without_key)
    return Batch(rows, reject_frame(rejects), parsed.records)
