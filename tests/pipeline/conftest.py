"""One province, played once for all tests of the whole pipeline."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest

from tests.command import vax_json
from tests.pipeline.killing import Killer, durations
from tests.pipeline.stable import Stable

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


@pytest.fixture(scope="session")
def stable() -> Iterator[Stable]:
    """Runs without the seconds that a `vax` command takes to import everything."""
    stable = Stable()
    yield stable
    stable.close()


@pytest.fixture
def killer(
    stable: Stable, province: Province, capsys: pytest.CaptureFixture[str]
) -> Iterator[Killer]:
    """Kills runs, and says in the end where it hit them; VAX_KILL_SEED kills at the same instants again."""
    seed = int(os.environ.get("VAX_KILL_SEED") or SystemRandom().randrange(10**6))
    killer = Killer(stable, seed, durations(province.home))
    yield killer
    with capsys.disabled():
        sys.stdout.write(killer.table() + "\n")


@pytest.fixture
def copy_of_province(province: Province, tmp_path: Path) -> Path:
    """The same home elsewhere, to be changed; Dagster's history starts anew."""
    home = tmp_path / "copy"
    shutil.copytree(
        province.home, home, symlinks=True, ignore=shutil.ignore_patterns("dagster", "dbt", "tmp")
    )
    return home


def fresh_home(province: Province, home: Path) -> Path:
    """Only what has landed, and the clock."""
    home.mkdir()
    shutil.copytree(province.home / "landing", home / "landing")
    shutil.copy(province.home / "clock", home / "clock")
    return home
