"""After the release: what its worklists ask of the commune police goes into the ledger, and it may stand."""

from typing import Any

import dagster as dg

from vax_pipeline.core import schemas, standing, warehouse
from vax_pipeline.core.identity_requests import write_requests
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.publish.assets import CURRENT_KEY
from vax_pipeline.defs.run import OWNERS

REQUESTS_KEY = dg.AssetKey(["publish", schemas.IDENTITY_REQUESTS.name])


@dg.asset(
    key=REQUESTS_KEY,
    deps=[CURRENT_KEY, list(schemas.INT_IDENTITY_REQUESTS.asset_key)],
    group_name="publish",
    owners=list(OWNERS),
    description="Identity requests of the release that are not yet in the ledger, written there once.",
    pool=POOL,
    required_resource_keys={HOME},
)
def identity_requests() -> dg.MaterializeResult[Any]:
    settings = Settings()
    with warehouse.reader(settings) as connection:
        written = write_requests(connection, settings)
    return dg.MaterializeResult(metadata={"written": written})


@dg.asset(
    key=list(schemas.STANDING.asset_key),
    deps=[REQUESTS_KEY, list(schemas.NEXT_CHANGES.asset_key)],
    group_name="publish",
    owners=list(OWNERS),
    description="At most one row: the run is done, what it rested on, and until when its release stands: a "
    "run before that with nothing new ends before dbt.",
    pool=POOL,
    required_resource_keys={HOME},
)
def standing_release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    with warehouse.writer(Settings()) as connection:
        stands = standing.let_stand(connection, context.run.run_id)
    return dg.MaterializeResult(
        metadata={"stands_until": stands.stands_until.isoformat()} if stands else {}
    )
