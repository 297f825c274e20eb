"""Resources shared by the steps."""

import subprocess
from collections.abc import Collection, Sequence
from importlib.metadata import version
from pathlib import Path

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from packaging.version import Version
from pydantic import PrivateAttr

from vax_pipeline.core import dbt_ahead, standing
from vax_pipeline.core.dbt_environment import profile_environment
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, held_home
from vax_pipeline.defs.transform.project import DBT, dbt_project

_INVOCATIONS = 2  # of a whole run: before linking, and after


class DbtBesideDagster(dg.ConfigurableResource[None]):
    """dbt in processes of its own that get ready while the steps before them work.

    The resource of dagster-dbt starts its process only when it is needed, after `dbt --version` and an
    adapter of its own in Dagster's process, which take seconds. The version is known here, and row counts
    come from the warehouse (`transform.assets`).
    """

    _ready: list[subprocess.Popen[bytes]] = PrivateAttr(default_factory=list)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002
        standing.code_of_process()  # dbt reads the project now, and the account is to name what it has read
        self._ready = [dbt_ahead.start() for _ in range(_INVOCATIONS)]

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002
        while self._ready:
            dbt_ahead.end(self._ready.pop())

    def invoke(
        self,
        context: dg.AssetExecutionContext,
        arguments: Sequence[str],
        target: Path,
        untouched: Collection[str] = (),
    ) -> DbtCliInvocation:
        """Run dbt on the models and tests of the step's selected assets, but those that stand (unique ids).

        What it writes is in `target`.
        """
        target.mkdir(parents=True, exist_ok=True)
        asked = get_updated_cli_invocation_params_for_context(context, {}, DagsterDbtTranslator())
        project = asked.dbt_project or dbt_project  # a copy, where very many assets are selected
        environment = profile_environment(Settings()) | {
            "DBT_PROJECT_DIR": str(project.project_dir),
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target),
        }
        if asked.indirect_selection:
            environment["DBT_INDIRECT_SELECTION"] = asked.indirect_selection
        command = [*arguments, *asked.selection_args]
        context.log.info(
            f"Running dbt: {' '.join(command)}; {len(untouched)} models, seeds and tests stand"
        )
        process = self._ready.pop() if self._ready else dbt_ahead.start()
        dbt_ahead.tell(process, command, environment, untouched)
        return DbtCliInvocation(
            process=process,
            manifest=asked.manifest,
            project=project,
            dagster_dbt_translator=asked.dagster_dbt_translator,
            project_dir=Path(project.project_dir),
            target_path=target,
            raise_on_error=False,
            context=context,
            cli_version=Version(version("dbt-core")),
        )


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources={DBT: DbtBesideDagster(), HOME: held_home})
