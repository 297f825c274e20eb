"""Workbooks as an officer fills them in: with openpyxl, which writes all of a workbook anew."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

Answers = Mapping[str, Any]
GiveOut = Callable[..., Path]  # an owner's code, and rows by worklist, to their workbook


class Filled:
    """An open workbook; cells are found by header and row number."""

    def __init__(self, path: Path) -> None:
        self.book: Any = openpyxl.load_workbook(path)

    def sheet(self, title: str) -> Worksheet:
        return self.book[title]

    def column(self, title: str, header: str) -> int:
        return next(cell.column for cell in self.book[title][1] if cell.value == header)

    def value(self, title: str, row: int, header: str) -> Any:
        return self.book[title].cell(row, self.column(title, header)).value

    def write(self, title: str, row: int, answers: Answers) -> "Filled":
        """Write under the headers; row 2 is the first below them."""
        for header, value in answers.items():
            self.book[title].cell(row, self.column(title, header)).value = value
        return self

    def save(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.book.save(path)
        return path
