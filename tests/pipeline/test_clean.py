"""Where nothing is wrong, next to nothing may be found: at most one error in 100,000 doses."""

from pathlib import Path

import duckdb
import pytest

from tests.command import vax, vax_json

PEOPLE = 50_000  # about 100,000 doses
SEED = 11


@pytest.mark.slow
def test_without_faults_there_is_at_most_one_error_in_100_000_doses(tmp_path: Path) -> None:
    vax("simulate", "--people", str(PEOPLE), "--seed", str(SEED), "--clean", "--out", tmp_path)
    home = tmp_path / "home"
    said = vax_json(
        "run", "--landing", tmp_path / "landing", "--home", home, "--as-of", "2021-12-08T08:00"
    )
    assert said["ok"]
    assert said["accounting"]["rejected"] == 0
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        [(doses, errors)] = connection.execute(
            "select (select count(*) from marts.fct_doses), "
            "(select count(*) from quality.findings where severity = 'error')"
        ).fetchall()
    assert doses > 100_000
    assert errors / doses <= 1 / 100_000
