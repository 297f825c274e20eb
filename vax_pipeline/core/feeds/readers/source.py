"""What passes between loading and the readers: a file to read, what was learned of it, its rows.

A reader is a generator: it gets a `Source`, notes what it learns in `Source.facts`, and yields
batches whose rows and rejects add up to the physical records it counted apart from reading them.
"""

import gzip
import io
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, cast

import duckdb
import polars as pl

from vax_pipeline.core.feeds.rejects import REJECT_SCHEMA
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import engine_config

ENGINE_MEMORY = "2GB"  # a reader holds one block at a time


@dataclass
class Facts:
    """What is known of a file so far; filled as it is read, kept when reading fails."""

    format: str | None = None
    compression: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_line: int | None = None
    hidden_rows: int | None = None
    unanswered_rows: int | None = (
        None  # of a worklist: rows that are no records, for nothing was said
    )
    repaired_values: int | None = None
    unknown_columns: list[str] = field(default_factory=lambda: [])
    headers: list[str] = field(default_factory=lambda: [])  # as delivered, in their order


@dataclass
class Source:
    """A file to be read.

    Attributes:
        content: the bytes as they lie on disk when the file is small enough to hold; else None.
        engine: opens (once, and a connection a thread) an in-memory DuckDB for reading; not the warehouse,
            because a reader runs while the warehouse is in the middle of the insert that it feeds.
        counted: lines of a text file, or rows of a parquet file by its footer: counted by other means
            than reading, which is held against it. None while a text is not read to its end.
    """

    feed: Feed
    path: Path
    content: bytes | None
    engine: Callable[[], duckdb.DuckDBPyConnection]
    children: Mapping[str, Feed] = field(default_factory=lambda: MappingProxyType({}))
    facts: Facts = field(default_factory=Facts)
    counted: int | None = None

    def open(self) -> BinaryIO:
        """The bytes of the file, decompressed when `facts.compression` says so."""
        raw: BinaryIO
        raw = self.path.open("rb") if self.content is None else io.BytesIO(self.content)
        if self.facts.compression == "gzip":
            return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
        return raw


@dataclass(frozen=True)
class Batch:
    """A part of a file.

    Attributes:
        rows: shaped as `row_schema`; keys are not empty.
        rejects: shaped as `rejects.REJECT_SCHEMA`, those of nested records with is_child.
        records: physical records counted apart from the parsing: rows + own rejects. Rows of a worklist
            that say nothing are none: what was counted, less those.
        children: rows of nested records by child feed, shaped as the child's `rows`.
        child_records: nested records seen: child rows + child rejects.
        lines_beside: of a text file, physical lines on which no record starts: header, blank lines,
            further lines of a record. Rows, rejects and these make up what `Source` counted.
    """

    rows: pl.DataFrame
    rejects: pl.DataFrame
    records: int
    children: Mapping[str, pl.DataFrame] = field(default_factory=lambda: MappingProxyType({}))
    child_records: int = 0
    lines_beside: int = 0


@contextmanager
def open_engine(settings: Settings) -> Generator[Callable[[], duckdb.DuckDBPyConnection]]:
    """An in-memory DuckDB for readers, made when first asked for, closed at the end.

    Each thread gets a connection of its own: what a reader registers there no other sees.
    """
    # The first is asked for others, and for nothing else; of a thread that ended the next has the number.
    opened: list[duckdb.DuckDBPyConnection] = []
    by_thread: dict[int, duckdb.DuckDBPyConnection] = {}
    opening = threading.Lock()

    def engine() -> duckdb.DuckDBPyConnection:
        thread = threading.get_ident()
        with opening:
            if not opened:
                config: dict[str, str | bool | int | float | list[str]] = {
                    **engine_config(settings),
                    "memory_limit": ENGINE_MEMORY,
                    "temp_directory": str(settings.temp / "readers"),  # two engines can't share one
                }
                opened.append(duckdb.connect(config=config))
            if thread not in by_thread:
                by_thread[thread] = opened[0].cursor()
                by_thread[thread].execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
            return by_thread[thread]

    try:
        yield engine
    finally:
        for connection in (*by_thread.values(), *opened):
            connection.close()


Reader = Callable[[Source], Iterator[Batch]]


def row_schema(feed: Feed) -> dict[str, pl.DataType]:
    """The shape of `Batch.rows`: the feed's columns as text, what came beside them, and the line.

    `extra` holds unknown columns as json; `marks`, null for most rows, what reading noticed or mended:
    `{"hidden": true}` for a hidden row of a sheet, `{"repaired": {column: text as delivered}}`,
    `{"corrects": [ids]}` for a row that answers rejects (see `reject_columns`).
    """
    text: dict[str, pl.DataType] = {name: pl.String() for name in feed.column_names}
    return {**text, "extra": pl.String(), "marks": pl.String(), "line": pl.Int64()}


def no_rejects() -> pl.DataFrame:
    return pl.DataFrame(schema=REJECT_SCHEMA)


def as_arrow(frame: pl.DataFrame) -> Any:
    """The frame as an Arrow table, which DuckDB reads in place. pyarrow has no types."""
    return cast(Any, frame.to_arrow())
