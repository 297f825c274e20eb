"""What a warehouse holds, as one hash per table: equal warehouses have equal hashes."""

from collections.abc import Collection
from pathlib import Path

import duckdb

Hashes = dict[str, tuple[int, str]]  # by schema.table: rows, and an order-free hash of them

# Which run wrote a row, and when, differs between runs that must else be equal.
OF_THE_RUN = frozenset({"load_id", "loaded_at", "run_id"})
# So does the account of what a run has to bring up to date; a finished one has emptied it.
ACCOUNT = (
    "ops.run_context",
    "ops.standing",
    "ops.built_files",
    "ops.changed_files",
    "ops.changed_keys",
    "ops.changed_tables",
    "ops.changed_rows",
)
SKIPPED_TABLES = frozenset({"quality.check_results", *ACCOUNT})
# The mirrors of the ledger are one run behind, by design; and what only shows them.
MIRRORS = ("ops.escalations", "ops.identity_requests", "ops.person_decisions")
OF_THE_LEDGER = (*MIRRORS, "marts.wl_escalations")
# A file that was withdrawn is remembered only by who had loaded it.
STANDING = {
    "raw.deliveries": "where state <> 'withdrawn'",
    "intermediate.int_deliveries__examined": "where state <> 'withdrawn'",
}


def table_hashes(warehouse: Path) -> Hashes:
    """The hashes of all tables of a database."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": _hash(connection, schema, table)
            for schema, table in tables
            if f"{schema}.{table}" not in SKIPPED_TABLES
        }


def without(tables: Hashes, names: Collection[str]) -> Hashes:
    return {name: found for name, found in tables.items() if name not in names}


def _hash(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[int, str]:
    columns = [
        row[0]
        for row in connection.execute(
            "select column_name from duckdb_columns() where schema_name = ? and table_name = ? "
            "order by column_name",
            [schema, table],
        ).fetchall()
        if row[0] not in OF_THE_RUN
    ]
    row = ", ".join(f'"{column}"::varchar' for column in columns)
    found = connection.execute(
        f'select count(*), sum(hash({row})::hugeint)::varchar from "{schema}"."{table}" '
        + STANDING.get(f"{schema}.{table}", "")
    ).fetchall()
    return int(found[0][0]), str(found[0][1])
