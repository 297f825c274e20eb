"""Resources shared by the steps."""

import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource
from packaging.version import Version

from vax_pipeline.core import dbt_process
from vax_pipeline.defs.living import HOME, held_home
from vax_pipeline.defs.transform.project import dbt_project


class DbtBesideDagster(DbtCliResource):
    """dbt from this Python's own environment, run without what Dagster would ask it for besides.

    Dagster starts `dbt --version` and builds an adapter of its own in every process, several seconds
    each; the version is known here, and row counts come from the warehouse (`transform.assets`).
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ARG002
        return None


@dg.definitions
def resources() -> dg.Definitions:
    # The dbt of this Python (the environment need not be activated), as a process that ends with us.
    dbt = DbtBesideDagster(
        project_dir=str(dbt_project.project_dir),
        profiles_dir=str(dbt_project.project_dir),
        dbt_executable=sys.executable,
        global_config_flags=["-m", dbt_process.__name__],
    )
    return dg.Definitions(resources={"dbt": dbt, HOME: held_home})
