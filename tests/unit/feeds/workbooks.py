"""Workbooks to deliver: written as Excel would, or part by part as no program should."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter

HEADER = ("attestation_id", "citizen_id", "kind", "signer_code", "signed_at")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
# Styles by place: general, date, moment, length of time, percent, text.
STYLES = ["General", "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "[h]:mm", "0.0%", "@"]


@dataclass(frozen=True)
class Formula:
    """A formula with the value that was calculated for it."""

    text: str
    value: Any


@dataclass(frozen=True)
class Shown:
    """A number shown in a format."""

    number: float
    format: str


def attestation(
    key: Any, *, citizen_id: Any = None, kind: Any = "minutes", signed_at: Any = None
) -> list[Any]:
    """A valid row; change a field to break it."""
    return [key, citizen_id, kind, "75-001", signed_at or datetime(2021, 11, 7, 9)]  # noqa: DTZ001


def workbook(
    *sheets: Sequence[Sequence[Any]],
    hidden_sheets: Sequence[int] = (),
    hidden_rows: Sequence[int] = (),
    merged: Sequence[str] = (),
    **options: Any,
) -> bytes:
    """A workbook by xlsxwriter; sheets as rows of cells, None for an empty one.

    Args:
        hidden_rows: row numbers as Excel shows them, of the first sheet.
        merged: ranges of the first sheet, whose text is that of their first cell.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    for number, rows in enumerate(sheets):
        sheet = book.add_worksheet(f"Trang {number + 1}")
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                _write(book, sheet, line, column, value)
        if number in hidden_sheets:
            sheet.hide()
        else:
            sheet.activate()
        for line in hidden_rows if number == 0 else ():
            sheet.set_row(line - 1, None, None, {"hidden": True})
        for area in merged if number == 0 else ():
            first = area.split(":")[0]
            line, column = int(first[1:]) - 1, ord(first[0]) - ord("A")
            sheet.merge_range(area, rows[line][column], book.add_format({"bold": True}))
    book.close()
    return out.getvalue()


def _write(book: Any, sheet: Any, line: int, column: int, value: Any) -> None:
    if isinstance(value, Formula):
        sheet.write_formula(line, column, value.text, None, value.value)
    elif isinstance(value, Shown):
        sheet.write_number(
            line, column, value.number, book.add_format({"num_format": value.format})
        )
    elif isinstance(value, datetime | date):
        code = "dd/mm/yyyy hh:mm" if isinstance(value, datetime) else "dd/mm/yyyy"
        sheet.write_datetime(line, column, value, book.add_format({"num_format": code}))
    elif isinstance(value, str):
        sheet.write_string(line, column, value)
    elif value is not None:
        sheet.write(line, column, value)


def package(
    rows: str,
    *,
    texts: str | None = None,
    sheet: str | None = None,
    date1904: bool = False,
    strict: bool = False,
    extra: Mapping[str, bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A workbook of one sheet from its XML: what stands in `sheetData`, or the whole part.

    Args:
        texts: what stands in `sst`.
        extra: further parts, or other content for one.
    """
    main, relations = (STRICT_MAIN, STRICT_RELATIONS) if strict else (MAIN, RELATIONS)
    kinds = {"rId1": "worksheet", "rId2": "styles", "rId3": "sharedStrings"}
    files = {"rId1": "worksheets/sheet1.xml", "rId2": "styles.xml", "rId3": "sharedStrings.xml"}
    listed = "".join(
        f'<Relationship Id="{key}" Type="{relations}/{kind}" Target="{files[key]}"/>'
        for key, kind in kinds.items()
    )
    formats = "".join(
        f'<numFmt numFmtId="{164 + n}" formatCode="{escape(code)}"/>'
        for n, code in enumerate(STYLES)
    )
    styles = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(STYLES)))
    package_relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{package_relations}"><Relationship Id="rId1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}">'
        f'<workbookPr date1904="{int(date1904)}"/>'
        '<sheets><sheet name="Trang 1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{listed}</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts>{formats}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{texts or ""}</sst>',
        "xl/worksheets/sheet1.xml": sheet
        or f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, text in parts.items():
            archive.writestr(name, (extra or {}).get(name, text.encode(errors="surrogateescape")))
        for name, content in (extra or {}).items():
            if name not in parts:
                archive.writestr(name, content)
    return out.getvalue()


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def text_row(line: int, values: Sequence[str | None]) -> str:
    """A row of inline texts."""
    cells = (
        text_cell(f"{chr(ord('A') + column)}{line}", value)
        for column, value in enumerate(values)
        if value is not None
    )
    return f'<row r="{line}">{"".join(cells)}</row>'


HEADER_ROW = text_row(1, HEADER)


def record_row(line: int, key: str = "A1", cells: str = "") -> str:
    """A valid row of XML; `cells` come after the key and kind, from column E on."""
    signed = cells or text_cell(f"E{line}", "2021-11-07")
    return f'<row r="{line}">{text_cell(f"A{line}", key)}{text_cell(f"C{line}", "minutes")}{signed}</row>'
