"""Rejects and nested rows of a file on their way to the warehouse, in little memory.

They go in behind the file's rows, in the same transaction, and a gigabyte of garbage is a gigabyte of
rejects: what is more than a little lies on disk in between, in a file without a name.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from vax_pipeline.core.feeds.readers.source import as_arrow

KEPT_BYTES = 32 << 20


class SpoolError(RuntimeError):
    """The disk does not take what was read: no fault of the file that is being read."""


class Spool:
    """Frames of one shape, in the order they were added."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: list[pl.DataFrame] = []
        self._kept_bytes = 0
        self._file: IO[bytes] | None = None
        self._writer: Any = None

    def add(self, frame: pl.DataFrame) -> None:
        """Keep a frame; an empty one is nothing.

        Raises:
            SpoolError: it could not be written.
        """
        if not frame.height:
            return
        self._kept.append(frame)
        self._kept_bytes += int(frame.estimated_size())
        if self._kept_bytes > KEPT_BYTES:
            try:
                self._spill()
            except OSError as error:
                raise SpoolError(f"{self._folder} takes no more: {error.strerror}") from error

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """All frames; nothing may be added while this runs."""
        if self._file is not None:
            self._writer.close()  # a second time it does nothing
            self._file.seek(0)
            arrow: Any = pa
            for batch in arrow.ipc.open_stream(self._file):
                yield pl.DataFrame(batch)
        yield from self._kept

    def _spill(self) -> None:
        arrow: Any = pa
        table = as_arrow(pl.concat(self._kept))
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115, lives as long as this
            self._writer = arrow.ipc.new_stream(self._file, table.schema)
        self._writer.write_table(table)
        self._kept, self._kept_bytes = [], 0
