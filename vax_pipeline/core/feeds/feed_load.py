"""What became of the deliveries of one feed: file by file, and in sums."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vax_pipeline.core.feeds import deliveries
from vax_pipeline.core.feeds.deliveries import FileResult
from vax_pipeline.core.feeds.landing import LandingProblem

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome


@dataclass(frozen=True)
class FeedLoad:
    """What a load did. Counts of records are those of the files loaded now, not of the whole table.

    Attributes:
        waiting: files still being written; the next load looks again.
        problems: what lies in the delivery folders and is no file to load.
        outcomes: the contract's verdict on the rows loaded now, one per check.
        child_outcomes: the same for nested rows, whose tables are other feeds'.
    """

    feed: str
    files: tuple[FileResult, ...]
    waiting: int
    problems: tuple[LandingProblem, ...]
    outcomes: "tuple[CheckOutcome, ...]"
    child_outcomes: "tuple[CheckOutcome, ...]" = ()

    @property
    def records(self) -> int:
        return sum(file.records for file in self.files)

    @property
    def loaded(self) -> int:
        return sum(file.loaded for file in self.files)

    @property
    def rejected(self) -> int:
        return sum(file.rejected for file in self.files)

    @property
    def files_loaded(self) -> int:
        return self._count(deliveries.LOADED)

    @property
    def files_unchanged(self) -> int:
        return self._count(deliveries.UNCHANGED)

    @property
    def files_failed(self) -> int:
        return self._count(deliveries.FAILED)

    @property
    def out_of_reach(self) -> tuple[str, ...]:
        """Files and folders that are there but could not be had; what was loaded of them stays."""
        return tuple(p.name for p in self.problems if p.code in ("closed_folder", "not_fetched"))

    @property
    def files_withdrawn(self) -> int:
        return self._count(deliveries.WITHDRAWN)

    def _count(self, state: str) -> int:
        return sum(file.state == state for file in self.files)
