"""Running again: nothing changes, whatever happened in between."""

from pathlib import Path

from tests.command import vax_json
from tests.tables import table_hashes


def without_escalations(hashes: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """The ledger is read back one run behind, so its copy differs by design."""
    return {name: value for name, value in hashes.items() if name != "ops.escalations"}


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
