"""A run whose process is gone is marked failed; one that lives is left alone."""

from collections.abc import Generator

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from dagster._core.launcher import WorkerStatus

from vax_pipeline.core import home
from vax_pipeline.core.home import held
from vax_pipeline.core.settings import Settings
from vax_pipeline.definitions import defs
from vax_pipeline.defs import living
from vax_pipeline.defs.living import HomeRunLauncher, bury_dead_runs


@pytest.fixture
def instance() -> Generator[dg.DagsterInstance]:
    home.prepare(Settings())
    with dg.DagsterInstance.get() as instance:
        yield instance


def started(instance: dg.DagsterInstance, job: str) -> dg.DagsterRun:
    """A run as a killed process leaves it."""
    run = instance.create_run_for_job(
        defs().resolve_job_def(job), tags={"dagster/partition": "2021-11-08"}
    )
    instance.report_dagster_event(
        dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, job), run.run_id
    )
    return run


def status(instance: dg.DagsterInstance, run: dg.DagsterRun) -> DagsterRunStatus | None:
    found = instance.get_run_by_id(run.run_id)
    return found.status if found else None


def test_dagster_yaml_names_the_launcher_that_can_tell(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_launcher, HomeRunLauncher)
    assert instance.run_launcher.supports_check_run_worker_health


def test_who_holds_the_home_buries_the_others(instance: dg.DagsterInstance) -> None:
    dead, living_run = started(instance, "vax"), started(instance, "vax")
    elsewhere = started(instance, "escalate_stale_complaints")  # never opens the warehouse
    assert bury_dead_runs(instance, living=living_run.run_id) == 1
    assert status(instance, dead) == DagsterRunStatus.FAILURE
    assert status(instance, living_run) == DagsterRunStatus.STARTED
    assert status(instance, elsewhere) == DagsterRunStatus.STARTED


def test_a_run_killed_while_it_was_being_canceled_is_canceled(
    instance: dg.DagsterInstance,
) -> None:
    run = started(instance, "vax")
    instance.report_run_canceling(run)
    assert bury_dead_runs(instance) == 1
    assert status(instance, run) == DagsterRunStatus.CANCELED


def test_the_monitor_sees_that_nobody_holds_the_home(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(instance, "vax")
    launcher = instance.run_launcher
    assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING  # just started
    monkeypatch.setattr(living, "_SECONDS_FROM_START_TO_LOCK", 0.0)
    assert launcher.check_run_worker_health(run).status == WorkerStatus.FAILED
    with held(Settings()):
        assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING
