"""Which runs are alive: the one that holds the home's lock, and no other.

Dagster's own launcher can't tell. A run whose process was killed stays "started" for ever and keeps its
place in the pool `duckdb`, so that nothing would run again until someone noticed. Here each step that
opens the warehouse needs the resource `home`, which holds the lock for as long as the run lives; the lock
is free again the moment its process is gone, and whoever looks then marks the run as failed: the next run
of `vax`, or the daemon's monitor through `HomeRunLauncher` (named in dagster.yaml).
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._serdes import ConfigurableClassData

from vax_pipeline.core import clock
from vax_pipeline.core.home import create_folders, held, is_held
from vax_pipeline.core.settings import Settings

HOME = "home"
POOL = "duckdb"
LAUNCHED_BY = "vax/launched_by"
TERMINAL = "terminal"
_WAIT_FOR_THE_HOME_SECONDS = 2 * 3600.0
_SECONDS_FROM_START_TO_LOCK = 120.0
_BEFORE_START = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING]


@dg.resource(description="The home, held while a run lives.")
@contextmanager
def held_home(context: dg.InitResourceContext) -> Generator[Settings]:
    """A run of the daemon waits here for a `vax` command to end; a killed run lets go by dying."""
    settings = Settings()
    create_folders(settings)
    with held(settings, patience=_WAIT_FOR_THE_HOME_SECONDS):
        if context.instance is not None and context.run_id is not None:
            bury_dead_runs(context.instance, living=context.run_id)
        yield settings


class HomeRunLauncher(DefaultRunLauncher):
    """The default launcher, able to tell that a run's process is gone."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "HomeRunLauncher":
        return cls(inst_data=inst_data, **config_value)

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        if not _needs_the_home(run) or is_held(Settings()) or self._has_just_started(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, "the process that ran it is gone")

    def _has_just_started(self, run: dg.DagsterRun) -> bool:
        record = self._instance.get_run_record_by_id(run.run_id)
        if record is None or record.start_time is None:
            return True
        age = clock.now_on_the_wall().timestamp() - record.start_time
        return age < _SECONDS_FROM_START_TO_LOCK


def bury_dead_runs(instance: dg.DagsterInstance, living: str | None = None) -> int:
    """Mark every other unfinished run that needs the home as failed; the caller holds the home."""
    started = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
    # What the daemon has only launched will wait for the home; what a terminal had, died with it.
    launched = instance.get_runs(RunsFilter(statuses=_BEFORE_START, tags={LAUNCHED_BY: TERMINAL}))
    canceling = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.CANCELING]))
    dead = [
        run
        for run in [*started, *launched, *canceling]
        if run.run_id != living and _needs_the_home(run)
    ]
    for run in dead:
        if run.status == DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, "the process that ran it is gone")
        else:
            instance.report_run_failed(run, "the process that ran it was killed")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(dead)


def _needs_the_home(run: dg.DagsterRun) -> bool:
    concurrency = run.run_op_concurrency
    return concurrency is not None and POOL in (concurrency.all_pools or ())
