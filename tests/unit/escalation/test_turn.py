"""One tick at a time, whoever it is, and no lock outlives its process."""

from pathlib import Path

import pytest

from tests.unit.escalation.country import Country, after, clock
from vax_pipeline.core.escalation import turn
from vax_pipeline.core.escalation.ledger import Ledger
from vax_pipeline.core.escalation.tick import tick
from vax_pipeline.core.escalation.turn import TickRunningError, only_tick


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "PATIENCE_SECONDS", 0.0)


def test_a_second_tick_of_a_home_waits_and_says_so(country: Country) -> None:
    country.publish(clock())
    ledger = Ledger(country.settings.ledger_url)
    with only_tick(country.settings, ledger), pytest.raises(TickRunningError, match="at work"):
        tick(country.settings, after(0))
    ledger.close()
    assert tick(country.settings, after(0)).sending.sent == 1


def test_another_home_on_the_same_server_waits_too(country: Country, tmp_path: Path) -> None:
    ledger = Ledger(country.settings.ledger_url)
    if ledger.engine.dialect.name != "postgresql":
        ledger.close()
        pytest.skip("a ledger in a file belongs to one home")
    elsewhere = country.settings.at(tmp_path / "elsewhere")
    with (
        only_tick(country.settings, ledger),
        pytest.raises(TickRunningError, match="another machine"),
        only_tick(elsewhere, ledger),
    ):
        pass
    with only_tick(elsewhere, ledger):
        pass
    ledger.close()
