"""One asset a feed: the deliveries of the run's days, loaded into raw.<feed>, with its gates.

Accounting and structure block what comes after; a bad record or file only warns.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from checks.contracts import validate
from vax_pipeline.core import check_results, schemas, warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.gates import FeedReport, load_and_check, nested_name
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.partitions import delivery_days
from vax_pipeline.defs.run import OWNERS, as_check_results, run_instant

CHILD_FEEDS = {child: feed.name for feed in FEEDS.values() for child in feed.children.values()}


def _checks(feed: Feed) -> list[dg.AssetCheckSpec]:
    key = list(feed.raw_table.asset_key)
    return [
        dg.AssetCheckSpec(
            f"raw_{feed.name}_accounting",
            asset=key,
            blocking=True,
            description="records = loaded + rejected, and every loaded record is one raw row.",
        ),
        dg.AssetCheckSpec(
            f"raw_{feed.name}_keys",
            asset=key,
            blocking=True,
            description="No raw row stands twice under one file, line and natural key.",
        ),
        *_contract_checks(key, feed.name, "Rows of this feed's own files"),
        *(
            check
            for child in feed.children.values()
            for check in _contract_checks(key, nested_name(feed.name, child), f"Nested {child}")
        ),
        dg.AssetCheckSpec(
            f"raw_{feed.name}_files",
            asset=key,
            description="Every file could be had, and none was quarantined.",
        ),
    ]


def _contract_checks(key: list[str], subject: str, what: str) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            f"raw_{subject}_schema",
            asset=key,
            blocking=True,
            description=f"{what}: columns and natural keys are as the pandera contract says.",
        ),
        dg.AssetCheckSpec(
            f"raw_{subject}_contract",
            asset=key,
            description=f"{what}: values have the shapes of the pandera contract.",
        ),
    ]


def _raw_asset(feed: Feed) -> dg.AssetsDefinition:
    parent = CHILD_FEEDS.get(feed.name)

    @dg.asset(
        key=list(feed.raw_table.asset_key),
        deps=[list(schemas.raw(parent).asset_key)] if parent else [],
        description=f"{feed.description} As delivered, all text; one row per record.",
        group_name="ingest",
        owners=list(OWNERS),
        kinds={"duckdb", "pandera"},
        partitions_def=delivery_days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=_checks(feed),
        pool=POOL,
        required_resource_keys={HOME},
    )
    def load(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        settings = Settings()
        days = [date.fromisoformat(key) for key in context.partition_keys]
        with warehouse.writer(settings) as connection:
            report = load_and_check(
                connection,
                settings,
                feed,
                days,
                load_id=context.run.run_id,
                loaded_at=run_instant(context),
                contract=validate,
            )
            check_results.record(
                connection,
                report.outcomes,
                run_id=context.run.run_id,
                as_of=run_instant(context),
            )
        yield _result(report)

    return load


def _result(report: FeedReport) -> dg.MaterializeResult[Any]:
    return dg.MaterializeResult(
        metadata=report.metadata, check_results=list(as_check_results(report.outcomes))
    )


LEDGERS = (
    (schemas.DELIVERIES, "One row per file: what it was, what became of each of its records."),
    (schemas.REJECTS, "One row per record or file that could not be read, verbatim, and why."),
    (schemas.DELIVERY_FILL, "One row per file and column: how many rows have a value there."),
)


@dg.multi_asset(
    name="delivery_ledger",
    specs=[
        dg.AssetSpec(
            list(table.asset_key),
            description=says,
            deps=[list(schemas.raw(feed).asset_key) for feed in FEEDS],
            group_name="ingest",
            owners=list(OWNERS),
        )
        for table, says in LEDGERS
    ],
    pool=POOL,
    required_resource_keys={HOME},
)
def delivery_ledger() -> Iterator[dg.MaterializeResult[Any]]:
    with warehouse.reader(Settings()) as connection:
        for table, _ in LEDGERS:
            yield dg.MaterializeResult(
                asset_key=list(table.asset_key),
                metadata={"dagster/row_count": warehouse.count(connection, table)},
            )


@dg.definitions
def ingest() -> dg.Definitions:
    return dg.Definitions(assets=[*(_raw_asset(feed) for feed in FEEDS.values()), delivery_ledger])
