"""Pairs of a mention and a citizen scored by Splink, in a scratch database of their own.

Splink creates tables under its own names and in the current schema. A cursor with an in-memory
database attached keeps them away from the warehouse and from the caller's connection.
"""

import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

from vax_pipeline.core.identity.settings import CITIZENS, MENTIONS

FREQUENCIES = "splink_name_frequencies"
_SHARED_COLUMNS = """
    {row}.name_exact_key,
    {row}.name_key,
    string_split({row}.name_key, ' ')[1] as family_name,
    string_split({row}.name_key, ' ')[-1] as given_name,
    list_sort(string_split({row}.name_key, ' ')) as name_tokens,
    {row}.birth_on,
    {row}.birth_first_on,
    {row}.birth_last_on,
    {row}.birth_year,
    strftime({row}.birth_on, '%Y%m%d') as birth_day,
    strftime({row}.birth_on, '%Y%d%m') as birth_swapped,
    {row}.sex,
    {row}.phone
"""


@dataclass(frozen=True)
class Scratch:
    """A cursor whose current database is a temporary one in memory, and its name."""

    cursor: duckdb.DuckDBPyConnection
    name: str
    warehouse: str

    def sql_of(self, relation: Any) -> str:
        """A relation of the warehouse, named from here."""
        return f'"{self.warehouse}".{relation.sql}'


@contextmanager
def scratch(connection: duckdb.DuckDBPyConnection) -> Generator[Scratch, None, None]:
    """A place for Splink's tables; gone at the end, whatever happened.

    The caller's connection keeps its current schema. What it has not committed is not seen here.
    """
    name = f"splink_{uuid.uuid4().hex[:8]}"
    cursor = connection.cursor()
    home = str(connection.sql("select current_database()").fetchall()[0][0])
    cursor.execute(f"attach ':memory:' as {name}")
    try:
        cursor.execute(f"use {name}")
        yield Scratch(cursor, name, home)
    finally:
        cursor.execute(f'use "{home}"')
        cursor.execute(f"detach {name}")
        cursor.close()


def mention_columns(row: str) -> str:
    """What the model compares of a mention; `row` has the columns of int_mentions__undecided."""
    return (
        f"'{MENTIONS}' as source_dataset, {row}.id_number, [null::varchar] as previous_ids, "
        f"{row}.unit_code, {row}.unit_code as other_unit_code, " + _SHARED_COLUMNS.format(row=row)
    )


def citizen_columns(row: str) -> str:
    """What the model compares of a citizen; `row` has the columns of int_citizens__current."""
    return (
        f"'{CITIZENS}' as source_dataset, {row}.citizen_id as id_number, "
        f"coalesce({row}.previous_ids, []) as previous_ids, "
        f"coalesce({row}.permanent_unit_code, {row}.current_unit_code) as unit_code, "
        f"coalesce({row}.current_unit_code, {row}.permanent_unit_code) as other_unit_code, "
        + _SHARED_COLUMNS.format(row=row)
    )


def count_names(place: Scratch, citizens: str, names: str, registry_size: int) -> None:
    """Create FREQUENCIES(name_key, tf_name_key): the share of the registry that bears a name.

    Shares are rounded to powers of two, so that a citizen more or less leaves old scores as they are.

    Args:
        citizens: relation with the column name_key.
        names: a query of the name_keys that are needed.
        registry_size: citizens, rounded to a power of two.
    """
    place.cursor.execute(
        f"create or replace table {FREQUENCIES} as select name_key, "
        f"power(2, round(log2(count(*)))) / {registry_size} as tf_name_key from {citizens} "
        f"where name_key in ({names}) group by name_key"
    )


def score(
    place: Scratch,
    settings: Mapping[str, Any],
    mentions: str = MENTIONS,
    citizens: str = CITIZENS,
) -> str:
    """Score pairs; the name of the scratch table with one row a pair that the settings' rule makes.

    Columns: unique_id_l and unique_id_r of the inputs, match_weight, match_probability, and for each
    comparison `gamma_<name>` (level), `mw_<name>` (weight in bits) and, for the name,
    `mw_tf_adj_name` (what its frequency adds).

    Args:
        settings: of the whole model, every level with its m and u.
        mentions, citizens: tables of the scratch database with unique_id and the compared columns.
    """
    api: Any = DuckDBAPI(connection=place.cursor)  # its types lean on pandas, which isn't here
    left = api.register(mentions, dataset_display_name=f"{mentions}_input")
    right = api.register(citizens, dataset_display_name=f"{citizens}_input")
    linker = Linker([left, right], dict(settings), log_level=None)
    linker.table_management.register_term_frequency_lookup(
        api.register(FREQUENCIES, dataset_display_name=FREQUENCIES), "name_key"
    )
    pairs = linker.inference.predict_between(left, right, warning_mode="never")
    return pairs.physical_name
