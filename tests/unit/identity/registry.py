"""A small registry and the mentions to find in it: good rows by default, break one field."""

import datetime as dt
from typing import Any

import duckdb
import jinja2

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.settings import DBT_PROJECT_DIR

_COLUMNS = (
    "full_name varchar, name_exact_key varchar, name_key varchar, birth_on date, "
    "birth_precision varchar, birth_first_on date, birth_last_on date, birth_year integer, "
    "birth_typed varchar, sex varchar, phone varchar"
)
# Everybody is compared with everybody, by the macros dbt compares with; who has nothing in common is left.
_COMPARED = """
    create or replace table {{ candidates }} as
    from (select
        mentions.mention_id,
        citizens.citizen_id,
        case
            when mentions.id_number is null then 'missing'
            when mentions.id_number = citizens.citizen_id then 'same'
            when list_contains(citizens.previous_ids, mentions.id_number) then 'previous'
            when {{ one_edit_apart('mentions.id_number', 'citizens.citizen_id') }} then 'one_edit'
            else 'other'
        end as id_difference,
        {{ name_difference('mentions', 'citizens') }} as name_difference,
        {{ birth_difference('mentions', 'citizens') }} as birth_difference,
        {{ sex_difference('mentions', 'citizens') }} as sex_difference,
        {{ pair_signs('mentions', 'citizens') }}
    from {{ mentions }} as mentions
    cross join {{ citizens }} as citizens)
    where id_difference in ('same', 'previous', 'one_edit')
        or name_difference <> 'other'
        or birth_difference = 'same'
"""


def empty_warehouse() -> duckdb.DuckDBPyConnection:
    """In memory, with what Python owns and the tables the first dbt group leaves."""
    connection = duckdb.connect()
    warehouse.bootstrap(connection)
    connection.execute(
        f"create table {schemas.INT_CITIZENS.sql} (citizen_id varchar, previous_ids varchar[], "
        f"{_COLUMNS}, permanent_unit_code varchar, current_unit_code varchar, "
        "deceased_on date)"
    )
    connection.execute(
        f"create table {schemas.INT_MENTIONS_UNDECIDED.sql} (mention_id varchar, {_COLUMNS}, "
        "id_number varchar, unit_code varchar, last_injected_on date)"
    )
    return connection


def compare(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the pairs of a mention and a citizen that share something among the candidates."""
    macros = "".join(
        (DBT_PROJECT_DIR / "macros" / file).read_text(encoding="utf-8")
        for file in ("dialect/text.sql", "normalize/name_keys.sql", "person_differences.sql")
    )
    relations = {
        "candidates": schemas.INT_MENTIONS_CANDIDATES.sql,
        "mentions": schemas.INT_MENTIONS_UNDECIDED.sql,
        "citizens": schemas.INT_CITIZENS.sql,
    }
    connection.execute(jinja2.Template(macros + _COMPARED).render(relations))


def person(
    name: str = "trần văn bảo lộc",
    key: str = "tran van bao loc",
    birth: dt.date | None = dt.date(1985, 3, 17),
    sex: str | None = "M",
    phone: str | None = "0912345678",
) -> dict[str, Any]:
    return {
        "full_name": name.title(),
        "name_exact_key": name,
        "name_key": key,
        "birth_on": birth,
        "birth_precision": "DAY" if birth else None,
        "birth_first_on": birth,
        "birth_last_on": birth,
        "birth_year": birth.year if birth else None,
        "sex": sex,
        "phone": phone,
    }


def add_citizen(
    connection: duckdb.DuckDBPyConnection,
    citizen_id: str,
    unit_code: str = "26041",
    deceased_on: dt.date | None = None,
    **fields: Any,
) -> None:
    row = {
        "citizen_id": citizen_id,
        "permanent_unit_code": unit_code,
        "deceased_on": deceased_on,
        **person(**fields),
    }
    _insert(connection, schemas.INT_CITIZENS, row)


def add_mention(
    connection: duckdb.DuckDBPyConnection,
    mention_id: str,
    id_number: str | None = None,
    unit_code: str | None = "26041",
    injected_on: dt.date | None = None,
    **fields: Any,
) -> None:
    row = {
        "mention_id": mention_id,
        "id_number": id_number,
        "unit_code": unit_code,
        "last_injected_on": injected_on,
        **person(**fields),
    }
    _insert(connection, schemas.INT_MENTIONS_UNDECIDED, row)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: schemas.Relation, row: dict[str, Any]
) -> None:
    marks = ", ".join("?" for _ in row)
    connection.execute(
        f"insert into {table.sql} ({', '.join(row)}) values ({marks})",
        list(row.values()),
    )
