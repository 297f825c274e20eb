"""Sensors ask once for what is new, and say why when they ask for nothing."""

import os
from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from vax_pipeline.core.clock import now_on_the_wall, today_on_the_wall
from vax_pipeline.core.feeds import pending
from vax_pipeline.core.feeds.asking import Memory
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import Settings
from vax_pipeline.definitions import defs
from vax_pipeline.defs.escalation.stale_complaints import stale_complaints_sensor
from vax_pipeline.defs.ingest.sensor import landing_sensor
from vax_pipeline.defs.partitions import delivery_days


@pytest.fixture
def settings() -> Settings:
    settings = Settings()
    settings.landing.mkdir(parents=True)
    return settings


def land(settings: Settings, day: str, text: str) -> None:
    folder = settings.landing / "doses" / day
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.csv").write_text(text, encoding="utf-8")


def publish_what_landed(settings: Settings) -> None:
    """A release whose manifest says that everything in the landing folder was loaded."""
    now = now_on_the_wall()
    landed = pending.look(settings, today=now.date()).landed
    release.begin(settings, "a-run")
    facts = {pending.MARKS: {day.isoformat(): mark for day, mark in landed.items()}}
    release.finish(settings, "a-run", as_of=now, released_at=now, facts=facts)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


@pytest.fixture
def context(
    instance: dg.DagsterInstance, definitions: dg.Definitions
) -> dg.SensorEvaluationContext:
    return dg.build_sensor_context(instance=instance, definitions=definitions)


@dg.job
def a_run() -> None:
    """Stands for the main job: only its tags and its state are looked at."""


def tick(context: dg.SensorEvaluationContext) -> tuple[list[str | None], str]:
    """The dates asked for, each now with a queued run as the daemon makes it; and what was said."""
    data = landing_sensor.evaluate_tick(context)
    for request in data.run_requests or []:
        context.instance.create_run_for_job(a_run, tags=request.tags)
    keys = [request.run_key for request in data.run_requests or []]
    assert len(set(keys)) == len(keys)
    return [request.partition_key for request in data.run_requests or []], data.skip_message or ""


def end_runs(instance: dg.DagsterInstance, how: str = "FAILURE") -> None:
    for run in instance.get_runs(dg.RunsFilter(statuses=[DagsterRunStatus.NOT_STARTED])):
        event = dg.DagsterEvent(getattr(dg.DagsterEventType, f"RUN_{how}").value, run.job_name)
        instance.report_dagster_event(event, run.run_id)


