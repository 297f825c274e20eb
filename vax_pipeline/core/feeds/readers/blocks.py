"""A text file in blocks of UTF-8, so that a file of any size is read in little memory.

A reader takes whole records from the front of a block and says how many bytes that was; the rest
comes back in front of the next block. The lines of the file are counted here, whatever the reader
makes of them: what it accounts for is held against that count.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from vax_pipeline.core.feeds.readers.detect import NO_TEXT
from vax_pipeline.core.feeds.readers.source import Source
from vax_pipeline.core.feeds.readers.transcode import Transcoder
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

BLOCK_BYTES = 16 << 20
BLOCK_LINES = 500_000
NEWLINE = ord("\n")
MAX_RECORD_BYTES = 64 << 20


@dataclass
class Block:
    """Bytes that start at the start of a record.

    Attributes:
        data: a reader may tidy it, before it says what was consumed.
        line: physical line number of the first byte.
        consumed: set by the reader: bytes of whole records it has dealt with.
    """

    data: bytes
    line: int
    is_first: bool
    is_last: bool
    consumed: int = 0


def read_blocks(source: Source, *, has_header: bool = False) -> Iterator[Block]:
    """Yield the file's text without byte order mark; the reader sets `consumed` on each block.

    Raises:
        QuarantineError: broken gzip, an encoding that isn't read, no text, a record without end.
    """
    carry, line, is_first = b"", 1, True
    for piece, line_ends, is_last in _pieces(source, has_header=has_header):
        data = carry + piece
        if is_first and not _is_enough(data, is_last=is_last):
            carry = data
            continue
        block = Block(data, line, is_first, is_last)
        lines = carry.count(b"\n") + line_ends
        yield block
        if block.data is not data:
            lines = block.data.count(b"\n")
        carry = block.data[block.consumed :]
        if is_last:
            source.counted = line - 1 + lines + _is_open(block.data)
        line += lines - carry.count(b"\n")
        is_first = False
        if len(carry) > MAX_RECORD_BYTES:
            raise QuarantineError(
                Reason.RECORD_TOO_LONG,
                f"The record at line {line} is longer than {MAX_RECORD_BYTES >> 20} MB: "
                "is a line end or a closing quote missing?",
            )


def _pieces(source: Source, *, has_header: bool) -> Iterator[tuple[bytes, int, bool]]:
    """The text in pieces, how many lines end in each, and whether it is the last.

    A piece of very short lines is cut further: a record takes more memory than its bytes.
    """
    transcoder = Transcoder(source.facts, source.feed.headers if has_header else ())
    is_first, is_last = True, False
    with source.open() as stream:
        while not is_last:
            data = _read(stream)
            is_last = len(data) < BLOCK_BYTES
            if is_first:
                _check_packing(source, data)
            is_first = False
            text = transcoder.feed(data, is_last=is_last)
            lines = text.count(b"\n")
            while lines > BLOCK_LINES:
                ends = np.flatnonzero(np.frombuffer(text, np.uint8) == NEWLINE)
                end = int(ends[BLOCK_LINES - 1]) + 1
                yield text[:end], BLOCK_LINES, False
                text, lines = text[end:], lines - BLOCK_LINES
            yield text, lines, is_last


def lines_in(text: bytes) -> int:
    """Physical lines, the last of which may lack its line end."""
    return text.count(b"\n") + _is_open(text)


def _is_open(text: bytes) -> bool:
    return bool(text) and not text.endswith(b"\n")


def drop_marks(text: bytes) -> bytes:
    """Text without the byte order marks that stand before lines where files were put together."""
    if codecs.BOM_UTF8[:1] not in text:  # one byte is found faster than three are missed
        return text
    return text.removeprefix(codecs.BOM_UTF8).replace(b"\n" + codecs.BOM_UTF8, b"\n")


def _is_enough(data: bytes, *, is_last: bool) -> bool:
    """Whether the first block can be begun with: it holds a line, or all there is.

    Raises:
        QuarantineError: there is nothing but white space.
    """
    if is_last and not data.strip():
        raise QuarantineError(Reason.EMPTY_FILE, "The file holds no text: deliver it again.")
    return is_last or b"\n" in data or len(data) > MAX_RECORD_BYTES


def _check_packing(source: Source, head: bytes) -> None:
    if source.facts.compression and head.startswith(NO_TEXT):
        raise QuarantineError(
            Reason.UNSUPPORTED_FORMAT,
            "Inside the gzip is no text but a packed file or a workbook: deliver it unpacked.",
        )


def _read(stream: BinaryIO) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except gzip.BadGzipFile as error:
        raise QuarantineError(
            Reason.CORRUPT_GZIP,
            "The gzip file is damaged, or something that is no gzip follows: deliver it again.",
        ) from error
    except (EOFError, zlib.error) as error:
        raise QuarantineError(
            Reason.CORRUPT_GZIP, "The gzip file is cut off or damaged: deliver it again."
        ) from error
