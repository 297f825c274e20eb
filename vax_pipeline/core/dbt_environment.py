"""What dbt is told: the environment, so that its profile opens the warehouse as Python does, and its pace."""

import duckdb

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.settings import Settings

DOSES_PER_GB = 1_000_000  # up to here two models fit the memory together, measured at ten million


def models_at_once(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """How many models dbt makes at a time: two, as long as both fit the memory.

    Two fill the gaps that dbt leaves between them. But they share one memory, and DuckDB lets neither wait
    for the other: of thirty million doses two fail where each alone puts aside what does not fit.
    """
    doses = warehouse.count(connection, schemas.raw("doses"))
    return 2 if doses <= warehouse.memory_limit_gb(settings.memory_limit) * DOSES_PER_GB else 1


def profile_environment(settings: Settings) -> dict[str, str]:
    """The variables of profiles.yml."""
    settings.temp.mkdir(parents=True, exist_ok=True)
    return {
        "VAX_WAREHOUSE": str(settings.warehouse),
        "VAX_MEMORY_LIMIT": settings.memory_limit,
        "VAX_THREADS": str(settings.threads),
        "VAX_TEMP_DIR": str(settings.temp),
    }
