"""The XML of a part in blocks of whole items (rows of a sheet, entries of the table of texts)."""

import re
from collections.abc import Iterator

from vax_pipeline.core.feeds.readers.sheets.xml_parser import damaged
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

MAX_ITEM_BYTES = 64 << 20


def read_items(pieces: Iterator[bytes], container: str, item: str) -> Iterator[bytes]:
    """Yield blocks of whole items, in the order of the file and without namespace prefix.

    Args:
        container: the element around the items.
        item: the name of one.
    """
    prefix, carry = _find_container(pieces, container)
    if prefix is None:
        return
    item_end, end = f"</{prefix}{item}>".encode(), f"</{prefix}{container}".encode()
    while True:
        cut = carry.rfind(item_end) + len(item_end) if item_end in carry else 0
        over = carry.find(end, cut)
        block = carry[: over if over >= 0 else cut]
        if block.strip():
            yield _without(prefix, block)
        if over >= 0:
            break
        carry = carry[cut:]
        if len(carry) > MAX_ITEM_BYTES:
            raise QuarantineError(
                Reason.RECORD_TOO_LONG,
                f"A row or a text of the workbook is longer than {MAX_ITEM_BYTES >> 20} MB: "
                "take out what does not belong there.",
            )
        piece = next(pieces, None)
        if piece is None:
            raise damaged("a part of it is cut off")
        carry += piece
    for _ in pieces:
        pass  # to the end, where the zip says whether all of it is sound


def _find_container(pieces: Iterator[bytes], container: str) -> tuple[str | None, bytes]:
    """Prefix of its namespace and what follows its opening tag; no prefix when it is empty."""
    opening = re.compile(rf"<([\w.-]+:)?{container}(?:\s[^>]*?)?(/?)>".encode())
    head = b""
    for piece in pieces:
        head += piece
        if match := opening.search(head):
            if match[2]:
                for _ in pieces:
                    pass
                return None, b""
            return (match[1] or b"").decode(), head[match.end() :]
        if len(head) > MAX_ITEM_BYTES:
            break
    raise damaged("a part of it is cut off or of another kind")


def _without(prefix: str, block: bytes) -> bytes:
    if not prefix:
        return block
    known = prefix.encode()
    return block.replace(b"<" + known, b"<").replace(b"</" + known, b"</")
