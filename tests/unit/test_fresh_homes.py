"""What is made anew is never somebody's own: neither the bench nor the demo clears a home of deliveries."""

from pathlib import Path

import pytest
import typer

from vax_pipeline.cli.bench.shared import fresh_home
from vax_pipeline.cli.demo import may_clear
from vax_pipeline.core.settings import Settings


def test_the_bench_makes_its_own_home_anew(tmp_path: Path) -> None:
    home = fresh_home(tmp_path / "measured")
    (home / "warehouse.duckdb").touch()
    assert [file.name for file in fresh_home(home).iterdir()] == ["bench"]


def test_the_bench_refuses_a_folder_that_holds_something_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letters = tmp_path / "letters.txt"
    letters.touch()
    with pytest.raises(typer.Exit):
        fresh_home(tmp_path)
    assert letters.exists()
    assert "give the bench another --home" in " ".join(capsys.readouterr().err.split())


def test_the_demo_clears_its_own_home_and_an_empty_one(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert may_clear(settings)
    (tmp_path / "landing" / "doses").mkdir(parents=True)
    assert may_clear(settings)
    (tmp_path / "truth").mkdir()
    (tmp_path / "warehouse.duckdb").touch()
    assert may_clear(settings)


@pytest.mark.parametrize("theirs", ["warehouse.duckdb", "landing/doses/2021-11-08/doses.csv"])
def test_the_demo_refuses_a_home_that_somebody_works_in(tmp_path: Path, theirs: str) -> None:
    (tmp_path / theirs).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / theirs).touch()
    assert not may_clear(Settings(home=tmp_path))
