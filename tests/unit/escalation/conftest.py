"""A home of its own for each test."""

from pathlib import Path

import pytest

from tests.unit.escalation.country import Country
from vax_pipeline.core.settings import Settings


@pytest.fixture
def country(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Country:
    monkeypatch.delenv("VAX_LEDGER_URL", raising=False)
    return Country(Settings(home=tmp_path, memory_limit="1GB", threads=1))
