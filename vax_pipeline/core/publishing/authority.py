"""Workbooks for authorities: one per province, with what each of its owners needs to act.

The same sheets as `vax export --owner` writes. Of the records that all facilities of a province hold it
has those to be reviewed first: with findings, and not reviewed since.
"""

from pathlib import Path

import duckdb

from vax_pipeline.core.worklists.catalog import WORKLISTS
from vax_pipeline.core.worklists.export import rows_sql, write_owner
from vax_pipeline.core.worklists.owners import provinces_in
from vax_pipeline.core.worklists.spec import Worklist


def write_workbooks(
    connection: duckdb.DuckDBPyConnection, directory: Path
) -> dict[str, dict[str, int]]:
    """One workbook per province under `directory/<province>/`; returns rows by province and worklist."""
    aside = {w.name: _put_aside(connection, w) for w in WORKLISTS if w.of_province}
    relations = [aside.get(worklist.name, worklist.relation.sql) for worklist in WORKLISTS]
    written: dict[str, dict[str, int]] = {}
    try:
        for scope in provinces_in(connection, relations):
            file = directory / scope.owner.code / "worklists.xlsx"
            written[scope.owner.code] = write_owner(connection, scope, file, aside)
    finally:
        for table in aside.values():
            connection.execute(f"drop table {table}")
    return written


def _put_aside(connection: duckdb.DuckDBPyConnection, worklist: Worklist) -> str:
    """What provinces get of a long view: looked up once, not once a province."""
    table = f'temp."{worklist.name}"'
    rows = rows_sql(worklist, worklist.of_province or "true")
    connection.execute(f"create temp table {table} as {rows}")
    return table
