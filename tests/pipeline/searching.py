"""Everything a home holds besides the warehouse and the authorities' files, as text to be searched."""

import html
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

# Where persons belong: the records, the pipeline's store, and what offices are sent.
PERSONAL = ("landing", "truth", "warehouse.duckdb", "authority")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
# A digit of a longer number, of a hash or of a decimal is nobody's number.
_NUMBER = re.compile(r"(?<![0-9A-Za-z.])[0-9]{9,12}(?![0-9A-Za-z])")


@dataclass(frozen=True)
class People:
    """What must be found nowhere."""

    names: frozenset[str]
    numbers: frozenset[str]

    def told_by(self, texts: Mapping[str, str]) -> dict[str, set[str]]:
        """Of each text that tells any of them, in whatever way it writes its letters, whom."""
        plain = [_plain(text) for text in texts.values()]
        names = pl.Series(plain).str.extract_many(list(self.names))
        told = (
            {*found, *self.numbers.intersection(_NUMBER.findall(text))}
            for found, text in zip(names, plain, strict=True)
        )
        return {name: found for name, found in zip(texts, told, strict=True) if found}


def people_of(warehouse: Path) -> People:
    """Everyone named in any feed: names of three words and more, and numbers, as typed and as read."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where data_type = 'VARCHAR' and table_schema in ('raw', 'staging', 'intermediate') "
            "and regexp_matches(column_name, "
            "'full_name|complainant_name|name_key|id_number|id_typed|citizen_id|phone|insurance') "
            "and not regexp_matches(column_name, 'facility|agency')"
        ).fetchall()
        values = " union ".join(
            f'select lower("{column}") as value from "{schema}"."{table}"'
            for schema, table, column in columns
        )
        found = {value for (value,) in connection.execute(values).fetchall() if value}
    return People(
        names=frozenset(name for name in found if name.count(" ") >= 2 and not _digits(name)),
        numbers=frozenset(value for value in found if _NUMBER.fullmatch(value)),
    )


def texts_of(home: Path) -> Iterator[tuple[str, str]]:
    """(file, content) of every file that is not `PERSONAL`; of a database the rows of all tables."""
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        if not path.is_file() or path.is_symlink() or set(name.parts) & set(PERSONAL):
            continue
        match path.suffix:
            case ".duckdb":
                with duckdb.connect(str(path), read_only=True) as connection:
                    text = _rows(connection, "duckdb_tables()", "schema_name || '.' || table_name")
            case ".parquet":
                text = pl.read_parquet(path, hive_partitioning=False).write_ndjson()
            case ".db":
                with sqlite3.connect(path) as connection:
                    text = _rows(connection, "sqlite_master where type = 'table'", "name")
            case _:
                text = path.read_bytes().decode(errors="replace")
        yield str(name), text


def _rows(
    connection: "duckdb.DuckDBPyConnection | sqlite3.Connection", catalogue: str, name: str
) -> str:
    tables = connection.execute(f"select {name} from {catalogue}").fetchall()
    found = [
        row
        for (table,) in tables
        for row in connection.execute(f"select * from {table}").fetchall()
    ]
    return json.dumps(found, ensure_ascii=False, default=_as_text)


def _as_text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _plain(text: str) -> str:
    unescaped = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
    return html.unescape(unescaped).lower().encode(errors="replace").decode()


def _digits(text: str) -> bool:
    return any(letter.isdigit() for letter in text)
