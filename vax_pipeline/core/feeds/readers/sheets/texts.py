"""The table of texts that cells refer to by place."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.readers.sheets.items import read_items
from vax_pipeline.core.feeds.readers.sheets.markup import (
    Grammar,
    find_tags,
    resolve_entities,
    resolve_escapes,
    slices,
    text_starts,
)
from vax_pipeline.core.feeds.readers.sheets.xml_parser import feed, local, make_parser

GRAMMAR = Grammar(
    {
        "<si>": "<t> <t/> </si>",
        "<si/>": "<si> <si/>",
        "</si>": "<si> <si/>",
        "<t>": "</t>",
        "<t/>": "</si>",
        "</t>": "</si>",
    }
)


def read_texts(pieces: Iterator[bytes]) -> pl.Series:
    """All texts of the table, formatting and readings (furigana) left out.

    Raises:
        QuarantineError: the table is broken.
    """
    parts = [pl.Series(dtype=pl.String)]
    for block in read_items(pieces, "sst", "si"):
        plain = _scan(block)
        parts.append(resolve_escapes(_parse(block) if plain is None else plain))
    return pl.concat(parts, rechunk=True)


def _scan(block: bytes) -> pl.Series | None:
    """Texts without formatting; None when some have any."""
    tags = find_tags(block, GRAMMAR)
    if tags is None or not tags.are_whole("si"):
        return None
    places = np.flatnonzero(tags.which("<t>"))
    starts = text_starts(tags, places)
    if starts is None:
        return None
    found = resolve_entities(slices(tags.view, starts, tags.until[places]))
    is_entry = tags.which("<si>", "<si/>")
    if found is None or len(found) == np.count_nonzero(is_entry):
        return found
    entries = pl.Series([""]).new_from_index(0, int(np.count_nonzero(is_entry)))
    return entries.scatter(np.cumsum(is_entry)[places] - 1, found)


def _parse(block: bytes) -> pl.Series:
    texts: list[list[str]] = []
    is_text = [False]
    phonetic = [0]

    def start(tag: str, _: dict[str, str]) -> None:
        name = local(tag)
        if name == "si":
            texts.append([])
        elif name == "rPh":
            phonetic[0] += 1
        is_text[0] = name == "t" and not phonetic[0]

    def end(tag: str) -> None:
        phonetic[0] -= local(tag) == "rPh"
        is_text[0] = False

    def characters(text: str) -> None:
        if is_text[0] and texts:
            texts[-1].append(text)

    parser = make_parser()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    for piece in (b"<sst>", block):
        feed(parser, piece, is_last=False)
    feed(parser, b"</sst>", is_last=True)
    return pl.Series(["".join(parts) for parts in texts], dtype=pl.String)
