"""One file being read: its batches, what they add up to, and what its failure is called.

Between the readers (which know formats) and the writer (which knows tables).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from vax_pipeline.core.feeds import deliveries
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.deliveries import FileResult
from vax_pipeline.core.feeds.fill import FillCounts
from vax_pipeline.core.feeds.landing import LandingFile
from vax_pipeline.core.feeds.places import Place
from vax_pipeline.core.feeds.readers import COUNTED_FORMATS, Batch, Source, read_file
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason
from vax_pipeline.core.feeds.spool import Spool


@dataclass
class FileReading:
    """A file, its rows (when read whole), its rejects and nested rows, and the counts of all.

    Attributes:
        temp: where what must wait may lie meanwhile.
    """

    file: LandingFile
    source: Source
    place: Place
    temp: Path
    sha256: str | None = None
    rows: list[pl.DataFrame] = field(default_factory=lambda: [])
    fill: FillCounts = field(default_factory=FillCounts)
    records: int = 0
    loaded: int = 0
    rejected: int = 0
    child_records: int = 0
    children_loaded: int = 0
    children_rejected: int = 0
    lines_beside: int = 0

    def __post_init__(self) -> None:
        self.rejects = Spool(self.temp)
        self.children = {feed.name: Spool(self.temp) for feed in self.source.children.values()}

    def read_whole(self) -> None:
        """Read all batches into `rows`."""
        self.rows = list(self.read())

    def read(self) -> Iterator[pl.DataFrame]:
        """Yield the rows batch by batch and keep account of the rest.

        Raises:
            QuarantineError: the file can't be loaded, or it does not add up.
            SpoolError: the disk is full.
        """
        batches = read_file(self.source)
        while True:
            try:
                batch = next(batches, None)
            except Exception as error:
                raise quarantine_of(error) from error
            if batch is None:
                break
            self._account(batch)
            yield batch.rows
        self._check()

    def result(self) -> FileResult:
        """The file as loaded."""
        reason = self._emptiness() if self.records == 0 else None
        return FileResult(
            self.file.feed,
            self.file.delivery_date,
            self.file.name,
            deliveries.LOADED,
            self.sha256,
            self.file.stamp,
            self.source.facts,
            self.records,
            self.loaded,
            self.rejected,
            self.children_loaded,
            self.children_rejected,
            str(reason[0]) if reason else None,
            reason[1] if reason else None,
        )

    def unchanged(self) -> FileResult:
        """The file as it was left by an earlier run."""
        return FileResult(
            self.file.feed,
            self.file.delivery_date,
            self.file.name,
            deliveries.UNCHANGED,
            self.sha256,
            self.file.stamp,
        )

    def _emptiness(self) -> tuple[Reason, str]:
        if self.source.facts.unanswered_rows:
            return Reason.NOTHING_ANSWERED, "No row of the worklist is answered."
        return Reason.HEADER_ONLY, "The file holds a header and no records."

    def _account(self, batch: Batch) -> None:
        # A reject without a line is no record: what it says is of the file.
        rejected = batch.rejects["line"].count()
        rejected_children = int(batch.rejects["is_child"].sum())
        self.records += batch.records
        self.loaded += batch.rows.height
        self.rejected += rejected - rejected_children
        self.child_records += batch.child_records
        self.lines_beside += batch.lines_beside
        self.children_loaded += sum(rows.height for rows in batch.children.values())
        self.children_rejected += rejected_children
        self.rejects.add(batch.rejects)
        self.fill.add(self.source.feed, batch.rows)
        for feed, rows in batch.children.items():
            self.children[feed].add(rows)
            self.fill.add(FEEDS[feed], rows)

    def _check(self) -> None:
        if not self.file.stamp.agrees_with(self.place.stamp(self.file.name)):
            raise QuarantineError(
                Reason.FILE_CHANGED,
                "The file was written again while it was read: it is tried again at the next load.",
            )
        records, children = (
            self.loaded + self.rejected,
            self.children_loaded + self.children_rejected,
        )
        if (records, children) != (self.records, self.child_records):
            raise QuarantineError(
                Reason.COUNT_MISMATCH,
                f"{self.records} records and {self.child_records} nested ones were counted, "
                f"but {records} and {children} read: report this file to the pipeline's engineers.",
            )
        accounted = records + self.lines_beside
        if self.source.facts.format in COUNTED_FORMATS and accounted != self.source.counted:
            raise QuarantineError(
                Reason.COUNT_MISMATCH,
                f"The file has {self.source.counted or 'more'} lines, but {accounted} were "
                "accounted for: report this file to the pipeline's engineers.",
            )


def with_file(rows: pl.DataFrame, reading: FileReading) -> pl.DataFrame:
    """The rows, each with the name of the file it is of, and the day that was delivered."""
    return rows.with_columns(
        file=pl.lit(reading.file.name), delivery_date=pl.lit(reading.file.delivery_date)
    )


def quarantine_of(error: Exception) -> QuarantineError:
    """What a failure is called. Of an unexpected one only the type: its text may quote the file."""
    if isinstance(error, QuarantineError):
        return error
    name = type(error).__name__
    if isinstance(error, FileNotFoundError):
        return QuarantineError(
            Reason.FILE_VANISHED, "The file vanished while it was read: deliver it again."
        )
    if isinstance(error, OSError):
        return QuarantineError(
            Reason.UNREADABLE_FILE,
            f"The file can't be read ({name}): check it and its permissions.",
        )
    return QuarantineError(
        Reason.READER_ERROR,
        f"Reading stopped with an unexpected {name}: report this file to the pipeline's engineers.",
    )
