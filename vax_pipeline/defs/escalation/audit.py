"""The audit of the ledger in the graph: a check on the escalations read back. It never blocks."""

import dagster as dg

from vax_pipeline.core import check_results, schemas, warehouse
from vax_pipeline.core.escalation.audit_check import AUDIT_CHECK, check_escalations
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.run import as_check_results, run_instant


@dg.asset_check(
    asset=dg.AssetKey(list(schemas.ESCALATIONS.asset_key)),
    name=AUDIT_CHECK,
    description="Computed from scratch, the ledger holds what the ladder asked for when it was last "
    "evaluated, no more and no less.",
    pool=POOL,
    required_resource_keys={HOME},
)
def escalations_audit(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    settings = Settings()
    outcome, seconds = check_escalations(settings)
    with warehouse.writer(settings) as connection:
        check_results.record(
            connection, [outcome], run_id=context.run.run_id, as_of=run_instant(context)
        )
    [result] = as_check_results([outcome])
    return result._replace(metadata={**result.metadata, "audit_seconds": seconds or 0.0})


@dg.definitions
def audit() -> dg.Definitions:
    return dg.Definitions(asset_checks=[escalations_audit])
