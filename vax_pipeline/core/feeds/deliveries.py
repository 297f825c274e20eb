"""The account of deliveries: one row per file in `raw.deliveries`, and the rows that hang on it.

Knows what was loaded before and how to take it back; reading files is `readers`, deciding what to
read is `loading`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import duckdb
import polars as pl

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.places import Stamp
from vax_pipeline.core.feeds.readers import Facts
from vax_pipeline.core.feeds.readers.source import as_arrow
from vax_pipeline.core.feeds.reject_columns import senders_own
from vax_pipeline.core.feeds.rejects import QuarantineError
from vax_pipeline.core.feeds.spec import Feed

LOADED = "loaded"
FAILED = "failed"
WITHDRAWN = "withdrawn"
UNCHANGED = "unchanged"
State = Literal["loaded", "failed", "withdrawn", "unchanged"]


@dataclass(frozen=True)
class KnownFile:
    """What the account says of a file from an earlier run."""

    sha256: str | None
    state: str
    reason_code: str | None
    stamp: Stamp


@dataclass(frozen=True)
class FileResult:
    """What became of one file in this run. `unchanged` files keep the row they have.

    Attributes:
        records: physical records, counted apart from reading; 0 for a file that was not loaded.
        unknown_columns: names as delivered; their values are in `extra`.
    """

    feed: str
    delivery_date: date
    file: str
    state: State
    sha256: str | None = None
    stamp: Stamp | None = None
    facts: Facts | None = None
    records: int = 0
    loaded: int = 0
    rejected: int = 0
    children_loaded: int = 0
    children_rejected: int = 0
    reason_code: str | None = None
    reason: str | None = None


def known_files(
    connection: duckdb.DuckDBPyConnection, feed: Feed, day: date
) -> dict[str, KnownFile]:
    """The files of a delivery that an earlier run accounted for, by name."""
    rows = connection.execute(
        "select file, file_sha256, state, reason_code, file_bytes, file_mtime_ns, file_version "
        f"from {schemas.DELIVERIES.sql} "
        "where feed = ? and delivery_date = ?",
        [feed.name, day],
    ).fetchall()
    return {
        name: KnownFile(sha256, state, reason_code, Stamp(*stamp))
        for name, sha256, state, reason_code, *stamp in rows
    }


def touch(connection: duckdb.DuckDBPyConnection, name: str, stamp: Stamp) -> None:
    """The same bytes were written again: the account learns the new time, nothing else."""
    connection.execute(
        f"update {schemas.DELIVERIES.sql} set file_mtime_ns = ?, file_version = ? where file = ?",
        [stamp.mtime_ns, stamp.version, name],
    )


def remove_rows(connection: duckdb.DuckDBPyConnection, feed: Feed, names: Sequence[str]) -> None:
    """Take back all that was loaded from these files: rows, nested rows, what is kept beside them."""
    if not names:
        return
    tables = [schemas.raw(name) for name in (feed.name, *feed.children.values())]
    for table in (*tables, schemas.REJECTS, schemas.DELIVERY_FILL, schemas.DELIVERIES):
        connection.execute(
            f"delete from {table.sql} where file in (select unnest(?::varchar[]))", [list(names)]
        )


def write_results(
    connection: duckdb.DuckDBPyConnection,
    results: Iterable[FileResult],
    load_id: str,
    loaded_at: datetime,
) -> None:
    """Add the account of files; the caller has removed what was there."""
    rows = [_row(result) for result in results]
    if not rows:
        return
    incoming = pl.DataFrame(rows, infer_schema_length=None)
    connection.register("incoming_deliveries", as_arrow(incoming))
    connection.execute(
        f"insert into {schemas.DELIVERIES.sql} by name "
        "select *, ? as load_id, ?::timestamptz as loaded_at from incoming_deliveries",
        [load_id, loaded_at.isoformat()],
    )
    connection.unregister("incoming_deliveries")


def write_quarantine(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    result: FileResult,
    load_id: str,
    loaded_at: datetime,
) -> None:
    """A file that can't be loaded: its account and one reject without a line, in place of rows."""
    remove_rows(connection, feed, [result.file])
    write_results(connection, [result], load_id, loaded_at)
    connection.execute(
        f"insert into {schemas.REJECTS.sql} by name select ? as feed, ? as delivery_date, "
        "? as file, false as is_child, ? as reason_code, ? as reason, ? as load_id",
        [
            feed.name,
            result.delivery_date,
            result.file,
            result.reason_code,
            result.reason,
            load_id,
        ],
    )


def mark_withdrawn(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    day: date,
    names: Sequence[str],
    *,
    load_id: str,
    loaded_at: datetime,
) -> list[FileResult]:
    """Files that are gone from the landing folder: their rows go, their account says so."""
    results = [FileResult(feed.name, day, name, WITHDRAWN) for name in names]
    remove_rows(connection, feed, names)
    write_results(connection, results, load_id, loaded_at)
    return results


def quarantined(result: FileResult, error: QuarantineError) -> FileResult:
    """The same file as failed: nothing of it is loaded, so nothing of it is counted."""
    return FileResult(
        result.feed,
        result.delivery_date,
        result.file,
        FAILED,
        result.sha256,
        result.stamp,
        result.facts,
        reason_code=str(error.code),
        reason=error.message,
    )


def _row(result: FileResult) -> dict[str, object]:
    facts = result.facts or Facts()
    unknown = senders_own(facts.unknown_columns)
    return {
        "feed": result.feed,
        "delivery_date": result.delivery_date,
        "file": result.file,
        "file_sha256": result.sha256,
        "file_bytes": result.stamp.size if result.stamp else None,
        "file_mtime_ns": result.stamp.mtime_ns if result.stamp else None,
        "file_version": result.stamp.version if result.stamp else None,
        "format": facts.format,
        "encoding": facts.encoding,
        "delimiter": facts.delimiter,
        "compression": facts.compression,
        "sheet": facts.sheet,
        "header_line": facts.header_line,
        "hidden_rows": facts.hidden_rows,
        "unanswered_rows": facts.unanswered_rows,
        "repaired_values": facts.repaired_values,
        "records": result.records,
        "loaded": result.loaded,
        "rejected": result.rejected,
        "children_loaded": result.children_loaded,
        "children_rejected": result.children_rejected,
        "unknown_columns": _json(unknown),
        "headers": _json(facts.headers),
        "state": result.state,
        "reason_code": result.reason_code,
        "reason": result.reason,
    }


def _json(names: list[str]) -> str | None:
    return json.dumps(names, ensure_ascii=False) if names else None
