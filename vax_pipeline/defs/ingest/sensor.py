"""Watches the landing folder: one run per delivery date that has new, changed or vanished files."""

import json
from collections.abc import Iterator

import dagster as dg

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.landing import discover
from vax_pipeline.core.feeds.pending import fingerprints
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.automation import main_job

MAX_RUNS_A_TICK = 10


@dg.sensor(
    job=main_job,
    minimum_interval_seconds=60,
    description="Requests a run for each delivery date whose settled files changed.",
    default_status=dg.DefaultSensorStatus.STOPPED,
)
def landing_sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """The cursor holds one fingerprint per date; a run key is date + fingerprint, never the time."""
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    settings = Settings()
    landed = discover(settings.landing, tuple(FEEDS), settings.settle_seconds)
    found = {day.isoformat(): mark for day, mark in fingerprints(landed.files).items()}
    changed = sorted(day for day in found.keys() | seen.keys() if found.get(day) != seen.get(day))
    if not changed:
        yield dg.SkipReason("no settled file is new, changed or gone")
        return
    for day in changed[:MAX_RUNS_A_TICK]:
        yield dg.RunRequest(run_key=f"{day}:{found.get(day, 'withdrawn')}", partition_key=day)
        if day in found:
            seen[day] = found[day]
        else:
            del seen[day]
    context.update_cursor(json.dumps(seen, sort_keys=True))
