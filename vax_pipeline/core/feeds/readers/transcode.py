"""Text in any supported encoding, turned into UTF-8 with LF or CRLF, block by block.

UTF-8 passes untouched. What can't be decoded costs its record, not the file: it stays invalid in the
UTF-8 (see `escapes`), and the reader rejects it there.
"""

import codecs
import re
from collections.abc import Collection
from typing import Protocol

from vax_pipeline.core.feeds.escapes import ESCAPE
from vax_pipeline.core.feeds.readers import encodings
from vax_pipeline.core.feeds.readers.source import Facts
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
BARE_RETURN = re.compile(rb"\r(?!\n)")
BEYOND_ASCII = bytes(range(0x80, 0x100))

CHANGES = (
    "The encoding changes in the middle of the file: deliver its parts as files of their own, "
    "each saved as UTF-8."
)


class _Decoder(Protocol):
    def __call__(self, data: bytes, *, is_last: bool) -> bytes: ...


class Transcoder:
    """The bytes of one file, given in order, as UTF-8.

    Args:
        headers: those the first line may hold, when it is the file's header.

    The encoding is settled by the first block that proves one; until then bytes pass as they are.
    """

    def __init__(self, facts: Facts, headers: Collection[str] = ()) -> None:
        self._facts = facts
        self._headers = headers
        self._decode: _Decoder | None = None
        self._returns = _Returns()
        self._is_first = True

    def feed(self, data: bytes, *, is_last: bool) -> bytes:
        """The next bytes as UTF-8; a cut character or line end may be held back for the next call.

        Raises:
            QuarantineError: the encoding can't be told, is one of the old ones, or changes.
        """
        if self._is_first:
            data = self._begin(data)
        if self._decode is None and not data.isascii():
            self._judge(data, is_last=is_last)
        self._is_first = False
        text = data if self._decode is None else self._decode(data, is_last=is_last)
        return self._returns.mend(text, is_last=is_last)

    def _begin(self, data: bytes) -> bytes:
        self._facts.encoding = encodings.UTF8
        mark, size = encodings.byte_order_mark(data) or (encodings.wide_encoding(data), 0)
        if mark is not None:
            self._settle(mark)
        elif data.isascii():
            encodings.refuse_old(self._facts, data[: encodings.GUARD_BYTES].decode())
        return data[size:]

    def _judge(self, data: bytes, *, is_last: bool) -> None:
        headers = self._headers if self._is_first else ()
        try:
            encoding = encodings.judge(data, headers=headers, is_last=is_last)
        except QuarantineError:
            self._facts.encoding = None
            raise
        if encoding is not None:
            self._settle(encoding)

    def _settle(self, encoding: str) -> None:
        self._facts.encoding = encoding
        if encoding in encodings.NARROW:
            self._decode = _Narrow(self._facts, encoding)
        elif encoding in encodings.OLD_NAMES:
            encodings.refuse(self._facts, encoding)
        elif encoding.startswith(encodings.UTF8):
            self._decode = _Utf8(self._facts)
        else:
            self._decode = _Wide(self._facts, encoding)


class _Utf8:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def __call__(self, data: bytes, *, is_last: bool) -> bytes:
        for lines in encodings.samples(data, is_last=is_last):
            encodings.refuse_old(self._facts, b"\n".join(lines).decode("utf-8", "ignore"))
        return data


class _Wide:
    """UTF-16 and UTF-32."""

    def __init__(self, facts: Facts, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(ESCAPE)
        self._checked = _Utf8(facts)

    def __call__(self, data: bytes, *, is_last: bool) -> bytes:
        text = self._decoder.decode(data, is_last)
        return self._checked(text.encode("utf-8", ESCAPE), is_last=is_last)


class _Narrow:
    """8-bit text. A line in it that is UTF-8 proves itself and passes: the file was put together."""

    def __init__(self, facts: Facts, encoding: str) -> None:
        self._facts = facts
        self._encoding = encoding
        self._rest = b""

    def __call__(self, data: bytes, *, is_last: bool) -> bytes:
        data = self._rest + data
        end = len(data) if is_last else _seam(data)
        self._rest, data = data[end:], data[:end]
        for lines in encodings.samples(data, is_last=True):
            self._guard(lines)
        if UTF8_SEQUENCE.search(data) is None:
            return self._text(data)
        return b"".join(self._line(line) for line in data.splitlines(keepends=True))

    def _line(self, line: bytes) -> bytes:
        if line.isascii() or not encodings.is_utf8(line):
            return self._text(line)
        self._facts.encoding = f"{self._encoding}+{encodings.UTF8}"
        return line

    def _text(self, data: bytes) -> bytes:
        return encodings.narrow_text(data, self._encoding, ESCAPE).encode("utf-8", ESCAPE)

    def _guard(self, lines: list[bytes]) -> None:
        words = encodings.words_of([line for line in lines if not encodings.is_utf8(line)])
        other = encodings.narrow_encoding(words)
        if other in (None, self._encoding):
            return
        mine = {encodings.narrow_text(word, self._encoding) for word in words}
        if other not in encodings.NARROW or mine != {
            encodings.narrow_text(word, other) for word in words
        }:
            raise QuarantineError(Reason.UNSUPPORTED_ENCODING, CHANGES)


class _Returns:
    """Old Mac line ends: in a file that begins with lines ended by CR alone, each CR is a line end."""

    def __init__(self) -> None:
        self._is_mac: bool | None = None
        self._held = b""

    def mend(self, text: bytes, *, is_last: bool) -> bytes:
        """The text with LF for a CR alone, if that is how this file's lines end."""
        text, self._held = self._held + text, b""
        if self._is_mac is None:
            head = text[: encodings.SAMPLE_BYTES].removesuffix(b"" if is_last else b"\r")
            self._is_mac = b"\n" not in head if encodings.LINE_END.search(head) else None
        if self._is_mac is not False and text.endswith(b"\r") and not is_last:
            text, self._held = text[:-1], b"\r"  # LF may follow
        return BARE_RETURN.sub(b"\n", text) if self._is_mac else text


def _seam(data: bytes) -> int:
    """Where 8-bit text may be cut: behind a line, or else before an ASCII character, which no
    combining tone can precede."""
    line_end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    return line_end or max(len(data.rstrip(BEYOND_ASCII)) - 1, 0) or len(data)
