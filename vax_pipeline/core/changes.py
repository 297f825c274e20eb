"""What a run builds on: the tables of the last finished run, and what has changed since then.

Those tables are brought up to date where everything but deliveries, the ledger and time is as it was;
else, and after anything that left them in doubt, each is made anew. A table none of whose parents has
changed is left as it is, and so are its tests (`dbt_project/macros/standing.sql`). What is noted as changed
is forgotten only when a run is done, so one that is stopped on the way costs the next nothing but its time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.feeds.catalog import FEEDS

_KNOWN = f"select feed, file, state, load_id from {schemas.DELIVERIES.sql}"
# The clock as a parent of tables: most that read it only ask what day it is.
INSTANT, DAY = "instant", "day"
_CHANGES = (
    schemas.CHANGED_FILES,
    schemas.CHANGED_KEYS,
    schemas.CHANGED_TABLES,
    schemas.CHANGED_ROWS,
)
_DELIVERIES = (schemas.DELIVERIES, schemas.DELIVERY_FILL, schemas.REJECTS)


@dataclass(frozen=True)
class Account:
    """What is known of tables since they were released, by `schema.table`.

    Attributes:
        standing: those that hold the same rows.
        differing: of others, where only noted rows can differ, which: a condition in SQL.
    """

    standing: frozenset[str] = frozenset()
    differing: Mapping[str, str] = field(default_factory=dict[str, str])


def since(connection: duckdb.DuckDBPyConnection, code: str, as_of: datetime) -> datetime | None:
    """The instant of the tables that a run at `as_of` can bring up to date; null: all are made anew.

    Time only goes forward: neither the run that stands nor one stopped since may be later.

    Args:
        code: the fingerprint of `standing.code_of`.
    """
    rows = connection.execute(
        f"""
        select standing.as_of
        from {schemas.STANDING.sql} as standing
        where standing.code = $code
            and standing.as_of <= $as_of::timestamptz
            and not exists (from {schemas.RUN_CONTEXT.sql} where as_of > $as_of::timestamptz)
        """,
        {"code": code, "as_of": as_of},
    ).fetchall()
    return rows[0][0] if rows else None


def note_inputs(connection: duckdb.DuckDBPyConnection) -> None:
    """Write what has come since the run that stands: files, the tables they are in, and time."""
    differing = f"""
        select
            coalesce(known.feed, built.feed) as feed,
            coalesce(known.file, built.file) as file,
            -- Quarantined and withdrawn files have no rows.
            'loaded' in (known.state, built.state) as has_rows
        from ({_KNOWN}) as known
        full join {schemas.BUILT_FILES.sql} as built on known.file = built.file
        where (known.state, known.load_id) is distinct from (built.state, built.load_id)
    """
    # Only ever more: of a file that a stopped run had loaded and that is gone again, staging may have rows.
    connection.execute(
        f"insert into {schemas.CHANGED_FILES.sql} by name "
        f"select feed, file from ({differing}) where has_rows "
        f"and file not in (select file from {schemas.CHANGED_FILES.sql})"
    )
    raw_tables = {
        name: [schemas.raw(table).dotted for table in (name, *feed.children.values())]
        for name, feed in FEEDS.items()
    }
    of_feeds = connection.execute(
        f"select distinct feed from {schemas.CHANGED_FILES.sql}"
    ).fetchall()
    changed = {table for (feed,) in of_feeds for table in raw_tables[feed]}
    if warehouse.number(connection, f"select count(*) from ({differing})"):
        changed |= {account.dotted for account in _DELIVERIES}
    [(is_later, is_another_day)] = connection.execute(
        f"select as_of > since, as_of::date > since::date from {schemas.RUN_CONTEXT.sql}"
    ).fetchall()
    changed |= {clock for clock, moved in ((INSTANT, is_later), (DAY, is_another_day)) if moved}
    for name in sorted(changed):
        note_table(connection, name)


def note_table(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Write that a table, as `schema.table`, or the clock may be another."""
    connection.execute(f"insert into {schemas.CHANGED_TABLES.sql} values (?)", [name])


def account_of(
    connection: duckdb.DuckDBPyConnection, relations: Iterable[schemas.Relation], released_by: str
) -> Account:
    """What has become of tables since a run released them.

    Nothing is known where that is not the run that stands (somebody may have gone back to an older release),
    or all is made anew. Only of what dbt makes, and of what it reads, an account is kept.
    """
    builds_on = f"""
        select count(*)
        from {schemas.RUN_CONTEXT.sql} as run_context
        cross join {schemas.STANDING.sql} as standing
        where not run_context.is_full and standing.run_id = ?
    """
    if not connection.execute(builds_on, [released_by]).fetchall()[0][0]:
        return Account()
    noted = connection.execute(f"select name from {schemas.CHANGED_TABLES.sql}").fetchall()
    standing = frozenset(relation.dotted for relation in relations) - {name for (name,) in noted}
    return Account(standing, rows_noted(connection))


def rows_noted(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Which rows of a table can differ, as a condition in SQL, of tables that note the keys of those."""
    rows = schemas.CHANGED_ROWS.sql
    by_key = connection.execute(f"select distinct name, key_column from {rows}").fetchall()
    return {
        name: f"\"{key}\" in (select key from {rows} where name = '{name}')" for name, key in by_key
    }


def forget_all(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables are about to be made anew: until that is done nothing can build on them."""
    for table in (schemas.STANDING, schemas.BUILT_FILES):
        connection.execute(f"delete from {table.sql}")
    _forget_changes(connection)


def make_all_anew(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the run in ops.run_context, and the next, build on nothing."""
    with warehouse.transaction(connection):
        forget_all(connection)
        connection.execute(f"update {schemas.RUN_CONTEXT.sql} set is_full = true, since = null")


def settle(connection: duckdb.DuckDBPyConnection) -> None:
    """The run is done: its tables hold all that is in raw, and nothing has changed since."""
    connection.execute(f"delete from {schemas.BUILT_FILES.sql}")
    connection.execute(f"insert into {schemas.BUILT_FILES.sql} by name {_KNOWN}")
    _forget_changes(connection)


def _forget_changes(connection: duckdb.DuckDBPyConnection) -> None:
    for table in _CHANGES:
        connection.execute(f"delete from {table.sql}")
