"""The noise is as hard as life: measured on what was typed, not on the rates it was drawn with."""

from datetime import date

import duckdb
import pytest

from vax_pipeline.core.simulation.provinces import choose_provinces
from vax_pipeline.core.simulation.world import build_world

TYPED = """
create table typed as
select
    profiles.*,
    people.in_registry,
    people.citizen_id as own_number,
    people.full_name as own_name,
    people.birth as own_birth,
    holder.full_name as holder_name,
    holder.birth as holder_birth,
    holder.is_female as holder_is_female,
    coalesce(regexp_matches(profiles.id_value, '^(0[0-9]{11}|[0-9]{9})$'), false) as has_id
from profiles
inner join people using (person)
left join (
    select citizen_id as number, * from people where in_registry
    union all
    select cmnd as number, * from people where in_registry and cmnd is not null
) as holder on profiles.id_value = holder.number
where not people.is_foreign
"""
# Shares of what, and how much of it there must be; the ministry's figures are of March and April 2022.
AT_LEAST = {
    "people with an id who disagree with the registry": (
        """select avg((
            lower(name) is distinct from lower(holder_name) or birth is distinct from holder_birth
            or birth_precision is distinct from 'DAY' or is_female is distinct from holder_is_female
        )::int) from typed where has_id""",
        0.26,
    ),
    "people without a usable id": ("select avg((not has_id)::int) from typed", 0.05),
    "mentions absent from the registry": ("select avg((not in_registry)::int) from typed", 0.05),
    "typos in the name": (
        "select avg((lower(strip_accents(name)) <> lower(strip_accents(own_name)))::int) from typed",
        0.03,
    ),
    "typos in the birth date": ("select avg((birth <> own_birth)::int) from typed", 0.03),
    "typos in the number": (
        "select avg((damerau_levenshtein(id_value, own_number) = 1)::int) from typed",
        0.03,
    ),
    "numbers that hit another living person": (
        """select avg((id_value <> own_number and id_value in (
            select citizen_id from people where in_registry and deceased_on is null
        ))::int) from typed where has_id""",
        0.02,
    ),
    "twins": ("select avg((twin >= 0)::int) from people where not is_child", 0.006),
    "namesakes of one birth date": (
        "select avg((homonym >= 0)::int) from people where not is_child",
        0.004,
    ),
    "households with one phone": (
        """select avg((phones = 1)::int) from (
            select count(distinct phone) as phones from people where not is_child
            group by household having count(*) > 1
        )""",
        0.32,
    ),
}


@pytest.fixture(scope="module")
def world() -> duckdb.DuckDBPyConnection:
    made = build_world(50_000, 11, date(2021, 12, 8), choose_provinces(1)[0])
    connection = duckdb.connect()
    connection.register("profiles", made.profiles.to_arrow())
    connection.register("people", made.population.to_arrow())
    connection.execute(TYPED)
    return connection


def share(world: duckdb.DuckDBPyConnection, sql: str) -> float:
    return float(world.execute(sql).fetchall()[0][0])


@pytest.mark.parametrize("what", AT_LEAST)
def test_there_is_as_much_noise_as_in_life(world: duckdb.DuckDBPyConnection, what: str) -> None:
    sql, least = AT_LEAST[what]
    assert share(world, sql) >= least


def test_not_more_people_lack_a_usable_id_than_ever_reported(
    world: duckdb.DuckDBPyConnection,
) -> None:
    assert share(world, AT_LEAST["people without a usable id"][0]) <= 0.12


def test_numbers_are_mistyped_by_exchange_as_well_as_by_digit(
    world: duckdb.DuckDBPyConnection,
) -> None:
    exchanged = (
        "select avg((list_sort(string_split(id_value, '')) = list_sort(string_split(own_number, '')))"
        "::int) from typed where damerau_levenshtein(id_value, own_number) = 1"
    )
    assert 0.15 < share(world, exchanged) < 0.5


def test_twins_and_namesakes_are_absent_as_often_as_others(
    world: duckdb.DuckDBPyConnection,
) -> None:
    absent = "select avg((not in_registry)::int) from people where not is_child and not is_foreign"
    assert share(world, f"{absent} and greatest(twin, homonym) >= 0") > 0.03
