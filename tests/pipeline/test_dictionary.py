"""The data dictionary describes what is really there."""

import json

import duckdb

from tests.pipeline.conftest import Province
from vax_pipeline.core import schemas
from vax_pipeline.core.settings import DBT_PROJECT_DIR

DESCRIBED = (schemas.STAGING, schemas.INTERMEDIATE, schemas.QUALITY, schemas.MARTS)


def test_every_column_of_every_model_is_described_and_every_described_column_exists(
    province: Province,
) -> None:
    manifest = json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text("utf-8"))
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in DESCRIBED
    ]
    assert len(models) > 70
    with duckdb.connect(str(province.home / "warehouse.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name || '.' || table_name, list(column_name) "
            "from duckdb_columns() where not internal group by 1"
        ).fetchall()
    real = {str(table): set(names) for table, names in columns}
    wrong = {}
    for model in models:
        name = f"{model['schema']}.{model['name']}"
        described = {c["name"] for c in model["columns"].values() if c["description"].strip()}
        if described != real[name]:
            wrong[name] = sorted(described ^ real[name])
    assert wrong == {}
