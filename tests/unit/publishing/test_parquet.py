"""Parquet files of months that hold the same rows are those of the release before."""

import errno
import os
from pathlib import Path

import duckdb
import pytest

from tests.unit.publishing.small_warehouse import (
    BY_DIFFERENCE,
    Small,
    assert_whole,
    small_warehouse,
)
from vax_pipeline.core.publishing import parquet
from vax_pipeline.core.publishing.difference import Limits

ALL_ANEW = Limits(small_rows=10**9)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    return small_warehouse(tmp_path, monkeypatch)


def inodes(release: Path) -> dict[str, int]:
    """Of each parquet file, by the month or table it is of."""
    return {
        (file.parent.name if "=" in file.parent.name else file.name): file.stat().st_ino
        for file in (release / "parquet").rglob("*.parquet")
    }


def shared(one: Path, other: Path) -> set[str]:
    return {name for name, inode in inodes(one).items() if inodes(other).get(name) == inode}


@pytest.mark.parametrize("limits", [BY_DIFFERENCE, ALL_ANEW], ids=["difference", "anew"])
def test_only_months_with_other_rows_have_a_file_of_their_own(small: Small, limits: Limits) -> None:
    _, first = small.publish(limits)
    small.run("update $t set remark = 'anders' where injected_on = date '2021-10-05'")
    small.run("update $t set tags = ['x'] where injected_on is null and citizen_key = 'k0'")
    _, second = small.publish(limits)
    assert shared(first.path, second.path) == {"injection_month=2021-09", "findings.parquet"}
    assert inodes(second.path).keys() == inodes(first.path).keys()
    for release in (first, second):
        assert_whole(release.path)


def test_a_dose_that_moves_changes_the_month_it_leaves_and_the_one_it_comes_to(
    small: Small,
) -> None:
    _, first = small.publish()
    small.run("update $t set injected_on = date '2021-12-01' where injected_on = date '2021-10-05'")
    _, second = small.publish()
    unknown = "injection_month=unknown"
    assert shared(first.path, second.path) == {
        "injection_month=2021-09",
        unknown,
        "findings.parquet",
    }
    assert "injection_month=2021-12" in inodes(second.path)


@pytest.mark.parametrize("large_rows", [1, 10**9], ids=["each", "together"])
def test_every_row_is_in_the_file_of_its_month(
    small: Small, monkeypatch: pytest.MonkeyPatch, large_rows: int
) -> None:
    monkeypatch.setattr(parquet, "_LARGE_ROWS", large_rows)
    for key, day in {
        "k1": "1958-03-01",
        "k2": "2019-12-31",
        "k3": "2020-01-01",
        "k4": "2021-02-28",
    }.items():
        small.run(f"update $t set injected_on = date '{day}' where citizen_key = '{key}'")
    _, release = small.publish()
    assert_whole(release.path)
    found = duckdb.execute(
        "select distinct injection_month, injected_on::varchar "
        f"from read_parquet('{release.path}/parquet/*/*/*.parquet', hive_partitioning = true, "
        "hive_types_autocast = false)"
    ).fetchall()
    months = {day: month for month, day in found}
    assert len(months) == len(found)
    named = {
        None: "unknown",
        "1958-03-01": "before_2020",
        "2019-12-31": "before_2020",
        "2020-01-01": "2020-01",
        "2021-02-28": "2021-02",
    }
    assert named.items() <= months.items()
    assert all(month == day[:7] for day, month in months.items() if day not in named)


def test_a_month_that_lost_all_its_rows_is_gone(small: Small) -> None:
    _, first = small.publish()
    small.run("delete from $t where month(injected_on) = 10")
    _, second = small.publish()
    assert inodes(first.path).keys() - inodes(second.path).keys() == {"injection_month=2021-10"}


def test_a_full_release_shares_no_file(small: Small) -> None:
    _, first = small.publish()
    _, second = small.publish(is_full=True)
    assert shared(first.path, second.path) == set()


def test_a_dropped_release_leaves_the_files_it_shared(small: Small) -> None:
    small.settings = small.settings.model_copy(update={"keep_releases": 1})
    _, first = small.publish()
    _, second = small.publish()
    assert not first.path.exists()
    assert inodes(second.path)
    assert_whole(second.path)


def test_where_files_can_have_one_name_only_they_are_copied(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    _, first = small.publish()
    _, second = small.publish()
    assert shared(first.path, second.path) == set()
    assert_whole(second.path)
    assert second.manifest["files"].keys() == first.manifest["files"].keys()
