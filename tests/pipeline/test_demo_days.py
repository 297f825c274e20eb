"""`vax demo --days N` as a whole: it ends where the demo of one run ends, whatever lay between."""

from pathlib import Path

import pytest

from tests.command import vax_json
from tests.pipeline.conftest import PEOPLE, Province


@pytest.mark.slow
def test_day_by_day_ends_where_one_run_ends(province: Province, tmp_path: Path) -> None:
    said = vax_json("demo", "--days", "4", "--people", str(PEOPLE), "--home", tmp_path / "home")
    # The clocks of the police are other ones: asked days before, its answers are due sooner.
    for part in ("accounting", "people", "findings", "complaints"):
        assert said[part] == province.said[part], part
    days = said["days"]
    assert [day["notifier_is_down"] for day in days] == [False, True, True, False]
    assert days[0]["messages_sent"] > 0
    assert [day["messages_sent"] for day in days[1:3]] == [0, 0]
    assert days[2]["messages_waiting"] + days[2]["messages_dead"] > 0
    assert (days[3]["messages_waiting"], days[3]["messages_dead"]) == (0, 0)
    assert sum(day["retracted"] for day in days) > 0
    assert sum(day["struck"] for day in days) > 0
