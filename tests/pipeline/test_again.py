"""Running again: nothing changes."""

from pathlib import Path

from tests.pipeline.stable import Stable
from tests.tables import Hashes, table_hashes

MIRRORS = ("ops.escalations", "ops.identity_requests", "ops.person_decisions")
OF_THE_LEDGER = (*MIRRORS, "marts.wl_escalations")  # the mirrors, and what only shows them


def without_mirrors(tables: Hashes) -> Hashes:
    """The ledger is read back one run behind, so its copies differ by design."""
    return {name: found for name, found in tables.items() if name not in OF_THE_LEDGER}


def test_a_run_with_nothing_new_changes_nothing_but_reads_the_ledger_back(
    copy_of_province: Path, stable: Stable
) -> None:
    before = table_hashes(copy_of_province / "warehouse.duckdb")
    assert stable.start(copy_of_province, ()).status() == 0
    after = table_hashes(copy_of_province / "warehouse.duckdb")
    assert without_mirrors(after) == without_mirrors(before)
    assert all(before[mirror][0] == 0 < after[mirror][0] for mirror in MIRRORS[:2])
