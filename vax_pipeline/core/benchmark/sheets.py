"""A large workbook of doses as a facility would export it, and the bare reading of it to compare with."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fastexcel
import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

from vax_pipeline.core.feeds.catalog import DOSES

MOST_ROWS = 1_000_000
TITLE = "DANH SÁCH MŨI TIÊM VẮC XIN PHÒNG COVID-19"
NAMES = ("Nguyễn Văn An", "Trần Thị Bích", "Lê Hồng Đào", "Phạm Quốc Huy", "Võ Thị Mỹ Duyên")
ENTERED_AT = DOSES.column_names.index("entered_at")
FIRST_ENTRY = datetime(2021, 7, 1, 7)  # noqa: DTZ001 - a cell knows no time zone
FIRST_BIRTH = datetime(1935, 1, 1)  # noqa: DTZ001


def write_workbook(path: Path, rows: int) -> None:
    """Write dose records with all 28 columns below a title; the same bytes for the same `rows`.

    Dates are cell dates; of the id numbers every third lost its zero and became a number.
    """
    part = path.with_suffix(".part")
    book: Any = xlsxwriter.Workbook(
        str(part), {"constant_memory": True, "tmpdir": str(path.parent)}
    )
    book.set_properties({"created": FIRST_ENTRY})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    formats = {ENTERED_AT: book.add_format({"num_format": "dd/mm/yyyy hh:mm"})}
    sheet = book.add_worksheet("Mũi tiêm")
    sheet.write_string(0, 0, TITLE)
    for column, name in enumerate(DOSES.columns):
        sheet.write_string(2, column, (name.aliases or (name.name,))[0])
    for line, record in enumerate(_records(rows), 3):
        for column, value in enumerate(record):
            if isinstance(value, str):
                sheet.write_string(line, column, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(line, column, value, formats.get(column, day))
            elif value is not None:
                sheet.write_number(line, column, value)
    book.close()
    part.rename(path)


def time_bare_read(path: Path) -> float:
    """Seconds that fastexcel takes to read the first sheet as text, and to do nothing with it."""
    started = time.perf_counter()
    reader: Any = fastexcel.read_excel(path)
    reader.load_sheet_eager(0, header_row=None, dtypes="string")
    return time.perf_counter() - started


def _records(rows: int) -> Iterator[tuple[Any, ...]]:
    """Cells in the order of the feed's columns."""
    for n in range(rows):
        entered = FIRST_ENTRY + timedelta(minutes=n % 200_000)
        id_number = 75_080_000_000 + n
        yield (
            "platform",
            f"DN{n:09d}",
            "add",
            entered,
            "excel_import",
            f"75{n % 400:03d}",
            f"75{n % 400:03d}",
            f"Trạm y tế số {n % 400}",
            None,
            f"{NAMES[n % 5]} {n % 9973}",
            FIRST_BIRTH + timedelta(days=n % 30_000),
            "Nam" if n % 2 else "Nữ",
            id_number if n % 3 == 0 else f"0{id_number}",
            f"DN475{n:010d}" if n % 3 == 0 else None,
            f"09{n % 10**8:08d}",
            "Việt Nam",
            "Công nhân",
            n % 16 + 1,
            None,
            75,
            731,
            26_000 + n % 170,
            f"Ấp {n % 9 + 1}, xã số {n % 170}",
            f"Mũi {n % 3 + 1}",
            "AstraZeneca",
            f"ABV{n % 700:04d}",
            entered.replace(hour=0, minute=0),
            "Không",
        )
