"""Running again: nothing changes."""

from pathlib import Path

from tests.pipeline.stable import Stable
from tests.tables import Hashes, table_hashes


def without_escalations(tables: Hashes) -> Hashes:
    """The ledger is read back one run behind, so its copy differs by design."""
    return {name: found for name, found in tables.items() if name != "ops.escalations"}


def test_a_run_with_nothing_new_changes_nothing_but_reads_the_ledger_back(
    copy_of_province: Path, stable: Stable
) -> None:
    before = table_hashes(copy_of_province / "warehouse.duckdb")
    assert stable.start(copy_of_province, ()).status() == 0
    after = table_hashes(copy_of_province / "warehouse.duckdb")
    assert without_escalations(after) == without_escalations(before)
    assert before["ops.escalations"][0] == 0
    assert after["ops.escalations"][0] > 0
