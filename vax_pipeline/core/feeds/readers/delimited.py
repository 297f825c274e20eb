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

from vax_pipeline.core.feeds.readers.blocks import drop_marks, lines_in, read_blocks
from vax_pipeline.core.feeds.readers.headers import (
    empty_keys,
    repeated_headers,
    required_key,
    shape_rows,
)
from vax_pipeline.core.feeds.readers.layout import Layout, read_layout
from vax_pipeline.core.feeds.readers.line_ends import LONG_BYTES, has_bare_return, split_returns
from vax_pipeline.core.feeds.readers.mojibake import is_suspect, mend_rows
from vax_pipeline.core.feeds.readers.records import (
    MAX_QUOTED_BYTES,
    Scan,
    is_blank,
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

MARK = "\ufeff"


@dataclass(frozen=True)
class _Parsed:
    """Delivered columns `c0..cn`, and where each row's text lies, for those rejected later on."""

    frame: pl.DataFrame
    lines: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    rejects: list[Reject]
    records: int
    lines_beside: int
    consumed: int


def read_delimited(source: Source) -> Iterator[Batch]:
    """Yield the rows of a csv file. Raises QuarantineError for the file as a whole."""
    layout: Layout | None = None
    for block in read_blocks(source, has_header=True):
        start = 0
        if layout is None:
            layout, start = read_layout(source, block)
        above = block.data[:start]
        line = block.line + above.count(b"\n")
        data = block.data[start:]
        parsed = _parse(data, layout, line, is_last=block.is_last)
        if _is_odd(data, parsed):
            tidied = _tidied(data, layout, is_last=block.is_last)
            if tidied != data:
                data, block.data = tidied, above + tidied
                parsed = _parse(data, layout, line, is_last=block.is_last)
        block.consumed = start + parsed.consumed
        yield _batch(source, layout, data, parsed, line, lines_in(above))


def _is_odd(data: bytes, parsed: _Parsed) -> bool:
    """Whether it is worth looking for traces of several files put together."""
    return (
        bool(parsed.rejects)
        or len(data) - parsed.consumed >= LONG_BYTES
        or bool(parsed.frame["c0"].str.starts_with(MARK).any())
    )


def _tidied(data: bytes, layout: Layout, *, is_last: bool) -> bytes:
    data = drop_marks(data)
    if not has_bare_return(data):
        return data
    return split_returns(data, layout.form.delimiter, layout.form.width, is_last=is_last)


def _parse(data: bytes, layout: Layout, first_line: int, *, is_last: bool) -> _Parsed:
    found = scan(data, layout.form.delimiter, is_last=is_last)
    if found is not None and not is_last and len(data) - found.consumed > MAX_QUOTED_BYTES:
        found = None  # a quote has been open for so long that it can't be meant
    parsed = None
    if found is not None and b"\0" not in data:
        parsed = _parse_block(data, layout, found, first_line)
    return parsed or _parse_records(data, layout, first_line, is_last=is_last)


def _parse_block(data: bytes, layout: Layout, found: Scan, first_line: int) -> _Parsed | None:
    """The fast way. None when the block must be read record by record after all."""
    blank = found.blank
    wrong = (found.fields != layout.form.width) & ~blank
    bad = [(int(i), _text(data, found, int(i))) for i in np.flatnonzero(wrong)]
    if bad and (
        _needs_a_walk(data, layout, found, wrong)
        or any(is_blank(text, layout.form.delimiter) for _, text in bad)
    ):
        return None
    keep = ~(blank | wrong)
    frame = _parse_text(_cut(data, found, keep), layout)
    if frame is None or frame.height != int(keep.sum()):
        return None
    rejects = [
        width_reject(
            first_line + int(found.lines[i]), int(found.fields[i]), layout.form.width, text
        )
        for i, text in bad
    ]
    return _Parsed(
        frame,
        found.lines[keep],
        found.starts[keep],
        found.ends[keep],
        rejects,
        records=int((~blank).sum()),
        lines_beside=found.lines_beside,
        consumed=found.consumed,
    )


def _text(data: bytes, found: "Scan | _Parsed", number: int) -> bytes:
    return data[int(found.starts[number]) : int(found.ends[number])]


def _needs_a_walk(
    data: bytes, layout: Layout, found: Scan, wrong: npt.NDArray[np.bool_]
) -> np.bool_:
    """Whether some of the records of a wrong width are more than just that."""
    # Over several lines: a quote is missing somewhere.
    is_far = found.last_lines[wrong] > found.lines[wrong]
    # Only nameless fields are missing, or empty ones too many.
    fields, last = found.fields[wrong], found.ends[wrong] - 1
    is_short = (fields >= layout.form.named) & (fields < layout.form.width)
    ends_empty = np.frombuffer(data, np.uint8)[last] == ord(layout.form.delimiter)
    return (is_far | is_short | (ends_empty & (fields > layout.form.width))).any()


def _cut(data: bytes, found: Scan, keep: npt.NDArray[np.bool_]) -> bytes:
    """The text of the records to keep; a copy only when there is something to leave out."""
    if keep.all():
        return data[: found.consumed] if found.consumed < len(data) else data
    sizes = np.diff(np.append(found.starts, found.consumed))
    return np.frombuffer(data, np.uint8, found.consumed)[np.repeat(keep, sizes)].tobytes()


def _parse_text(text: bytes, layout: Layout) -> pl.DataFrame | None:
    schema = dict.fromkeys(layout.columns, pl.String)
    if not text:
        return pl.DataFrame(schema=schema)
    is_quoted = b'"' in text
    try:
        frame = pl.read_csv(
            text,
            has_header=False,
            schema=schema,
            separator=layout.form.delimiter,
            quote_char='"' if is_quoted else None,
        )
    except pl.exceptions.PolarsError:
        return None  # bytes that are no UTF-8: the records that hold them are found one by one
    # Only a quoted field can be empty and not null.
    return frame.with_columns(pl.all().replace("", None)) if is_quoted else frame


def _parse_records(data: bytes, layout: Layout, first_line: int, *, is_last: bool) -> _Parsed:
    walked = walk(data, layout.form, first_line, is_last=is_last)
    frame = pl.DataFrame(walked.rows, schema=dict.fromkeys(layout.columns, pl.String), orient="row")
    spans = np.array(walked.spans, dtype=np.int64).reshape(-1, 2)
    return _Parsed(
        frame,
        np.array(walked.lines, dtype=np.int64),
        spans[:, 0],
        spans[:, 1],
        walked.rejects,
        walked.records,
        walked.lines_beside,
        walked.consumed,
    )


def _batch(
    source: Source, layout: Layout, data: bytes, parsed: _Parsed, first_line: int, above: int
) -> Batch:
    """Rows and rejects; `above` are the lines of the header, if it stands in this block."""
    feed = layout.feed
    frame = parsed.frame.with_columns(line=pl.Series(parsed.lines + first_line, dtype=pl.Int64))
    rows = shape_rows(feed, frame, layout.match)
    if is_suspect(data):
        rows = mend_rows(feed, rows, source.facts)
    without_key = rows.select(empty_keys(feed)).to_series()
    is_header = rows["line"].is_in(repeated_headers(feed, rows))
    rejects, blank = parsed.rejects, 0
    key_reason = empty_key_reason(required_key(feed))
    for i in map(int, np.flatnonzero((without_key | is_header).to_numpy())):
        text, line = _text(data, parsed, i), first_line + int(parsed.lines[i])
        if is_header[i]:
            rejects.append(reject(line, Reason.REPEATED_HEADER, text))
        elif is_blank(text, layout.form.delimiter):
            blank += 1
        else:
            rejects.append(reject(line, Reason.EMPTY_KEY, text, key_reason))
    return Batch(
        rows.filter(~(without_key | is_header)) if rejects or blank else rows,
        reject_frame(rejects),
        parsed.records - blank,
        lines_beside=parsed.lines_beside + blank + above,
    )
