"""NDJSON: one JSON object a line; nested lists become rows of child feeds.

Lines are cut out of the block by their bytes, so the count of records does not depend on the JSON
parser. A bad line, and a bad nested record, costs itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from vax_pipeline.core.feeds.readers.blocks import Block, drop_marks, read_blocks
from vax_pipeline.core.feeds.readers.encodings import first_line, is_utf8
from vax_pipeline.core.feeds.readers.headers import empty_keys, require_columns, required_key
from vax_pipeline.core.feeds.readers.json_objects import (
    DOCUMENTS,
    Objects,
    SeenKeys,
    read_objects,
    unnest,
)
from vax_pipeline.core.feeds.readers.mojibake import is_suspect, mend_rows
from vax_pipeline.core.feeds.readers.records import line_spans
from vax_pipeline.core.feeds.readers.source import Batch, Source, row_schema
from vax_pipeline.core.feeds.rejects import (
    REJECT_SCHEMA,
    SENTENCES,
    QuarantineError,
    Reason,
    Reject,
    empty_key_reason,
    reject,
    reject_frame,
)
from vax_pipeline.core.feeds.spec import Feed

UNKNOWN_COLUMNS_LISTED = 100
SHORT_BYTES = 32  # of a line that may be nothing but white space


@dataclass(frozen=True)
class _Documents:
    """The lines of a block as text, and those that are no text as rejects.

    Attributes:
        records: lines that hold anything, by the bytes of the block.
        lines_beside: lines that hold nothing.
    """

    frame: pl.DataFrame
    rejects: list[Reject]
    records: int
    lines_beside: int


@dataclass
class _Nested:
    rows: dict[str, pl.DataFrame] = field(default_factory=lambda: {})
    rejects: list[pl.DataFrame] = field(default_factory=lambda: [])
    records: int = 0


def read_ndjson(source: Source) -> Iterator[Batch]:
    """Yield the rows of an ndjson file. Raises QuarantineError for the file as a whole."""
    seen = SeenKeys(set(), {})
    has_objects = False
    for block in read_blocks(source):
        block.data = _tidied(block.data)
        if block.is_first:
            _check_lines(block)
        mend = is_suspect(block.data, is_json=True)
        documents = _documents(block)
        objects = read_objects(source.engine(), source.feed, source.children, documents.frame, seen)
        has_objects = has_objects or objects.rows.height > 0
        source.facts.unknown_columns = list(seen.unknown)[:UNKNOWN_COLUMNS_LISTED]
        yield _batch(source, objects, documents, mend=mend)
    if has_objects:
        require_columns(source.feed, seen.columns)


def _tidied(data: bytes) -> bytes:
    """Of files put together: their marks go, and a CR alone between two objects ends a line."""
    data = drop_marks(data)
    return data.replace(b"}\r{", b"}\n{") if b"\r" in data else data


def _check_lines(block: Block) -> None:
    """Raise a quarantine for one JSON document in place of an object a line."""
    data = block.data.strip()
    first = first_line(data)
    is_list = first.startswith(b"[") and (
        first.strip() == b"[" or (first == data and block.is_last)
    )
    is_pretty = first.strip() == b"{" and data[len(first) :].lstrip().startswith(b'"')
    if is_list or is_pretty:
        raise QuarantineError(
            Reason.UNSUPPORTED_FORMAT,
            "This is one JSON document: write one object on each line, without list and commas.",
        )


def _documents(block: Block) -> _Documents:
    starts, ends, block.consumed = line_spans(block.data, is_last=block.is_last)
    keep = ends - starts > 0
    for i in map(int, np.flatnonzero(keep & (ends - starts < SHORT_BYTES))):
        keep[i] = block.data[int(starts[i]) : int(ends[i])].strip() != b""
    beside = len(keep) - int(keep.sum())
    lines = np.arange(len(starts), dtype=np.int64)[keep] + block.line
    if b"\0" not in block.data and is_utf8(block.data[: block.consumed]):
        # The lines lie one after the other: their starts are all Arrow needs to see them as text.
        offsets = np.append(starts, block.consumed).astype(np.int64)
        arrow: Any = pa
        buffers = arrow.py_buffer(offsets), arrow.py_buffer(block.data)
        text = pl.Series(arrow.LargeStringArray.from_buffers(len(starts), *buffers))
        return _Documents(_frame(lines, text.filter(pl.Series(keep))), [], len(lines), beside)
    good_lines: list[int] = []
    texts: list[str] = []
    rejects: list[Reject] = []
    for line, start, end in zip(lines, starts[keep], ends[keep], strict=True):
        raw = block.data[int(start) : int(end)]
        if b"\0" in raw:
            rejects.append(reject(int(line), Reason.NUL_BYTE, raw))
        elif not is_utf8(raw):
            rejects.append(reject(int(line), Reason.INVALID_BYTES, raw))
        else:
            good_lines.append(int(line))
            texts.append(raw.decode())
    text = pl.Series(texts, dtype=pl.String)
    return _Documents(_frame(np.array(good_lines, np.int64), text), rejects, len(lines), beside)


def _frame(lines: npt.NDArray[np.int64], text: pl.Series) -> pl.DataFrame:
    columns = {"seq": lines, "line": lines, "parent": None, "text": text}
    return pl.DataFrame(columns, schema=DOCUMENTS)


def _batch(source: Source, objects: Objects, documents: _Documents, *, mend: bool) -> Batch:
    feed, rows = source.feed, objects.rows
    if mend:
        rows = mend_rows(feed, rows, source.facts)
        rows = rows.with_columns(parent_key=pl.col(feed.key[0]))
    rows, without_key = _split_empty_keys(feed, rows, objects.texts, is_child=False)
    nested = _Nested()
    for key, child in source.children.items():
        if f"nested:{key}" in rows.columns:
            _read_nested(source, child, rows, f"nested:{key}", nested, mend=mend)
    rejects = [reject_frame(documents.rejects), objects.rejects(is_child=False), without_key]
    return Batch(
        rows.select(list(row_schema(feed))),
        pl.concat([*rejects, *nested.rejects]),
        documents.records,
        nested.rows,
        nested.records,
        documents.lines_beside,
    )


def _read_nested(
    source: Source,
    child: Feed,
    parents: pl.DataFrame,
    column: str,
    nested: _Nested,
    *,
    mend: bool,
) -> None:
    """Rows of a child feed out of one nested list per parent."""
    engine = source.engine()
    documents, not_lists = unnest(engine, parents.select("line", "parent_key", nested=column))
    objects = read_objects(engine, child, {}, documents, SeenKeys(set(), {}))
    nested.records += documents.height + not_lists.height
    link = source.feed.key[0]
    rows, texts = objects.rows, objects.texts
    if mend:
        rows = mend_rows(child, rows, source.facts)
    wrong = rows.filter(pl.col(link).is_not_null() & (pl.col(link) != pl.col("parent")))
    rows = rows.join(wrong, on="seq", how="anti").with_columns(pl.col("parent").alias(link))
    rows, without_key = _split_empty_keys(child, rows, texts, is_child=True)
    rows = rows.sort("seq")
    is_first = pl.struct("line", *child.key).is_first_distinct()
    repeated = rows.filter(~is_first)
    rows = rows.filter(is_first).select(list(row_schema(child)))
    before = nested.rows.get(child.name)
    nested.rows[child.name] = rows if before is None else pl.concat([before, rows])
    nested.rejects += [
        objects.rejects(is_child=True),
        _rejects(not_lists, Reason.NOT_AN_ARRAY, is_child=True),
        _rejects(wrong.join(texts, on="seq"), Reason.WRONG_PARENT, is_child=True),
        without_key,
        _rejects(repeated.join(texts, on="seq"), Reason.DUPLICATE_CHILD, is_child=True),
    ]


def _split_empty_keys(
    feed: Feed, rows: pl.DataFrame, texts: pl.DataFrame, *, is_child: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    empty = empty_keys(feed)
    without_key = rows.filter(empty)
    if not without_key.height:
        return rows, pl.DataFrame(schema=REJECT_SCHEMA)
    rejected = without_key.join(texts, on="seq")
    reason = empty_key_reason(required_key(feed))
    return rows.filter(~empty), _rejects(rejected, Reason.EMPTY_KEY, reason, is_child=is_child)


def _rejects(
    frame: pl.DataFrame, code: Reason, reason: str | None = None, *, is_child: bool
) -> pl.DataFrame:
    return frame.select(
        "line",
        pl.lit(is_child).alias("is_child"),
        pl.lit(str(code)).alias("reason_code"),
        pl.lit(reason or SENTENCES[code]).alias("reason"),
        pl.col("text").alias("record"),
    )
