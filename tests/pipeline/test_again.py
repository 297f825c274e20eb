"""Running again: nothing changes, and where nothing could, nothing is made."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.command import vax_json
from tests.pipeline.stable import Stable
from tests.pipeline.test_kept import bi_hashes, found_by_dbt
from tests.tables import MIRRORS, OF_THE_LEDGER, table_hashes, without

# Where hours go on by themselves; a release has them as of its as_of.
GOING_ON = (
    "intermediate.int_complaint_stays",
    "marts.complaint_clock_states",
    "marts.kpi_complaint_handlers",
    "marts.kpi_holding_times",
    "marts.wl_escalations",
    "marts.wl_facility_complaints",
)


def run_of_tables(home: Path) -> str:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        [(run_id,)] = connection.execute("select run_id from ops.run_context").fetchall()
    return run_id


def assert_made_from_the_first(home: Path) -> None:
    """The current release is the one before with what has changed: what both hold is one file."""
    first, second = sorted((home / "published" / "releases").iterdir())
    assert second == (home / "published" / "current").resolve()
    manifest = json.loads((second / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["bi"]["anew_because"] is None
    doses = [file.relative_to(second) for file in second.glob("parquet/fct_doses/*/*")]
    assert doses
    assert all((first / file).samefile(second / file) for file in doses)
    with duckdb.connect(str(second / "bi.duckdb"), read_only=True) as bi:
        for name, rows in manifest["rows"].items():
            assert bi.execute(f"select count(*) from {name}").fetchall() == [(rows,)]


def test_a_run_with_nothing_new_changes_nothing_but_reads_the_ledger_back(
    copy_of_province: Path, stable: Stable
) -> None:
    before = table_hashes(copy_of_province / "warehouse.duckdb")
    first = run_of_tables(copy_of_province)
    assert stable.start(copy_of_province, ()).status() == 0
    after = table_hashes(copy_of_province / "warehouse.duckdb")
    assert without(after, OF_THE_LEDGER) == without(before, OF_THE_LEDGER)
    assert all(before[mirror][0] == 0 < after[mirror][0] for mirror in MIRRORS[:2])
    second = run_of_tables(copy_of_province)
    assert second != first
    assert_made_from_the_first(copy_of_province)

    # Now the ledger says nothing new either: the release stands.
    release = (copy_of_province / "published" / "current").resolve()
    assert stable.start(copy_of_province, ()).status() == 0
    assert table_hashes(copy_of_province / "warehouse.duckdb") == after
    assert run_of_tables(copy_of_province) == second
    assert (copy_of_province / "published" / "current").resolve() == release

    # The release is lost: it is made again of tables of which dbt need not be asked about one.
    found = found_by_dbt(copy_of_province)
    (copy_of_province / "published" / "current").unlink()
    assert stable.start(copy_of_province, ()).status() == 0
    assert table_hashes(copy_of_province / "warehouse.duckdb") == after
    assert run_of_tables(copy_of_province) != second
    assert found_by_dbt(copy_of_province) == found
    assert bi_hashes(copy_of_province) == table_hashes(release / "bi.duckdb")


@pytest.mark.slow
def test_a_release_stands_exactly_as_long_as_a_new_one_would_say_the_same(
    copy_of_province: Path,
) -> None:
    def run(at: datetime, *options: str) -> dict[str, Any]:
        return vax_json("run", "--home", copy_of_province, "--as-of", at.isoformat(), *options)

    with duckdb.connect(str(copy_of_province / "warehouse.duckdb"), read_only=True) as connection:
        [(as_of, until)] = connection.execute(
            "select as_of, stands_until from ops.standing"
        ).fetchall()
    read_back = run(as_of)
    assert not read_back["unchanged"]
    before = without(table_hashes(copy_of_province / "warehouse.duckdb"), GOING_ON)
    just_before = until - timedelta(microseconds=1)

    stood = run(just_before)
    assert stood["unchanged"]
    assert stood["release"] == read_back["release"]
    made_anew = run(just_before, "--full")
    assert not made_anew["unchanged"]
    assert without(table_hashes(copy_of_province / "warehouse.duckdb"), GOING_ON) == before
    assert not run(until)["unchanged"]
    assert without(table_hashes(copy_of_province / "warehouse.duckdb"), GOING_ON) != before
