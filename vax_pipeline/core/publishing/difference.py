"""A table of bi.duckdb brought up to date by its difference from the warehouse.

Rows are compared as a multiset of hashes, both sides read once: a fifth of what writing them anew in order
costs, and no key is needed; where it is known which rows can differ, only those. What is gone is deleted,
what is new appended in order. Where most has changed, or little is there, the table is written anew.
"""

from dataclasses import dataclass, replace
from typing import Literal

import duckdb

from vax_pipeline.core import warehouse
from vax_pipeline.core.publishing.catalog import Published, month_sql

CATALOG = "release_bi"  # what the copy is attached as
SMALL_ROWS = 200_000  # up to here writing anew costs no more than finding out what differs
# Rows deleted and appended since a table was last written in order, as a share of it: beyond that, lookups
# read too many of the small runs that days leave at its end.
MOST_MOVED = 0.2

Columns = list[tuple[str, str]]  # name and type


@dataclass(frozen=True)
class Limits:
    """When a table is written anew although it could be brought up to date."""

    small_rows: int = SMALL_ROWS
    most_moved: float = MOST_MOVED


@dataclass(frozen=True)
class Change:
    """What became of a table since the release before.

    Attributes:
        moved: rows deleted and appended since it was last written in order.
        added: of a changed table, where its new rows can be read: a temporary table.
        months: of injection, with other rows than before; null when that was not looked for.
    """

    kind: Literal["same", "changed", "anew"]
    rows: int
    moved: int = 0
    added: str | None = None
    months: frozenset[str] | None = None


@dataclass(frozen=True)
class Shapes:
    """The columns of all tables, of the warehouse and of the copy."""

    ours: dict[tuple[str, str], Columns]
    copied: dict[tuple[str, str], Columns]

    def of(self, published: Published) -> Columns:
        """Those that are published, in their order."""
        key = (published.relation.schema, published.relation.name)
        return [column for column in self.ours[key] if published.keeps(column[0])]

    def of_copy(self, published: Published) -> Columns:
        """Those that the copy has; none when it lacks the table."""
        return self.copied.get((published.relation.schema, published.relation.name), [])


def read_shapes(connection: duckdb.DuckDBPyConnection) -> Shapes:
    """Look the columns up once: there are many tables."""
    found: dict[bool, dict[tuple[str, str], Columns]] = {False: {}, True: {}}
    rows = connection.execute(
        f"select database_name = '{CATALOG}', schema_name, table_name, column_name, data_type "
        f"from duckdb_columns() where database_name in ('{CATALOG}', current_database()) "
        "order by schema_name, table_name, column_index"
    ).fetchall()
    for is_copy, schema, table, name, kind in rows:
        found[is_copy].setdefault((schema, table), []).append((name, kind))
    return Shapes(found[False], found[True])


def write_anew(
    connection: duckdb.DuckDBPyConnection, published: Published, shapes: Shapes
) -> Change:
    """Create the table in the copy, in its order."""
    connection.execute(
        f"create table {CATALOG}.{published.relation.sql} as select {_names(shapes.of(published))} "
        f"from {published.relation.sql}{_order(published)}"
    )
    rows = f"select count(*) from {CATALOG}.{published.relation.sql}"
    return Change("anew", warehouse.number(connection, rows))


def leave(
    connection: duckdb.DuckDBPyConnection, published: Published, *, moved_before: int
) -> Change:
    """What became of a table that is known to be the same."""
    rows = warehouse.count(connection, published.relation)
    return Change("same", rows, moved_before, months=frozenset())


