"""The project's own generic tests can fail, and name the rows at fault by keys that are nobody's."""

import json
from pathlib import Path

import pytest
from staged import run_dbt

from checks.outcome import CheckOutcome
from vax_pipeline.core import warehouse
from vax_pipeline.core.dbt_results import read_test_outcomes
from vax_pipeline.core.settings import Settings

TESTS = (
    "fct_doses_key",
    "fct_doses_never_null",
    "kpi_province_daily_key",
    "int_citizens__current_key",
    "int_citizens__current_alternate_key",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse with as much of three tables as the tests look at, and nothing wrong in them."""
    settings = Settings(home=tmp_path)
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        for statement in (
            "create table marts.fct_doses as select * from (values "
            "('d1', 'c1', 'MATCH', 'valid'), ('d2', 'c1', 'MATCH', 'valid')) "
            "as made(dose_id, citizen_key, verification_status, verdict)",
            "create table marts.kpi_province_daily as select * from (values "
            "('75', date '2021-12-07'), ('75', date '2021-12-08'), ('79', date '2021-12-08')) "
            "as made(province_code, day)",
            "create table intermediate.int_citizens__current (citizen_id varchar, citizen_key uuid)",
            "insert into intermediate.int_citizens__current values "
            f"('075085000123', '{1:032x}'), ('075085000124', '{2:032x}')",
        ):
            connection.execute(statement)
    return settings


def test_sound_tables_pass(settings: Settings) -> None:
    run_dbt(settings, "test", "--select", *TESTS)
    outcomes = _outcomes(settings)
    assert outcomes.keys() == set(TESTS)
    assert {(o.status, o.failed) for o in outcomes.values()} == {("passed", 0)}


def test_nulls_and_duplicates_are_counted_by_row_and_shown_by_safe_keys(settings: Settings) -> None:
    with warehouse.writer(settings) as connection:
        for statement in (
            "insert into marts.fct_doses values ('d2', 'c2', 'MATCH', 'valid'), "
            "(null, 'c3', 'MATCH', 'valid'), (null, 'c4', 'MATCH', 'valid'), "
            "('d5', null, null, 'valid'), ('d6', 'c6', 'MATCH', null), (null, null, 'MATCH', 'valid')",
            "insert into marts.kpi_province_daily values ('79', date '2021-12-08'), ('79', null)",
            f"insert into intermediate.int_citizens__current values ('075085000124', '{2:032x}')",
        ):
            connection.execute(statement)
    with pytest.raises(RuntimeError, match="fct_doses_key"):
        run_dbt(settings, "test", "--select", *TESTS)
    outcomes = _outcomes(settings)
    found = {name: (o.status, o.failed, set(o.sample_ids)) for name, o in outcomes.items()}
    assert found == {
        "fct_doses_key": ("failed", 5, {"d2"}),  # d2 twice, and three doses without a key
        "fct_doses_never_null": ("failed", 3, {"d5", "d6"}),  # d5 lacks two columns, and is one row
        "kpi_province_daily_key": ("failed", 3, set()),
        "int_citizens__current_key": ("failed", 2, set()),  # an id number is never shown
        "int_citizens__current_alternate_key": ("failed", 2, {f"{2:032x}"}),
    }
    assert {o.severity for o in outcomes.values()} == {"error"}


def _outcomes(settings: Settings) -> dict[str, CheckOutcome]:
    target = settings.root / "target"
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    with warehouse.writer(settings) as connection:
        outcomes = read_test_outcomes(connection, target, manifest)
    return {outcome.check_name: outcome for outcome in outcomes}
