"""Keys of mentions and people: UUIDs in the warehouse, 32 hex digits as text wherever they leave it.

The same in SQL for dbt: `dbt_project/macros/keys.sql`, which says why.
"""

from typing import cast
from uuid import UUID


def key_text_sql(column: str) -> str:
    """A key as text, in DuckDB."""
    return f"replace(cast({column} as varchar), '-', '')"


def key_sql(text: str) -> str:
    """The key that a text names, in DuckDB; null where it names none: people type it."""
    return f"try_cast({text} as uuid)"


def with_key_as_text(value: object) -> object:
    """A value DuckDB returned, a key or a list of them as text."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, list):
        return [with_key_as_text(item) for item in cast("list[object]", value)]
    return value
