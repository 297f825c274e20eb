"""Large files, read one after the other by a thread of their own, some batches ahead of whoever inserts them.

Inserting waits for the disk at the end of each transaction, and compresses on one core: the next file is
read meanwhile.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import polars as pl
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from vax_pipeline.core.feeds.ahead import ahead
from vax_pipeline.core.feeds.readers.source import as_arrow, row_schema
from vax_pipeline.core.feeds.reading import FileReading, with_file
from vax_pipeline.core.feeds.spec import Feed

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome

_END = object()  # of a file


@dataclass
class LargeFile:
    """A file on its way into an insert. All but the reading is known when its rows have come to an end.

    An error ends the rows and is kept, instead of passing through DuckDB's threads: there it would lose
    its type. Whoever inserts raises it and so rolls back.

    Attributes:
        is_known: it is what was loaded before, and has no rows here.
        outcomes: of the contract, on its rows.
    """

    reading: FileReading
    is_known: bool = False
    error: Exception | None = None
    outcomes: "list[CheckOutcome]" = field(default_factory=lambda: [])
    rows: Iterable[pl.DataFrame] = ()

    def as_arrow_reader(self, feed: Feed) -> Any:
        """The rows as an Arrow reader, which DuckDB pulls from while it inserts."""
        empty = pl.DataFrame(
            schema={**row_schema(feed), "file": pl.String(), "delivery_date": pl.Date()}
        )
        arrow: Any = pa
        return arrow.RecordBatchReader.from_batches(as_arrow(empty).schema, self._batches())

    def _batches(self) -> Iterator[Any]:
        try:
            for rows in self.rows:
                yield from as_arrow(rows).to_batches()
        except Exception as error:
            self.error = error


@contextmanager
def large_files(
    readings: Iterable[FileReading],
    at_hand: Callable[[FileReading], AbstractContextManager[bool]],
    check: "Callable[[pl.DataFrame], list[CheckOutcome]]",
) -> Generator[Iterator[LargeFile]]:
    """The files in their order. The rows of each are to be taken before the next, or the block to be left.

    Args:
        at_hand: lends a file while the block lasts; says whether it is what was loaded before.
        check: the contract's verdict on rows, each with its file.
    """
    # Closed where it ends early, so that a far file does not stay at hand.
    with closing(_pieces(readings, at_hand, check)) as read, ahead(read) as pieces:
        yield _files(iter(pieces))


def _pieces(
    readings: Iterable[FileReading],
    at_hand: Callable[[FileReading], AbstractContextManager[bool]],
    check: "Callable[[pl.DataFrame], list[CheckOutcome]]",
) -> Generator[object]:
    """Of each file: itself, its rows, an end."""
    for reading in readings:
        large = LargeFile(reading)
        yield large
        try:
            with at_hand(reading) as large.is_known:
                if not large.is_known:
                    for rows in reading.read():
                        named = with_file(rows, reading)
                        large.outcomes += check(named)
                        yield named
        except Exception as error:
            large.error = error
        yield _END


def _files(pieces: Iterator[object]) -> Iterator[LargeFile]:
    for piece in pieces:
        large = cast(LargeFile, piece)
        rows = _rows(pieces)
        # Whether it has any is known with the first.
        large.rows = chain([first], rows) if (first := next(rows, None)) is not None else ()
        yield large


def _rows(pieces: Iterator[object]) -> Iterator[pl.DataFrame]:
    while (piece := next(pieces)) is not _END:
        yield cast(pl.DataFrame, piece)
