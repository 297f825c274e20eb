# pyright: basic
# xlsxwriter has no type stubs.
"""A workbook of worklists: a guide, a sheet per list, the words to choose from on a hidden sheet.

Every cell is text, so that a number keeps its zeros and nothing typed by a citizen can run. Sheets are
protected without a password: headers and the hidden ids stay, everything else may be filled in, sorted
and filtered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range

from vax_pipeline.core.spreadsheets import (
    HEADER,
    MAX_CELL,
    MAX_SHEET_ROWS,
    TEXT,
    safe,
    workbook_options,
)
from vax_pipeline.core.worklists.guide import write_guide
from vax_pipeline.core.worklists.spec import Answer, Shown, Worklist, item_id
from vax_pipeline.core.worklists.words import choices, shown

MAX_TITLE = 31
_LINE = 15  # points
_MOST_LINES = 8
_WRAPPED = 30  # characters: columns wider than this hold sentences
_CHOICES_SHEET = "Danh mục"
_ANSWER_HEADER = {**HEADER, "bg_color": "#FFE699"}
_CELL = {"num_format": TEXT, "locked": False, "valign": "top"}
_PROTECTION = {
    "sort": True,
    "autofilter": True,
    "format_cells": True,
    "format_rows": True,
}


@dataclass(frozen=True)
class Owner:
    """For whom a workbook is, and the instant of what it says."""

    code: str
    name: str
    as_of: datetime


@dataclass(frozen=True)
class Sheet:
    """One worklist of an owner: batches of rows, each with the item's columns and then those shown.

    Attributes:
        in_all: of how many rows these are the most urgent; null when they are all.
    """

    worklist: Worklist
    batches: Iterator[Sequence[tuple[Any, ...]]]
    in_all: int | None = None


def columns_of(worklist: Worklist) -> list[str]:
    """The columns of the table that a sheet is written from, in the order `Sheet.batches` has them."""
    item = list(worklist.returns.item) if worklist.returns else []
    return [*item, *(column.column for column in worklist.shown)]


def write_workbook(path: Path, owner: Owner, sheets: Sequence[Sheet]) -> dict[str, int]:
    """Write the sheets that have rows; returns how many rows each has.

    A list longer than Excel's sheets goes on in a further sheet. Without any row there is only a guide.
    """
    with xlsxwriter.Workbook(str(path), workbook_options(path)) as workbook:
        guide = workbook.add_worksheet("Hướng dẫn")
        book = _Book(workbook)
        rows = {sheet.worklist.name: book.write(sheet) for sheet in sheets}
        book.write_choices()
        written = [
            (sheet.worklist, rows[sheet.worklist.name], sheet.in_all)
            for sheet in sheets
            if rows[sheet.worklist.name]
        ]
        write_guide(workbook, guide, owner.code, owner.name, shown(owner.as_of, None), written)
        return rows


@dataclass
class _Book:
    workbook: Any
    used_choices: dict[str, int] = field(default_factory=dict)  # name -> column of the hidden sheet

    def __post_init__(self) -> None:
        self.cell = self.workbook.add_format(_CELL)
        self.wrapped = self.workbook.add_format({**_CELL, "text_wrap": True})
        self.header = self.workbook.add_format(HEADER)
        self.answer_header = self.workbook.add_format(_ANSWER_HEADER)

    def write(self, sheet: Sheet) -> int:
        """The rows of one worklist, on as many sheets as they need."""
        worklist = sheet.worklist
        page, row, pages, total = None, 0, 0, 0
        for batch in sheet.batches:
            for values in batch:
                if page is None or row == MAX_SHEET_ROWS:
                    if page is not None:
                        self._finish(page, worklist, row)
                    pages += 1
                    page, row = self._begin(worklist, pages), 0
                row += 1
                self._write_row(page, worklist, row, values)
            total += len(batch)
        if page is not None:
            self._finish(page, worklist, row)
        return total

    def write_choices(self) -> None:
        """The words to choose from, a column for each list of them."""
        lists = [
            (column, list(choices(name).values())) for name, column in self.used_choices.items()
        ]
        if not lists:
            return
        page = self.workbook.add_worksheet(_CHOICES_SHEET)
        page.hide()
        for row in range(max(len(words) for _, words in lists)):
            for column, words in lists:
                if row < len(words):
                    page.write_string(row, column, words[row])

    def _begin(self, worklist: Worklist, number: int) -> Any:
        suffix = f" {number}" if number > 1 else ""
        page = self.workbook.add_worksheet(worklist.title[: MAX_TITLE - len(suffix)] + suffix)
        page.freeze_panes(1, 1)
        page.set_row(0, 2 * _LINE)
        page.protect("", _PROTECTION)
        for place, column in enumerate(_layout(worklist)):
            if column is None:
                page.set_column(place, place, 12, self.cell, {"hidden": True})
                page.write_string(0, place, worklist.item_header, self.header)
                continue
            is_answer = isinstance(column, Answer)
            page.set_column(place, place, column.width, self._format(column))
            page.write_string(
                0, place, column.header, self.answer_header if is_answer else self.header
            )
        return page

    def _write_row(self, page: Any, worklist: Worklist, row: int, values: tuple[Any, ...]) -> None:
        item = worklist.returns.item if worklist.returns else {}
        texts = [
            safe(shown(value, column.words))[:MAX_CELL]
            for column, value in zip(worklist.shown, values[len(item) :], strict=True)
        ]
        # Not every program fits a row to its text when it opens a workbook.
        page.set_row(row, _LINE * _lines(worklist, texts))
        read = iter(texts)
        for place, column in enumerate(_layout(worklist)):
            match column:
                case Shown():
                    if text := next(read):
                        page.write_string(row, place, text, self._format(column))
                case None:
                    parts = [shown(value, None) for value in values[: len(item)]]
                    page.write_string(row, place, item_id(parts), self.cell)
                case Answer():
                    pass  # empty: the format of its column makes it text

    def _finish(self, page: Any, worklist: Worklist, rows: int) -> None:
        layout = _layout(worklist)
        last = (rows, len(layout) - 1)
        page.autofilter(0, 0, *last)
        page.ignore_errors({"number_stored_as_text": xl_range(0, 0, *last)})
        for place, column in enumerate(layout):
            if isinstance(column, Answer) and (column.choices or column.hint):
                page.data_validation(1, place, rows, place, self._validation(column))

    def _validation(self, answer: Answer) -> dict[str, Any]:
        """A list to choose from, or at least what to write there."""
        hint = (
            {"input_title": answer.header[:32], "input_message": answer.hint} if answer.hint else {}
        )
        if answer.choices is None:
            return {"validate": "any", **hint}
        column = self.used_choices.setdefault(answer.choices, len(self.used_choices))
        name, last = xl_col_to_name(column), len(choices(answer.choices))
        return {
            "validate": "list",
            "source": f"='{_CHOICES_SHEET}'!${name}$1:${name}${last}",
            "error_type": "information" if answer.is_list else "stop",
            "error_title": "Không có trong danh sách",
            "error_message": answer.hint or "Chọn một mục trong danh sách.",
            **hint,
        }

    def _format(self, column: Shown | Answer) -> Any:
        return self.wrapped if column.width > _WRAPPED else self.cell


def _lines(worklist: Worklist, texts: Sequence[str]) -> int:
    """How many lines the longest text of a row needs."""
    needed = [
        -(-len(text) // column.width)
        for column, text in zip(worklist.shown, texts, strict=True)
        if column.width > _WRAPPED
    ]
    return min(max([1, *needed]), _MOST_LINES)


def _layout(worklist: Worklist) -> tuple[Shown | Answer | None, ...]:
    """The columns of a sheet; None is the hidden id.

    It stands beside the first, so that who sorts a part of the sheet takes it along.
    """
    first, *others = worklist.shown
    if worklist.returns is None:
        return (first, *others)
    return (first, None, *others, *worklist.returns.answers)
