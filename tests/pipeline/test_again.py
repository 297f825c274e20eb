"""Running again: nothing changes, whatever happened in between."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.command import start, vax, vax_json
from tests.pipeline.conftest import Province
from tests.tables import table_hashes


def fresh_home(province: Province, home: Path) -> Path:
    """Only what has landed, and the clock."""
    home.mkdir()
    shutil.copytree(province.home / "landing", home / "landing")
    shutil.copy(province.home / "clock", home / "clock")
    return home


def without_escalations(hashes: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """The ledger is read back one run behind, so its copy differs by design."""
    return {name: value for name, value in hashes.items() if name != "ops.escalations"}


def kill_once(home: Path, until_table: str) -> None:
    """Start a run and kill -9 it, children too, once a table exists."""
    process = start("run", "--home", home)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if _appeared(home, until_table):
            break
        time.sleep(0.2)
    assert process.poll() is None, "the run ended before it could be killed"
    for pid in [*_children(process.pid), process.pid]:
        os.kill(pid, signal.SIGKILL)
    process.wait()


def _appeared(home: Path, what: str) -> bool:
    return any(home.glob(what))


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


@pytest.mark.parametrize(
    "moment",
    [
        "dbt/run/**/int_persons.sql",  # in the middle of the second dbt group
        pytest.param("warehouse.duckdb.wal", marks=pytest.mark.slow),  # while loading
        pytest.param("dbt/run/**/stg_doses.sql", marks=pytest.mark.slow),
        pytest.param("published/releases/.building-*/bi.duckdb", marks=pytest.mark.slow),
    ],
)
def test_after_a_kill_the_next_run_leaves_the_same_tables(
    province: Province, tmp_path: Path, moment: str
) -> None:
    home = fresh_home(province, tmp_path / "killed")
    kill_once(home, moment)
    vax("run", "--home", home)
    assert without_escalations(table_hashes(home / "warehouse.duckdb")) == without_escalations(
        table_hashes(province.home / "warehouse.duckdb")
    )
    assert not list((home / "published" / "releases").glob(".building-*"))


def test_a_run_with_nothing_new_changes_nothing_but_reads_the_ledger_back(
    copy_of_province: Path,
) -> None:
    before = table_hashes(copy_of_province / "warehouse.duckdb")
    said = vax_json("run", "--home", copy_of_province)
    after = table_hashes(copy_of_province / "warehouse.duckdb")
    assert said["ok"]
    assert without_escalations(after) == without_escalations(before)
    assert before["ops.escalations"][0] == 0
    assert after["ops.escalations"][0] > 0
