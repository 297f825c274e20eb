"""Rows into the raw tables: small files put together, a large one as a stream.

Everything of a file goes in together: rows, nested rows, rejects, counts of filled columns, account.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds import deliveries
from vax_pipeline.core.feeds.ahead import ahead
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.contract_run import ContractRun
from vax_pipeline.core.feeds.readers.source import as_arrow, row_schema
from vax_pipeline.core.feeds.reading import FileReading
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.warehouse import transaction

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome

BULK_BYTES = 32 << 20


@dataclass(frozen=True)
class Writer:
    """Writes the files of one delivery."""

    connection: duckdb.DuckDBPyConnection
    feed: Feed
    delivery_date: date
    load_id: str
    loaded_at: datetime
    contracts: ContractRun

    def write(self, readings: Sequence[FileReading], replaced: Sequence[str]) -> None:
        """Insert files that were read whole, all or none; `replaced` are taken out first."""
        rows = pl.concat([_with_file(rows, r) for r in readings for rows in r.rows])
        with transaction(self.connection):
            deliveries.remove_rows(self.connection, self.feed, replaced)
            self.insert(schemas.raw(self.feed.name), as_arrow(rows))
            outcomes = self.check(self.feed.name, rows)
            outcomes += self._finish(readings)
        self.contracts.add(outcomes)

    def stream(self, reading: FileReading, *, is_replaced: bool) -> "list[CheckOutcome]":
        """Insert a file while it is read, within a transaction of the caller; the contract's verdict.

        Raises:
            QuarantineError: reading failed; a part of the file may be in, so roll back.
        """
        stream = _Stream(self, reading)
        if is_replaced:
            deliveries.remove_rows(self.connection, self.feed, [reading.file.name])
        self.insert(schemas.raw(self.feed.name), stream.reader(self.feed))
        if stream.error is not None:
            raise stream.error
        return stream.outcomes + self._finish([reading])

    def _finish(self, readings: Sequence[FileReading]) -> "list[CheckOutcome]":
        """What goes in beside the rows: nested rows, rejects, filled columns, account."""
        outcomes: list[CheckOutcome] = []
        for child in dict.fromkeys(self.feed.children.values()):
            nested = (_with_file(rows, r) for r in readings for rows in r.children[child])
            for rows in _in_bulk(nested):
                self.insert(schemas.raw(child), as_arrow(rows))
                outcomes += self.check(child, rows)
        for rows in _in_bulk(_with_file(rows, r) for r in readings for rows in r.rejects):
            named = rows.with_columns(feed=pl.lit(self.feed.name))
            self.insert(schemas.REJECTS, as_arrow(named))
        fill = pl.concat([_with_file(reading.fill.frame(), reading) for reading in readings])
        self.insert(schemas.DELIVERY_FILL, as_arrow(fill))
        results = [reading.result() for reading in readings]
        deliveries.write_results(self.connection, results, self.load_id, self.loaded_at)
        return outcomes

    def insert(self, table: schemas.Relation, rows: Any) -> None:
        self.connection.register("incoming", rows)
        try:
            self.connection.execute(
                f"insert into {table.sql} by name "
                "select *, ?::date as delivery_date, ? as load_id from incoming",
                [self.delivery_date, self.load_id],
            )
        finally:  # what reads the rest of a large file would stay at it
            self.connection.unregister("incoming")

    def check(self, feed: str, rows: pl.DataFrame) -> "list[CheckOutcome]":
        """The contract's verdict on rows about to be committed."""
        if self.contracts.contract is None:
            return []
        shape = list(FEEDS[feed].raw_table.columns)
        lineage = [
            pl.lit(self.delivery_date).alias("delivery_date"),
            pl.lit(self.load_id).alias("load_id"),
        ]
        return self.contracts.check(feed, rows.with_columns(lineage).select(shape))


class _Stream:
    """Batches of a file on their way into an insert.

    An error ends the stream and is kept, instead of passing through DuckDB's threads: there it
    would lose its type. The caller raises it and so rolls the insert back.
    """

    def __init__(self, writer: Writer, reading: FileReading) -> None:
        self.writer = writer
        self.reading = reading
        self.error: Exception | None = None
        self.outcomes: list[CheckOutcome] = []

    def reader(self, feed: Feed) -> Any:
        """The batches as an Arrow reader, which DuckDB pulls from while it inserts."""
        empty = pl.DataFrame(schema={**row_schema(feed), "file": pl.String()})
        arrow: Any = pa
        return arrow.RecordBatchReader.from_batches(as_arrow(empty).schema, self._batches(feed))

    def _batches(self, feed: Feed) -> Iterator[Any]:
        try:
            with ahead(self._read(feed)) as parsed:
                for rows in parsed:
                    yield from as_arrow(rows).to_batches()
        except Exception as error:
            self.error = error

    def _read(self, feed: Feed) -> Iterator[pl.DataFrame]:
        for rows in self.reading.read():
            named = _with_file(rows, self.reading)
            self.outcomes += self.writer.check(feed.name, named)
            yield named


def _with_file(rows: pl.DataFrame, reading: FileReading) -> pl.DataFrame:
    return rows.with_columns(file=pl.lit(reading.file.name))


def _in_bulk(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The frames, put together: few inserts for many small files, in little memory for a huge one."""
    bulk: list[pl.DataFrame] = []
    size = 0
    for frame in frames:
        bulk.append(frame)
        size += int(frame.estimated_size())
        if size > BULK_BYTES:
            yield pl.concat(bulk)
            bulk, size = [], 0
    if bulk:
        yield pl.concat(bulk)
