"""Resources shared by the steps."""

import dagster as dg
from dagster_dbt import DbtCliResource

from vax_pipeline.defs.transform.project import dbt_project


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources={"dbt": DbtCliResource(project_dir=dbt_project)})
