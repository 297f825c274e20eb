"""A text file in blocks of bytes, so that a file of any size is read in little memory.

A reader takes whole records from the front of a block and says how many bytes that was; the rest
comes back in front of the next block.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from vax_pipeline.core.feeds.readers.detect import SAMPLE_BYTES, UTF8_BOM, check_text
from vax_pipeline.core.feeds.readers.source import Source
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

BLOCK_BYTES = 16 << 20
MAX_RECORD_BYTES = 64 << 20


@dataclass
class Block:
    """Bytes that start at the start of a record.

    Attributes:
        line: physical line number of the first byte.
        consumed: set by the reader: bytes of whole records it has dealt with.
    """

    data: bytes
    line: int
    is_first: bool
    is_last: bool
    consumed: int = 0


def read_blocks(source: Source) -> Iterator[Block]:
    """Yield the file's text without byte order mark; the reader sets `consumed` on each block.

    Raises:
        QuarantineError: broken gzip, other encoding than UTF-8, no text, a record without end.
    """
    with source.open() as stream:
        carry, line, is_first, is_last = b"", 1, True, False
        while not is_last:
            data = _read(stream)
            is_last = len(data) < BLOCK_BYTES
            if is_first:
                source.facts.encoding = check_text(data[:SAMPLE_BYTES])
                data = data.removeprefix(UTF8_BOM)
                if is_last and not data.strip():
                    raise QuarantineError(
                        Reason.EMPTY_FILE, "The file holds no text: deliver it again."
                    )
            block = Block(carry + data, line, is_first, is_last)
            yield block
            is_first = False
            carry = block.data[block.consumed :]
            line += block.data.count(b"\n", 0, block.consumed)
            if len(carry) > MAX_RECORD_BYTES:
                raise QuarantineError(
                    Reason.RECORD_TOO_LONG,
                    f"The record at line {line} is longer than {MAX_RECORD_BYTES >> 20} MB: "
                    "is a line end or a closing quote missing?",
                )


def _read(stream: BinaryIO) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise QuarantineError(
            Reason.CORRUPT_GZIP, "The gzip file is cut off or damaged: deliver it again."
        ) from error
