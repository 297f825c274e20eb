"""What dbt is told before it starts."""

import duckdb
import pytest

from vax_pipeline.core import dbt_environment, schemas, warehouse
from vax_pipeline.core.settings import Settings


@pytest.mark.parametrize(("memory", "at_once"), [("1GB", 1), ("2GB", 2)])
def test_two_models_are_made_at_a_time_only_where_both_fit_the_memory(
    memory: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt_environment, "DOSES_PER_GB", 10)
    doses = schemas.raw("doses").sql
    with duckdb.connect() as connection:
        warehouse.bootstrap(connection)
        connection.execute(f"insert into {doses} (file, line) select 'f', i from range(15) r(i)")
        settings = Settings(memory_limit=memory)
        assert dbt_environment.models_at_once(connection, settings) == at_once
