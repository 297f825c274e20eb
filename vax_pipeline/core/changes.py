"""What a run builds on: the tables of the last finished run, and what has changed since then.

Those tables are brought up to date where everything but deliveries, the ledger and time is as it was;
else, and after anything that left them in doubt, each is made anew. What is noted as changed is forgotten
only when a run is done, so one that is stopped on the way costs the next nothing but its time.
"""

from datetime import datetime

import duckdb

from vax_pipeline.core import schemas

# Quarantined and withdrawn files have no rows.
_LOADED = f"select file, load_id from {schemas.DELIVERIES.sql} where state = 'loaded'"


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


def note_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Write which files came, went or were replaced since the run that stands."""
    connection.execute(f"delete from {schemas.CHANGED_FILES.sql}")
    connection.execute(
        f"""
        insert into {schemas.CHANGED_FILES.sql} by name
        select coalesce(loaded.file, built.file) as file
        from ({_LOADED}) as loaded
        full join {schemas.BUILT_FILES.sql} as built on loaded.file = built.file
        where loaded.load_id is distinct from built.load_id
        """
    )


def forget_all(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables are about to be made anew: until that is done nothing can build on them."""
    for table in (schemas.STANDING, schemas.BUILT_FILES):
        connection.execute(f"delete from {table.sql}")
    _forget_changes(connection)


def settle(connection: duckdb.DuckDBPyConnection) -> None:
    """The run is done: its tables hold all that is in raw, and nothing has changed since."""
    connection.execute(f"delete from {schemas.BUILT_FILES.sql}")
    connection.execute(f"insert into {schemas.BUILT_FILES.sql} by name {_LOADED}")
    _forget_changes(connection)


def _forget_changes(connection: duckdb.DuckDBPyConnection) -> None:
    for table in (schemas.CHANGED_FILES, schemas.CHANGED_KEYS):
        connection.execute(f"delete from {table.sql}")
