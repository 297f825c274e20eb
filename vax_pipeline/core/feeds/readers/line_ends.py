"""Line ends of several kinds in one csv file: files put together, of which one ends lines with CR.

A CR alone may also stand inside a field. It is a line end where the line makes no record with it and
makes nothing but whole records without it; everywhere else it stays what it is.
"""

LONG_BYTES = 1 << 20  # of a line that has not ended yet: is it one?


def has_bare_return(data: bytes) -> bool:
    """Whether a CR stands anywhere but before LF."""
    return b"\r" in data and data.count(b"\r") != data.count(b"\r\n")


def split_returns(data: bytes, delimiter: str, width: int, *, is_last: bool) -> bytes:
    """The data with LF for each CR that is a line end: as many bytes as before."""
    lines = data.split(b"\n")
    for number, line in enumerate(lines):
        is_cut = number == len(lines) - 1 and not is_last
        if is_cut and len(line) < LONG_BYTES:
            continue  # its end comes with the next block
        if _is_several_records(line, delimiter.encode(), width, is_cut=is_cut):
            body = line[:-1] if line.endswith(b"\r") else line  # of CRLF, or cut off from its LF
            lines[number] = body.replace(b"\r", b"\n") + line[len(body) :]
    return b"\n".join(lines)


def _is_several_records(line: bytes, delimiter: bytes, width: int, *, is_cut: bool) -> bool:
    body = line.removesuffix(b"\r")
    if b"\r" not in body or b'"' in body or body.count(delimiter) == width - 1:
        return False
    pieces = body.split(b"\r")
    if is_cut:
        pieces.pop()
    return all(piece.count(delimiter) == width - 1 for piece in pieces if piece)
