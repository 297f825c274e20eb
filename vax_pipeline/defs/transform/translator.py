"""How dbt nodes appear in the graph: keyed by schema and table, grouped by layer."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from vax_pipeline.defs.run import OWNERS

# Source tests as checks would remove the gate in front of dbt: a failed blocking check on raw/*
# would no longer stop the models. tests/dagster keeps this from coming back.
SETTINGS = DagsterDbtTranslatorSettings(
    enable_asset_checks=True, enable_source_tests_as_checks=False
)


class LayerTranslator(DagsterDbtTranslator):
    """[schema, table] keys; the layer as group; the model's description first."""

    def __init__(self) -> None:
        super().__init__(settings=SETTINGS)

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        group = "seeds" if node["resource_type"] == "seed" else node["schema"]
        return spec.replace_attributes(group_name=group, owners=list(OWNERS))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        table = dbt_resource_props.get("identifier") or dbt_resource_props.get("alias")
        return dg.AssetKey([dbt_resource_props["schema"], table or dbt_resource_props["name"]])
