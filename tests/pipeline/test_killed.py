"""kill -9 at random instants of loading, dbt, linking, checking and publishing, then the next run.

Between a kill and the next run nothing half is visible; after it all is as if nothing had happened. The
instants come from VAX_KILL_SEED, which is printed with the phases that were hit.
"""

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.pipeline.conftest import Province, fresh_home
from tests.pipeline.killing import PHASES, Commanded, Killer, states_of_runs
from tests.pipeline.leftovers import Fingerprint, assert_nothing_is_half, files_in_raw
from tests.pipeline.stable import Stable
from tests.pipeline.test_again import OF_THE_LEDGER
from tests.tables import Hashes, table_hashes
from vax_pipeline.core import clock
from vax_pipeline.core.settings import Settings

# What the tables of a phase are called: by its end they are as in an undisturbed run.
TABLES = {
    "loading": ("raw.",),
    "dbt before linking": ("raw.", "staging.", "intermediate.int_"),
    "linking": ("raw.", "staging.", "intermediate."),
    "dbt after linking": ("",),
    "checking": ("",),
    "publishing": ("",),
}
IN_CI = {
    "loading": 2,
    "dbt before linking": 3,
    "linking": 2,
    "dbt after linking": 3,
    "checking": 2,
    "publishing": 4,
}
OF_LARGE_FILES = 4
READ_BACK = frozenset(OF_THE_LEDGER)
ROWS_OF_A_LARGE_FILE = 50_000


@dataclass(frozen=True)
class Undisturbed:
    """What a run leaves that nobody killed."""

    tables: Hashes
    published: Hashes
    files: dict[str, Fingerprint]


@pytest.fixture(scope="module")
def undisturbed(province: Province) -> Undisturbed:
    warehouse = province.home / "warehouse.duckdb"
    return Undisturbed(table_hashes(warehouse), table_hashes(province.bi), files_in_raw(warehouse))


def walk(killer: Killer, home: Path, undisturbed: Undisturbed, kills: Mapping[str, int]) -> None:
    """Through the phases of a run: each is killed some times in a row, then runs to its end."""
    for phase, steps in PHASES.items():
        for _ in range(kills[phase]):
            killer.kill(home, steps)
            assert_nothing_is_half(home, undisturbed.files)
        killer.finish(home, steps)
        made = of_phase(table_hashes(home / "warehouse.duckdb"), phase)
        assert {n: made[n] for n in made if made[n] != undisturbed.tables.get(n)} == {}, phase
    assert_it_is_as_if_nothing_had_happened(home, undisturbed)


def of_phase(tables: Hashes, phase: str) -> Hashes:
    return {name: found for name, found in tables.items() if name.startswith(TABLES[phase])}


def assert_it_is_as_if_nothing_had_happened(
    home: Path, undisturbed: Undisturbed, apart_from: frozenset[str] = frozenset()
) -> None:
    assert_nothing_is_half(home, undisturbed.files)
    for file, tables in (
        (home / "warehouse.duckdb", undisturbed.tables),
        (home / "published" / "current" / "bi.duckdb", undisturbed.published),
    ):
        found = table_hashes(file)
        assert {n: found[n] for n in found if n not in apart_from} == {
            n: tables[n] for n in tables if n not in apart_from
        }
    assert not any((home / "published").rglob(".*"))
    assert not any((home / "data_docs").glob(".*"))
    assert not any((home / "tmp").glob("*.tmp"))
    assert {state for _, state in states_of_runs(home)} == {"SUCCESS", "FAILURE"}


def test_a_run_killed_in_every_phase_ends_as_one_that_nobody_killed(
    killer: Killer, province: Province, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    home = fresh_home(province, tmp_path / "killed")
    killer.kill_anywhere(home, lambda: Commanded("--home", home), lasts=30)
    assert_nothing_is_half(home, undisturbed.files)
    walk(killer, home, undisturbed, IN_CI)
    assert len(killer.hits) == 1 + sum(IN_CI.values())
    assert_hit(killer, IN_CI)


def assert_hit(killer: Killer, kills: Mapping[str, int], times: int = 1) -> None:
    hit = Counter(hit.phase for hit in killer.hits)
    assert {phase: hit[phase] for phase in kills if hit[phase] < times * kills[phase]} == {}


def test_large_files_are_loaded_whole_or_not_at_all(
    killer: Killer, stable: Stable, tmp_path: Path
) -> None:
    """They share a transaction, which is open most of the time that loading takes."""
    homes = [home_with_large_files(tmp_path / "undisturbed"), tmp_path / "killed"]
    shutil.copytree(*homes)
    steps = ("raw__doses",)
    killer.finish(homes[0], steps)
    whole = files_in_raw(homes[0] / "warehouse.duckdb")
    for _ in range(OF_LARGE_FILES):
        killer.kill(homes[1], steps)
        assert_nothing_is_half(homes[1], whole)
    killer.finish(homes[1], steps)
    assert files_in_raw(homes[1] / "warehouse.duckdb") == whole
    assert sum(rows for of_file in whole.values() for rows, _ in of_file.values()) > 150_000
    assert_hit(killer, {"loading": OF_LARGE_FILES})


def home_with_large_files(home: Path) -> Path:
    settings = Settings(home=home)
    folder = settings.landing / "doses" / "2021-09-01"
    folder.mkdir(parents=True)
    clock.freeze(settings.clock_file, datetime(2021, 12, 8, 1, tzinfo=UTC))
    columns = (
        "source_record_id", "entered_at", "entered_by_facility_code", "full_name", "date_of_birth",
        "sex", "id_number", "dose_label", "vaccine_name", "lot_number", "injected_at",
    )  # fmt: skip
    for name in ("a", "b", "c"):
        lines = (
            f"{name}{number},2021-09-01 08:00,75-001,Nguyễn Văn An,01/02/1990,Nam,075090{number:06},"
            "Mũi 1,AstraZeneca,NJ0342,2021-08-31"
            for number in range(ROWS_OF_A_LARGE_FILE)
        )
        text = "\n".join([",".join(columns), *lines, "too,few"])
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return home


@pytest.mark.slow
def test_nine_walks_of_twenty_one_kills_leave_what_none_would(
    killer: Killer, province: Province, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    kills = {phase: number + 1 for phase, number in IN_CI.items()} | {"publishing": 4}
    for number in range(9):
        home = fresh_home(province, tmp_path / f"walk-{number}")
        walk(killer, home, undisturbed, kills)
    assert len(killer.hits) == 9 * sum(kills.values())
    assert_hit(killer, kills, times=9)


@pytest.mark.slow
def test_four_whole_runs_killed_three_times_each_leave_what_none_would(
    killer: Killer, province: Province, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """With those of the walks above these are two hundred kills.

    A run killed when it had done all has asked the police already: the next one reads that back.
    """
    whole_run = sum(killer.lasts[steps] for steps in PHASES.values())
    for number in range(4):
        home = fresh_home(province, tmp_path / f"whole-{number}")
        for _ in range(3):
            killer.kill_anywhere(home, partial(Commanded, "--home", home), 10 + whole_run)
            assert_nothing_is_half(home, undisturbed.files)
        killer.finish(home)
        assert_it_is_as_if_nothing_had_happened(home, undisturbed, READ_BACK)
    assert len(killer.hits) == 12
