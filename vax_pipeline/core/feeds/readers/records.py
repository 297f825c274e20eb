"""Where the records of delimited text begin and end, and how many fields each has.

Two ways to the same answer. `scan` looks at bytes only (numpy, no parsing): fast, and the count of
physical records that loading is held against; it gives up when a quote stands where none may, and says
where. `walk` reads record by record and loses one record at a time, whatever is wrong.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from vax_pipeline.core.feeds.readers.blocks import lines_in
from vax_pipeline.core.feeds.rejects import Reason, Reject, reject, width_reject

NEWLINE, RETURN, QUOTE = 10, 13, 34
# An open quote is given up after this much text: what follows is read as records again.
MAX_QUOTED_BYTES = 16 << 20

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Form:
    """How the records of a file are written.

    Attributes:
        width: fields of a record, as many as the header has.
        named: fields up to the last one that has a name; spreadsheets leave out what is behind it.
    """

    delimiter: str
    width: int
    named: int

    def fitted(self, fields: list[bytes]) -> list[bytes] | None:
        """The fields in the header's number, when only empty ones are lacking or too many."""
        if any(fields[self.width :]) or len(fields) < self.named:
            return None
        return fields[: self.width] + [b""] * (self.width - len(fields))


@dataclass(frozen=True)
class Scan:
    """Physical records of a block, blank lines included.

    Attributes:
        starts, ends: byte positions; the end excludes the line end.
        fields: fields per record (1 for a blank line).
        lines: physical line of each start, counted from 0 at the block's start.
        last_lines: physical line of each end.
        consumed: bytes of whole records in the block.
    """

    starts: Positions
    ends: Positions
    fields: Positions
    lines: Positions
    last_lines: Positions
    consumed: int

    @property
    def blank(self) -> npt.NDArray[np.bool_]:
        """Lines of nothing, or of nothing but delimiters (white space is left to `is_blank`)."""
        return self.ends - self.starts == self.fields - 1

    def start_of(self, position: int) -> int:
        """Start of the record that holds a byte."""
        return int(self.starts[np.searchsorted(self.starts, position, "right") - 1])

    @property
    def lines_beside(self) -> int:
        """Physical lines on which no record starts."""
        return int((self.last_lines - self.lines + self.blank).sum())


def scan(data: bytes, delimiter: str, *, is_last: bool) -> Scan | int:
    """Find the records by looking at line ends, delimiters and quotes.

    Returns:
        Where a record begins of which only `walk` can tell what is meant: a quote opens inside a
        field, text follows a closing quote, or a quote stays open at the end of the file or for more
        than `MAX_QUOTED_BYTES`. What stands before is in order.
    """
    view = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(view == NEWLINE)
    delimiters = np.flatnonzero(view == ord(delimiter))
    quotes, boundaries = np.empty(0, np.int64), newlines
    if b'"' in data:
        quotes = np.flatnonzero(view == QUOTE)
        boundaries = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
        misplaced = _misplaced(view, quotes, ord(delimiter))
        if len(misplaced):
            return _start_of(int(quotes[2 * misplaced[0]]), boundaries)
        if len(quotes) % 2 and (is_last or len(data) - quotes[-1] > MAX_QUOTED_BYTES):
            return _start_of(int(quotes[-1]), boundaries)
    starts, ends, boundaries, consumed = _spans(view, boundaries, is_last=is_last)
    fields = np.diff(np.searchsorted(delimiters, boundaries), prepend=0) + 1
    return Scan(
        starts,
        ends,
        fields - _quoted_delimiters(delimiters, quotes, boundaries),
        np.searchsorted(newlines, starts),
        np.searchsorted(newlines, boundaries),
        consumed,
    )


def _quoted_delimiters(
    delimiters: Positions, quotes: Positions, boundaries: Positions
) -> Positions | int:
    """Delimiters inside quoted fields, per record. Few fields are quoted: cheaper than a mask."""
    pairs = len(quotes) // 2
    if not pairs:
        return 0
    opening, closing = quotes[0 : 2 * pairs : 2], quotes[1 : 2 * pairs : 2]
    inside = np.searchsorted(delimiters, closing) - np.searchsorted(delimiters, opening)
    record = np.searchsorted(boundaries, opening)
    # The last record may not be whole yet: it is no part of the scan.
    return np.bincount(record, inside, len(boundaries) + 1)[: len(boundaries)].astype(np.int64)


