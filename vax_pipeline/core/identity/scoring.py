"""Candidate pairs scored by Splink in a scratch database of their own.

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

_SHARED_COLUMNS = """
    id_number,
    left(id_number, 9) as id_head,
    right(id_number, 6) as id_tail,
    name_exact_key,
    name_key,
    string_split(name_key, ' ')[1] as family_name,
    string_split(name_key, ' ')[-1] as given_name,
    list_sort(string_split(name_key, ' ')) as name_tokens,
    birth_on,
    birth_first_on,
    birth_last_on,
    birth_year,
    strftime(birth_on, '%Y%m%d') as birth_day,
    strftime(birth_on, '%Y%d%m') as birth_swapped,
    sex,
    phone
"""


@dataclass(frozen=True)
class Scratch:
    """A cursor whose current database is a temporary one in memory, and its name."""

    cursor: duckdb.DuckDBPyConnection
    name: str


@contextmanager
def scratch(connection: duckdb.DuckDBPyConnection) -> Generator[Scratch, None, None]:
    """A place for Splink's tables; gone at the end, whatever happened.

    The caller's connection keeps its current schema. What it has not committed is not seen here.
    """
    name = f"splink_{uuid.uuid4().hex[:8]}"
    cursor = connection.cursor()
    home = cursor.sql("select current_database()").fetchall()[0][0]
    cursor.execute(f"attach ':memory:' as {name}")
    try:
        cursor.execute(f"use {name}")
        yield Scratch(cursor, name)
    finally:
        cursor.execute(f'use "{home}"')
        cursor.execute(f"detach {name}")
        cursor.close()


def prepare(place: Scratch, mentions: str, citizens: str) -> None:
    """Create both inputs as views on warehouse tables, in the columns the model compares.

    Args:
        mentions, citizens: relations with the columns of int_mentions__undecided and
            int_citizens__current, qualified with database and schema.
    """
    place.cursor.execute(
        f"create view {MENTIONS} as select mention_id as unique_id, "
        f"'{MENTIONS}' as source_dataset, [null::varchar] as previous_ids, unit_code, "
        f"unit_code as other_unit_code, {_SHARED_COLUMNS} from {mentions}"
    )
    place.cursor.execute(
        f"create view {CITIZENS} as select citizen_id as unique_id, "
        f"'{CITIZENS}' as source_dataset, coalesce(previous_ids, []) as previous_ids, "
        "coalesce(permanent_unit_code, current_unit_code) as unit_code, "
        f"coalesce(current_unit_code, permanent_unit_code) as other_unit_code, {_SHARED_COLUMNS} "
        f"from (select *, citizen_id as id_number from {citizens})"
    )


def score(
    place: Scratch,
    settings: Mapping[str, Any],
    threshold: float | None,
    mentions: str = MENTIONS,
    citizens: str = CITIZENS,
) -> str:
    """Score candidate pairs; the name of the scratch table with one row a pair.

    Columns: unique_id_l (mention), unique_id_r (citizen), match_weight, match_probability, and for
    each comparison `gamma_<name>` (level) and `mw_<name>` (weight in bits).

    Args:
        settings: of the whole model, every level with its m and u.
        threshold: pairs below this probability are left out; null keeps all.
        mentions, citizens: views or tables of the scratch database.
    """
    api: Any = DuckDBAPI(connection=place.cursor)  # its types lean on pandas, which isn't here
    left = api.register(mentions, dataset_display_name=f"{mentions}_input")
    right = api.register(citizens, dataset_display_name=f"{citizens}_input")
    linker = Linker([left, right], dict(settings), log_level=None)
    pairs = linker.inference.predict_between(
        left, right, threshold_match_probability=threshold, warning_mode="never"
    )
    return pairs.physical_name
