"""A workbook that can't be read is quarantined in words for its sender, and the others go on."""

import io
import zipfile
from collections.abc import Callable

import pytest
from landing_home import Home
from workbooks import HEADER, HEADER_ROW, MAIN, package, record_row, text_cell, workbook
from workbooks import attestation as row

from vax_pipeline.core.feeds.readers.sheets import body
from vax_pipeline.core.feeds.readers.sheets.counting import Counter

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
GOOD = workbook([HEADER, row("A1"), row("A2")])


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def sheet(rows: str, head: str = "", tail: str = "") -> bytes:
    return package(
        "",
        sheet=f'{head}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{tail}</worksheet>',
    )


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le"), "protected_workbook", "password"),
        (OLE + "Workbook".encode("utf-16-le"), "unsupported_format", "97-2003"),
        (b"PK\x03\x04rest", "corrupt_workbook", "zip"),
        (b"\x00\x01\x02 no zip", "corrupt_workbook", "zip"),
        (GOOD[: len(GOOD) // 2], "corrupt_workbook", "zip"),
        (GOOD[:-1], "corrupt_workbook", "zip"),
        (GOOD[:600] + b"\x00" * 40 + GOOD[640:], "corrupt_workbook", "damaged"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "unsupported_format", "web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "unsupported_format", "web page"),
        (zipped(readme=b"hello"), "unsupported_format", "zip of other things"),
        (
            zipped(mimetype=b"application/vnd.oasis", **{"META-INF__manifest.xml": b"<a/>"}),
            "unsupported_format",
            "OpenDocument",
        ),
        (package("", extra={"xl/workbook.xml": b"<workbook/>"}), "unsupported_format", "no sheet"),
        (package("", extra={"xl/workbook.xml": b"<workbook"}), "corrupt_workbook", "XML"),
        (package(""), "missing_column", "No header"),
        (
            package("", sheet=f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'),
            "missing_column",
            "",
        ),
        (package("", sheet="<worksheet>"), "missing_column", "No header"),
        (package(HEADER_ROW + "<row r='2'><c r='A2'>"), "corrupt_workbook", "XML"),
        (
            package(HEADER_ROW, sheet=f"<worksheet><sheetData>{HEADER_ROW}"),
            "corrupt_workbook",
            "cut off",
        ),
        (package(HEADER_ROW + record_row(3) + record_row(2)), "corrupt_workbook", "row 2"),
        (package(HEADER_ROW + record_row(2) * 2), "corrupt_workbook", "row 2"),
        (
            package(HEADER_ROW + record_row(2, cells=text_cell("C2", "x"))),
            "corrupt_workbook",
            "twice",
        ),
        (
            package(HEADER_ROW + record_row(2, cells='<c r="E2" t="s"><v>9</v></c>')),
            "corrupt_workbook",
            "",
        ),
        (
            package(HEADER_ROW + record_row(2, cells='<c r="E2" t="s"><v>-1</v></c>')),
            "corrupt_workbook",
            "",
        ),
        (
            package(HEADER_ROW + record_row(2, cells='<c r="2E"><v>1</v></c>')),
            "corrupt_workbook",
            "column",
        ),
        (
            package(HEADER_ROW + record_row(2, cells="<c r='E2' t='str'><v>&nbsp;</v></c>")),
            "corrupt_workbook",
            "XML",
        ),
        (
            package(HEADER_ROW + record_row(2, cells="<c r='E2' t='str'><v>a\x01b</v></c>")),
            "corrupt_workbook",
            "XML",
        ),
        (
            package(HEADER_ROW + record_row(2), texts="<si><t>&x;</t></si>"),
            "corrupt_workbook",
            "XML",
        ),
        (
            sheet(HEADER_ROW, head='<!DOCTYPE x [<!ENTITY a "b">]>'),
            "corrupt_workbook",
            "document type",
        ),
        (
            sheet(HEADER_ROW + record_row(2).replace("minutes", "bi\udcean")),
            "corrupt_workbook",
            "XML",
        ),
    ],
)
def test_a_bad_workbook_is_quarantined_and_the_others_are_loaded(
    home: Home, content: bytes, code: str, says: str
) -> None:
    found, reason = home.quarantine(content, "a.xlsx")
    assert (found, says in reason) == (code, True)


def test_a_part_that_grows_without_end_is_not_unpacked(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "vax_pipeline.core.feeds.readers.sheets.package.FREELY_INFLATED_BYTES", 1 << 20
    )
    blank = "".join(f'<row r="{n}"/>' for n in range(2, 9))
    code, reason = home.quarantine(package(HEADER_ROW + blank + " " * (8 << 20)), "a.xlsx")
    assert code == "inflates_too_far"
    assert "1 MB" in reason


def test_a_row_without_end_is_not_gathered(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.sheets.items.MAX_ITEM_BYTES", 1 << 20)
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.sheets.package.PIECE_BYTES", 1 << 16)
    cells = text_cell("E2", "x" * (2 << 20))
    assert (
        home.quarantine(package(HEADER_ROW + record_row(2, cells=cells)), "a.xlsx")[0]
        == "record_too_long"
    )


def test_a_workbook_inside_gzip_is_not_supported(home: Home) -> None:
    home.put(GOOD, "a.xlsx.gz")
    home.load()
    assert home.rejects() == [(None, "unsupported_format")]


def test_zip_encryption_is_a_password_too(home: Home) -> None:
    content = bytearray(GOOD)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := content.find(mark, place + 1)) >= 0:
            content[place + offset] |= 1
    assert home.quarantine(bytes(content), "a.xlsx")[0] == "protected_workbook"


def test_an_unread_part_of_the_zip_may_be_broken(home: Home) -> None:
    """A picture or a preview is nobody's record."""
    content = bytearray(
        package(HEADER_ROW + record_row(2), extra={"xl/media/a.png": b"0123456789"})
    )
    place = content.find(b"xl/media/a.png") + len("xl/media/a.png")
    content[place] ^= 255
    home.put(b"", "a.xlsx").write_bytes(bytes(content))
    home.load()
    assert home.loaded_keys() == ["A1"]


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x="),
        lambda xml: xml.replace("<sheetData>", '<dimension ref="A1"/><sheetData>'),
        lambda xml: xml.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'),
        lambda xml: xml.replace(' r="1"', "").replace(' r="2"', ""),
        lambda xml: xml.replace("<row", "\n  <row").replace("<c ", "\n    <c "),
        lambda xml: xml.replace("<row r=", '<row spans="1:5" r='),
        lambda xml: xml.replace("<row ", "<row x14ac:dyDescent='0.25' "),
        lambda xml: xml.replace('"', "'"),
        lambda xml: xml.replace('<row r="3"/>', "<row/>"),
        lambda xml: xml.replace("><", ">\r\n<"),
        lambda xml: "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\r\n" + xml,
        lambda xml: "\ufeff" + xml,
        lambda xml: xml.replace("</worksheet>", "<mergeCells/><rowBreaks/></worksheet>"),
        lambda xml: xml.replace("<sheetData>", "<sheetPr/><sheetViews/><cols/><sheetData >"),
    ],
)
def test_a_sheet_is_read_however_a_program_writes_it(
    home: Home, change: Callable[[str], str]
) -> None:
    xml = (
        f'<worksheet xmlns="{MAIN}"><sheetData>{HEADER_ROW}{record_row(2)}<row r="3"/>'
        "</sheetData></worksheet>"
    )
    home.put(b"", "a.xlsx").write_bytes(package("", sheet=change(xml)))
    home.load()
    assert home.rows("select attestation_id, kind, signed_at, line from raw.attestations") == [
        ("A1", "minutes", "2021-11-07", 2)
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_the_xml_of_a_part_may_be_in_utf_16(home: Home, encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding[:6]}"?><worksheet><sheetData>{HEADER_ROW}{record_row(2)}'
    part = (xml + "</sheetData></worksheet>").encode(encoding)
    content = package("", extra={"xl/worksheets/sheet1.xml": part})
    home.put(b"", "a.xlsx").write_bytes(content)
    home.load()
    assert home.loaded_keys() == ["A1"]


def test_strict_ooxml_and_other_spellings_of_part_names_are_read(home: Home) -> None:
    strict = package(HEADER_ROW + record_row(2, "STRICT"), strict=True)
    home.put(b"", "a.xlsx").write_bytes(strict)
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package(HEADER_ROW + record_row(2, "SPELLED")))) as parts,
        zipfile.ZipFile(content, "w") as archive,
    ):
        for name in parts.namelist():
            changed = parts.read(name).replace(b'Target="', b'Target="/xl/')
            is_main = name == "xl/_rels/workbook.xml.rels"
            archive.writestr(
                name.replace("sheet1", "Sheet1").replace("/", "\\"),
                changed if is_main else parts.read(name),
            )
    home.put(b"", "b.xlsx").write_bytes(content.getvalue())
    home.load()
    assert home.loaded_keys() == ["STRICT", "SPELLED"]


def test_a_workbook_without_styles_and_texts_is_read(home: Home) -> None:
    relations = (
        b'<Relationships><Relationship Id="rId1" Type="x/worksheet" '
        b'Target="worksheets/sheet1.xml"/></Relationships>'
    )
    parts = {"xl/_rels/workbook.xml.rels": relations, "_rels/.rels": b"<Relationships/>"}
    home.put(b"", "a.xlsx").write_bytes(package(HEADER_ROW + record_row(2), extra=parts))
    home.load()
    assert home.loaded_keys() == ["A1"]


def test_a_record_lost_between_the_xml_and_the_rows_is_found_out(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count comes from the XML itself, not from the cells that were read."""
    scan = body.scan_cells
    monkeypatch.setattr(
        body, "scan_cells", lambda block, line: scan(block[: block.rfind(b"<row")], line)
    )
    home.put(b"", "a.xlsx").write_bytes(package(HEADER_ROW + record_row(2) + record_row(3, "A2")))
    home.load()
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "count_mismatch")])


def test_a_record_read_twice_is_found_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counter, "count", lambda self, block: 1)
    home.put(b"", "a.xlsx").write_bytes(GOOD)
    home.load()
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "count_mismatch")])
