"""Resources shared by the steps."""

import sys
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from vax_pipeline.defs.transform.project import dbt_project


@dg.definitions
def resources() -> dg.Definitions:
    # The dbt beside this Python: the environment need not be activated.
    dbt = DbtCliResource(
        project_dir=dbt_project, dbt_executable=str(Path(sys.executable).parent / "dbt")
    )
    return dg.Definitions(resources={"dbt": dbt})
