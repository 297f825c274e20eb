"""`vax bench identity` on a village: every part runs, and what it says adds up."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.benchmark import identity
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.simulation.linkage import simulate_linkage

pytestmark = pytest.mark.slow


def test_a_village_is_measured_and_its_people_are_linked(tmp_path: Path) -> None:
    simulate_linkage(
        4_000, 2_000, 3, date(2021, 12, 8), tmp_path / "people", provinces=2, workers=2
    )
    settings = Settings(home=tmp_path / "home", memory_limit="2GB")
    identity.prepare(settings, tmp_path / "people", datetime(2021, 12, 8, 1, tzinfo=UTC))

    run = identity.measure(settings, rounds=1)
    _, again = identity.measure_again(settings)

    assert {"floor", "splink", *identity.MENTIONS, *identity.TIERS} <= run.steps.seconds.keys()
    assert min(*run.floor, *run.tiers, *run.splink) > 0
    assert again.scored == 0
    with warehouse.reader(settings) as connection:
        decided, found = identity.decisions(connection), identity.quality(connection)
        assert sum(decided.values()) == warehouse.count(connection, schemas.INT_MENTIONS)
    assert found["mentions"] == sum(decided.values()) > 2_000
    assert found["false_link_rate"] <= 0.0005
    assert found["recall_with_review"] > 0.99
