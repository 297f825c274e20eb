"""Watches the landing place: one run per delivery date that has new, changed or vanished files."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from vax_pipeline.core import clock
from vax_pipeline.core.feeds import pending
from vax_pipeline.core.feeds.asking import Memory, Run, decide
from vax_pipeline.core.feeds.places import PlaceError
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.automation import main_job

REQUEST_TAG = "vax/landing_request"
SENTENCES_SHOWN = 10


@dg.sensor(
    job=main_job,
    minimum_interval_seconds=60,
    description="Requests a run for each delivery date whose settled files are not as released, "
    "and again, a few times, when a run did not get them there.",
    default_status=dg.DefaultSensorStatus.STOPPED,
)
def landing_sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Compares the landing place with the release, so what `vax run` loaded is left alone.

    Names, sizes and times are read, never contents. The cursor holds the dates that were asked for and
    are not in a release yet; the number in a run key makes a delivery that is withdrawn and landed
    again, byte by byte, another run.
    """
    try:
        seen = pending.look(Settings(), today=clock.today_on_the_wall())
    except PlaceError as error:
        yield dg.SkipReason(str(error))
        return

    def find_run(key: str) -> Run | None:
        found = context.instance.get_run_records(dg.RunsFilter(tags={REQUEST_TAG: key}), limit=1)
        return _as_run(found[0]) if found else None

    decision = decide(
        Memory.read(context.cursor), seen.days, seen.landed, find_run, clock.now_on_the_wall()
    )
    for day, key in decision.requests.items():
        yield dg.RunRequest(run_key=key, partition_key=day, tags={REQUEST_TAG: key})
    context.update_cursor(decision.memory.written())
    said = _sentences([*decision.notes, *_waiting(seen.waiting), *seen.problems])
    if not decision.requests:
        yield dg.SkipReason(said or "no settled file is new, changed or gone")
    elif said:
        context.log.info(said)


def _as_run(record: dg.RunRecord) -> Run:
    if not record.dagster_run.is_finished:
        return Run(ended_at=None)
    ended = record.end_time or record.create_timestamp.timestamp()
    return Run(datetime.fromtimestamp(ended, UTC), record.dagster_run.is_success)


def _waiting(files: int) -> list[str]:
    return [f"{files} files are still being written"] if files else []


def _sentences(notes: list[str]) -> str:
    more = len(notes) - SENTENCES_SHOWN
    shown = notes[:SENTENCES_SHOWN] + ([f"and {more} more"] if more > 0 else [])
    return "; ".join(shown)
