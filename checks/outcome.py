"""The verdict of one check, in one shape for all engines, ready to become a row of check_results.

No engine is imported here. Sample ids are record, finding, complaint or file:line ids, never a
name, an id number or a phone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["passed", "failed", "broken"]
Severity = Literal["error", "warn"]
Engine = Literal["pandera", "gx", "dbt", "sql"]

MAX_SAMPLE_IDS = 10
# Ratios are sums of small binary fractions: 1 - 0.9 must still tolerate exactly one row in ten.
RATIO_TOLERANCE = 1e-9


@dataclass(frozen=True)
class CheckOutcome:
    """One check on one table or delivery.

    Attributes:
        check_name: `<subject>_<property>`, unique in a run.
        rule_id: the rule of the catalog it measures; null when it measures shape.
        asset_key: (schema, table) of what was checked.
        status: `broken` when the check itself could not run; then nothing is known of the data.
        evaluated: rows looked at; rows where the value is legitimately absent do not count.
        failed: distinct rows that failed.
        threshold: the largest ratio of failed to evaluated that still passes.
        sample_ids: at most ten ids of failed rows.
        message: one sentence without personal data; empty when there is nothing to add.
        blocking: a failure stops what comes after; only errors may.
    """

    check_name: str
    engine: Engine
    asset_key: tuple[str, ...]
    status: Status
    evaluated: int
    failed: int
    rule_id: str | None = None
    threshold: float = 0.0
    severity: Severity = "error"
    sample_ids: tuple[str, ...] = ()
    message: str = ""
    blocking: bool = False

    def __post_init__(self) -> None:
        problems = [problem for problem, is_so in self._contradictions() if is_so]
        if problems:
            raise ValueError(f"check outcome {self.check_name!r}: {'; '.join(problems)}")

    def _contradictions(self) -> Iterator[tuple[str, bool]]:
        yield "needs a check name and an asset key", not (self.check_name and self.asset_key)
        for value, allowed in (
            (self.status, get_args(Status)),
            (self.severity, get_args(Severity)),
            (self.engine, get_args(Engine)),
        ):
            yield f"{value!r} is none of {', '.join(allowed)}", value not in allowed
        counts = f"{self.failed} failed of {self.evaluated} evaluated"
        yield counts, not 0 <= self.failed <= self.evaluated
        yield f"threshold {self.threshold} is no fraction", not 0.0 <= self.threshold <= 1.0
        many = f"{len(self.sample_ids)} sample ids, at most {MAX_SAMPLE_IDS}"
        yield many, len(self.sample_ids) > MAX_SAMPLE_IDS
        yield "only an error may block", self.blocking and self.severity != "error"
        holds = tolerated(self.failed, self.evaluated, self.threshold)
        yield "passed above its threshold", self.status == "passed" and not holds

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    @property
    def ratio(self) -> float | None:
        """Failed of evaluated as a fraction; null when broken, 0 of 0 is 0 unless it failed."""
        if self.status == "broken":
            return None
        if self.evaluated == 0:
            return 0.0 if self.passed else 1.0
        return self.failed / self.evaluated


def tolerated(failed: int, evaluated: int, threshold: float) -> bool:
    """Whether so many failed rows still pass."""
    return failed <= threshold * evaluated + RATIO_TOLERANCE * max(evaluated, 1)


def sample(ids: Iterable[object]) -> tuple[str, ...]:
    """The first ten distinct ids as text, in the order given; nulls are left out."""
    distinct = dict.fromkeys(str(value) for value in ids if value is not None)
    return tuple(distinct)[:MAX_SAMPLE_IDS]


def measured(
    check_name: str,
    engine: Engine,
    asset_key: tuple[str, ...],
    *,
    evaluated: int,
    failed: int,
    threshold: float = 0.0,
    severity: Severity = "error",
    sample_ids: Iterable[object] = (),
    rule_id: str | None = None,
    message: str = "",
    blocking: bool = False,
) -> CheckOutcome:
    """An outcome whose status follows from the counts and the threshold."""
    return CheckOutcome(
        check_name=check_name,
        engine=engine,
        asset_key=asset_key,
        status="passed" if tolerated(failed, evaluated, threshold) else "failed",
        evaluated=evaluated,
        failed=failed,
        rule_id=rule_id,
        threshold=threshold,
        severity=severity,
        sample_ids=sample(sample_ids),
        message=message,
        blocking=blocking,
    )


def broken(
    check_name: str,
    engine: Engine,
    asset_key: tuple[str, ...],
    message: str,
    *,
    threshold: float = 0.0,
    severity: Severity = "error",
    rule_id: str | None = None,
    blocking: bool = False,
) -> CheckOutcome:
    """An outcome of a check that could not run: nothing evaluated, nothing known."""
    return CheckOutcome(
        check_name=check_name,
        engine=engine,
        asset_key=asset_key,
        status="broken",
        evaluated=0,
        failed=0,
        rule_id=rule_id,
        threshold=threshold,
        severity=severity,
        message=message,
        blocking=blocking,
    )
