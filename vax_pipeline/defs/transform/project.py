"""The dbt project and its manifest, which `make setup` builds: loading definitions never parses dbt."""

from pathlib import Path

from dagster_dbt import DbtProject

from vax_pipeline.core.dbt_process import PARSED
from vax_pipeline.core.settings import DBT_PROJECT_DIR

DBT = "dbt"  # the resource that runs it

# What dbt parses, and `make setup` looks at: other files beside it make nothing older.
PARSED_FROM = ("dbt_project.yml", "models/**/*", "seeds/**/*", "macros/**/*", "tests/**/*")
PARSED_KINDS = {".sql", ".yml", ".md", ".csv"}

dbt_project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)


def manifest_path() -> Path:
    """The manifest, or a sentence that says how to get one that fits the models."""
    path = dbt_project.manifest_path
    for parsed in (path, PARSED):
        if not parsed.exists():
            raise FileNotFoundError(
                f"{parsed} is missing: run `make setup`, which parses the dbt project"
            )
    parsed_at = path.stat().st_mtime
    for kind in PARSED_FROM:
        for file in DBT_PROJECT_DIR.glob(kind):
            if file.suffix in PARSED_KINDS and file.stat().st_mtime > parsed_at:
                raise RuntimeError(
                    f"{file.relative_to(DBT_PROJECT_DIR)} is newer than dbt's manifest: "
                    "run `make setup`"
                )
    return path
