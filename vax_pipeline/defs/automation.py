"""When things run by themselves: the main job, its daily and weekly schedules."""

import dagster as dg

from vax_pipeline.defs.run import FULL_TAG

MAIN_JOB = "vax"

main_job = dg.define_asset_job(
    MAIN_JOB,
    selection=dg.AssetSelection.all(),
    description="From the landing folder to a published release.",
)


@dg.schedule(
    job=main_job,
    cron_schedule="30 5 * * *",
    execution_timezone="Asia/Ho_Chi_Minh",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def daily_run(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """05:30, before offices open and before pool assignments at 08:00: the deliveries of the day."""
    day = context.scheduled_execution_time.strftime("%Y-%m-%d")
    return dg.RunRequest(run_key=day, partition_key=day)


@dg.schedule(
    job=main_job,
    cron_schedule="0 22 * * 6",
    execution_timezone="Asia/Ho_Chi_Minh",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def weekly_full_run(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Saturday, 22:00: every table made anew, in the order that makes it small and fast to read."""
    day = context.scheduled_execution_time.strftime("%Y-%m-%d")
    return dg.RunRequest(run_key=f"full-{day}", partition_key=day, tags={FULL_TAG: "true"})


@dg.definitions
def automation() -> dg.Definitions:
    return dg.Definitions(
        jobs=[main_job],
        schedules=[daily_run, weekly_full_run],
        # Every run, backfills included, in one process: it holds the home from first step to last,
        # DuckDB has one writer anyway, and each further process costs seconds of imports.
        executor=dg.in_process_executor,
    )
