"""Worklists of one owner, from the warehouse into a workbook."""

import re
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.files import private_file, require_free
from vax_pipeline.core.worklists.catalog import WORKLISTS
from vax_pipeline.core.worklists.owners import Scope
from vax_pipeline.core.worklists.spec import Worklist
from vax_pipeline.core.worklists.workbook import Owner, Sheet, columns_of, write_workbook

ROWS_IN_ALL = "rows_in_all"  # column of a list put aside: of how many its rows are the most urgent
_CHUNK = 10_000


def export_owner(
    connection: duckdb.DuckDBPyConnection, scope: Scope, folder: Path
) -> tuple[Path | None, dict[str, int]]:
    """Write the workbook of an owner into a folder; returns it, and rows by worklist.

    Null instead of a file when the owner has nothing to do.

    Raises:
        ExportExistsError: the file is there already; somebody may be filling it in.
    """
    code = re.sub(r"[^\w-]", "_", scope.owner.code)
    path = folder / f"worklists-{code}-{scope.owner.as_of:%Y-%m-%d}.xlsx"
    require_free([path])
    if not has_rows(connection, scope):
        return None, {worklist.name: 0 for worklist in WORKLISTS}
    return path, write_owner(connection, scope, path)


def write_owner(connection: duckdb.DuckDBPyConnection, scope: Scope, path: Path) -> dict[str, int]:
    """Write all worklists of an owner into one workbook; returns rows by worklist."""
    sheets = [_sheet(connection, scope, worklist) for worklist in WORKLISTS]
    return write_private(path, scope.owner, sheets)


def write_private(path: Path, owner: Owner, sheets: Sequence[Sheet]) -> dict[str, int]:
    """A workbook that its owner alone can read; it has its name only when complete."""
    with private_file(path) as unfinished:
        return write_workbook(unfinished, owner, sheets)


def has_rows(connection: duckdb.DuckDBPyConnection, scope: Scope) -> bool:
    """Whether the owner has anything to do."""
    for worklist in WORKLISTS:
        condition, values = scope.condition(worklist)
        query = f"select 1 from {worklist.relation.sql} where {condition} limit 1"
        if connection.execute(query, values).fetchall():
            return True
    return False


def rows_sql(worklist: Worklist, chosen: str) -> str:
    """SQL for chosen rows of a worklist, with their findings if it tells them."""
    if not worklist.tells_findings:
        return chosen
    return f"""
        with chosen as materialized ({chosen})
        select chosen.*, told.findings from chosen left join (
            select record_id, list({{'rule_id': rule_id, 'evidence': evidence}}
                order by severity, rule_id) as findings
            from {schemas.RECORD_EVIDENCE.sql} semi join chosen using (record_id) group by record_id
        ) as told using (record_id)
    """


def sheet_aside(
    connection: duckdb.DuckDBPyConnection, scope: Scope, worklist: Worklist, aside: str
) -> Sheet:
    """The sheet of an owner, from the table where the rows to write were put aside with ROWS_IN_ALL."""
    condition, values = scope.condition(worklist)
    chosen = f"select * from {aside} where {condition}"
    [(in_all,)] = connection.execute(
        f"select max({ROWS_IN_ALL}) from ({chosen})", values
    ).fetchall()
    return Sheet(worklist, _rows(connection, chosen, worklist, values), in_all)


def _sheet(connection: duckdb.DuckDBPyConnection, scope: Scope, worklist: Worklist) -> Sheet:
    condition, values = scope.condition(worklist)
    chosen = f"select * from {worklist.relation.sql} where {condition}"
    return Sheet(worklist, _rows(connection, rows_sql(worklist, chosen), worklist, values))


def _rows(
    connection: duckdb.DuckDBPyConnection, found: str, worklist: Worklist, values: list[object]
) -> Generator[Sequence[tuple[Any, ...]]]:
    columns = ", ".join(f'"{name}"' for name in columns_of(worklist))
    cursor = connection.execute(
        f"select {columns} from ({found}) order by {worklist.order_by}", values
    )
    while rows := cursor.fetchmany(_CHUNK):
        yield rows
