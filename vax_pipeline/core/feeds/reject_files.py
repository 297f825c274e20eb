# pyright: basic
# xlsxwriter has no type stubs.
"""Exports of rejects as files: csv that Excel opens with its accents, and workbooks of text cells.

A file appears under its name only when it is complete, and is readable to nobody but its owner: it holds
what people sent.
"""

import csv
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range

from vax_pipeline.core.feeds.reject_columns import FIX, LINE, PROBLEM, RECORD, REJECT
from vax_pipeline.core.feeds.reject_export import AFTER, BEFORE, Export
from vax_pipeline.core.files import private_file, require_free
from vax_pipeline.core.labels import english, vietnamese
from vax_pipeline.core.spreadsheets import HEADER, MAX_CELL, MAX_SHEET_ROWS, TEXT, workbook_options

CSV, XLSX = ".csv", ".xlsx"
SHEET = "Bản ghi cần sửa"
_WIDE, _NARROW, _MOST = 48, 12, 40  # characters
_WIDTHS = {PROBLEM: _WIDE, FIX: _WIDE, RECORD: _WIDE, LINE: _NARROW, REJECT: 20}


def write_exports(exports: list[Export], folder: Path) -> list[dict[str, Any]]:
    """Every export in both formats below a folder, as the landing place has it.

    Returns:
        The files: path, the file each answers, and its rows.

    Raises:
        ExportExistsError: before anything is written.
    """
    targets = [
        (export, folder / f"{export.name}{kind}") for export in exports for kind in (CSV, XLSX)
    ]
    require_free(path for _, path in targets)
    return [written for export, path in targets for written in write_export(export, path)]


def write_export(export: Export, path: Path) -> list[dict[str, Any]]:
    """One export, its format told by the name; a workbook too long for Excel in several parts."""
    is_workbook = path.suffix.lower() == XLSX
    most = MAX_SHEET_ROWS if is_workbook else len(export.rows)
    rows, written = export.cells(), []
    for number, first in enumerate(range(0, len(export.rows), most), start=1):
        part = path if number == 1 else path.with_name(f"{path.stem}.{number}{path.suffix}")
        require_free([part])
        write = _write_workbook if is_workbook else _write_csv
        with private_file(part) as unfinished:
            write(export, list(islice(rows, most)), unfinished)
        count = min(most, len(export.rows) - first)
        written.append({"path": str(part), "answers": export.answers, "rows": count})
    return written


def _write_csv(export: Export, rows: list[list[str]], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=export.delimiter)
        writer.writerow(export.headers)
        writer.writerows(rows)


def _write_workbook(export: Export, rows: list[list[str]], path: Path) -> None:
    with xlsxwriter.Workbook(str(path), workbook_options(path)) as workbook:
        bold = workbook.add_format(HEADER)
        # Text, empty cells too: what is typed there keeps its leading zeros and starts no formula.
        text = workbook.add_format({"num_format": TEXT})
        wrapped = workbook.add_format({"num_format": TEXT, "text_wrap": True, "valign": "top"})
        sheet = workbook.add_worksheet(SHEET)
        sheet.freeze_panes(1, 0)
        for place, (header, width) in enumerate(
            zip(export.headers, _widths(export, rows), strict=True)
        ):
            kind = wrapped if place < len(BEFORE) else text
            sheet.set_column(place, place, width, kind)
            sheet.write_string(0, place, header, bold)
        for line, row in enumerate(rows, start=1):
            for place, value in enumerate(_fitting(row)):
                kind = wrapped if place < len(BEFORE) else text
                if value:
                    sheet.write_string(line, place, value, kind)
                else:
                    sheet.write_blank(line, place, None, kind)
        last = (max(len(rows), 1), len(export.headers) - 1)
        sheet.ignore_errors({"number_stored_as_text": xl_range(0, 0, *last)})
        sheet.autofilter(0, 0, *last)


def _widths(export: Export, rows: list[list[str]]) -> list[int]:
    named = [*BEFORE, *export.columns.shown, *AFTER]
    return [
        _WIDTHS.get(name) or min(_MOST, max(_NARROW, *(len(row[place]) for row in rows)) + 2)
        for place, name in enumerate(named)
    ]


def _fitting(row: list[str]) -> list[str]:
    """The row; of one with a value too long for a cell only what is ours, and where to correct it."""
    if max(map(len, row)) <= MAX_CELL:
        return row
    beside = {place: value for place, value in enumerate(row) if place >= len(row) - len(AFTER)}
    kept = [beside.get(place, "")[:MAX_CELL] for place in range(len(row))]
    kept[0] = row[0]
    kept[1] = f"{vietnamese('reject_fix', 'use_csv')} | {english('reject_fix', 'use_csv')}"
    return kept
