"""Rows into the raw tables: small files put together, large ones as a stream.

Everything of a file goes in together: rows, nested rows, rejects, counts of filled columns, account.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds import deliveries
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.contract_run import ContractRun
from vax_pipeline.core.feeds.large_files import LargeFile, as_arrow_reader, noted
from vax_pipeline.core.feeds.readers.source import as_arrow
from vax_pipeline.core.feeds.reading import FileReading, with_file
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.warehouse import transaction

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome

BULK_BYTES = 32 << 20


@dataclass(frozen=True)
class Writer:
    """Writes the files of one feed."""

    connection: duckdb.DuckDBPyConnection
    feed: Feed
    load_id: str
    loaded_at: datetime
    contracts: ContractRun

    def write(self, readings: Sequence[FileReading], replaced: Sequence[str]) -> None:
        """Insert files that were read whole, all or none; `replaced` are taken out first."""
        rows = pl.concat([with_file(rows, r) for r in readings for rows in r.rows])
        with transaction(self.connection):
            deliveries.remove_rows(self.connection, self.feed, replaced)
            self.insert(schemas.raw(self.feed.name), as_arrow(rows))
            outcomes = self.check(self.feed.name, rows)
            outcomes += self._finish(readings)
        self.contracts.add(outcomes)

    def stream(
        self, larges: Iterable[LargeFile], replaced: Sequence[str] = ()
    ) -> "list[CheckOutcome]":
        """Insert files while they are read, within a transaction of the caller; the contract's verdict.

        All in one insert: of a single file's rows there are too few for DuckDB to use its threads, and to be
        written to their place at once instead of first to the log. `replaced` are taken out before.

        Raises:
            QuarantineError: reading one failed; a part of the files may be in, so roll back.
        """
        taken: list[LargeFile] = []
        deliveries.remove_rows(self.connection, self.feed, replaced)
        self.insert(schemas.raw(self.feed.name), as_arrow_reader(self.feed, noted(larges, taken)))
        for large in taken:
            if large.error is not None:
                raise large.error
        outcomes = [outcome for large in taken for outcome in large.outcomes]
        return outcomes + self._finish([large.reading for large in taken])

    def check(self, feed: str, rows: pl.DataFrame) -> "list[CheckOutcome]":
        """The contract's verdict on rows about to be committed."""
        if self.contracts.contract is None:
            return []
        shape = list(FEEDS[feed].raw_table.columns)
        return self.contracts.check(
            feed, rows.with_columns(load_id=pl.lit(self.load_id)).select(shape)
        )

    def insert(self, table: schemas.Relation, rows: Any) -> None:
        self.connection.register("incoming", rows)
        try:
            self.connection.execute(
                f"insert into {table.sql} by name select *, ? as load_id from incoming",
                [self.load_id],
            )
        finally:  # what reads the rest of a large file would stay at it
            self.connection.unregister("incoming")

    def _finish(self, readings: Sequence[FileReading]) -> "list[CheckOutcome]":
        """What goes in beside the rows: nested rows, rejects, filled columns, account."""
        outcomes: list[CheckOutcome] = []
        for child in dict.fromkeys(self.feed.children.values()):
            nested = (with_file(rows, r) for r in readings for rows in r.children[child])
            for rows in _in_bulk(nested):
                self.insert(schemas.raw(child), as_arrow(rows))
                outcomes += self.check(child, rows)
        for rows in _in_bulk(with_file(rows, r) for r in readings for rows in r.rejects):
            named = rows.with_columns(feed=pl.lit(self.feed.name))
            self.insert(schemas.REJECTS, as_arrow(named))
        fill = pl.concat([with_file(reading.fill.frame(), reading) for reading in readings])
        self.insert(schemas.DELIVERY_FILL, as_arrow(fill))
        results = [reading.result() for reading in readings]
        deliveries.write_results(self.connection, results, self.load_id, self.loaded_at)
        return outcomes


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
