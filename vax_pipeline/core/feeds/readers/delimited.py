"""CSV of any delimiter: whole blocks at once, and record by record around what is not in order.

Not through read_csv of DuckDB: it gives no line numbers, and one open quote swallows the rest of
the file. Here the lines come from the byte scan that also counts the records, and polars parses
only what the scan has found to be in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
# Where so many records of a block need to be looked at, the rest is read one by one.
TROUBLES = 8
WALKED_TOGETHER = 200
_NOWHERE = np.empty(0, np.int64)


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

    def moved(self, offset: int, lines: int) -> "_Parsed":
        """The same, counted from so many bytes and lines before."""
        return replace(
            self, lines=self.lines + lines, starts=self.starts + offset, ends=self.ends + offset
        )


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
    """The fast way up to a record that needs to be looked at, over it one by one, and on."""
    parts: list[_Parsed] = []
    at, end, troubles = 0, len(data), 0
    while at < len(data):
        line = first_line + data.count(b"\n", 0, at)
        whole = data if at == 0 and end == len(data) else data[at:end]
        part = _parse_whole(whole, layout, line, is_last=is_last and end == len(data))
        if isinstance(part, int):
            troubles += 1
            is_rare = troubles <= TROUBLES
            if part and is_rare:
                end = at + part
                continue
            most = WALKED_TOGETHER if is_rare else None
            part = _parse_records(data[at:], layout, line, is_last=is_last, most=most)
        parts.append(part.moved(at, line - first_line))
        at, end = at + part.consumed, len(data)
        if not part.consumed:
            break
    return _joined(parts, layout)


def _parse_whole(data: bytes, layout: Layout, first_line: int, *, is_last: bool) -> _Parsed | int:
    """All records at once; or where the first one begins that has to be looked at."""
    found = scan(data, layout.form.delimiter, is_last=is_last)
    if isinstance(found, int):
        return found
    blank = found.blank
    wrong = (found.fields != layout.form.width) & ~blank
    numbers = np.flatnonzero(wrong)
    bad = [(int(i), _text(data, found, int(i))) for i in numbers]
    odd = _more_than_wide(data, layout, found, numbers) | np.array(
        [is_blank(text, layout.form.delimiter) for _, text in bad], dtype=np.bool_
    )
    if odd.any():
        return int(found.starts[numbers[odd]][0])
    nul = data.find(b"\0", 0, found.consumed)
    if nul >= 0:
        return found.start_of(nul)
    keep = ~(blank | wrong)
    frame = _parse_text(_cut(data, found, keep), layout)
    if frame is None or frame.height != int(keep.sum()):
        return found.start_of(_first_undecodable(data))
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


def _joined(parts: list[_Parsed], layout: Layout) -> _Parsed:
    if len(parts) == 1:
        return parts[0]
    empty = pl.DataFrame(schema=dict.fromkeys(layout.columns, pl.String))
    return _Parsed(
        pl.concat([empty, *(part.frame for part in parts)]),
        np.concatenate([_NOWHERE, *(part.lines for part in parts)]),
        np.concatenate([_NOWHERE, *(part.starts for part in parts)]),
        np.concatenate([_NOWHERE, *(part.ends for part in parts)]),
        [reject for part in parts for reject in part.rejects],
        records=sum(part.records for part in parts),
        lines_beside=sum(part.lines_beside for part in parts),
        consumed=sum(part.consumed for part in parts),
    )


def _first_undecodable(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _text(data: bytes, found: "Scan | _Parsed", number: int) -> bytes:
    return data[int(found.starts[number]) : int(found.ends[number])]


def _more_than_wide(
    data: bytes, layout: Layout, found: Scan, wrong: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Which of the records of a wrong width are more than just that."""
    # Over several lines: a quote is missing somewhere.
    is_far = found.last_lines[wrong] > found.lines[wrong]
    # Only nameless fields are missing, or empty ones too many.
    fields, last = found.fields[wrong], found.ends[wrong] - 1
    is_short = (fields >= layout.form.named) & (fields < layout.form.width)
    ends_empty = np.frombuffer(data, np.uint8)[last] == ord(layout.form.delimiter)
    return is_far | is_short | (ends_empty & (fields > layout.form.width))


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


def _parse_records(
    data: bytes, layout: Layout, first_line: int, *, is_last: bool, most: int | None
) -> _Parsed:
    walked = walk(data, layout.form, first_line, is_last=is_last, most=most)
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
