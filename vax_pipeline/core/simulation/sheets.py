"""A workbook as a facility makes it: a merged title, headers in the third row, dates as cell dates."""

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

TITLE = "BÁO CÁO SỐ LIỆU TIÊM CHỦNG VẮC XIN PHÒNG COVID-19"
HEADER_ROW = 2  # from 0
MADE_AT = datetime(2021, 1, 1)  # noqa: DTZ001 - bytes depend on the rows alone


def write_sheet(path: Path, frame: pl.DataFrame) -> None:
    """Write text columns to the first sheet of a workbook; what is an ISO date becomes a cell date."""
    book: Any = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    book.set_properties({"created": MADE_AT})
    formats = {
        is_day: book.add_format({"num_format": "dd/mm/yyyy" if is_day else "dd/mm/yyyy hh:mm:ss"})
        for is_day in (True, False)
    }
    sheet = book.add_worksheet("Danh sách")
    sheet.merge_range(0, 0, 0, frame.width - 1, TITLE, book.add_format({"bold": True}))
    sheet.write_row(HEADER_ROW, 0, frame.columns)
    moments = frame.select(
        pl.coalesce(
            pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False),
            pl.col(name).str.to_datetime("%Y-%m-%d", strict=False),
        )
        for name in frame.columns
    )
    lines = zip(frame.iter_rows(), moments.iter_rows(), strict=True)
    for line, row in enumerate(lines, HEADER_ROW + 1):
        for column, (text, moment) in enumerate(zip(*row, strict=True)):
            if moment is not None:
                sheet.write_datetime(line, column, moment, formats[len(text) == len("2021-11-08")])
            elif text is not None:
                sheet.write_string(line, column, text)
    book.close()
