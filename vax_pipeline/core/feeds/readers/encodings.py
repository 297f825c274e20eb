"""Which encoding a text is in: by its byte order mark, by its zeros, else by what it reads like.

Judges a sample and names the encoding; `transcode` turns the file into UTF-8. Text in an encoding
that can't be told, or that nothing here converts, is quarantined with what to do about it.
"""

import codecs
import re
import unicodedata
from collections.abc import Collection, Iterator
from types import MappingProxyType
from typing import NoReturn

import polars as pl

from vax_pipeline.core.feeds.readers.source import Facts
from vax_pipeline.core.feeds.readers.vietnamese import (
    FEW,
    MARGIN,
    MIN_WORDS,
    MOST,
    OLD_ENCODINGS,
    old_encoding,
    share,
)
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason
from vax_pipeline.core.feeds.spec import header_key

UTF8, WINDOWS_1258, WINDOWS_1252 = "utf-8", "windows-1258", "windows-1252"
NARROW = MappingProxyType({WINDOWS_1258: "cp1258", WINDOWS_1252: "cp1252"})  # codecs by name
BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-bom"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE_HEAD = 512  # the headers, mostly ASCII, decide; names behind them may be of any script
SAMPLE_BYTES, SAMPLE_ROWS = 65_536, 200
PLACES, GUARD_BYTES = 4, 8_192  # of a block, and how much text of each
HIGH = re.compile(rb"[\x80-\xff]")
LINE_END = re.compile(rb"[\r\n]")
CELL_END = re.compile("[,;\t]")
# Quotation marks and dashes of Windows-1252 are no part of a word.
WORD = re.compile(rb"[A-Za-z\x80\x81\x83\x86-\x8a\x8c-\x90\x98-\x9a\x9c-\x9f\xa1-\xff]+")

UNTOLD = (
    "The encoding of the text can't be told (UTF-8, UTF-16 and Windows-1258 are read): "
    "save it as UTF-8 and deliver it again."
)
OLD = (
    "The text is in {name}, an encoding from before Unicode: convert it to Unicode (in UniKey: "
    "Ctrl+Shift+F6, from {name} to Unicode), save it as UTF-8 and deliver it again."
)
OLD_NAMES = MappingProxyType({"tcvn3": "TCVN3 (ABC)", "vni": "VNI Windows", "viqr": "VIQR"})


def byte_order_mark(head: bytes) -> tuple[str, int] | None:
    """The encoding that a byte order mark names, and the length of the mark."""
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return name, len(mark)
    return None


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: ASCII characters in it have zeros on one side, always."""
    head = head[:WIDE_HEAD]
    zeros = [head[place::4].count(0) / max(len(head) // 4, 1) for place in range(4)]
    if len(head) < 4 or sum(zeros) < 0.25:
        return None
    first, second, third, fourth = zeros
    if min(third, fourth) > 0.9 and first < 0.1:
        return "utf-32-le"
    if min(first, second) > 0.9 and fourth < 0.1:
        return "utf-32-be"
    if min(second, fourth) > 0.5 and max(first, third) < 0.1:
        return "utf-16-le"
    if min(first, third) > 0.5 and max(second, fourth) < 0.1:
        return "utf-16-be"
    return None


def judge(data: bytes, *, headers: Collection[str] = (), is_last: bool) -> str | None:
    """The encoding of text that is more than ASCII, by its first accented lines.

    Args:
        data: from the start of a line on.
        headers: those the first line may hold, by `header_key`, when it is the file's header. It must
            be read for anything to be read.

    Returns:
        None while nothing is proven: the few lines that are no UTF-8 are left to be rejected.

    Raises:
        QuarantineError: an old encoding, or most lines are in one that can't be told.
    """
    lines, seen = accented_lines(data, SAMPLE_BYTES, is_last=is_last)
    foreign = [line for line in lines if not is_utf8(line)]
    header = LINE_END.split(data[:SAMPLE_BYTES].lstrip(), maxsplit=1)[0] if headers else b""
    is_header_foreign = not is_utf8(header)
    if len(foreign) * 2 <= len(lines) and not is_header_foreign:
        return UTF8
    encoding = narrow_encoding(words_of(foreign))
    if encoding is None and is_header_foreign:
        encoding = header_encoding(header, headers)
    if encoding is None and (is_header_foreign or len(foreign) * 4 >= seen - bool(headers)):
        raise QuarantineError(Reason.UNSUPPORTED_ENCODING, UNTOLD)
    return encoding


def accented_lines(data: bytes, limit: int, *, is_last: bool) -> tuple[list[bytes], int]:
    """The first lines that hold more than ASCII, up to `limit` bytes, and how many lines that took.

    A line cut off by the end of the data is given without the character that may be cut.
    """
    lines: list[bytes] = []
    size = at = 0
    while size < limit and (high := HIGH.search(data, at)):
        start = max(data.rfind(b"\n", at, high.start()), data.rfind(b"\r", at, high.start())) + 1
        found = LINE_END.search(data, high.start())
        end = min(found.start() if found else len(data), max(start, at) + limit)
        line = data[max(start, at) : end]
        if (found is None and not is_last) or (found and end < found.start()):
            line = line[: codecs.utf_8_decode(line, "ignore", False)[1]]
        lines.append(line)
        size += len(line)
        at = found.start() if found else len(data)
    return lines, data.count(b"\n", 0, at) + 1


def first_line(data: bytes) -> bytes:
    """The text up to the first LF."""
    end = data.find(b"\n")
    return data if end < 0 else data[:end]


def samples(data: bytes, *, is_last: bool) -> Iterator[list[bytes]]:
    """Accented lines from several places of a block, to see whether it is one text throughout."""
    for start in range(0, len(data), max(len(data) // PLACES, SAMPLE_BYTES)):
        part = data[start : start + SAMPLE_BYTES]
        is_end = is_last and start + SAMPLE_BYTES >= len(data)
        yield accented_lines(part, GUARD_BYTES, is_last=is_end)[0]


def is_utf8(text: bytes) -> bool:
    """Whether bytes are UTF-8 (ASCII is)."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def words_of(lines: list[bytes]) -> set[bytes]:
    """The different words of 8-bit text that hold more than ASCII."""
    return {word for line in lines for word in WORD.findall(line) if not word.isascii()}


