"""A manifest older than what it was parsed from is refused, and the sentence says what to do."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from vax_pipeline.defs.transform import project


@pytest.fixture
def dbt_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A parsed project: all its files are of one instant."""
    for name in ("dbt_project.yml", "models/a.sql", "models/a.yml", "seeds/a.csv", "seeds/make.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    manifest = tmp_path / "target" / "manifest.json"
    manifest.parent.mkdir()
    manifest.touch()
    for file in tmp_path.rglob("*.*"):
        os.utime(file, (0, 0))
    parsed = manifest.with_name("partial_parse.msgpack")
    parsed.touch()
    monkeypatch.setattr(project, "PARSED", parsed)
    monkeypatch.setattr(project, "DBT_PROJECT_DIR", tmp_path)
    monkeypatch.setattr(project, "dbt_project", SimpleNamespace(manifest_path=manifest))
    return tmp_path


def test_a_manifest_as_old_as_its_files_is_taken(dbt_dir: Path) -> None:
    assert project.manifest_path() == dbt_dir / "target" / "manifest.json"


@pytest.mark.parametrize("name", ["dbt_project.yml", "models/a.sql", "models/a.yml", "seeds/a.csv"])
def test_one_older_than_a_file_is_refused(dbt_dir: Path, name: str) -> None:
    (dbt_dir / name).touch()
    with pytest.raises(RuntimeError, match=f"{name} is newer .* run `make setup`"):
        project.manifest_path()


def test_what_dbt_does_not_parse_makes_nothing_older(dbt_dir: Path) -> None:
    (dbt_dir / "seeds" / "make.py").touch()
    assert project.manifest_path().exists()


@pytest.mark.parametrize("name", ["manifest.json", "partial_parse.msgpack"])
def test_without_one_it_says_how_to_get_it(dbt_dir: Path, name: str) -> None:
    (dbt_dir / "target" / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing: run `make setup`"):
        project.manifest_path()