def pass_time(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    now = now_on_the_wall()
    monkeypatch.setattr(
        "vax_pipeline.core.clock.now_on_the_wall", lambda: now + timedelta(minutes=minutes)
    )


def test_one_run_a_delivery_date_and_none_while_they_are_under_way(
    settings: Settings, context: dg.SensorEvaluationContext
) -> None:
    land(settings, "2021-11-08", "a")
    land(settings, "2021-11-09", "b")
    assert tick(context) == (["2021-11-08", "2021-11-09"], "")
    assert tick(context) == ([], "2 runs asked for go on")


def test_what_was_loaded_is_not_asked_for_again_and_not_remembered(
    settings: Settings, context: dg.SensorEvaluationContext, instance: dg.DagsterInstance
) -> None:
    land(settings, "2021-11-08", "a")
    tick(context)
    end_runs(instance, "SUCCESS")
    publish_what_landed(settings)
    assert tick(context) == ([], "no settled file is new, changed or gone")
    assert Memory.read(context.cursor) == Memory(1, {})


def test_a_changed_file_asks_again_for_its_date_only(
    settings: Settings, context: dg.SensorEvaluationContext, instance: dg.DagsterInstance
) -> None:
    land(settings, "2021-11-08", "a")
    land(settings, "2021-11-09", "b")
    publish_what_landed(settings)
    land(settings, "2021-11-09", "changed")
    assert tick(context)[0] == ["2021-11-09"]
    land(settings, "2021-11-09", "and again")
    assert tick(context)[0] == []  # the run that is queued will take it
    end_runs(instance)
    assert tick(context)[0] == ["2021-11-09"]


def test_a_withdrawn_delivery_asks(settings: Settings, context: dg.SensorEvaluationContext) -> None:
    land(settings, "2021-11-08", "a")
    publish_what_landed(settings)
    (settings.landing / "doses" / "2021-11-08" / "a.csv").unlink()
    assert tick(context)[0] == ["2021-11-08"]


def test_what_another_run_has_loaded_is_not_asked_for(
    settings: Settings, context: dg.SensorEvaluationContext
) -> None:
    land(settings, "2021-11-08", "a")
    publish_what_landed(settings)
    land(settings, "2021-11-09", "b")
    assert tick(context)[0] == ["2021-11-09"]


def test_a_delivery_that_comes_back_unchanged_is_a_new_run(
    settings: Settings, context: dg.SensorEvaluationContext, instance: dg.DagsterInstance
) -> None:
    """Same files, same mark: without a number the run key would make Dagster skip the last one."""
    land(settings, "2021-11-08", "a")
    file = settings.landing / "doses" / "2021-11-08" / "a.csv"
    aside = settings.root / "a.csv"
    for move in (None, (file, aside), (aside, file)):
        if move:
            move[0].rename(move[1])
        assert tick(context)[0] == ["2021-11-08"]
        end_runs(instance, "SUCCESS")
        publish_what_landed(settings)
    keys = [run.tags["vax/landing_request"] for run in instance.get_runs()]
    assert len(set(keys)) == 3


def test_a_delivery_whose_run_failed_is_asked_for_again_after_a_pause(
    settings: Settings,
    context: dg.SensorEvaluationContext,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    land(settings, "2021-11-08", "a")
    tick(context)
    end_runs(instance)
    asked, said = tick(context)
    assert asked == []
    assert "2021-11-08 was not loaded by 1 runs: the next is asked for at" in said
    pass_time(monkeypatch, 6)
    assert tick(context)[0] == ["2021-11-08"]


def test_a_failing_delivery_keeps_no_other_from_being_asked_for(
    settings: Settings, context: dg.SensorEvaluationContext, instance: dg.DagsterInstance
) -> None:
    land(settings, "2021-11-08", "a")
    tick(context)
    end_runs(instance)
    land(settings, "2021-11-09", "b")
    assert tick(context)[0] == ["2021-11-09"]


def test_a_run_deleted_from_the_history_does_not_make_its_delivery_forgotten(
    settings: Settings, context: dg.SensorEvaluationContext, instance: dg.DagsterInstance
) -> None:
    land(settings, "2021-11-08", "a")
    tick(context)
    for run in instance.get_runs():
        instance.delete_run(run.run_id)
    assert tick(context)[0] == ["2021-11-08"]


def test_a_file_triggers_once_when_it_gets_its_final_name(
    settings: Settings, context: dg.SensorEvaluationContext
) -> None:
    land(settings, "2021-11-08", "a")
    file = settings.landing / "doses" / "2021-11-08" / "a.csv"
    part = file.rename(file.with_name("a.csv.part"))
    assert tick(context) == ([], "1 files are still being written")
    part.rename(file)
    assert tick(context)[0] == ["2021-11-08"]
    assert tick(context)[0] == []


def test_a_file_being_written_triggers_nothing_until_it_has_settled(
    settings: Settings, context: dg.SensorEvaluationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAX_SETTLE_SECONDS", "30")
    land(settings, "2021-11-08", "a")
    file = settings.landing / "doses" / "2021-11-08" / "a.csv"
    for _ in range(3):
        file.write_text(file.read_text() + "more")
        assert tick(context) == ([], "1 files are still being written")
    os.utime(file, (file.stat().st_mtime - 31,) * 2)
    assert tick(context)[0] == ["2021-11-08"]


@pytest.mark.parametrize("folder", ["08-11-2021", "2021-02-30", "latest"])
def test_a_folder_that_is_no_date_is_told(
    settings: Settings, context: dg.SensorEvaluationContext, folder: str
) -> None:
    land(settings, folder, "a")
    asked, said = tick(context)
    assert (asked, said.startswith(f"doses/{folder}: Name the folder by")) == ([], True)


@pytest.mark.parametrize("days", [1, 2, 400])
def test_a_date_that_has_not_come_is_told_and_asks_for_no_run(
    settings: Settings, context: dg.SensorEvaluationContext, days: int
) -> None:
    """Its partition does not exist: asking for it would end the tick, and every one after it."""
    day = str(today_on_the_wall() + timedelta(days=days))
    land(settings, day, "a")
    asked, said = tick(context)
    assert (asked, said) == ([], f"{day}: no delivery can have this date; name the folder by the "
                                 "day it landed")  # fmt: skip
    land(settings, str(today_on_the_wall()), "a")
    assert tick(context)[0] == [str(today_on_the_wall())]


def test_every_date_asked_for_is_a_partition() -> None:
    keys = delivery_days.get_partition_keys()
    assert (keys[0], keys[-1]) == (str(pending.FIRST_DAY), str(today_on_the_wall()))


def test_a_place_that_is_gone_is_told_and_asks_for_nothing(
    settings: Settings, context: dg.SensorEvaluationContext
) -> None:
    """An unmounted disk is no withdrawal of everything."""
    land(settings, "2021-11-08", "a")
    publish_what_landed(settings)
    settings.landing.rename(settings.landing.with_name("unmounted"))
    assert "does not exist" in tick(context)[1]
    settings.landing.mkdir()
    assert "is its disk mounted" in tick(context)[1]


def test_without_a_release_nothing_can_be_stale(settings: Settings) -> None:
    result = stale_complaints_sensor(
        dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral())
    )
    assert isinstance(result, dg.SkipReason)
    assert "release" in (result.skip_message or "")
