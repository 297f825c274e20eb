"""Bytes that are no text, on their way through UTF-8 to the record that is rejected for them.

A file in another encoding is read as UTF-8 (`readers.transcode`). What can't be decoded must stay
invalid there, so that its record is found, and must be shown in the reject as it was delivered.
"""

import codecs
import re

ESCAPE = "vax-escape"  # name of the error handler, for decoding and for encoding to UTF-8 behind it
# A byte becomes this, which no UTF-8 holds, and its two halves.
MARK = b"\xff\xfe\xff"
ESCAPED = re.compile(re.escape(MARK) + rb"([\x80-\x8f])([\x80-\x8f])")
# In between, decoded: a lone surrogate, which no text holds.
FIRST_SURROGATE = 0xDC00


def _escape(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        lost = error.object[error.start : error.end]
        return "".join(chr(FIRST_SURROGATE + byte) for byte in lost), error.end
    if isinstance(error, UnicodeEncodeError):
        lost = (ord(c) - FIRST_SURROGATE for c in error.object[error.start : error.end])
        escaped = [MARK + bytes((0x80 | byte >> 4, 0x80 | byte & 15)) for byte in lost]
        return b"".join(escaped), error.end
    raise error


codecs.register_error(ESCAPE, _escape)


def verbatim(record: bytes) -> str:
    """A record as text that any table holds: undecodable bytes and NUL appear as `\\x00`."""
    shown = ESCAPED.sub(_show, record.removesuffix(b"\n").removesuffix(b"\r"))
    return shown.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def _show(escaped: re.Match[bytes]) -> bytes:
    return b"\\x%02x" % ((escaped[1][0] & 15) << 4 | escaped[2][0] & 15)
