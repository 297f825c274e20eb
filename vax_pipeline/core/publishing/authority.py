"""Workbooks for authorities: one per province, with what its owners need to act on first.

The same sheets as `vax export --owner` writes, but of a long list only the most urgent rows: an owner gets
all of its own, nobody reads half a million rows of others, and those of a country would take a day to write.
Of the records that all facilities of a province hold it has those with findings, not reviewed since.
"""

from pathlib import Path

import duckdb

from vax_pipeline.core.worklists.catalog import WORKLISTS
from vax_pipeline.core.worklists.export import ROWS_IN_ALL, rows_sql, write_owner
from vax_pipeline.core.worklists.owners import PROVINCE_SQL, provinces_in
from vax_pipeline.core.worklists.spec import Worklist

MOST_ROWS = 5_000  # of one list in the workbook of a province


def write_workbooks(
    connection: duckdb.DuckDBPyConnection, directory: Path, most_rows: int = MOST_ROWS
) -> dict[str, dict[str, int]]:
    """One workbook per province under `directory/<province>/`; returns rows by province and worklist."""
    aside = {w.name: _put_aside(connection, w, most_rows) for w in WORKLISTS}
    written: dict[str, dict[str, int]] = {}
    try:
        for scope in provinces_in(connection, aside.values()):
            file = directory / scope.owner.code / "worklists.xlsx"
            written[scope.owner.code] = write_owner(connection, scope, file, aside)
    finally:
        for table in aside.values():
            connection.execute(f"drop table {table}")
    return written


def _put_aside(connection: duckdb.DuckDBPyConnection, worklist: Worklist, most_rows: int) -> str:
    """What all provinces get of a list, and of how many: looked up once, not once a province."""
    table = f'temp."{worklist.name}"'
    chosen = f"""
        select *, count(*) over (partition by {PROVINCE_SQL}) as {ROWS_IN_ALL}
        from {worklist.relation.sql}
        where {worklist.of_province or "true"}
        qualify row_number() over (partition by {PROVINCE_SQL} order by {worklist.order_by}) <= {most_rows}
    """
    connection.execute(f"create temp table {table} as {rows_sql(worklist, chosen)}")
    return table
