"""Open rejects, arranged for their senders to correct: one export per file sent, in the shape it had.

A sender corrects what they sent, so each export answers one of their files and can be dropped into the
landing place as it is. What was wrong and what to do stands beside each record, in both languages.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import duckdb
import polars as pl

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.readers.source import as_arrow
from vax_pipeline.core.feeds.reject_columns import (
    FILE,
    FIX,
    HEADERS,
    LINE,
    PROBLEM,
    RECORD,
    REJECT,
    senders_own,
)
from vax_pipeline.core.feeds.reject_layout import (
    Columns,
    Layout,
    child_of,
    lay_out_fields,
    lay_out_json,
)
from vax_pipeline.core.feeds.reject_list import OPEN
from vax_pipeline.core.feeds.rejects import Reason
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.labels import english, vietnamese
from vax_pipeline.core.spreadsheets import safe

PLACE_FIELDS, PARENT_REJECTED = "place_fields", "parent_rejected"  # labels beside the reasons'
MAX_NAME_BYTES = 220  # of the 255 that a disk takes: an ending follows
BEFORE, AFTER = (PROBLEM, FIX), (RECORD, FILE, LINE, REJECT)


@dataclass(frozen=True)
class Row:
    """One rejected record, or a whole file when the line is null.

    Attributes:
        reason: the sentence that was stored with the reject.
        record: as sent, when the layout does not show it for certain.
        rejects: ids that the row will correct when it comes back; several after a failed correction,
            none when it stands for a whole file.
    """

    code: str
    reason: str
    layout: Layout
    record: str
    line: int | None
    rejects: tuple[str, ...]


@dataclass
class Export:
    """What is to be corrected of one file sent, for one feed."""

    answers: str
    delimiter: str
    columns: Columns
    rows: list[Row] = field(default_factory=lambda: [])

    @property
    def name(self) -> str:
        """Where it would lie below the landing place, without the ending that tells the format."""
        _, day, file = PurePosixPath(self.answers).parts
        short = file.encode()[:MAX_NAME_BYTES].decode(errors="ignore")
        return f"{self.columns.feed.name}/{day}/{short}.rejects"

    @property
    def headers(self) -> list[str]:
        theirs = [safe(header) for header in self.columns.shown.values()]
        return [*(HEADERS[n] for n in BEFORE), *theirs, *(HEADERS[n] for n in AFTER)]

    def cells(self) -> Iterator[list[str]]:
        """Text under the headers, row by row, none of which a spreadsheet runs."""
        for row in self.rows:
            values = row.layout.unlocked(self.columns.feed)
            theirs = [values.get(meaning, "") for meaning in self.columns.shown]
            line = "" if row.line is None else str(row.line)
            after = [row.record, self.answers, line, " ".join(row.rejects)]
            yield [safe(text) for text in (_problem(row), self._fix(row), *theirs, *after)]

    def _fix(self, row: Row) -> str:
        told: list[str] = []
        for words in (vietnamese, english):
            parts = [words("reject_fix", row.code)]
            if row.record:
                parts.append(words("reject_fix", PLACE_FIELDS).format(key=self.columns.key))
            told.append(". ".join(parts))
        return " | ".join(told)


def plan_exports(connection: duckdb.DuckDBPyConnection, rejects: pl.DataFrame) -> list[Export]:
    """The exports of the open ones among `find_rejects`, in their order."""
    exports: dict[tuple[str, str], Export] = {}
    is_open = rejects.filter(pl.col("state") == OPEN)
    keys = _parent_keys(connection, is_open)
    for reject in is_open.iter_rows(named=True):
        feed = FEEDS[reject["feed"]]
        if reject["is_child"]:
            feed = child_of(reject["record"], feed)
        export = _export(exports, reject, feed)
        layout = _lay_out(reject, export.columns)
        if (key := keys.get((reject["file"], reject["line"]))) and reject["is_child"]:
            layout.parent = (feed.key[0], key)
        export.rows.append(_row(reject, layout))
        for name, records in layout.nested.items():
            nested = _export(exports, reject, FEEDS[name])
            nested.rows += _nested_rows(nested.columns, records, reject["line"])
    for export in exports.values():
        export.columns.complete()
    return list(exports.values())


def _export(exports: dict[tuple[str, str], Export], reject: dict[str, Any], feed: Feed) -> Export:
    """The export a reject belongs to; begun, when it is the first, with the headers of its file."""
    place = (reject["file"], feed.name)
    if place not in exports:
        headers = _header_row(reject["headers"]) if feed.name == reject["feed"] else ()
        columns = Columns(feed, is_given=bool(headers))
        for header in senders_own(headers):
            columns.add(header)
        exports[place] = Export(reject["file"], reject["delimiter"] or ",", columns)
    return exports[place]


@cache
def _header_row(text: str | None) -> tuple[str, ...]:
    """The header row of a file, with names for columns that have none."""
    found: list[str] = json.loads(text or "[]")
    return tuple(header.strip() or f"column_{n}" for n, header in enumerate(found, start=1))


def _lay_out(reject: dict[str, Any], columns: Columns) -> Layout:
    record, code = reject["record"], reject["reason_code"]
    headers = _header_row(reject["headers"])
    if record is None:
        return Layout()
    if reject["format"] == "csv" and headers:
        return lay_out_fields(record, code, columns, headers, reject["delimiter"])
    return lay_out_json(record, code, columns, is_parquet=reject["format"] == "parquet")


def _row(reject: dict[str, Any], layout: Layout) -> Row:
    record = "" if layout.is_certain else reject["record"] or ""
    # A row can't answer for a whole file: other records of it would be missed no more.
    ids = () if reject["line"] is None else (reject["reject_id"], *layout.answered)
    return Row(reject["reason_code"], reject["reason"], layout, record, reject["line"], ids)


def _nested_rows(columns: Columns, records: list[str], line: int) -> Iterator[Row]:
    """Rows for what was nested in a rejected record, and so was not read; they answer no reject."""
    for record in records:
        layout = lay_out_json(record, str(Reason.EMPTY_KEY), columns)
        reason = english("reject_problem", PARENT_REJECTED)
        shown = "" if layout.values else record
        yield Row(PARENT_REJECTED, reason, layout, shown, line, ())


def _parent_keys(
    connection: duckdb.DuckDBPyConnection, rejects: pl.DataFrame
) -> dict[tuple[str, int], str]:
    """The keys of the records in which rejected ones were nested, by file and line."""
    keys: dict[tuple[str, int], str] = {}
    children = rejects.filter("is_child").select("feed", "file", "line").unique()
    for name in children["feed"].unique():
        parent = FEEDS[name]
        connection.register("children", as_arrow(children))
        found = connection.execute(
            f'select file, line, "{parent.key[0]}" from {parent.raw_table.sql} '
            "semi join children using (file, line)"
        ).fetchall()
        connection.unregister("children")
        keys |= {(file, line): key for file, line, key in found}
    return keys


def _problem(row: Row) -> str:
    return " | ".join(filter(None, (vietnamese("reject_problem", row.code), row.reason)))
