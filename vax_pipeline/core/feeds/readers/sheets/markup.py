"""Regular XML by looking at bytes: where the tags of a block are, that their order is a known one, and
the text between them.

A block is taken only if each of its tags is a known one in a known place; for anything else the answer
is None and an XML parser has to read it. The rows of a sheet and its table of texts are regular in
nearly every workbook, and this is some thirty times as fast.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

LESS, GREATER, SLASH, SPACE, QUOTE = b'<>/ "'
CONTROLS = 32
KEEPS_SPACE = b'<t xml:space="preserve">'
ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
# How a workbook writes what XML can't hold: _x000D_ is a carriage return.
ESCAPED = re.compile(r"_x([0-9a-fA-F]{4})_")
SURROGATES = range(0xD800, 0xE000)


class Grammar:
    """The tags of a regular piece of XML and which may follow which.

    Args:
        follows: by tag (`<c>` opening, `</c>` closing, `<c/>` empty) those that may come next,
            separated by spaces.
    """

    def __init__(self, follows: Mapping[str, str]) -> None:
        self.names = sorted({tag.strip("</>") for tag in follows})
        self.size = 3 * len(self.names) + 1
        self.kinds = np.zeros(1 << 16, np.uint8)
        for name in self.names:
            for end in b"> /":
                first, second = (name.encode() + bytes([end]))[:2]
                self.kinds[first << 8 | second] = self.kind(f"<{name}>")
            self.kinds[SLASH << 8 | ord(name[0])] = self.kind(f"</{name}>")
        allowed = np.zeros((self.size, self.size), np.bool_)
        for tag, nexts in follows.items():
            allowed[self.kind(tag), [self.kind(after) for after in nexts.split()]] = True
        self.allowed = allowed.reshape(-1)

    def kind(self, tag: str) -> int:
        """The number of a tag; an empty one is its opening one plus 2."""
        place = 3 * self.names.index(tag.strip("</>")) + 1
        return place + (1 if tag.startswith("</") else 2 if tag.endswith("/>") else 0)


@dataclass(frozen=True)
class Tags:
    """The tags of a block.

    Attributes:
        at: where each begins.
        until: where the next one begins, or the block ends.
        kind: which it is, by `Grammar.kind`.
    """

    data: bytes
    view: Bytes
    grammar: Grammar
    at: Positions
    until: Positions
    kind: Bytes

    def which(self, *tags: str) -> Flags:
        """True for these tags."""
        found = self.kind == self.grammar.kind(tags[0])
        for tag in tags[1:]:
            found |= self.kind == self.grammar.kind(tag)
        return found

    def are_whole(self, item: str) -> bool:
        """Whether the block begins with an item and ends with one."""
        opening = self.grammar.kind(f"<{item}>")
        closing, empty = opening + 1, opening + 2
        return self.kind[0] in (opening, empty) and self.kind[-1] in (closing, empty)


def find_tags(data: bytes, grammar: Grammar) -> Tags | None:
    """The tags of a block, or None when it isn't as regular as the grammar wants it."""
    view = np.frombuffer(data, np.uint8)
    at = np.flatnonzero(view == LESS)
    if not len(at) or at[-1] + 2 >= len(view) or not _is_clean(data, view):
        return None
    kind = grammar.kinds[view[at + 1].astype(np.uint16) << 8 | view[at + 2]]
    until = np.append(at[1:], len(view))
    is_empty = (view[until - 1] == GREATER) & (view[until - 2] == SLASH)
    is_empty &= view[at + 1] != SLASH
    if not kind.all():
        return None
    kind[is_empty] += 2
    if not _named_right(view, at, kind, grammar):
        return None
    steps = kind[:-1].astype(np.intp) * grammar.size + kind[1:]
    return Tags(data, view, grammar, at, until, kind) if grammar.allowed[steps].all() else None


def _is_clean(data: bytes, view: Bytes) -> bool:
    """UTF-8, without characters that XML forbids and without carriage returns (XML reads them as LF)."""
    if np.count_nonzero(view < CONTROLS) != data.count(b"\n") + data.count(b"\t"):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _named_right(view: Bytes, at: Positions, kind: Bytes, grammar: Grammar) -> bool:
    """Whether tags known by two bytes are spelled right to the end of their names."""
    for name in grammar.names:
        opening = grammar.kind(f"<{name}>")
        opened = at[(kind == opening) | (kind == opening + 2)]
        closed = at[kind == opening + 1]
        if not (_spells(view, closed, f"</{name}>") and _spells(view, opened, f"<{name}")):
            return False
        after = bytes_at(view, opened + len(name) + 1)
        if not ((after == GREATER) | (after == SPACE) | (after == SLASH)).all():
            return False
    return True


def _spells(view: Bytes, places: Positions, text: str) -> bool:
    rest = enumerate(text.encode()[3:], 3)
    return all((bytes_at(view, places + offset) == byte).all() for offset, byte in rest)


def bytes_at(view: Bytes, places: Positions) -> Bytes:
    """The bytes at these places; beyond the end, the last one: a tag may be shorter than it should."""
    return view.take(places, mode="clip")


def text_starts(tags: Tags, places: Positions) -> Positions | None:
    """Where the text of `<v>`, `<t>` and `<t xml:space="preserve">` begins; None if there are others."""
    starts = tags.at[places] + 3
    is_plain = tags.view[starts - 1] == GREATER
    if is_plain.all():
        return starts
    if tags.data.count(KEEPS_SPACE) != np.count_nonzero(~is_plain):
        return None
    return np.where(is_plain, starts, starts + len(KEEPS_SPACE) - 3)


def slices(view: Bytes, starts: Positions, ends: Positions) -> pl.Series:
    """The texts between ascending positions, as they stand in the block."""
    lengths = ends - starts
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    spans = np.zeros(2 * len(starts) + 1, np.int64)
    spans[1::2] = lengths
    spans[0:-1:2] = np.diff(starts, prepend=0)
    spans[2:-1:2] -= lengths[:-1]
    inside = np.zeros(len(spans), np.bool_)
    inside[1::2] = True
    spans[-1] = len(view) - spans[:-1].sum()
    kept = view[np.repeat(inside, spans)]
    arrow: Any = pa  # has no types
    return pl.Series(
        arrow.LargeStringArray.from_buffers(
            len(starts), arrow.py_buffer(offsets), arrow.py_buffer(kept)
        )
    )


def resolve_entities(texts: pl.Series) -> pl.Series | None:
    """Texts with `&amp;` and its like put right; None if one of them is none that XML knows."""
    is_odd = texts.str.contains("&", literal=True)
    odd = texts.filter(is_odd)
    if odd.is_empty():
        return texts
    if odd.str.replace_all(ENTITY.pattern, "").str.contains("&", literal=True).any():
        return None
    try:
        resolved = pl.Series([ENTITY.sub(_entity, text) for text in odd], dtype=pl.String)
    except ValueError:  # a number that is no character
        return None
    return texts.scatter(is_odd.arg_true(), resolved)


def resolve_escapes(texts: pl.Series) -> pl.Series:
    """Texts with `_x000D_` and its like put right; those that no text can hold stay."""
    is_odd = texts.str.contains("_x", literal=True)
    odd = [ESCAPED.sub(_escaped, text) for text in texts.filter(is_odd)]
    return texts.scatter(is_odd.arg_true(), pl.Series(odd, dtype=pl.String)) if odd else texts


def _entity(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code in SURROGATES or (code < CONTROLS and chr(code) not in "\t\n\r"):
        raise ValueError
    return chr(code)


def _escaped(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if code == 0 or code in SURROGATES else chr(code)
