"""Contracts applied to what was just loaded, in batches, and their outcomes added up per check.

What a contract demands is the business of `checks.contracts`; here it is a function.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome

    Contract = Callable[[str, pl.DataFrame], list[CheckOutcome]]

BATCH_ROWS = 500_000


@dataclass
class ContractRun:
    """Collects the outcomes of one load. Frames are shaped as the feed's raw table."""

    contract: "Contract | None"
    outcomes: "list[CheckOutcome]" = field(default_factory=lambda: [])

    def check(self, feed: str, frame: pl.DataFrame) -> "list[CheckOutcome]":
        """Outcomes for rows about to be loaded; `add` them once the rows are in."""
        if self.contract is None or not frame.height:
            return []
        found: list[CheckOutcome] = []
        for batch in frame.iter_slices(BATCH_ROWS):
            found += self._check_batch(self.contract, feed, batch)
        return found

    def add(self, outcomes: "Iterable[CheckOutcome]") -> None:
        self.outcomes += outcomes

    def merged(self) -> "tuple[CheckOutcome, ...]":
        """One outcome per check: counts added, samples joined, status judged on the sums."""
        by_check: dict[tuple[str, tuple[str, ...]], list[CheckOutcome]] = {}
        for outcome in self.outcomes:
            by_check.setdefault((outcome.check_name, outcome.asset_key), []).append(outcome)
        return tuple(_merge(outcomes) for outcomes in by_check.values())

    def _check_batch(
        self, contract: "Contract", feed: str, batch: pl.DataFrame
    ) -> "list[CheckOutcome]":
        from checks.outcome import broken

        try:
            return contract(feed, batch)
        except Exception as error:
            # Its text may quote rows, so only the type of a crash is kept.
            message = f"The contract could not run: {type(error).__name__}."
            return [broken(f"raw_{feed}_contract", "pandera", ("raw", feed), message)]


def _merge(outcomes: "list[CheckOutcome]") -> "CheckOutcome":
    from checks.outcome import sample, tolerated

    first = outcomes[0]
    evaluated = sum(outcome.evaluated for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    crashed = next((outcome for outcome in outcomes if outcome.status == "broken"), None)
    if crashed is not None:
        return crashed
    # A shape failure counts no rows and can't be diluted; a ratio is judged over all batches.
    shape_failed = any(o.status == "failed" and o.failed == 0 for o in outcomes)
    passed = not shape_failed and tolerated(failed, evaluated, first.threshold)
    return replace(
        first,
        status="passed" if passed else "failed",
        evaluated=evaluated,
        failed=failed,
        sample_ids=sample(key for outcome in outcomes for key in outcome.sample_ids),
        message=next((outcome.message for outcome in outcomes if outcome.message), ""),
    )
