"""Large files, a few read at a time, each by a thread of its own some batches ahead of whoever inserts them.

Unpacking and parsing one file is little more than one core's work, and it waits while what was read is
inserted: the second core reads the next one.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from vax_pipeline.core.feeds.ahead import ahead
from vax_pipeline.core.feeds.readers.source import as_arrow, row_schema
from vax_pipeline.core.feeds.reading import FileReading, with_file
from vax_pipeline.core.feeds.spec import Feed

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome

    Check = Callable[[pl.DataFrame], list[CheckOutcome]]

BATCHES_AHEAD = 4  # of each file, some tens of megabytes each

AtHand = Callable[[FileReading], AbstractContextManager[bool]]


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

    def batches(self) -> Iterator[Any]:
        """The rows as Arrow batches."""
        try:
            for rows in self.rows:
                yield from as_arrow(rows).to_batches()
        except Exception as error:
            self.error = error


def as_arrow_reader(feed: Feed, files: Iterable[LargeFile]) -> Any:
    """The rows of files as one Arrow reader, for DuckDB to pull from while it inserts; ends at an error."""

    def batches() -> Iterator[Any]:
        for file in files:
            yield from file.batches()
            if file.error is not None:
                return

    empty = pl.DataFrame(
        schema={**row_schema(feed), "file": pl.String(), "delivery_date": pl.Date()}
    )
    arrow: Any = pa
    return arrow.RecordBatchReader.from_batches(as_arrow(empty).schema, batches())


def large_files(
    readings: Iterable[FileReading], at_hand: AtHand, check: "Check", at_a_time: int
) -> Generator[LargeFile]:
    """The files in their order, to be closed by who leaves early. The rows of each are taken before the next.

    Args:
        at_hand: lends a file while the block lasts; says whether it is what was loaded before.
        check: the contract's verdict on rows, each with its file; asked by the threads that read.
        at_a_time: how many are read, the one whose rows are being taken among them.
    """
    begun: deque[_Begun] = deque()
    try:
        for reading in readings:
            begun.append(_Begun(reading, at_hand, check))
            if len(begun) == at_a_time:
                yield begun[0].large()
                begun.popleft().end()
        while begun:
            yield begun[0].large()
            begun.popleft().end()
    finally:
        for file in begun:
            file.end()


def noted(files: Iterable[LargeFile], taken: list[LargeFile]) -> Iterator[LargeFile]:
    """The same files, and in `taken` those that were taken so far."""
    for file in files:
        taken.append(file)
        yield file


class _Begun:
    """A file that a thread has begun to read."""

    def __init__(self, reading: FileReading, at_hand: AtHand, check: "Check") -> None:
        self._large = LargeFile(reading)
        self._thread = ExitStack()
        # Closed where it ends early, so that a far file does not stay at hand.
        read = self._thread.enter_context(closing(_read(self._large, at_hand, check)))
        self._rows = iter(self._thread.enter_context(ahead(read, BATCHES_AHEAD)))

    def large(self) -> LargeFile:
        """The file, once its first rows are there: with them it is known whether it has any."""
        first = next(self._rows, None)
        self._large.rows = chain([first], self._rows) if first is not None else ()
        return self._large

    def end(self) -> None:
        self._thread.close()


def _read(large: LargeFile, at_hand: AtHand, check: "Check") -> Generator[pl.DataFrame]:
    """The rows of a file that is not known, each with its file. What else is learnt `large` is told."""
    try:
        with at_hand(large.reading) as large.is_known:
            if large.is_known:
                return
            for rows in large.reading.read():
                named = with_file(rows, large.reading)
                large.outcomes += check(named)
                yield named
    except Exception as error:
        large.error = error
