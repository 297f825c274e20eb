"""A home of its own for each test; `VAX_TEST_POSTGRES=1` puts every ledger on a real PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.unit.escalation.country import Country
from vax_pipeline.core.settings import Settings


@pytest.fixture(scope="session")
def ledger_server() -> Iterator[str | None]:
    if os.environ.get("VAX_TEST_POSTGRES") != "1":
        yield None
        return
    with postgres.server() as url:
        yield url


@pytest.fixture(autouse=True)
def ledger_url(ledger_server: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if ledger_server is None:
        monkeypatch.delenv("VAX_LEDGER_URL", raising=False)
    else:
        monkeypatch.setenv("VAX_LEDGER_URL", ledger_server)


@pytest.fixture
def country(tmp_path: Path) -> Country:
    return Country(Settings(home=tmp_path, memory_limit="1GB", threads=1))
