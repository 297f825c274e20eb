"""bi.duckdb and the parquet files: copies for BI tools, free of personal data.

Written with an older storage version, so that tools on DuckDB 1.4 and 1.5 open it.
"""

from pathlib import Path

import duckdb

from vax_pipeline.core import warehouse
from vax_pipeline.core.publishing.catalog import BI_TABLES, PARQUET_TABLES, Published

STORAGE_VERSION = "v1.4.0"
CATALOG = "release_bi"


def write_bi(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, int]:
    """Copy every published relation into a new database file; returns rows by `schema.table`."""
    connection.execute(f"attach '{file}' as {CATALOG} (storage_version '{STORAGE_VERSION}')")
    try:
        rows: dict[str, int] = {}
        for published in BI_TABLES:
            relation = published.relation
            connection.execute(f'create schema if not exists {CATALOG}."{relation.schema}"')
            target = f"{CATALOG}.{relation.sql}"
            order = f" order by {published.order_by}" if published.order_by else ""
            connection.execute(
                f"create table {target} as select {_columns(connection, published)} "
                f"from {relation.sql}{order}"
            )
            name = f"{relation.schema}.{relation.name}"
            rows[name] = warehouse.number(connection, f"select count(*) from {target}")
        connection.execute(f"checkpoint {CATALOG}")
        return rows
    finally:
        connection.execute(f"detach {CATALOG}")


def write_parquet(bi_file: Path, directory: Path, config: dict[str, str]) -> None:
    """Write the parquet files from bi.duckdb, so that they hold exactly what it holds."""
    directory.mkdir(parents=True)
    with duckdb.connect(str(bi_file), read_only=True, config={**config}) as bi:
        for relation, month_of in PARQUET_TABLES:
            if month_of is None:
                bi.execute(
                    f"copy {relation.sql} to '{directory / (relation.name + '.parquet')}' "
                    "(format parquet, compression zstd)"
                )
                continue
            month = f"coalesce(strftime(\"{month_of}\", '%Y-%m'), 'unknown')"
            bi.execute(
                f"copy (select *, {month} as injection_month from {relation.sql}) "
                f"to '{directory / relation.name}' "
                "(format parquet, compression zstd, partition_by (injection_month))"
            )


def _columns(connection: duckdb.DuckDBPyConnection, published: Published) -> str:
    names = connection.execute(
        "select column_name from information_schema.columns "
        "where table_schema = ? and table_name = ? order by ordinal_position",
        [published.relation.schema, published.relation.name],
    ).fetchall()
    return ", ".join(f'"{name}"' for (name,) in names if published.keeps(str(name)))