def narrow_encoding(words: set[bytes]) -> str | None:
    """The 8-bit encoding under which words make sense, and only under that one; else None.

    Under two encodings that give the same words, either: Windows-1252 and -1258 differ in 14 letters.
    """
    if len(words) < MIN_WORDS:
        return None
    readings = {name: [narrow_text(word, name) for word in words] for name in NARROW}
    latin = [word.decode("latin-1") for word in words]
    readings |= {name: [read(word) for word in latin] for name, read in OLD_ENCODINGS.items()}
    shares = {name: share(texts) for name, texts in readings.items()}
    best = max(shares, key=lambda name: shares[name])
    rivals = [shares[name] for name, texts in readings.items() if texts != readings[best]]
    if shares[best] >= MOST and shares[best] - max(rivals, default=0.0) >= MARGIN:
        return best
    letters = sum(word.isalpha() for word in readings[WINDOWS_1252])
    if shares[best] < FEW and letters == len(words):
        return WINDOWS_1252  # names from abroad
    return None


def header_encoding(line: bytes, headers: Collection[str]) -> str | None:
    """The 8-bit encoding under which most columns of a header line are known; None in doubt."""
    latin = line.decode("latin-1")
    readings = {name: narrow_text(line, name) for name in NARROW}
    readings |= {name: read(latin) for name, read in OLD_ENCODINGS.items()}
    known = {
        name: sum(header_key(cell.strip('" ')) in headers for cell in CELL_END.split(text))
        for name, text in readings.items()
    }
    best, second = sorted(known, key=lambda name: known[name], reverse=True)[:2]
    return best if known[best] > known[second] else None


def narrow_text(data: bytes, encoding: str, errors: str = "replace") -> str:
    """8-bit text decoded; the combining tones of Windows-1258 are joined with their letters."""
    return unicodedata.normalize("NFC", data.decode(NARROW[encoding], errors))


def refuse(facts: Facts, encoding: str) -> NoReturn:
    """Note an old encoding on the delivery and quarantine the file for it."""
    facts.encoding = encoding
    message = OLD.format(name=OLD_NAMES[encoding])
    raise QuarantineError(Reason.UNSUPPORTED_ENCODING, message)


def refuse_old(facts: Facts, text: str) -> None:
    """Quarantine the file when a sample of its decoded text is really in an old encoding."""
    encoding = old_encoding(text)
    if encoding is not None:
        refuse(facts, encoding)


def sample_of(rows: pl.DataFrame) -> str:
    """Text of the first rows, for `refuse_old`."""
    columns = rows.head(SAMPLE_ROWS).select(pl.col(pl.String)).get_columns()
    return "\n".join(value for column in columns for value in column if value)
