"""The unit tests beside the models: production runs leave them out, so they run here, all of them."""

import json
from pathlib import Path

from tests.dbt.staged import run_dbt
from vax_pipeline.core import warehouse
from vax_pipeline.core.settings import Settings


def test_every_unit_test_beside_the_models_passes(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        connection.execute(
            "insert into ops.run_context (run_id, as_of, known_as_of, rule_pack, is_full) values "
            "('test', '2021-12-08 08:00+07', '2021-12-08 08:00+07', 'vn_moh', true)"
        )
    # dbt reads the types of a unit test's inputs from the tables: they must stand, empty. A key in them is
    # a short name, not 32 hex digits.
    with_names_for_keys = ("--vars", "key_type: varchar")
    run_dbt(settings, "seed", *with_names_for_keys)
    run_dbt(settings, "run", "--empty", *with_names_for_keys)
    run_dbt(settings, "test", "--select", "test_type:unit", *with_names_for_keys)
    results = json.loads((settings.root / "target" / "run_results.json").read_text("utf-8"))
    statuses = [result["status"] for result in results["results"]]
    assert len(statuses) >= 60
    assert set(statuses) == {"pass"}
