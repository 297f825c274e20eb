"""Tables kept from run to run and brought up to date hold what a full load holds, row for row."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.command import vax_json
from tests.pipeline.conftest import Province
from tests.pipeline.killing import Killer
from tests.pipeline.second_thoughts import (
    Thought,
    deliver_second_thoughts,
    sign_in_advance,
)
from tests.tables import Hashes, table_hashes
from vax_pipeline.cli.demo import DEMO_UNTIL
from vax_pipeline.core import schemas
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.untouched import AFTER_LINKING
from vax_pipeline.defs.transform.project import manifest_path

# The last days of the province, and what is known at the end of each.
DAYS = ("2021-12-06", "2021-12-07", "2021-12-08")


def deliver_until(
    whole: Path, landing: Path, day: str, *, but_complaints: bool = False
) -> list[Path]:
    """Lay all deliveries until that day into the landing folder; returns the files new there."""
    landed: list[Path] = []
    for file in sorted(p for p in whole.glob("*/*/*") if p.parent.name <= day):
        if but_complaints and file.parts[-3].startswith("complaint"):
            continue
        target = landing / file.relative_to(whole)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
            landed.append(target)
    return landed


def run_at(home: Path, instant: str, killer: Killer, kills: int = 0, within: float = 0.0) -> None:
    """Run to the end, after so many runs that were killed within so many seconds."""
    (home / "clock").write_text(instant, encoding="utf-8")
    for _ in range(kills):
        killer.kill_anywhere(home, lambda: killer.stable.start(home, ()), within)
    status = killer.stable.start(home, ()).status()
    assert status == 0, f"the run at {instant} failed: see {home}.log"


def is_full(home: Path) -> bool:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        [(full,)] = connection.execute(f"select is_full from {schemas.RUN_CONTEXT.sql}").fetchall()
    return full


def left_standing(home: Path) -> set[str]:
    """Models and seeds that the last run did not make again, of those after linking."""
    results = json.loads((home / "dbt" / "run_results.json").read_text(encoding="utf-8"))["results"]
    made = {r["unique_id"] for r in results if r["message"] != "STANDS"}
    nodes = json.loads(manifest_path().read_text(encoding="utf-8"))["nodes"]
    after = {u for u, node in nodes.items() if AFTER_LINKING.tag in node["tags"]}
    return {unique_id.rsplit(".", 1)[-1] for unique_id in after - made}


def found_by_dbt(home: Path) -> set[tuple[str, str, int, int]]:
    """What dbt's tests of the last run said, of those that stood too."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select check_name, status, evaluated, failed "
            f"from {schemas.CHECK_RESULTS.sql} semi join {schemas.RUN_CONTEXT.sql} using (run_id) "
            "where engine = 'dbt'"
        ).fetchall()
    assert len(rows) == len(set(rows))
    return set(rows)


def bi_hashes(home: Path) -> Hashes:
    return table_hashes(release.current(Settings(home=home)).bi)


def check_days_against_one_build(
    whole: Path, home: Path, now: str, killer: Killer, *, kills: int, within: float
) -> None:
    """Three days, with a file that came in part, one that is nobody's, second thoughts; complaints; all.

    Runs that bring up to date are killed some times, each `within` seconds: what had changed stays noted.
    """
    (home / "landing").mkdir(parents=True)
    thoughts: list[Thought] = []
    for day in DAYS:
        landed = deliver_until(whole, home / "landing", day, but_complaints=day == DAYS[2])
        assert landed
        if day == DAYS[1]:
            cut = max((p for p in landed if p.parts[-3] == "doses"), key=lambda p: p.stat().st_size)
            content = cut.read_bytes()
            cut.write_bytes(content[: len(content) // 2])
            stray = shutil.copy2(
                max((whole / "doses").glob("*/*.csv"), key=lambda p: p.stat().st_size),
                cut.with_name("stray.csv"),
            )
            signed, in_advance = sign_in_advance(home, day)
        elif day == DAYS[2]:
            shutil.copy2(whole / cut.relative_to(home / "landing"), cut)
            assert in_advance.came_true(home)
            for withdrawn in (stray, signed):
                withdrawn.unlink()
            thoughts = deliver_second_thoughts(home, day)
        run_at(home, now.replace(DAYS[2], day), killer, kills if day == DAYS[2] else 0, within)
        assert is_full(home) == (day == DAYS[0])
    assert not left_standing(home) & {"fct_doses", "flag_lots"}
    assert thoughts
    assert not in_advance.came_true(home)
    assert [t.what for t in thoughts if t.came_true(home) == t.is_later] == []
    assert deliver_until(whole, home / "landing", DAYS[2])
    later = now.replace("T01", "T06")
    run_at(home, later, killer, kills, within)  # complaints alone
    assert [t.what for t in thoughts if t.is_later and not t.came_true(home)] == []
    assert left_standing(home) >= {"flag_lots"}
    assert not left_standing(home) & {"fct_complaints", "int_complaint_claims"}
    # What the last run asked of the police, if it did, is in the ledger by now.
    run_at(home, later, killer)
    assert not is_full(home)
    kept, published = table_hashes(home / "warehouse.duckdb"), bi_hashes(home)
    found = found_by_dbt(home)

    vax_json("run", "--full", "--home", home)

    assert is_full(home)
    assert table_hashes(home / "warehouse.duckdb") == kept
    assert bi_hashes(home) == published
    assert found_by_dbt(home) == found


def test_tables_brought_up_to_date_day_by_day_are_those_made_anew(
    province: Province, killer: Killer, tmp_path: Path
) -> None:
    now = (province.home / "clock").read_text(encoding="utf-8")
    check_days_against_one_build(
        province.home / "landing", tmp_path / "home", now, killer, kills=1, within=25
    )
    assert len(killer.hits) == 2


@pytest.mark.slow
def test_so_are_those_of_a_million_doses(
    province: Province, killer: Killer, tmp_path: Path
) -> None:
    now = (province.home / "clock").read_text(encoding="utf-8")
    made = tmp_path / "made"
    vax_json("simulate", "--people", "480000", "--until", DEMO_UNTIL.isoformat(), "--out", made)
    check_days_against_one_build(
        made / "landing", tmp_path / "home", now, killer, kills=3, within=60
    )
    assert len(killer.hits) == 6
