"""Parquet: every column as text, in batches, with the row number as line."""

import json
from collections.abc import Iterator

import duckdb
import polars as pl

from vax_pipeline.core.feeds.readers.encodings import refuse_old, sample_of
from vax_pipeline.core.feeds.readers.headers import (
    HeaderMatch,
    empty_keys,
    match_headers,
    required_key,
    shape_rows,
)
from vax_pipeline.core.feeds.readers.mojibake import mend_rows
from vax_pipeline.core.feeds.readers.source import Batch, Source
from vax_pipeline.core.feeds.rejects import (
    QuarantineError,
    Reason,
    Reject,
    empty_key_reason,
    reject_frame,
)

BATCH_ROWS = 100_000
SCAN = "read_parquet(?, file_row_number = true, binary_as_string = true)"
NESTED = ("STRUCT", "MAP", "UNION")


def read_parquet(source: Source) -> Iterator[Batch]:
    """Yield the rows of a parquet file. Raises QuarantineError when it can't be read."""
    if source.facts.compression:
        raise QuarantineError(
            Reason.UNSUPPORTED_FORMAT, "Parquet inside gzip is not supported: deliver it unpacked."
        )
    try:
        yield from _read(source)
    except (duckdb.Error, OSError, ValueError) as error:  # Arrow's own, once batches flow
        if not source.path.exists():
            raise FileNotFoundError from error
        raise QuarantineError(
            Reason.CORRUPT_PARQUET, "The parquet file is cut off or damaged: deliver it again."
        ) from error


def _read(source: Source) -> Iterator[Batch]:
    engine, path = source.engine(), str(source.path)
    footer = engine.execute("select num_rows from parquet_file_metadata(?)", [path]).fetchall()
    described = engine.execute(f"describe select * exclude (file_row_number) from {SCAN}", [path])
    columns = [(str(name), str(kind)) for name, kind, *_ in described.fetchall()]
    match = match_headers(source.feed, [name for name, _ in columns])
    source.facts.unknown_columns = list(match.unknown)
    values = ", ".join(
        f"{_as_text(name, kind)} as c{position}" for position, (name, kind) in enumerate(columns)
    )
    reader = engine.sql(
        f"select {values}, file_row_number + 1 as line from {SCAN}", params=[path]
    ).to_arrow_reader(BATCH_ROWS)
    source.counted = int(footer[0][0])
    for arrow in reader:
        yield _batch(source, pl.DataFrame(arrow), match)


def _batch(source: Source, frame: pl.DataFrame, match: HeaderMatch) -> Batch:
    refuse_old(source.facts, sample_of(frame))
    rows = mend_rows(source.feed, shape_rows(source.feed, frame, match), source.facts)
    without_key = rows.select(empty_keys(source.feed)).to_series()
    rejects: list[Reject] = []
    if without_key.any():
        reason = empty_key_reason(required_key(source.feed))
        rejects = [
            Reject(row["line"], Reason.EMPTY_KEY, reason, json.dumps(row, ensure_ascii=False))
            for row in rows.filter(without_key).iter_rows(named=True)
        ]
        rows = rows.filter(~without_key)
    return Batch(rows, reject_frame(rejects), frame.height)


def _as_text(name: str, kind: str) -> str:
    """A column as text: whole floats as their digits, nested values as json, empty text as null."""
    column = '"' + name.replace('"', '""') + '"'
    if kind in ("DOUBLE", "FLOAT"):
        # An id column with a gap becomes floats on its way through pandas.
        return (
            f"case when {column} = trunc({column}) and abs({column}) < 1e15 "
            f"then cast(cast({column} as bigint) as varchar) else cast({column} as varchar) end"
        )
    if kind.startswith(NESTED) or kind.endswith("[]"):
        return f"cast(to_json({column}) as varchar)"
    return f"nullif(cast({column} as varchar), '')"
