"""One province, played once for all tests of the whole pipeline, beside the tests before them."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.command import start, told
from tests.pipeline.stable import Stable

PEOPLE = 1500
PLAY = pytest.StashKey["Play"]()


@dataclass(frozen=True)
class Play:
    """`vax demo` at work in the background."""

    root: Path
    process: "subprocess.Popen[str]"


@dataclass(frozen=True)
class Province:
    """A home after `vax demo`, and what the command said."""

    home: Path
    said: dict[str, Any]

    @property
    def bi(self) -> Path:
        return self.home / "published" / "current" / "bi.duckdb"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin at once: the tests that come first leave a core idle."""
    is_needed = any("province" in getattr(item, "fixturenames", ()) for item in session.items)
    if is_needed and not session.config.option.collectonly:
        root = Path(tempfile.mkdtemp(prefix="province-"))
        demo = start("demo", "--people", str(PEOPLE), "--home", root / "home", "--json")
        session.config.stash[PLAY] = Play(root, demo)


def pytest_unconfigure(config: pytest.Config) -> None:
    play = config.stash.get(PLAY, None)
    if play is not None:
        play.process.kill()
        play.process.communicate()
        shutil.rmtree(play.root)


@pytest.fixture(scope="session")
def province(pytestconfig: pytest.Config) -> Province:
    play = pytestconfig.stash[PLAY]
    return Province(play.root / "home", told(play.process))


@pytest.fixture(scope="session")
def stable() -> Iterator[Stable]:
    """Runs without the seconds that a `vax` command takes to import everything."""
    stable = Stable()
    yield stable
    stable.close()


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
