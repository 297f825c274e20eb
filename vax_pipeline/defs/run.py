"""What a step must know about the run it belongs to: its home, its instant, how to report checks."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from checks.outcome import CheckOutcome
from vax_pipeline.core import clock
from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.settings import Settings

AS_OF_TAG = "vax/as_of"
KNOWN_AS_OF_TAG = "vax/known_as_of"
FULL_TAG = "vax/full"
OWNERS = ("team:data-engineering",)

StepContext = dg.AssetExecutionContext | dg.AssetCheckExecutionContext | dg.OpExecutionContext


def run_instant(context: StepContext) -> datetime:
    """The run's as_of, the same in each of its steps: the tag, else a frozen clock, else its start."""
    given = context.run.tags.get(AS_OF_TAG)
    if given:
        return parse_instant(given)
    clock_file = Settings().clock_file
    if clock.is_frozen(clock_file):
        return clock.now(clock_file)
    record = context.instance.get_run_record_by_id(context.run.run_id)
    if record is None:
        raise dg.DagsterInvariantViolationError("this run is unknown to its own instance")
    return record.create_timestamp.astimezone(UTC)


def known_instant(context: StepContext) -> datetime:
    """Until when deliveries count as known; the run's as_of unless a replay says otherwise."""
    given = context.run.tags.get(KNOWN_AS_OF_TAG)
    return parse_instant(given) if given else run_instant(context)


def is_whole(context: StepContext) -> bool:
    """Whether the run is of all steps; who chooses some assets wants them made, whatever has changed."""
    return not (context.run.asset_selection or context.run.resolved_op_selection)


def as_check_results(
    outcomes: Sequence[CheckOutcome], names: dict[str, str] | None = None
) -> Iterator[dg.AssetCheckResult]:
    """One Dagster result per outcome; `names` maps a check's name to another in the graph."""
    for outcome in outcomes:
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(list(outcome.asset_key)),
            check_name=(names or {}).get(outcome.check_name, outcome.check_name),
            passed=outcome.status == "passed",
            severity=(
                dg.AssetCheckSeverity.ERROR
                if outcome.severity == "error"
                else dg.AssetCheckSeverity.WARN
            ),
            description=outcome.message or None,
            metadata={
                "status": outcome.status,
                "evaluated": outcome.evaluated,
                "failed": outcome.failed,
                "ratio": outcome.ratio,
                "threshold": outcome.threshold,
                "sample_ids": list(outcome.sample_ids),
            },
        )
