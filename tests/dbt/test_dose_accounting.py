"""The two tests that account for every record of a dose can fail, and name the records amiss."""

import re

import duckdb
import pytest

from vax_pipeline.core.settings import DBT_PROJECT_DIR

END_TO_END = "rules/current_doses_are_chosen_or_behind_a_chosen_one.sql"
STANDS = "identity/every_record_stands_behind_one_chosen_dose.sql"


@pytest.fixture
def sound() -> duckdb.DuckDBPyConnection:
    """r1 and r2 are doses; r3 stands behind r1."""
    connection = duckdb.connect()
    connection.execute("""
        create table int_doses__current as from (values ('r1'), ('r2'), ('r3')) as t(record_id);
        create table int_doses__deduplicated as
        from (values ('r1', 'r1', true), ('r2', 'r2', true), ('r3', 'r1', false))
        as t(record_id, dose_id, is_chosen);
        create table int_doses__sequenced as from (values ('r1'), ('r2')) as t(dose_id);
        create table fct_doses as
        from (values ('r1', ['r1', 'r3']), ('r2', ['r2'])) as t(dose_id, source_record_ids);
    """)
    return connection


def _found(connection: duckdb.DuckDBPyConnection, test: str) -> set[str]:
    sql = (DBT_PROJECT_DIR / "tests" / test).read_text("utf-8")
    sql = re.sub(r"{{ ref\('(\w+)'\) }}", r"\1", sql)
    sql = re.sub(r"{{ config\(.*?\) }}", "", sql)
    return {row[0] for row in connection.execute(sql).fetchall()}


def test_sound_tables_pass(sound: duckdb.DuckDBPyConnection) -> None:
    assert _found(sound, END_TO_END) == set()
    assert _found(sound, STANDS) == set()


@pytest.mark.parametrize(
    ("wrong", "amiss"),
    [
        ("delete from int_doses__current where record_id = 'r2'", {"r2"}),
        ("insert into int_doses__current values ('r4')", {"r4"}),
        ("update fct_doses set source_record_ids = ['r1'] where dose_id = 'r1'", {"r3"}),
        ("update fct_doses set source_record_ids = ['r2', 'r3'] where dose_id = 'r2'", {"r3"}),
        (
            "update fct_doses set source_record_ids = ['r1', 'r2'] where dose_id = 'r1'",
            {"r2", "r3"},
        ),
        ("delete from fct_doses", {"r1", "r2", "r3"}),
        ("delete from int_doses__current", {"r1", "r2", "r3"}),
    ],
)
def test_a_record_lost_or_told_twice_is_found(
    sound: duckdb.DuckDBPyConnection, wrong: str, amiss: set[str]
) -> None:
    sound.execute(wrong)
    assert _found(sound, END_TO_END) == amiss


@pytest.mark.parametrize(
    ("wrong", "amiss"),
    [
        ("delete from int_doses__sequenced where dose_id = 'r1'", {"r1", "r3"}),
        ("update int_doses__sequenced set dose_id = 'r5' where dose_id = 'r2'", {"r2"}),
        ("update int_doses__deduplicated set dose_id = 'r9' where record_id = 'r3'", {"r3"}),
        ("update int_doses__deduplicated set is_chosen = true where record_id = 'r3'", {"r3"}),
        ("update int_doses__deduplicated set is_chosen = false where record_id = 'r2'", {"r2"}),
        ("update int_doses__deduplicated set dose_id = 'r1' where record_id = 'r2'", {"r2"}),
        ("update int_doses__deduplicated set dose_id = null where record_id = 'r2'", {"r2"}),
        ("update int_doses__deduplicated set is_chosen = null where record_id = 'r3'", {"r3"}),
    ],
)
def test_a_record_behind_no_dose_is_found(
    sound: duckdb.DuckDBPyConnection, wrong: str, amiss: set[str]
) -> None:
    sound.execute(wrong)
    assert _found(sound, STANDS) == amiss