def line_spans(data: bytes, *, is_last: bool) -> tuple[Positions, Positions, int]:
    """Start and end (without line end) of every line, and the bytes of whole lines."""
    view = np.frombuffer(data, np.uint8)
    starts, ends, _, consumed = _spans(view, np.flatnonzero(view == NEWLINE), is_last=is_last)
    return starts, ends, consumed


def _spans(
    view: npt.NDArray[np.uint8], boundaries: Positions, *, is_last: bool
) -> tuple[Positions, Positions, Positions, int]:
    size = len(view)
    if is_last and size and (not len(boundaries) or boundaries[-1] != size - 1):
        boundaries = np.append(boundaries, size)
    if not len(boundaries):
        return boundaries, boundaries, boundaries, 0
    starts = np.concatenate(([0], boundaries[:-1] + 1))
    has_return = (boundaries > starts) & (view[np.maximum(boundaries - 1, 0)] == RETURN)
    consumed = size if is_last else int(boundaries[-1]) + 1
    return starts, boundaries - has_return, boundaries, consumed


def _misplaced(view: npt.NDArray[np.uint8], quotes: Positions, delimiter: int) -> Positions:
    """Pairs of quotes of which the first begins no field or the second ends none.

    Inside a field "" is a closing and an opening one.
    """
    last = len(view) - 1
    opening, closing = quotes[0::2], quotes[1::2]
    before = view[np.maximum(opening - 1, 0)]
    wrong = ~(np.isin(before, (delimiter, NEWLINE, QUOTE)) | (opening == 0))
    after = view[np.minimum(closing + 1, last)]
    behind = view[np.minimum(closing + 2, last)]
    ends = np.isin(after, (delimiter, NEWLINE, RETURN, QUOTE)) | (closing == last)
    is_bare = (after == RETURN) & (behind != NEWLINE) & (closing + 2 <= last)
    wrong[: len(closing)] |= ~ends | is_bare
    return np.flatnonzero(wrong)


def _start_of(position: int, boundaries: Positions) -> int:
    """Start of the record that holds a position, given the line ends of those before it."""
    number = int(np.searchsorted(boundaries, position))
    return int(boundaries[number - 1]) + 1 if number else 0


@dataclass
class Walk:
    """Records read one by one: good rows with their lines, rejects, and how far it came.

    Attributes:
        first_line: physical line of the block's start.
        lines: of good rows, counted from 0 at the block's start, as in `Scan`.
        spans: start and end of each good row's text in the block.
        lines_beside: physical lines on which no record starts.
    """

    form: Form
    first_line: int
    rows: list[list[str | None]] = field(default_factory=lambda: [])
    lines: list[int] = field(default_factory=lambda: [])
    spans: list[tuple[int, int]] = field(default_factory=lambda: [])
    rejects: list[Reject] = field(default_factory=lambda: [])
    lines_beside: int = 0
    consumed: int = 0

    @property
    def records(self) -> int:
        """Good and rejected records; blank lines are none."""
        return len(self.rows) + len(self.rejects)

    def take(self, fields: list[bytes], text: bytes, start: int, line: int) -> None:
        """Add a record whose quotes are in order."""
        at = self.first_line + line
        if b"\0" in text:
            self.rejects.append(reject(at, Reason.NUL_BYTE, text))
            return
        fitted = self.form.fitted(fields)
        if fitted is None:
            self.rejects.append(width_reject(at, len(fields), self.form.width, text))
            return
        try:
            row = [value.decode() or None for value in fitted]
        except UnicodeDecodeError:
            self.rejects.append(reject(at, Reason.INVALID_BYTES, text))
            return
        self.rows.append(row)
        self.lines.append(line)
        self.spans.append((start, start + len(text)))


