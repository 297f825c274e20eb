"""Getting files out of the landing place, and what becomes of a load when that fails.

A file that can't be had now stays as it was: the next run finds it pending again. When several in a row
fail it is the place and not the file, and the load ends there.
"""

from collections.abc import Generator
from contextlib import contextmanager

from vax_pipeline.core.feeds import deliveries
from vax_pipeline.core.feeds.deliveries import KnownFile
from vax_pipeline.core.feeds.landing import LandingFile, LandingProblem
from vax_pipeline.core.feeds.places import Place, PlaceError
from vax_pipeline.core.feeds.reading import FileReading

MAX_FAILED = 3  # in a row


class Fetching:
    """Lends the files of one load and keeps count of those it could not get."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.problems: list[LandingProblem] = []
        self._failed = 0

    @contextmanager
    def at_hand(self, reading: FileReading) -> Generator[None]:
        """The file on this machine while the block lasts. Raises as `Place.lend`."""
        with self.place.lend(reading.file.name, reading.file.stamp) as path:
            self._failed = 0
            reading.source.path = path
            yield

    def failed(self, file: LandingFile, error: PlaceError) -> None:
        """Note a file that could not be had. Raises the error when it is one too many."""
        self._failed += 1
        if self._failed >= MAX_FAILED:
            raise error
        self.problems.append(LandingProblem(file.name, "not_fetched", str(error)))

    def is_needless(self, file: LandingFile, known: KnownFile | None) -> bool:
        """Whether a far file is as it was loaded by its stamp alone: fetching costs too much."""
        return (
            self.place.is_far
            and known is not None
            and known.state == deliveries.LOADED
            and known.stamp == file.stamp
            and file.stamp.is_telling
        )
