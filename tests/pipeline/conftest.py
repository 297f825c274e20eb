"""One province, played once for all tests of the whole pipeline."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.command import vax_json

PEOPLE = 1500


@dataclass(frozen=True)
class Province:
    """A home after `vax demo`, and what the command said."""

    home: Path
    said: dict[str, Any]

    @property
    def bi(self) -> Path:
        return self.home / "published" / "current" / "bi.duckdb"


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    home = tmp_path_factory.mktemp("province") / "home"
    return Province(home, vax_json("demo", "--people", str(PEOPLE), "--home", home))


@pytest.fixture
def copy_of_province(province: Province, tmp_path: Path) -> Path:
    """The same home elsewhere, to be changed; Dagster's history starts anew."""
    home = tmp_path / "copy"
    shutil.copytree(
        province.home, home, symlinks=True, ignore=shutil.ignore_patterns("dagster", "dbt", "tmp")
    )
    return home
