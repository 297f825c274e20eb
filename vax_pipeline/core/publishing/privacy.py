"""Looks into a finished bi.duckdb for anything that names a person, before anyone may open it.

Names and phones are compared as values with those the warehouse knows; id numbers by their form.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.publishing.catalog import BI_TABLES

# A citizen's number has 12 digits, an old one 9, a phone 10: no code, date or count of ours does.
NUMBER_OF_A_PERSON = r"(^|[^0-9A-Za-z])([0-9]{9}|0[0-9]{9}|[0-9]{12})([^0-9A-Za-z]|$)"
# A run's id: of some three in a thousand the last part happens to be twelve digits.
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# Columns whose values are given by systems, not people, and may look like such a number.
_SYSTEM_KEYS = frozenset(
    {"dose_id", "source_record_id", "source_record_ids", "complaint_id", "root_complaint_id",
     "matched_dose_id", "subject_id", "file", "sample_ids", "message_key", "lot_number", "email"}
)  # fmt: skip


@dataclass(frozen=True)
class Leak:
    """A column of bi.duckdb that holds something personal; counts only, never the value."""

    table: str
    column: str
    kind: str
    rows: int


def find_personal_data(
    connection: duckdb.DuckDBPyConnection, bi_file: Path
) -> tuple[list[Leak], int]:
    """Leaks found, and how many text columns were looked into.

    Text columns are searched for numbers of persons, and their values joined with the registry's
    and the mentions' names.
    """
    connection.execute(f"attach '{bi_file}' as looked_into (read_only)")
    try:
        leaks: list[Leak] = []
        looked = 0
        for table in (p.relation for p in BI_TABLES if not p.is_vocabulary):
            for column in _text_columns(connection, table):
                looked += 1
                leaks += _look(connection, table, column)
        return leaks, looked
    finally:
        connection.execute("detach looked_into")


def _look(
    connection: duckdb.DuckDBPyConnection, table: schemas.Relation, column: str
) -> list[Leak]:
    source = f"looked_into.{table.sql}"
    found: list[Leak] = []
    if column not in _SYSTEM_KEYS:
        number = warehouse.number(
            connection,
            f"select count(*) from {source} "
            f"where regexp_matches(regexp_replace(\"{column}\"::varchar, '{_UUID}', '', 'g'), "
            f"'{NUMBER_OF_A_PERSON}')",
        )
        if number:
            found.append(Leak(table.name, column, "id number or phone", number))
    if column not in _OFFICE_NAMES:
        name = warehouse.number(
            connection,
            f'select count(*) from (select distinct "{column}"::varchar as value from {source}) v '
            f"semi join {schemas.INT_MENTIONS.sql} m on m.full_name = v.value "
            "where length(v.value) > 3 and v.value like '% %'",
        )
        if name:
            found.append(Leak(table.name, column, "name", name))
    return found


# What an office or a rule is called may by chance equal a person's name.
_OFFICE_NAMES = frozenset({"agency_name", "facility_name", "title_en", "title_vi"})


def _text_columns(connection: duckdb.DuckDBPyConnection, table: schemas.Relation) -> list[str]:
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'looked_into' "
        "and schema_name = ? and table_name = ? and data_type like '%VARCHAR%'",
        [table.schema, table.name],
    ).fetchall()
    return [str(row[0]) for row in rows]
