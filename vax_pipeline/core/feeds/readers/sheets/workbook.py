"""What a workbook holds: its sheets in order, and the texts and formats that their cells refer to."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.readers.sheets.formats import Format, format_of
from vax_pipeline.core.feeds.readers.sheets.markup import Bytes
from vax_pipeline.core.feeds.readers.sheets.package import Package, open_package
from vax_pipeline.core.feeds.readers.sheets.texts import read_texts
from vax_pipeline.core.feeds.readers.sheets.xml_parser import elements
from vax_pipeline.core.feeds.readers.source import Source
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

MAX_TEXTS_BYTES = 1 << 30  # held in memory


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook.

    Attributes:
        number: its place in the workbook, from 1.
        part: where in the package its rows are.
    """

    number: int
    name: str
    part: str
    is_visible: bool


class Workbook:
    """An open workbook.

    Attributes:
        sheets: those a person sees in their order, then the hidden ones; no charts.
        uses_1904: dates count from 1904, as the first Macintoshes did.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        main = _find_main(package)
        self._targets = package.relations(main)
        found = elements(package.read(main))
        self.uses_1904 = any(
            name == "workbookPr" and attributes.get("date1904") in ("1", "true")
            for _, name, attributes in found
        )
        self.sheets = self._find_sheets([a for parent, _, a in found if parent == "sheets"])

    @cached_property
    def texts(self) -> pl.Series:
        """The table of texts that cells refer to by place."""
        part = self._related("/sharedStrings")
        if part is None:
            return pl.Series(dtype=pl.String)
        return read_texts(self._package.pieces(part, most=MAX_TEXTS_BYTES))

    @cached_property
    def formats(self) -> Bytes:
        """`Format` by style of a cell."""
        part = self._related("/styles")
        found = elements(self._package.read(part)) if part else []
        codes = {
            attributes.get("numFmtId", ""): attributes.get("formatCode", "")
            for parent, _, attributes in found
            if parent == "numFmts"
        }
        styles = [
            format_of(attributes.get("numFmtId", "0"), codes)
            for parent, _, attributes in found
            if parent == "cellXfs"
        ]
        return np.array(styles or [Format.NUMBER], np.uint8)

    def pieces(self, sheet: Sheet) -> Iterator[bytes]:
        """The XML of a sheet."""
        return self._package.pieces(sheet.part)

    def _find_sheets(self, listed: list[dict[str, str]]) -> tuple[Sheet, ...]:
        sheets: list[Sheet] = []
        for number, attributes in enumerate(listed, 1):
            kind, part = self._targets.get(attributes.get("id", ""), ("", ""))
            if kind.endswith("/worksheet"):
                is_visible = attributes.get("state", "visible") == "visible"
                sheets.append(Sheet(number, attributes.get("name", ""), part, is_visible))
        if not sheets:
            raise _no_workbook("holds no sheet of cells")
        return tuple(sorted(sheets, key=lambda sheet: not sheet.is_visible))

    def _related(self, kind: str) -> str | None:
        return next((part for known, part in self._targets.values() if known.endswith(kind)), None)


@contextmanager
def open_workbook(source: Source) -> Generator[Workbook]:
    """The workbook in a file. Raises QuarantineError when there is none."""
    with open_package(source) as package:
        yield Workbook(package)


def _find_main(package: Package) -> str:
    kinds = package.relations("").values()
    related = [part for kind, part in kinds if kind.endswith("/officeDocument")]
    main = related[0] if related else "xl/workbook.xml"
    if main.endswith(".bin"):
        raise _no_workbook("is an Excel binary workbook (.xlsb)")
    if main in package:
        return main
    is_open_document = "mimetype" in package and "meta-inf/manifest.xml" in package
    raise _no_workbook(
        "is an OpenDocument file" if is_open_document else "is a zip of other things"
    )


def _no_workbook(what: str) -> QuarantineError:
    return QuarantineError(
        Reason.UNSUPPORTED_FORMAT, f"The file {what}: deliver the records as an .xlsx workbook."
    )
