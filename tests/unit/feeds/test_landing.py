"""What the landing folder holds: settled files, files to wait for, and what fits nowhere."""

import os
from datetime import date
from pathlib import Path

import pytest

from vax_pipeline.core.feeds.landing import Landing, discover
from vax_pipeline.core.feeds.places import LocalPlace, PlaceError
from vax_pipeline.core.feeds.settling import Settling

FEEDS = ("doses", "complaints")
WRITTEN = 1_700_000_000.0


def put(landing: Path, name: str, age: float = 0.0) -> Path:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    os.utime(path, (WRITTEN - age, WRITTEN - age))
    return path


def look(landing: Path, settle_seconds: float = 30, after: float = 0.0) -> Landing:
    """What a look some seconds after WRITTEN finds, and remembers for the next."""
    settling = Settling(settle_seconds, landing.parent / "seen.json", WRITTEN + after)
    found = discover(LocalPlace(landing), FEEDS, settling)
    settling.remember()
    return found


def names(files: tuple[object, ...]) -> list[str]:
    return [file.name for file in files]  # type: ignore[attr-defined]


def test_a_settled_file_is_found_with_its_feed_and_delivery_date(tmp_path: Path) -> None:
    put(tmp_path, "doses/2021-11-08/a.csv", age=31)
    (file,) = look(tmp_path).files
    assert (file.feed, file.delivery_date, file.name) == (
        "doses",
        date(2021, 11, 8),
        "doses/2021-11-08/a.csv",
    )


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.TMP"])
def test_an_unfinished_name_waits_however_old_it_is(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"doses/2021-11-08/{name}", age=9999)
    found = look(tmp_path)
    assert (found.files, len(found.waiting)) == ((), 1)


def test_a_young_file_waits_until_it_has_settled(tmp_path: Path) -> None:
    put(tmp_path, "doses/2021-11-08/a.csv", age=29)
    assert names(look(tmp_path).waiting) == ["doses/2021-11-08/a.csv"]
    assert names(look(tmp_path, settle_seconds=0).files) == ["doses/2021-11-08/a.csv"]


def test_a_time_far_ahead_of_this_machine_tells_nothing_so_two_looks_decide(tmp_path: Path) -> None:
    """Another machine's clock: the file may be in the middle of being written."""
    file = put(tmp_path / "landing", "doses/2021-11-08/a.csv", age=-3600)
    assert names(look(tmp_path / "landing").waiting) == ["doses/2021-11-08/a.csv"]
    assert look(tmp_path / "landing", after=29).files == ()
    file.write_text("xx")
    os.utime(file, (WRITTEN + 3600, WRITTEN + 3600))
    assert look(tmp_path / "landing", after=31).files == ()  # changed meanwhile: from the start
    assert names(look(tmp_path / "landing", after=61).files) == ["doses/2021-11-08/a.csv"]


def test_a_time_a_little_ahead_is_just_written(tmp_path: Path) -> None:
    put(tmp_path, "doses/2021-11-08/a.csv", age=-3)
    assert names(look(tmp_path).waiting) == ["doses/2021-11-08/a.csv"]
    assert names(look(tmp_path, after=34).files) == ["doses/2021-11-08/a.csv"]


def test_a_file_that_keeps_being_written_waits_for_as_long(tmp_path: Path) -> None:
    file = put(tmp_path, "doses/2021-11-08/a.csv")
    for seconds in range(0, 300, 20):
        os.utime(file, (WRITTEN + seconds, WRITTEN + seconds))
        assert look(tmp_path, after=seconds + 19).files == ()
    assert names(look(tmp_path, after=311).files) == ["doses/2021-11-08/a.csv"]


def test_hidden_files_are_nobody_s_business(tmp_path: Path) -> None:
    put(tmp_path, "doses/2021-11-08/.a.csv", age=99)
    put(tmp_path, ".DS_Store", age=99)
    assert look(tmp_path) == Landing((), (), ())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("dose/2021-11-08/a.csv", "unknown_feed"),
        ("doses/08-11-2021/a.csv", "not_a_date"),
        ("doses/20211108/a.csv", "not_a_date"),
        ("doses/2021-02-30/a.csv", "not_a_date"),
        ("doses/2021-11-08/more/a.csv", "nested_folder"),
        ("doses/a.csv", "stray_file"),
        ("a.csv", "stray_file"),
    ],
)
def test_what_fits_nowhere_is_reported(tmp_path: Path, name: str, code: str) -> None:
    put(tmp_path, name, age=99)
    found = look(tmp_path)
    assert ([problem.code for problem in found.problems], found.files) == ([code], ())


def test_a_missing_landing_folder_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="create or mount it"):
        look(tmp_path / "no")


@pytest.fixture
def closed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder whose owner lets nobody in; by a stand-in, since root may list anything."""
    put(tmp_path, "doses/2021-11-08/a.csv", age=99)
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if str(folder).endswith("2021-11-08"):
            raise PermissionError(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    return "doses/2021-11-08"


def test_a_folder_that_may_not_be_listed_is_told_and_the_others_are_read(
    tmp_path: Path, closed_folder: str
) -> None:
    put(tmp_path, "doses/2021-11-09/b.csv", age=99)
    found = look(tmp_path)
    assert names(found.files) == ["doses/2021-11-09/b.csv"]
    assert [(p.name, p.code) for p in found.problems] == [(closed_folder, "closed_folder")]
    assert found.closed == {("doses", date(2021, 11, 8))}


def test_a_disk_that_fails_is_an_error_and_no_short_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> object:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(os, "scandir", fail)
    with pytest.raises(PlaceError, match="can't be listed"):
        look(tmp_path)


def test_only_the_dates_asked_for_are_looked_at(tmp_path: Path) -> None:
    put(tmp_path, "doses/2021-11-08/a.csv", age=99)
    put(tmp_path, "doses/2021-11-09/b.csv", age=99)
    put(tmp_path, "doses/not a date/b.csv", age=99)
    settling = Settling(0, tmp_path / "seen.json", WRITTEN)
    found = discover(LocalPlace(tmp_path), FEEDS, settling, [date(2021, 11, 9), date(2021, 11, 10)])
    assert (names(found.files), found.problems) == (["doses/2021-11-09/b.csv"], ())
