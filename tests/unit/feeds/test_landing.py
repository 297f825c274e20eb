"""What the landing folder holds: settled files, files to wait for, and what fits nowhere."""

import os
from datetime import date
from pathlib import Path

import pytest

from vax_pipeline.core.feeds.landing import Landing, discover
from vax_pipeline.core.feeds.pending import marks

FEEDS = ("doses", "complaints")
WRITTEN = 1_700_000_000.0


def put(landing: Path, name: str, age: float = 0.0) -> Path:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    os.utime(path, (WRITTEN - age, WRITTEN - age))
    return path


def look(landing: Path, settle_seconds: float = 30) -> Landing:
    return discover(landing, FEEDS, settle_seconds, machine_time=WRITTEN)


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


def test_a_time_ahead_of_this_machine_is_not_just_written(tmp_path: Path) -> None:
    put(tmp_path, "doses/2021-11-08/a.csv", age=-3600)
    assert names(look(tmp_path).files) == ["doses/2021-11-08/a.csv"]


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


def test_a_missing_landing_folder_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    assert [p.code for p in look(tmp_path / "no").problems] == ["missing"]


def marked(landing: Path) -> dict[date, str]:
    return marks((f.delivery_date, f.name, f.size, f.mtime_ns) for f in look(landing).files)


def test_a_mark_changes_with_the_files_of_its_own_date_only(tmp_path: Path) -> None:
    put(tmp_path, "doses/2021-11-08/a.csv", age=99)
    put(tmp_path, "doses/2021-11-09/b.csv", age=99)
    before = marked(tmp_path)
    put(tmp_path, "doses/2021-11-09/b.csv", age=98)
    after = marked(tmp_path)
    changed = {day for day in before if before[day] != after[day]}
    assert changed == {date(2021, 11, 9)}
    assert marked(tmp_path) == after


def test_only_the_dates_asked_for_are_looked_at(tmp_path: Path) -> None:
    put(tmp_path, "doses/2021-11-08/a.csv", age=99)
    put(tmp_path, "doses/2021-11-09/b.csv", age=99)
    found = discover(tmp_path, FEEDS, 0, dates=[date(2021, 11, 9)], machine_time=WRITTEN)
    assert names(found.files) == ["doses/2021-11-09/b.csv"]