def bring_up_to_date(
    connection: duckdb.DuckDBPyConnection,
    published: Published,
    shapes: Shapes,
    *,
    moved_before: int,
    month_of: str | None = None,
    limits: Limits | None = None,
    only: str | None = None,
) -> Change:
    """Make the rows of the table in the copy those of the warehouse, the cheaper way.

    Within a transaction, which goes on in another where the table is written anew.

    Args:
        only: the rows that can differ, where that is known: a condition in SQL.
    """
    limits = limits or Limits()
    columns = shapes.of(published)
    if columns != shapes.of_copy(published):
        if shapes.of_copy(published):
            _drop(connection, published)
        return write_anew(connection, published, shapes)
    rows = warehouse.count(connection, published.relation)
    ours, copied = published.relation.sql, f"{CATALOG}.{published.relation.sql}"
    if rows <= limits.small_rows and month_of is None:
        if _sums(connection, _hash(columns), ours) == _sums(connection, _hash(columns), copied):
            return Change("same", rows, moved_before)
        _drop(connection, published)
        return write_anew(connection, published, shapes)
    gone, new, is_told = _compare(connection, _hash(columns), ours, copied, only)
    if only and rows != warehouse.number(connection, f"select count(*) from {copied}") - gone + new:
        # Other rows differ than was noted: they are looked for among all.
        gone, new, is_told = _compare(connection, _hash(columns), ours, copied)
    if is_told and not gone and not new:
        return Change("same", rows, moved_before, months=frozenset())
    added = _put_aside_new(connection, published, columns)
    months = _months(connection, month_of, added, copied) if month_of and is_told else None
    moved = moved_before + gone + new
    if is_told and limits.small_rows < rows and moved <= rows * limits.most_moved:
        connection.execute(f"delete from {copied} where rowid in (select was_place from differing)")
        connection.execute(f"insert into {copied} from {added}{_order(published)}")
        return Change("changed", rows, moved, added, months)
    connection.execute(f"drop table {added}")
    _drop(connection, published)
    # What it held is free to be written over, once that is on disk.
    connection.execute(f"commit; checkpoint {CATALOG}; begin transaction")
    return replace(write_anew(connection, published, shapes), months=months)


def _compare(
    connection: duckdb.DuckDBPyConnection,
    hashed: str,
    ours: str,
    copied: str,
    only: str | None = None,
) -> tuple[int, int, bool]:
    """How many rows are gone and new (`differing` has their places), and whether that is all that differs.

    It is not when a row is there another number of times than before.
    """
    for side, table in (("was_rows", copied), ("now_rows", ours)):
        connection.execute(
            f"create or replace temp table {side} as "
            f"select rowid as place, {hashed} as row_hash from {table} where {only or 'true'}"
        )
    connection.execute(
        "create or replace temp table differing as "
        "select was_rows.place as was_place, now_rows.place as now_place, row_hash "
        "from was_rows full join now_rows using (row_hash) "
        "where was_rows.row_hash is null or now_rows.row_hash is null"
    )
    was, now, gone, new = (
        _sums(connection, "row_hash", source)
        for source in (
            "was_rows",
            "now_rows",
            "differing where was_place is not null",
            "differing where now_place is not null",
        )
    )
    is_told = all(w - g == n - a for w, n, g, a in zip(was, now, gone, new, strict=True))
    return gone[0], new[0], is_told


def _put_aside_new(
    connection: duckdb.DuckDBPyConnection, published: Published, columns: Columns
) -> str:
    """The new rows as a temporary table: they are inserted, told the months of, and searched."""
    added = f'temp."added {published.name}"'
    connection.execute(
        f"create or replace temp table {added} as select {_names(columns)} "
        f"from {published.relation.sql} where rowid in (select now_place from differing)"
    )
    return added


def _sums(connection: duckdb.DuckDBPyConnection, hashed: str, source: str) -> tuple[int, int]:
    """Rows, and the sum of their hashes: the same for two sides only if they hold the same rows."""
    [(rows, total)] = connection.execute(
        f"select count(*), coalesce(sum({hashed}::hugeint), 0) from {source}"
    ).fetchall()
    return int(rows), int(total)


def _months(
    connection: duckdb.DuckDBPyConnection, month_of: str, added: str, copied: str
) -> frozenset[str]:
    """Months with other rows than before."""
    found = connection.execute(
        f"select distinct {month_sql(month_of)} from {added} union "
        f"select distinct {month_sql(month_of)} from {copied} "
        "where rowid in (select was_place from differing)"
    ).fetchall()
    return frozenset(str(month) for (month,) in found)


def _drop(connection: duckdb.DuckDBPyConnection, published: Published) -> None:
    connection.execute(f"drop table {CATALOG}.{published.relation.sql}")


def _hash(columns: Columns) -> str:
    """The hash of a row.

    DuckDB gives [] and null one hash, and [[1], [2]] that of [[1, 2]]: as text they differ. For a change
    to go unseen a row that is gone and one that is new must have the same hash: with two million of each
    that happens in one of some million releases.
    """
    parts = [
        f'"{name}"::varchar' if "[" in kind or "(" in kind else f'"{name}"'
        for name, kind in columns
    ]
    return f"hash({', '.join(parts)})"


def _names(columns: Columns) -> str:
    return ", ".join(f'"{name}"' for name, _ in columns)


def _order(published: Published) -> str:
    return f" order by {published.order_by}" if published.order_by else ""
