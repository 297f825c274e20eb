"""Sensors ask once for what is new, and say why when they ask for nothing."""

import dagster as dg
import pytest

from vax_pipeline.core.clock import now_on_the_wall
from vax_pipeline.core.feeds import pending
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import Settings
from vax_pipeline.definitions import defs
from vax_pipeline.defs.escalation import stale_complaints
from vax_pipeline.defs.escalation.stale_complaints import stale_complaints_sensor
from vax_pipeline.defs.ingest.sensor import landing_sensor


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


def requested(context: dg.SensorEvaluationContext) -> list[str | None]:
    return [
        request.partition_key
        for request in landing_sensor.evaluate_tick(context).run_requests or []
    ]


def test_one_run_a_delivery_date_and_none_when_nothing_changed(settings: Settings) -> None:
    land(settings, "2021-11-08", "a")
    land(settings, "2021-11-09", "b")
    context = dg.build_sensor_context(definitions=defs())
    assert requested(context) == ["2021-11-08", "2021-11-09"]
    assert requested(context) == []


def test_a_changed_file_asks_again_for_its_date_only(settings: Settings) -> None:
    land(settings, "2021-11-08", "a")
    land(settings, "2021-11-09", "b")
    context = dg.build_sensor_context(definitions=defs())
    requested(context)
    land(settings, "2021-11-09", "changed")
    assert requested(context) == ["2021-11-09"]


def test_a_withdrawn_delivery_asks_again(settings: Settings) -> None:
    land(settings, "2021-11-08", "a")
    context = dg.build_sensor_context(definitions=defs())
    requested(context)
    (settings.landing / "doses" / "2021-11-08" / "a.csv").unlink()
    assert requested(context) == ["2021-11-08"]


def test_what_another_run_has_loaded_is_not_asked_for(settings: Settings) -> None:
    land(settings, "2021-11-08", "a")
    publish_what_landed(settings)
    land(settings, "2021-11-09", "b")
    context = dg.build_sensor_context(definitions=defs())
    assert requested(context) == ["2021-11-09"]


def test_a_delivery_that_comes_back_unchanged_is_a_new_run(settings: Settings) -> None:
    """Same files, same mark: without its count the run key would make Dagster skip the last one."""
    land(settings, "2021-11-08", "a")
    file = settings.landing / "doses" / "2021-11-08" / "a.csv"
    aside = settings.root / "a.csv"
    context = dg.build_sensor_context(definitions=defs())
    keys: list[str | None] = []
    for move in (None, (file, aside), (aside, file)):
        if move:
            move[0].rename(move[1])
        keys += [r.run_key for r in landing_sensor.evaluate_tick(context).run_requests or []]
    assert len(keys) == len(set(keys)) == 3


def test_without_a_release_nothing_can_be_stale(settings: Settings) -> None:
    result = stale_complaints_sensor(dg.build_sensor_context())
    assert isinstance(result, dg.SkipReason)
    assert "release" in (result.skip_message or "")


def test_what_is_due_is_asked_for_once_and_once_more_after_each_tick_that_failed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale_complaints, "pending_fingerprint", lambda *_: "due")
    with dg.DagsterInstance.ephemeral() as instance:

        def asked() -> dg.RunRequest:
            request = stale_complaints_sensor(dg.build_sensor_context(instance))
            assert isinstance(request, dg.RunRequest)
            return request

        first = asked()
        assert asked().run_key == first.run_key
        job = defs().resolve_job_def("escalate_stale_complaints")
        killed = instance.create_run_for_job(job, tags=dict(first.tags))
        assert asked().run_key == first.run_key
        instance.report_run_failed(killed)
        assert asked().run_key != first.run_key
