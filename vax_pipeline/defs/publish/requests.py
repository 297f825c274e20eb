"""What the published worklists ask of the commune police goes into the ledger."""

from typing import Any

import dagster as dg

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.identity_requests import write_requests
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.publish.assets import CURRENT_KEY
from vax_pipeline.defs.run import OWNERS


@dg.asset(
    key=dg.AssetKey(["publish", schemas.IDENTITY_REQUESTS.name]),
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
