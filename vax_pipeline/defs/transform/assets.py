"""The run's context, and dbt in two groups over one manifest, with linking between them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliInvocation, dbt_assets

from checks.expectations import load_ahead
from vax_pipeline.core import changes, schemas, standing, warehouse
from vax_pipeline.core.dbt_environment import models_at_once
from vax_pipeline.core.dbt_process import RESULTS
from vax_pipeline.core.dbt_results import is_test, record_tests, row_counts
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.run_context import read_back_ledger, write_run_context
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.untouched import (
    AFTER_LINKING,
    BEFORE_LINKING,
    Group,
    all_stand,
    basis,
    untouched,
)
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.run import (
    FULL_TAG,
    OWNERS,
    as_check_results,
    is_whole,
    known_instant,
    run_instant,
)
from vax_pipeline.defs.transform.project import DBT, dbt_project, manifest_path
from vax_pipeline.defs.transform.translator import LayerTranslator

RAW_KEYS = [dg.AssetKey(list(schemas.raw(feed).asset_key)) for feed in FEEDS]


@dg.multi_asset(
    name="run_context",
    specs=[
        dg.AssetSpec(
            list(schemas.RUN_CONTEXT.asset_key),
            description="One row: the instant the run stands at, and its switches.",
            deps=RAW_KEYS,
            group_name="ops",
            owners=list(OWNERS),
            skippable=True,
        ),
        *(
            dg.AssetSpec(
                list(mirror.asset_key),
                description=mirror.description,
                deps=RAW_KEYS,
                group_name="ops",
                owners=list(OWNERS),
                skippable=True,
            )
            for mirror in schemas.LEDGER_MIRRORS
        ),
    ],
    pool=POOL,
    required_resource_keys={HOME},
)
def run_context(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    """Nothing, and so no step after it, where the current release says already what a run would say."""
    settings, as_of = Settings(), run_instant(context)
    is_full = context.run.tags.get(FULL_TAG) == "true"
    with warehouse.writer(settings) as connection:
        read_back_ledger(connection, settings)
        code = standing.code_of(settings)
        inputs = standing.inputs_of(connection, code)
        goes_on = is_whole(context) and not is_full and known_instant(context) == as_of
        if goes_on:
            stands = standing.still_standing(connection, settings, inputs, as_of)
            if stands is not None:
                context.log.info(
                    f"nothing has come since {stands.as_of.isoformat()}, and nothing falls due before "
                    f"{stands.stands_until.isoformat()}: the release of run {stands.run_id} stands"
                )
                return
        write_run_context(
            connection,
            settings,
            run_id=context.run.run_id,
            as_of=as_of,
            known_as_of=known_instant(context),
            since=changes.since(connection, code, as_of) if goes_on else None,
            inputs=inputs if is_whole(context) else None,
            code=code if is_whole(context) else None,
        )
        rows = [warehouse.count(connection, mirror) for mirror in schemas.LEDGER_MIRRORS]
    yield dg.MaterializeResult(
        asset_key=list(schemas.RUN_CONTEXT.asset_key),
        metadata={"as_of": as_of.isoformat(), "dagster/row_count": 1},
    )
    for mirror, count in zip(schemas.LEDGER_MIRRORS, rows, strict=True):
        yield dg.MaterializeResult(
            asset_key=list(mirror.asset_key), metadata={"dagster/row_count": count}
        )


def _build(context: dg.AssetExecutionContext, group: Group) -> Iterator[Any]:
    """Run `dbt build`, then yield its events with row counts and record what its tests found.

    Events wait for dbt's end: counting needs the warehouse, and dbt holds it until then.
    """
    settings = Settings()
    manifest = json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))
    with warehouse.writer(settings) as connection:
        if not is_whole(context):  # what it makes, no account of what has changed would know
            changes.make_all_anew(connection)
        at_once = models_at_once(connection, settings)
        built_on = basis(connection)
    standing = untouched(manifest, group, built_on) if built_on else ()
    (settings.dbt_target / RESULTS).unlink(missing_ok=True)
    invocation = None
    if not all_stand(manifest, group, standing):
        arguments = ["build", "--exclude-resource-type", "unit_test", "--threads", str(at_once)]
        invocation = context.resources.dbt.invoke(context, arguments, settings.dbt_target, standing)
    events = _heard_to_the_end(invocation) if invocation else []
    run = {"run_id": context.run.run_id, "as_of": run_instant(context)}
    with warehouse.writer(settings) as connection:
        counts = row_counts(connection)
        carried = record_tests(connection, settings.dbt_target, manifest, standing, **run)
    yield from _left_standing([manifest["nodes"][unique_id] for unique_id in standing], counts)
    checks = {key.name for key in context.selected_asset_check_keys}
    yield from as_check_results([outcome for outcome in carried if outcome.check_name in checks])
    for event in events:
        yield _with_row_count(context, event, counts)
    if invocation and not invocation.is_successful():
        raise dg.Failure(
            description="dbt build failed: the checks above and dbt's log name the models and tests.",
            metadata={"log": dg.MetadataValue.path(str(settings.dbt_target / "dbt.log"))},
        )


def _heard_to_the_end(invocation: DbtCliInvocation) -> list[Any]:
    try:
        return list(invocation.stream())
    finally:
        if invocation.process.poll() is None:  # never leave dbt behind, holding the warehouse
            invocation.process.terminate()
            invocation.process.wait()


def _left_standing(
    nodes: Iterable[Mapping[str, Any]], counts: Mapping[tuple[str, ...], int]
) -> Iterator[dg.MaterializeResult[Any]]:
    """Models and seeds that dbt was not asked about: the steps after this one wait for each of its assets."""
    for node in nodes:
        if not is_test(node):
            key = LayerTranslator().get_asset_key(node)
            rows = counts.get(tuple(key.path))
            counted = {} if rows is None else {"dagster/row_count": rows}
            yield dg.MaterializeResult(asset_key=key, metadata={"stands": True, **counted})


def _with_row_count(
    context: dg.AssetExecutionContext, event: Any, counts: dict[tuple[str, ...], int]
) -> Any:
    if not isinstance(event, dg.Output):
        return event
    key = tuple(context.asset_key_for_output(event.output_name).path)
    if key not in counts:
        return event
    return event.with_metadata({**event.metadata, "dagster/row_count": counts[key]})


@dbt_assets(
    manifest=manifest_path(),
    project=dbt_project,
    select=f"tag:{BEFORE_LINKING.tag}",
    exclude=f"tag:{BEFORE_LINKING.without}",  # tests that also look at what is built later
    name="dbt_before_linking",
    dagster_dbt_translator=LayerTranslator(),
    pool=POOL,
    required_resource_keys={HOME, DBT},
)
def dbt_before_linking(context: dg.AssetExecutionContext) -> Iterator[Any]:
    load_ahead()  # the checks that come next need it, and here we only wait for dbt
    yield from _build(context, BEFORE_LINKING)


@dbt_assets(
    manifest=manifest_path(),
    project=dbt_project,
    select=f"tag:{AFTER_LINKING.tag}",
    name="dbt_after_linking",
    dagster_dbt_translator=LayerTranslator(),
    pool=POOL,
    required_resource_keys={HOME, DBT},
)
def dbt_after_linking(context: dg.AssetExecutionContext) -> Iterator[Any]:
    yield from _build(context, AFTER_LINKING)
