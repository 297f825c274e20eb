"""Questions to the commune police, written to the ledger once: whom they were asked of, when, and why.

What is asked is `int_identity_requests`; the ledger keeps the first time. A rebuild, a run that was killed
and the same run again write nothing twice and change nothing.
"""

import duckdb
from sqlalchemy import text

from vax_pipeline.core import schemas
from vax_pipeline.core.escalation.ledger import opened
from vax_pipeline.core.escalation.ledger_tables import instant_sql
from vax_pipeline.core.keys import key_text_sql
from vax_pipeline.core.settings import Settings

_AT_ONCE = 20_000
_COLUMNS = tuple(schemas.IDENTITY_REQUESTS.columns)
_NEW_SQL = f"""
select
    asked.* replace (
        {key_text_sql("mention_id")} as mention_id,
        {instant_sql("requested_at")} as requested_at
    )
from (
    select {", ".join(_COLUMNS)}
    from {schemas.INT_IDENTITY_REQUESTS.sql}
    where requested_at is not null
) as asked
anti join {schemas.IDENTITY_REQUESTS.sql} as held on asked.request_id = held.request_id
order by asked.request_id
"""
# Somebody else's ledger may have moved on since it was read back: the first row stands.
_WRITE = text(
    f"insert into {schemas.IDENTITY_REQUESTS.name} ({', '.join(_COLUMNS)}) "
    f"values ({', '.join(f':{name}' for name in _COLUMNS)}) on conflict (request_id) do nothing"
)


def write_requests(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """Write what is asked and not yet in the ledger, all of it or nothing; returns how many."""
    cursor = connection.execute(_NEW_SQL)
    written = 0
    with opened(settings) as ledger, ledger.engine.begin() as store:
        # Handed to the driver as they come: they are texts, and there may be millions.
        compiled = _WRITE.compile(dialect=store.dialect)
        while rows := cursor.fetchmany(_AT_ONCE):
            store.exec_driver_sql(
                compiled.string,
                rows
                if compiled.positional
                else [dict(zip(_COLUMNS, row, strict=True)) for row in rows],
            )
            written += len(rows)
    return written
