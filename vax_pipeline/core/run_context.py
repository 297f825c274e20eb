"""The one row that tells every model what time it is, and the ledger read back as feeds.

dbt variables would make dbt parse again at each run, so the run's context travels in a table.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import duckdb

from checks.rule_pack import require_pack
from vax_pipeline.core import changes, schemas, warehouse
from vax_pipeline.core.escalation.ledger import mirrored_rows, rows_until
from vax_pipeline.core.escalation.ledger_tables import WRITTEN_ONCE
from vax_pipeline.core.labels import RULE_PACK_DIR
from vax_pipeline.core.publishing.public_lookup import portal_key
from vax_pipeline.core.settings import Settings

_BLOCK_BYTES = 64  # of SHA-256, RFC 2104


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """The inner and outer padded keys of HMAC-SHA256, so that SQL needs only `sha256`."""
    if len(key) > _BLOCK_BYTES:
        key = hashlib.sha256(key).digest()
    block = key.ljust(_BLOCK_BYTES, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)


@dataclass(frozen=True)
class Standing:
    """What the row of ops.run_context says; `as_of` with its zone."""

    run_id: str
    as_of: datetime
    rule_pack: str


def read_run_context(connection: duckdb.DuckDBPyConnection) -> Standing:
    """The run whose tables these are."""
    [row] = connection.execute(
        f"select run_id, as_of, rule_pack from {schemas.RUN_CONTEXT.sql}"
    ).fetchall()
    return Standing(*row)


def write_run_context(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    run_id: str,
    as_of: datetime,
    known_as_of: datetime,
    since: datetime | None = None,
    inputs: str | None = None,
    code: str | None = None,
) -> None:
    """Replace the row of ops.run_context, and note what the run has to bring up to date. Instants are UTC.

    Args:
        since: of `changes.since`; without it the run makes every table anew.
        inputs: the fingerprint of `standing.inputs_of`, for a run that is to be whole.
        code: the fingerprint of `standing.code_of`, for such a run.

    Raises:
        UnknownPackError: no seed has values of the rule pack that is set.
    """
    require_pack(RULE_PACK_DIR, settings.rule_pack)
    key = settings.pseudonym_key.get_secret_value().encode()
    pads = [*hmac_pads(key), *hmac_pads(portal_key(key).encode())]
    with warehouse.transaction(connection):
        connection.execute(f"delete from {schemas.RUN_CONTEXT.sql}")
        names = (
            "run_id, as_of, known_as_of, rule_pack, is_full, since, pseudonym_ipad, "
            "pseudonym_opad, portal_ipad, portal_opad, inputs, code"
        )
        row = [
            run_id,
            as_of,
            known_as_of,
            settings.rule_pack,
            since is None,
            since,
            *pads,
            inputs,
            code,
        ]
        connection.execute(
            f"insert into {schemas.RUN_CONTEXT.sql} ({names}) values ({', '.join('?' * len(row))})",
            row,
        )
        if since is None:
            changes.forget_all(connection)
        else:
            changes.note_inputs(connection)


def read_back_ledger(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make the mirrors in `ops` hold what the ledger holds now, and note which of them have changed.

    Where the questions to the police are of another time nothing can be built on: tables have taken up what
    is no longer said, and look for what is new among the latest.
    """
    for mirror in schemas.LEDGER_MIRRORS:
        columns = ", ".join(mirror.columns)
        with warehouse.transaction(connection):
            newest = _newest_held(connection, settings, mirror)
            before = _told_by(connection, mirror) if newest is None else None
            is_only_added_to = mirror.name in WRITTEN_ONCE
            if newest is None:
                if is_only_added_to:
                    connection.execute(f"create or replace temp table held as from {mirror.sql}")
                connection.execute(f"delete from {mirror.sql}")
            came = 0
            for rows in mirrored_rows(settings, mirror, newest):
                connection.register("ledger_rows", rows)
                connection.execute(
                    f"insert into {mirror.sql} ({columns}) select {columns} from ledger_rows"
                )
                connection.unregister("ledger_rows")
                came += len(rows)
            if newest is None and is_only_added_to and _is_of_another_time(connection, mirror):
                changes.forget_all(connection)
            if came if newest else _told_by(connection, mirror) != before:
                changes.note_table(connection, mirror.dotted)


def _told_by(connection: duckdb.DuckDBPyConnection, mirror: schemas.Table) -> object:
    """The same for the same rows."""
    return connection.execute(
        f"select count(*), bit_xor(md5_number_lower(mirror::varchar)) from {mirror.sql} as mirror"
    ).fetchall()


def _is_of_another_time(connection: duckdb.DuckDBPyConnection, mirror: schemas.Table) -> bool:
    """Whether a mirror read whole lacks rows of table `held`, or has others from before its latest."""
    written = WRITTEN_ONCE[mirror.name]
    keys = ", ".join(column.name for column in written.table.primary_key)
    gone = f"from held anti join {mirror.sql} using ({keys})"
    before = (
        f"from {mirror.sql} anti join held using ({keys}) "
        f"where {written.name} < (select max({written.name}) from held)"
    )
    return bool(
        warehouse.number(
            connection, f"select (select count(*) {gone}) + (select count(*) {before})"
        )
    )


def _newest_held(
    connection: duckdb.DuckDBPyConnection, settings: Settings, mirror: schemas.Table
) -> datetime | None:
    """Up to when a mirror has all that the ledger has; null when it has to be read whole.

    A ledger of another time, brought back or begun anew, has another number of rows by then.
    """
    if mirror.name not in WRITTEN_ONCE:
        return None
    written = WRITTEN_ONCE[mirror.name].name
    [(held, newest)] = connection.execute(
        f"select count(*), max({written}) from {mirror.sql}"
    ).fetchall()
    return newest if newest and rows_until(settings, mirror, newest) == held else None
