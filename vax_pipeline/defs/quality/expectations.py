"""Great Expectations as asset checks: on staging before linking, on findings and marts before publication.

One Dagster check per expectation; all of a group run in one engine, inside DuckDB.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from checks.expectations import Suite, run_suites
from checks.expectations.groups import GROUPS
from checks.outcome import CheckOutcome
from vax_pipeline.core import check_results, warehouse
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.run import as_check_results, run_instant


def _specs(suites: Sequence[Suite]) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            suite.check_name(expectation),
            asset=list(suite.asset_key),
            description=expectation.says,
            blocking=expectation.blocking,
            metadata={"engine": "gx", "threshold": expectation.threshold},
        )
        for suite in suites
        for expectation in suite.expectations
    ]


def _key(outcome: CheckOutcome) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dg.AssetKey(list(outcome.asset_key)), outcome.check_name)


def _checks(name: str, suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name=name, specs=_specs(suites), can_subset=True, pool=POOL, required_resource_keys={HOME}
    )
    def evaluate(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        settings = Settings()
        outcomes = run_suites(
            settings.warehouse,
            suites,
            config=warehouse.engine_config(settings),
            docs_dir=settings.data_docs / name,
            run_at=run_instant(context),
        )
        with warehouse.writer(settings) as connection:
            check_results.record(
                connection, outcomes, run_id=context.run.run_id, as_of=run_instant(context)
            )
        selected = context.selected_asset_check_keys
        yield from as_check_results([o for o in outcomes if _key(o) in selected])

    return evaluate


@dg.definitions
def expectations() -> dg.Definitions:
    return dg.Definitions(asset_checks=[_checks(name, suites) for name, suites in GROUPS.items()])
