"""Every test works in a home of its own; nothing of the developer's environment leaks in."""

from pathlib import Path

import pytest

OF_A_HOME = (
    "VAX_LANDING", "VAX_LEDGER_URL", "VAX_CHANNEL_URL", "VAX_CHANNELS", "VAX_OPERATOR_URL",
    "VAX_PSEUDONYM_KEY",
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home, named by the environment as in production."""
    for name in OF_A_HOME:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    monkeypatch.setenv("VAX_ENV", "test")
    monkeypatch.setenv("VAX_HOME", str(home))
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    monkeypatch.setenv("VAX_SETTLE_SECONDS", "0")
    monkeypatch.setenv("VAX_MEMORY_LIMIT", "4GB")
    return home