def walk(
    data: bytes, form: Form, first_line: int, *, is_last: bool, most: int | None = None
) -> Walk:
    """Read a block record by record; a bad record costs its first physical line, nothing more.

    Args:
        most: stop after so many records and blank lines.
    """
    result = Walk(form, first_line)
    line = 0
    records = _records(data, form.delimiter, form, is_last=is_last)
    for start, end, fields, problem in islice(records, most):
        text = data[start:end]
        result.consumed = end
        if is_blank(text, form.delimiter):
            result.lines_beside += 1
            line += 1
            continue
        if problem is None:
            result.take(fields, text, start, line)
        else:
            result.rejects.append(reject(first_line + line, problem, text))
        lines = lines_in(text)
        result.lines_beside += lines - 1
        line += lines
    return result


def first_record(data: bytes, delimiter: str) -> tuple[list[bytes], int, int]:
    """Fields of the first record that is not blank, where it starts, and where the next one does."""
    for start, end, fields, problem in _records(data, delimiter, None, is_last=True):
        text = data[start:end]
        if not is_blank(text, delimiter):
            return (_chomp(text).split(delimiter.encode()) if problem else fields), start, end
    return [], 0, len(data)


def is_blank(text: bytes, delimiter: str) -> bool:
    """Whether a line holds nothing, or nothing but delimiters and white space."""
    return not text.strip(delimiter.encode() + b" \t\r\n")


def _records(
    data: bytes, delimiter: str, form: Form | None, *, is_last: bool
) -> Iterator[tuple[int, int, list[bytes], Reason | None]]:
    """Start, end (with line end), fields and what is wrong with the quotes, per record."""
    separator = delimiter.encode()
    position = 0
    while position < len(data):
        newline = data.find(b"\n", position)
        if newline < 0 and not is_last:
            return
        line_end = newline + 1 or len(data)
        line = data[position:line_end]
        if b'"' not in line:
            yield position, line_end, _chomp(line).split(separator), None
            position = line_end
            continue
        fields, end, problem = _quoted_record(data, position, delimiter)
        ran_out = problem is Reason.UNTERMINATED_QUOTE and not is_last
        if ran_out and len(data) - position < MAX_QUOTED_BYTES:
            return
        if problem is None and not is_last and not data.endswith(b"\n", position, end):
            return
        # Several lines that don't make a whole record: a quote is missing, not a line end.
        if problem is None and end > line_end and form is not None and form.fitted(fields) is None:
            problem = Reason.UNTERMINATED_QUOTE
        if problem is not None:
            end = line_end
        yield position, end, fields, problem
        position = end


@lru_cache(maxsize=8)
def _patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    quoted = re.compile(rb'"([^"]*(?:""[^"]*)*)"')
    plain = re.compile(rb"[^\n" + re.escape(delimiter.encode()) + rb"]*")
    return quoted, plain


def _quoted_record(
    data: bytes, start: int, delimiter: str
) -> tuple[list[bytes], int, Reason | None]:
    """Parse one record that holds a quote; the end includes the line end."""
    quoted, plain = _patterns(delimiter)
    separator = ord(delimiter)
    fields: list[bytes] = []
    position, size = start, len(data)
    limit = min(size, start + MAX_QUOTED_BYTES)
    while True:
        if position < size and data[position] == QUOTE:
            match = quoted.match(data, position, limit)
            if match is None:
                return fields, size, Reason.UNTERMINATED_QUOTE
            fields.append(match[1].replace(b'""', b'"'))
            position = match.end()
            if data[position : position + 2] == b"\r\n":
                position += 1
        else:
            match = plain.match(data, position)
            value = match[0] if match else b""
            position += len(value)
            is_last_field = data[position : position + 1] != delimiter.encode()
            fields.append(_chomp(value) if is_last_field else value)
        if position >= size:
            return fields, size, None
        if data[position] == NEWLINE:
            return fields, position + 1, None
        if data[position] != separator:
            is_far = b"\n" in data[start:position]
            return fields, size, Reason.UNTERMINATED_QUOTE if is_far else Reason.MISPLACED_QUOTE
        position += 1


def _chomp(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")
