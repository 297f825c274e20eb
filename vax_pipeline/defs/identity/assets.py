"""Probabilistic links for the mentions that the deterministic tiers left undecided."""

from typing import Any

import dagster as dg

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.run import OWNERS


@dg.asset(
    key=list(schemas.SPLINK_LINKS.asset_key),
    deps=[
        list(schemas.INT_MENTIONS_UNDECIDED.asset_key),
        list(schemas.INT_CITIZENS.asset_key),
    ],
    group_name="identity",
    owners=list(OWNERS),
    kinds={"python", "duckdb"},
    description="One row per mention that Splink compared with the registry: the best candidate, "
    "its probability, the weights per field, the model's version.",
    pool=POOL,
    required_resource_keys={HOME},
)
def mention_links() -> dg.MaterializeResult[Any]:
    from vax_pipeline.core.identity.prediction import link_undecided

    settings = Settings()
    with warehouse.writer(settings) as connection:
        report = link_undecided(connection)
    return dg.MaterializeResult(metadata=report.as_metadata())
