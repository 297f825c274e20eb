"""Every test works in a home of its own; nothing of the developer's environment leaks in."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import settings

# `make test` says the same of the same code; `make test-slow` looks for new examples.
settings.register_profile("same", derandomize=True, database=None)
if os.environ.get("VAX_EXAMPLES") != "new":
    settings.load_profile("same")

OF_A_HOME = (
    "VAX_LANDING", "VAX_LEDGER_URL", "VAX_CHANNEL_URL", "VAX_CHANNELS", "VAX_OPERATOR_URL",
    "VAX_PSEUDONYM_KEY",
)  # fmt: skip

for name in (
    *OF_A_HOME,
    "COLUMNS",
    "LINES",
):  # nor of the terminal: tables are as wide as a test says
    os.environ.pop(name, None)

# What takes long to make and is made once: all tests of it go to one worker.
SHARED = ("province", "seeded")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Parts the tests among workers (`pytest -n 2 --dist loadgroup`), else by their files."""
    for item in items:
        needed: list[str] = getattr(item, "fixturenames", [])
        group = next((name for name in SHARED if name in needed), item.path.name)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path) -> Iterator[Path]:
    """A fresh home, named by the environment as in production.

    A run sets variables of its own process; whatever a test leaves there is undone after it.
    """
    home = tmp_path / "home"
    of_this_home = {
        "VAX_ENV": "test",
        "VAX_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
        "VAX_SETTLE_SECONDS": "0",
        "VAX_MEMORY_LIMIT": "4GB",
    }
    with patch.dict(os.environ, of_this_home):
        yield home
