"""The graph as Dagster loads it: keyed by schema and table, described, owned, held to one writer."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.definitions import defs
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.run import FULL_TAG


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    return list(definitions.resolve_all_asset_specs())


def test_every_key_is_schema_and_table(specs: list[dg.AssetSpec]) -> None:
    layers = {*schemas.SCHEMAS, "publish"}
    odd = [s.key for s in specs if len(s.key.path) != 2 or s.key.path[0] not in layers]
    assert odd == []


def test_every_asset_is_described_and_owned(specs: list[dg.AssetSpec]) -> None:
    assert [s.key.to_user_string() for s in specs if not s.description or not s.owners] == []


def test_every_feed_is_partitioned_by_delivery_day(specs: list[dg.AssetSpec]) -> None:
    raw = {s.key.path[1]: s for s in specs if s.key.path[0] == schemas.RAW}
    assert raw.keys() == FEEDS.keys() | {"deliveries", "rejects", "delivery_fill"}
    assert all(isinstance(raw[feed].partitions_def, dg.DailyPartitionsDefinition) for feed in FEEDS)


def test_everything_that_opens_the_warehouse_waits_for_its_turn(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def("vax")
    steps = [node.definition for node in job.graph.node_dict.values()]
    assert {step.pool for step in steps} == {POOL}
    assert all(
        isinstance(step, dg.OpDefinition) and HOME in step.required_resource_keys for step in steps
    )


def test_the_escalation_sensor_is_on_and_the_landing_sensor_is_not(
    definitions: dg.Definitions,
) -> None:
    on = {s.name: s.default_status for s in definitions.sensors or []}
    assert on == {
        "stale_complaints_sensor": dg.DefaultSensorStatus.RUNNING,
        "landing_sensor": dg.DefaultSensorStatus.STOPPED,
    }


def test_once_a_week_every_table_is_made_anew(definitions: dg.Definitions) -> None:
    schedules = {s.name: s for s in definitions.schedules or []}
    assert {name: s.default_status for name, s in schedules.items()} == {
        "daily_run": dg.DefaultScheduleStatus.STOPPED,
        "weekly_full_run": dg.DefaultScheduleStatus.STOPPED,
    }
    weekly = schedules["weekly_full_run"]
    assert isinstance(weekly, dg.ScheduleDefinition)
    saturday = datetime(2021, 12, 11, 15, tzinfo=UTC)
    tick = weekly.evaluate_tick(
        dg.build_schedule_context(
            scheduled_execution_time=saturday, repository_def=definitions.get_repository_def()
        )
    )
    assert [(r.partition_key, r.tags[FULL_TAG]) for r in tick.run_requests or []] == [
        ("2021-12-11", "true")
    ]
