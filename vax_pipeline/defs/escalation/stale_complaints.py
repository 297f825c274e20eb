"""Stale complaints: a sensor that looks at the current release, and the job that acts.

Neither opens the warehouse. The sensor only asks whether anything is due and not yet in the ledger;
the job reads the same release, evaluates again and writes.
"""

from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from vax_pipeline.core import clock
from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.escalation.release_reader import NoReleaseError
from vax_pipeline.core.escalation.tick import pending_fingerprint, tick
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.run import AS_OF_TAG

DUE_TAG = "vax/due"  # the fingerprint of what a tick was requested for
FAILED = (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
MOST_TRIES = 5
MAX_SECONDS = 2 * 3600


@dg.op(description="Evaluates what is due, writes ledger and outbox, sends what is waiting.")
def escalate(context: dg.OpExecutionContext) -> dict[str, Any]:
    settings = Settings()
    given = context.run.tags.get(AS_OF_TAG)
    as_of = parse_instant(given) if given else clock.now(settings.clock_file)
    report = tick(settings, as_of)
    summary = report.as_json()
    context.add_output_metadata(
        {
            "as_of": summary["as_of"],
            "due": len(summary["due"]),
            "sent": summary["sent"],
            "dead": summary["dead"],
        }
    )
    return {"due": len(summary["due"]), "sent": summary["sent"], "dead": summary["dead"]}


@dg.job(
    executor_def=dg.in_process_executor,
    description="One tick of the escalation ladder.",
    # A tick holds no home: that a killed one is dead, the daemon's monitor learns from this alone.
    tags={"dagster/max_runtime": str(MAX_SECONDS)},
)
def escalate_stale_complaints() -> None:
    escalate()


@dg.sensor(
    job=escalate_stale_complaints,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Requests a tick when a deadline of the current release is crossed and not yet escalated.",
)
def stale_complaints_sensor(
    context: dg.SensorEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    """The run key is made of what is due, and of how often a run for it failed.

    So the same set is never requested twice, yet a run that was killed before it wrote the ledger
    is asked for again, a few times.
    """
    settings = Settings()
    as_of = clock.now(settings.clock_file)
    try:
        pending = pending_fingerprint(settings, as_of)
    except NoReleaseError:
        return dg.SkipReason("no release yet")
    if pending is None:
        return dg.SkipReason("nothing is due that the ledger does not know")
    ended = [run.status for run in context.instance.get_runs(RunsFilter(tags={DUE_TAG: pending}))]
    failed = sum(status in FAILED for status in ended)
    if failed >= MOST_TRIES:
        return dg.SkipReason(
            f"{failed} runs failed on what is due: look at the last one, then run `vax escalate`"
        )
    return dg.RunRequest(
        run_key=f"{pending}:{failed}" if failed else pending,
        tags={AS_OF_TAG: as_of.isoformat(), DUE_TAG: pending},
    )


@dg.definitions
def escalation() -> dg.Definitions:
    return dg.Definitions(jobs=[escalate_stale_complaints], sensors=[stale_complaints_sensor])
