# pyright: basic
# xlsxwriter has no type stubs.
"""Workbooks for authorities: what each needs to act, and nothing more.

Every value is written as text or as a date, never as a formula, so that nothing typed by a citizen
can run in Excel.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from vax_pipeline.core.publishing.catalog import WORKLISTS, Worklist
from vax_pipeline.core.spreadsheets import MAX_SHEET_ROWS, WORKBOOK_OPTIONS

MAX_TITLE = 31
_CHUNK = 10_000


def write_workbooks(
    connection: duckdb.DuckDBPyConnection, directory: Path
) -> dict[str, dict[str, int]]:
    """One workbook per owner under `directory/<owner>/`; returns rows by owner and worklist."""
    owners = sorted({owner for worklist in WORKLISTS for owner in _owners(connection, worklist)})
    written: dict[str, dict[str, int]] = {}
    for owner in owners:
        folder = directory / owner
        folder.mkdir(parents=True)
        with xlsxwriter.Workbook(str(folder / "worklists.xlsx"), WORKBOOK_OPTIONS) as workbook:
            written[owner] = {
                worklist.relation.name: _write_sheets(connection, workbook, worklist, owner)
                for worklist in WORKLISTS
            }
    return written


def _owners(connection: duckdb.DuckDBPyConnection, worklist: Worklist) -> list[str]:
    rows = connection.execute(
        f"select distinct coalesce({worklist.owner_column}, 'unknown') from {worklist.relation.sql}"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _write_sheets(
    connection: duckdb.DuckDBPyConnection,
    workbook: xlsxwriter.Workbook,
    worklist: Worklist,
    owner: str,
) -> int:
    """The owner's rows on one sheet, or on as many as they need; returns how many rows."""
    cursor = connection.cursor().execute(
        f"select * from {worklist.relation.sql} "
        f"where coalesce({worklist.owner_column}, 'unknown') = ?",
        [owner],
    )
    columns = [str(column[0]) for column in cursor.description or ()]
    formats = {
        "header": workbook.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True}),
        "moment": workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
        "day": workbook.add_format({"num_format": "dd/mm/yyyy"}),
    }
    sheet = _new_sheet(workbook, worklist.title_vi, columns, formats)
    sheets, row_number, total = 1, 0, 0
    while rows := cursor.fetchmany(_CHUNK):
        for row in rows:
            if row_number == MAX_SHEET_ROWS:
                _close_sheet(sheet, row_number, columns)
                sheets, row_number = sheets + 1, 0
                sheet = _new_sheet(workbook, worklist.title_vi, columns, formats, sheets)
            row_number += 1
            for position, value in enumerate(row):
                _write_cell(sheet, row_number, position, value, formats["moment"], formats["day"])
        total += len(rows)
    _close_sheet(sheet, row_number, columns)
    return total


def _new_sheet(
    workbook: xlsxwriter.Workbook,
    title: str,
    columns: list[str],
    formats: dict[str, Any],
    number: int = 1,
) -> Any:
    suffix = f" {number}" if number > 1 else ""
    sheet = workbook.add_worksheet(title[: MAX_TITLE - len(suffix)] + suffix)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, max(len(columns) - 1, 0), 20)
    for position, column in enumerate(columns):
        sheet.write_string(0, position, column, formats["header"])
    return sheet


def _close_sheet(sheet: Any, rows: int, columns: list[str]) -> None:
    sheet.autofilter(0, 0, max(rows, 1), max(len(columns) - 1, 0))


def _write_cell(sheet: Any, row: int, column: int, value: Any, moment: Any, day: Any) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float():
            sheet.write_number(row, column, value)
        case datetime():
            sheet.write_datetime(row, column, value.replace(tzinfo=None), moment)
        case date():
            sheet.write_datetime(row, column, value, day)
        case list():
            sheet.write_string(row, column, "; ".join(str(item) for item in value))
        case _:
            sheet.write_string(row, column, str(value))
