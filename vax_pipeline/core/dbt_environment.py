"""What dbt reads from the environment: its profile opens the warehouse as Python does."""

import os

from vax_pipeline.core.dbt_process import RUN_PROCESS
from vax_pipeline.core.settings import Settings


def export_to_dbt(settings: Settings) -> None:
    """Set the variables of profiles.yml, and whose child it is, for the dbt started next."""
    settings.temp.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        VAX_WAREHOUSE=str(settings.warehouse),
        VAX_MEMORY_LIMIT=settings.memory_limit,
        VAX_THREADS=str(settings.threads),
        VAX_TEMP_DIR=str(settings.temp),
        **{RUN_PROCESS: str(os.getpid())},
    )
