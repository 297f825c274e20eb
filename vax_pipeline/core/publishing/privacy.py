"""Looks into a finished bi.duckdb for anything that names a person, before anyone may open it.

Names are compared as values with those the warehouse knows; id numbers and phones are told by their form.
Rows of the release before were searched for numbers when they came in, by this same code: only new ones
are. A name may become known later, so names are searched for in all rows; but a name has a space in it, and
in which columns there is such a value at all is known from the release before.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.publishing.bi import FACTS, BiCopy
from vax_pipeline.core.publishing.catalog import BI_TABLES, Published

# A citizen's number has 12 digits, an old one 9, a phone 10: no code, date or count of ours does.
NUMBER_OF_A_PERSON = r"(^|[^0-9A-Za-z])([0-9]{9}|0[0-9]{9}|[0-9]{12})([^0-9A-Za-z]|$)"
_SHORTEST = 9
# A run's id: of some three in a thousand the last part happens to be twelve digits.
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# Columns whose values are given by systems, not people, and may look like such a number.
_SYSTEM_KEYS = frozenset(
    {"dose_id", "source_record_id", "source_record_ids", "complaint_id", "root_complaint_id",
     "matched_dose_id", "subject_id", "file", "sample_ids", "message_key", "lot_number", "email"}
)  # fmt: skip

# What an office or a rule is called may by chance equal a person's name.
_OFFICE_NAMES = frozenset({"agency_name", "facility_name", "title_en", "title_vi"})


@dataclass(frozen=True)
class Leak:
    """A column of bi.duckdb that holds something personal; counts only, never the value."""

    table: str
    column: str
    kind: str
    rows: int


@dataclass(frozen=True)
class Search:
    """What was found, in how many text columns, and the columns in which a name could stand."""

    leaks: tuple[Leak, ...]
    columns: int
    phrases: frozenset[str]  # `schema.table.column`


@dataclass(frozen=True)
class _Column:
    name: str
    is_list: bool

    @property
    def text(self) -> str:
        return f'"{self.name}"::varchar'

    @property
    def phrase(self) -> str:
        """Whether a name can be (in) the value."""
        text = f"array_to_string(\"{self.name}\", ';')" if self.is_list else self.text
        return f"contains({text}, ' ')"

    @property
    def values(self) -> str:
        return f'unnest("{self.name}")' if self.is_list else self.text


def find_personal_data(connection: duckdb.DuckDBPyConnection, copy: BiCopy) -> Search:
    """Search the text columns of all tables that are not written by the authors of this project."""
    known: set[str] = set(copy.previous.manifest[FACTS]["phrases"]) if copy.previous else set()
    leaks: list[Leak] = []
    phrases: set[str] = set()
    looked = 0
    connection.execute(f"attach '{copy.file}' as looked_into (read_only)")
    try:
        for published in BI_TABLES:
            if published.is_vocabulary:
                continue
            columns = _text_columns(connection, published)
            looked += len(columns)
            kept = known & {_full(published, column) for column in columns}
            change = copy.tables[published.name]
            if columns and change.kind != "same":
                is_anew = change.kind == "anew"
                source = f"looked_into.{published.relation.sql}" if is_anew else str(change.added)
                numbers, spaced = _look(connection, source, published, columns)
                leaks += numbers
                kept = spaced if is_anew else kept | spaced
            leaks += _names(
                connection, published, [c for c in columns if _full(published, c) in kept]
            )
            phrases |= kept
    finally:
        connection.execute("detach looked_into")
    return Search(tuple(leaks), looked, frozenset(phrases))


def _look(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    published: Published,
    columns: list[_Column],
) -> tuple[list[Leak], set[str]]:
    """Numbers of persons in the rows of `source`, and its columns in which a name could stand."""
    counted = ", ".join(
        f"count(*) filter ({'false' if c.name in _SYSTEM_KEYS else _number_sql(c.text)}), "
        f"count(*) filter ({'false' if c.name in _OFFICE_NAMES else c.phrase})"
        for c in columns
    )
    [counts] = connection.execute(f"select {counted} from {source}").fetchall()
    pairs = list(zip(columns, counts[::2], counts[1::2], strict=True))
    leaks = [
        Leak(published.relation.name, column.name, "id number or phone", numbers)
        for column, numbers, _ in pairs
        if numbers
    ]
    return leaks, {_full(published, column) for column, _, spaced in pairs if spaced}


def _number_sql(text: str) -> str:
    # In steps, the cheap ones first: a conjunction in a filter is evaluated whole for every row.
    return (
        f"case when strlen({text}) < {_SHORTEST} then false "
        f"when not regexp_matches({text}, '[0-9]{{{_SHORTEST}}}') then false "
        f"else regexp_matches(regexp_replace({text}, '{_UUID}', '', 'g'), '{NUMBER_OF_A_PERSON}') end"
    )


def _names(
    connection: duckdb.DuckDBPyConnection, published: Published, columns: list[_Column]
) -> Iterator[Leak]:
    """Names that the warehouse knows, in all rows."""
    for column in columns:
        [(rows,)] = connection.execute(
            f"select count(*) from (select distinct {column.values} as value "
            f"from looked_into.{published.relation.sql} where {column.phrase}) v "
            f"semi join {schemas.INT_MENTIONS.sql} m on m.full_name = v.value "
            "where length(v.value) > 3 and v.value like '% %'"
        ).fetchall()
        if rows:
            yield Leak(published.relation.name, column.name, "name", int(rows))


def _full(published: Published, column: _Column) -> str:
    return f"{published.name}.{column.name}"


def _text_columns(connection: duckdb.DuckDBPyConnection, published: Published) -> list[_Column]:
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = 'looked_into' "
        "and schema_name = ? and table_name = ? and data_type like '%VARCHAR%'",
        [published.relation.schema, published.relation.name],
    ).fetchall()
    return [_Column(str(name), kind == "VARCHAR[]") for name, kind in rows]
