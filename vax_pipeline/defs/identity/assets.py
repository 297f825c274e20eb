"""Probabilistic links for the mentions that the deterministic tiers left undecided."""

from typing import Any

import dagster as dg

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.run import FULL_TAG, OWNERS


@dg.asset(
    key=list(schemas.SPLINK_LINKS.asset_key),
    deps=[
        list(schemas.INT_MENTIONS_UNDECIDED.asset_key),
        list(schemas.INT_MENTIONS_CANDIDATES.asset_key),
        list(schemas.INT_CITIZENS.asset_key),
    ],
    group_name="identity",
    owners=list(OWNERS),
    kinds={"python", "duckdb"},
    description="One row per mention that Splink compared with the registry: the best candidate, "
    "its probability, the weights per field, what speaks against it, the model's version. Kept from "
    "run to run while all it rests on is the same.",
    pool=POOL,
    required_resource_keys={HOME},
)
def mention_links(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    from vax_pipeline.core.identity.prediction import link_undecided

    is_full = context.run.tags.get(FULL_TAG) == "true"
    with warehouse.writer(Settings()) as connection:
        report = link_undecided(connection, everything=is_full)
    return dg.MaterializeResult(metadata=report.as_metadata())
