"""Rejects as workbooks: safe to open, whole, for their owner alone."""

import re
import stat
import zipfile
from pathlib import Path

import fastexcel
import pytest
from exported import listed, planned, read
from landing_home import Home, attestation, csv

from vax_pipeline.core.feeds import reject_files
from vax_pipeline.core.feeds.readers import READERS
from vax_pipeline.core.feeds.reject_columns import FIX, HEADERS
from vax_pipeline.core.feeds.reject_export import Export
from vax_pipeline.core.feeds.reject_files import write_exports
from vax_pipeline.core.files import ExportExistsError


@pytest.fixture
def export(home: Home) -> Export:
    """One record whose signer would run as a formula and whose id has a leading zero."""
    home.put(csv(attestation("", signer_code="=1+1"), "bad"))
    home.load()
    (export,) = planned(home)
    return export


def sheet_xml(path: Path, part: str = "worksheets/sheet1") -> str:
    with zipfile.ZipFile(path) as workbook:
        return workbook.read(f"xl/{part}.xml").decode()


def test_a_workbook_holds_text_cells_only_and_its_headers_stay_in_sight(
    home: Home, export: Export
) -> None:
    write_exports([export], home.settings.root)
    path = home.settings.root / f"{export.name}.xlsx"
    xml = sheet_xml(path)
    assert "<f>" not in xml
    assert re.search(
        r'<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>', xml
    )
    body = xml.partition('<row r="2"')[2]
    cells = re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"(?: t="(\w+)")?', body)
    assert len(cells) == 2 * len(export.headers)
    assert {kind for _, _, kind in cells} == {"inlineStr", ""}  # "" is an empty cell
    formats = re.findall(
        r"<xf numFmtId=\"(\d+)\"", sheet_xml(path, "styles").partition("<cellXfs")[2]
    )
    assert {formats[int(style)] for _, style, _ in cells} == {"49"}  # text, empty ones too
    frame = fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_polars()
    assert frame.columns == export.headers
    assert [[cell or "" for cell in row] for row in frame.rows()] == list(export.cells())


def test_csv_and_workbook_hold_the_same(home: Home, export: Export) -> None:
    write_exports([export], home.settings.root)
    rows = read(home.settings.root / f"{export.name}.csv")
    assert [list(row.values()) for row in rows] == list(export.cells())
    assert (home.settings.root / f"{export.name}.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.skipif("xlsx" not in READERS, reason="no reader takes workbooks")
def test_a_corrected_workbook_closes_the_reject_too(home: Home, export: Export) -> None:
    path = home.settings.root / f"{export.name}.xlsx"
    export.rows[0].layout.values["attestation_id"] = "A1"
    write_exports([export], home.settings.root)
    home.put(path.read_bytes(), "back.xlsx")
    home.load()
    assert home.rows("select attestation_id, signer_code from raw.attestations") == [("A1", "=1+1")]
    assert listed(home, reason="empty_key")[0] == (2, "empty_key", "corrected")
    assert home.delivery("back.xlsx")["unknown_columns"] is None


def test_a_value_too_long_for_excel_is_corrected_in_the_csv(home: Home) -> None:
    home.put(csv(attestation("", signer_code="x" * 40_000), attestation("")))
    home.load()
    (export,) = planned(home)
    write_exports([export], home.settings.root)
    frame = (
        fastexcel.read_excel(home.settings.root / f"{export.name}.xlsx").load_sheet(0).to_polars()
    )
    assert "bản xuất .csv" in frame[HEADERS[FIX]][0]
    assert frame["signer_code"].to_list() == [None, "75-001"]
    assert read(home.settings.root / f"{export.name}.csv")[0]["signer_code"] == "x" * 40_000


def test_more_rows_than_a_sheet_takes_go_into_several_workbooks(
    home: Home, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reject_files, "MAX_SHEET_ROWS", 1)
    written = write_exports([export], home.settings.root)
    assert [(Path(w["path"]).name, w["rows"]) for w in written] == [
        ("a.csv.rejects.csv", 2), ("a.csv.rejects.xlsx", 1), ("a.csv.rejects.2.xlsx", 1),
    ]  # fmt: skip
    last = fastexcel.read_excel(written[-1]["path"]).load_sheet(0, dtypes="string").to_polars()
    assert [cell or "" for cell in last.row(0)] == list(export.cells())[1]


def test_an_export_that_someone_may_be_correcting_is_not_written_over(
    home: Home, export: Export
) -> None:
    write_exports([export], home.settings.root)
    (home.settings.root / f"{export.name}.csv").unlink()
    with pytest.raises(ExportExistsError, match="someone may be filling it in"):
        write_exports([export], home.settings.root)
    assert not (home.settings.root / f"{export.name}.csv").exists()


def test_exports_are_for_their_owner_s_eyes_and_whole(home: Home, export: Export) -> None:
    written = write_exports([export], home.settings.root)
    assert {stat.S_IMODE(Path(w["path"]).stat().st_mode) for w in written} == {0o600}
    assert not list(home.settings.root.rglob("*.part"))
