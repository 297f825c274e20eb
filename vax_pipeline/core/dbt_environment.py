"""What dbt's profile reads from the environment, so that dbt opens the warehouse as Python does."""

import os

from vax_pipeline.core.settings import Settings


def export_to_dbt(settings: Settings) -> None:
    """Set the variables of dbt_project/profiles.yml for the dbt process started next."""
    settings.temp.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        VAX_WAREHOUSE=str(settings.warehouse),
        VAX_MEMORY_LIMIT=settings.memory_limit,
        VAX_THREADS=str(settings.threads),
        VAX_TEMP_DIR=str(settings.temp),
    )
