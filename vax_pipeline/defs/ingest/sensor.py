"""Watches the landing folder: one run per delivery date that has new, changed or vanished files."""

import json
from collections.abc import Iterator

import dagster as dg

from vax_pipeline.core import clock
from vax_pipeline.core.feeds import pending
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.automation import main_job

MAX_RUNS_A_TICK = 10
_NOTHING = ""  # the mark of a date without files


@dg.sensor(
    job=main_job,
    minimum_interval_seconds=60,
    description="Requests a run for each delivery date whose settled files are not as released.",
    default_status=dg.DefaultSensorStatus.STOPPED,
)
def landing_sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """The cursor holds, per date, the mark last asked for and how often it was asked.

    A date never asked for is compared with the release, so what `vax run` loaded is left alone. The
    count is part of the run key: a delivery that is withdrawn and landed again, byte by byte, has the
    same mark and is another run.
    """
    asked: dict[str, tuple[str, int]] = json.loads(context.cursor or "{}")
    seen = pending.look(Settings(), today=clock.today_on_the_wall())
    landed = {date.isoformat(): mark for date, mark in seen.landed.items()}
    known = {date.isoformat(): mark for date, mark in seen.loaded.items()}
    known |= {day: mark for day, (mark, _) in asked.items()}
    changed = [
        day
        for day in sorted(landed.keys() | known.keys())
        if landed.get(day, _NOTHING) != known.get(day, _NOTHING)
    ][:MAX_RUNS_A_TICK]
    for day in changed:
        mark, times = landed.get(day, _NOTHING), asked.get(day, (_NOTHING, 0))[1] + 1
        asked[day] = (mark, times)
        yield dg.RunRequest(run_key=f"{day}:{mark or 'withdrawn'}:{times}", partition_key=day)
    context.update_cursor(json.dumps(asked, sort_keys=True))
    if not changed:
        yield dg.SkipReason("no settled file is new, changed or gone")
