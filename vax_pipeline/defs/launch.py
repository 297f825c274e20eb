"""Runs the Dagster jobs of a home from the terminal, in this process, on the home's own instance.

Called by the `vax` command, which holds the home.
"""

import io
import logging
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

import dagster as dg
from dagster import DagsterEventType
from dagster_shared.error import SerializableErrorInfo

from vax_pipeline.defs.automation import MAIN_JOB
from vax_pipeline.defs.living import LAUNCHED_BY, TERMINAL, bury_dead_runs

OnStep = Callable[[str, str], None]  # step key, "start" | "success" | "failure" | "skipped"
_STEP_EVENTS = {
    DagsterEventType.STEP_START: "start",
    DagsterEventType.STEP_SUCCESS: "success",
    DagsterEventType.STEP_FAILURE: "failure",
    DagsterEventType.STEP_SKIPPED: "skipped",
}


@dataclass(frozen=True)
class StepTiming:
    """When a step ran, seconds since the epoch."""

    name: str
    started: float
    ended: float


@dataclass(frozen=True)
class JobRun:
    """How a run ended. `failures` are sentences without personal data.

    Attributes:
        is_standing: it succeeded and left steps out: the current release says what they would have said.
    """

    run_id: str
    succeeded: bool
    is_standing: bool
    seconds: float
    failures: tuple[str, ...]
    steps: tuple[StepTiming, ...]


def run_main_job(
    first_day: date, last_day: date, tags: Mapping[str, str], on_step: OnStep | None = None
) -> JobRun:
    """Materialize the whole graph for a range of delivery days in a single run."""
    partitions = {
        "dagster/asset_partition_range_start": first_day.isoformat(),
        "dagster/asset_partition_range_end": last_day.isoformat(),
    }
    return run_job(MAIN_JOB, {**partitions, **tags}, on_step)


def run_job(name: str, tags: Mapping[str, str], on_step: OnStep | None = None) -> JobRun:
    """Execute one job of the code location in this process."""
    from vax_pipeline.definitions import defs

    with dg.DagsterInstance.get() as instance:
        bury_dead_runs(instance)
        job = defs().resolve_job_def(name)
        run_id = str(uuid4())
        started = time.monotonic()
        watcher = _Watcher(on_step)
        instance.add_event_listener(run_id, watcher.hear)
        # dbt's lines go to Dagster's log and to dbt.log; the terminal is the command's.
        with redirect_stdout(_Nowhere()), _untroubled_by(watcher.skipped):
            result = job.execute_in_process(
                instance=instance,
                run_id=run_id,
                tags={**tags, LAUNCHED_BY: TERMINAL},
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
        return JobRun(
            run_id=run_id,
            succeeded=result.success,
            is_standing=result.success and bool(watcher.skipped),
            seconds=time.monotonic() - started,
            failures=tuple(watcher.failures),
            steps=tuple(watcher.timings),
        )


def _failure(event: dg.DagsterEvent) -> str | None:
    """What went wrong, if that is what an event says; of an error only its kind: its text may quote data."""
    if event.event_type == DagsterEventType.STEP_FAILURE:
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        return f"{event.step_key or 'a step'} failed ({_kind_and_place(error)})"
    if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
        evaluation = event.asset_check_evaluation_data
        if not evaluation.passed and evaluation.severity.value == "ERROR":
            return (
                f"check {evaluation.check_name} on {evaluation.asset_key.to_user_string()} failed"
            )
    return None


def _kind_and_place(error: SerializableErrorInfo | None) -> str:
    if error is None:
        return "no reason recorded"
    ours = [line for line in error.stack if "vax_pipeline" in line or "checks" in line]
    place = ours[-1].strip().splitlines()[0] if ours else "outside this project"
    return f"{error.cls_name} at {place}"


@contextmanager
def _untroubled_by(skipped: Collection[str]) -> Generator[None]:
    """Dagster warns of each blocking check without a result; one of a step that was skipped has none."""

    def is_news(record: logging.LogRecord) -> bool:
        return not any(f"in step {step!r}" in record.getMessage() for step in skipped)

    planner = logging.getLogger("dagster._core.execution.plan.active")
    planner.addFilter(is_news)
    try:
        yield
    finally:
        planner.removeFilter(is_news)


class _Nowhere(io.TextIOBase):
    """A stream that takes everything and keeps nothing."""

    def write(self, text: str, /) -> int:
        return len(text)


class _Watcher:
    """Hears a run's events as this process writes them."""

    def __init__(self, on_step: OnStep | None) -> None:
        self._on_step = on_step
        self._started: dict[str, float] = {}
        self.skipped: set[str] = set()
        self.timings: list[StepTiming] = []
        self.failures: list[str] = []

    def hear(self, entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is not None and (failure := _failure(event)):
            self.failures.append(failure)
        if event is None or event.step_key is None or event.event_type not in _STEP_EVENTS:
            return
        what = _STEP_EVENTS[event.event_type]
        if what == "skipped":
            self.skipped.add(event.step_key)
        elif what == "start":
            self._started[event.step_key] = entry.timestamp
        elif event.step_key in self._started:
            begun = self._started[event.step_key]
            self.timings.append(StepTiming(event.step_key, begun, entry.timestamp))
        if self._on_step:
            self._on_step(event.step_key, what)
