"""The stale-complaints sensor asks for what is due, once, and again only after a run that failed."""

from collections.abc import Generator

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from tests.unit.escalation.country import Country, after, clock
from vax_pipeline.core import clock as clocks
from vax_pipeline.core.escalation.tick import tick
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.escalation.stale_complaints import (
    DUE_TAG,
    MOST_TRIES,
    escalate_stale_complaints,
    stale_complaints_sensor,
)


@pytest.fixture
def country() -> Country:
    country = Country(Settings())
    clocks.freeze(country.settings.clock_file, after(36))
    country.publish(clock())
    return country


@pytest.fixture
def context() -> Generator[dg.SensorEvaluationContext]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield dg.build_sensor_context(instance=instance)


def asked(context: dg.SensorEvaluationContext) -> dg.RunRequest:
    request = stale_complaints_sensor(context)
    assert isinstance(request, dg.RunRequest)
    return request


def end_a_run(
    context: dg.SensorEvaluationContext, request: dg.RunRequest, status: DagsterRunStatus
) -> None:
    context.instance.create_run_for_job(
        escalate_stale_complaints, tags=dict(request.tags), status=status
    )


def test_the_same_set_has_the_same_key_whenever_it_is_asked(
    country: Country, context: dg.SensorEvaluationContext
) -> None:
    first = asked(context)
    clocks.freeze(country.settings.clock_file, after(37))
    assert asked(context).run_key == first.run_key
    clocks.freeze(country.settings.clock_file, after(48))
    assert asked(context).run_key != first.run_key


def test_what_was_written_is_not_asked_for_again(
    country: Country, context: dg.SensorEvaluationContext
) -> None:
    asked(context)
    tick(country.settings, after(36))
    skipped = stale_complaints_sensor(context)
    assert isinstance(skipped, dg.SkipReason)
    assert "nothing is due" in (skipped.skip_message or "")


def test_a_run_that_failed_before_it_wrote_is_asked_for_again_a_few_times(
    country: Country, context: dg.SensorEvaluationContext
) -> None:
    keys: list[str | None] = []
    for _ in range(MOST_TRIES):
        request = asked(context)
        keys.append(request.run_key)
        end_a_run(context, request, DagsterRunStatus.FAILURE)
    assert len(set(keys)) == MOST_TRIES
    assert all(str(key).startswith(request.tags[DUE_TAG]) for key in keys)
    given_up = stale_complaints_sensor(context)
    assert isinstance(given_up, dg.SkipReason)
    assert f"{MOST_TRIES} runs failed" in (given_up.skip_message or "")


def test_a_run_at_work_is_not_doubled(
    country: Country, context: dg.SensorEvaluationContext
) -> None:
    request = asked(context)
    end_a_run(context, request, DagsterRunStatus.STARTED)
    assert asked(context).run_key == request.run_key  # a key Dagster knows starts nothing
