"""A release becomes current whole, or not at all."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.crash import every_crash
from tests.unit.publishing.small_warehouse import assert_whole
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import Settings

AS_OF = datetime(2021, 12, 8, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", keep_releases=2)


def publish(settings: Settings, run_id: str, minutes: int = 0) -> release.Release:
    directory = release.begin(settings, run_id)
    (directory / "parquet").mkdir()
    (directory / "parquet" / "a.parquet").write_bytes(run_id.encode())
    return release.finish(
        settings,
        run_id,
        as_of=AS_OF,
        released_at=AS_OF + timedelta(minutes=minutes),
        facts={"rows": {"marts.fct_doses": 3}},
    )


def test_before_the_first_release_there_is_none(settings: Settings) -> None:
    with pytest.raises(release.NoReleaseError, match="vax run"):
        release.current(settings)


def test_a_finished_release_is_current_and_its_manifest_names_every_file(
    settings: Settings,
) -> None:
    publish(settings, "run-1")
    current = release.current(settings)
    assert current.manifest["run_id"] == "run-1"
    assert current.manifest["rows"] == {"marts.fct_doses": 3}
    assert list(current.manifest["files"]) == ["parquet/a.parquet"]
    assert len(current.manifest["files"]["parquet/a.parquet"]["sha256"]) == 64
    assert json.loads((current.path / "manifest.json").read_text())["as_of"] == AS_OF.isoformat()


def test_a_release_under_construction_leaves_the_current_one_in_place(settings: Settings) -> None:
    publish(settings, "run-1")
    directory = release.begin(settings, "run-2")
    (directory / "half.parquet").write_bytes(b"half")
    assert release.current(settings).manifest["run_id"] == "run-1"


def test_what_a_killed_run_left_is_cleared_by_the_next(settings: Settings) -> None:
    leftover = release.begin(settings, "killed")
    (leftover / "half.parquet").write_bytes(b"half")
    release.begin(settings, "next")
    assert not leftover.exists()


def test_a_held_release_stays_readable_while_current_moves_on(settings: Settings) -> None:
    publish(settings, "run-1")
    held = release.current(settings)
    publish(settings, "run-2", minutes=1)
    assert held.path != release.current(settings).path
    assert (held.path / "parquet" / "a.parquet").read_bytes() == b"run-1"


def test_only_the_newest_releases_are_kept(settings: Settings) -> None:
    for number in range(4):
        publish(settings, f"run-{number}", minutes=number)
    kept = sorted(p.name for p in (settings.published / "releases").iterdir())
    assert len(kept) == 2
    assert release.current(settings).path.name == kept[-1]


def test_killed_at_any_step_the_old_or_the_new_release_is_current_and_every_release_is_whole(
    settings: Settings,
) -> None:
    """`keep_releases` is 2, so that each publication also drops one."""
    releases = settings.published / "releases"
    for minute in range(3):
        publish(settings, f"run-{minute}", minute)
    for crash in every_crash(lambda: publish(settings, "killed", minutes=crash_minute(settings))):
        assert release.current(settings).manifest["run_id"] in {"killed", "next", "run-2"}
        for path in releases.glob("[!.]*"):
            assert_whole(path)
        publish(settings, "next", minutes=100 * crash)
        assert release.current(settings).manifest["run_id"] == "next"
        assert len(list(releases.iterdir())) == 2
        assert_whole(release.current(settings).path)


def crash_minute(settings: Settings) -> int:
    """Later than the current release: names of releases are their times."""
    stood = datetime.fromisoformat(release.current(settings).manifest["released_at"])
    return int((stood - AS_OF).total_seconds()) // 60 + 1
