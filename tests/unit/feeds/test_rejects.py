"""A reject goes out to its sender and comes back corrected; meanwhile nothing of it is lost."""

import csv as csv_module
import io
import json
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from landing_home import DAY, HEADER, Home, attestation, csv, ndjson

from vax_pipeline.core.feeds import reject_files
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.readers import READERS
from vax_pipeline.core.feeds.reject_columns import FILE, FIX, HEADERS, LINE, PROBLEM, RECORD, REJECT
from vax_pipeline.core.feeds.reject_export import Export, plan_exports
from vax_pipeline.core.feeds.reject_files import ExportExistsError, write_exports
from vax_pipeline.core.feeds.reject_list import Choice, as_document, counts, find_rejects, outline
from vax_pipeline.core.feeds.rejects import Reason, empty_key_reason
from vax_pipeline.core.labels import english, vietnamese

Rows = list[dict[str, str]]
COMPLAINT = {"complaint_id": "C1", "received_at": "2021-11-08", "full_name": "A"}


def listed(home: Home, **choice: Any) -> list[tuple[int | None, str, str]]:
    found = find_rejects(home.connection, Choice(**choice))
    return [(r["line"], r["reason_code"], r["state"]) for r in found.iter_rows(named=True)]


def planned(home: Home) -> list[Export]:
    return plan_exports(home.connection, find_rejects(home.connection, Choice()))


def exported(home: Home, name: str = "a.csv", feed: str = "attestations") -> Rows:
    """The csv export that answers a file, as rows by header."""
    folder = home.settings.root / f"export-{len(list(home.settings.root.glob('export-*')))}"
    write_exports(planned(home), folder)
    return read(folder / feed / str(DAY) / f"{name}.rejects.csv")


def read(path: Path, delimiter: str = ",") -> Rows:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv_module.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def deliver(home: Home, rows: Rows, name: str = "back.csv", feed: str = "attestations") -> Path:
    """Rows as a spreadsheet saves them, dropped into the landing folder and loaded."""
    text = io.StringIO()
    writer = csv_module.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = home.put(text.getvalue().encode("utf-8-sig"), name, feed)
    home.load(feed)
    return path


def corrected(row: dict[str, str], **values: str) -> dict[str, str]:
    return row | values


def test_a_corrected_export_loads_and_closes_the_reject_it_answers(home: Home) -> None:
    home.put(csv(attestation("A1"), attestation("")))
    home.load()
    before = home.rows("select * from raw.rejects"), home.delivery()
    (row,) = exported(home)
    deliver(home, [corrected(row, attestation_id="A2")])
    assert home.loaded_keys() == ["A1", "A2"]
    assert listed(home) == [(3, "empty_key", "corrected")]
    (reject,) = find_rejects(home.connection, Choice()).iter_rows(named=True)
    assert as_document(reject, reveal=False)["corrected_by"] == {
        "file": "attestations/2021-11-08/back.csv",
        "line": 2,
    }
    assert (home.rows("select * from raw.rejects"), home.delivery()) == before
    assert home.rows("select marks, extra from raw.attestations where attestation_id = 'A2'") == [
        (json.dumps({"corrects": [reject["reject_id"]]}, separators=(",", ":")), None)
    ]
    assert home.delivery("back.csv")["unknown_columns"] is None


def test_a_correction_that_is_withdrawn_leaves_the_reject_open_again(home: Home) -> None:
    home.put(csv(attestation("")))
    home.load()
    (row,) = exported(home)
    deliver(home, [corrected(row, attestation_id="A2")]).unlink()
    home.load()
    assert listed(home) == [(2, "empty_key", "open")]


def test_an_export_that_comes_back_as_it_went_is_rejected_again(home: Home) -> None:
    home.put(csv(attestation(""), "too,few", attestation("A1") + ",many", 'A"1,"b', "\x00"))
    home.load()
    rows = exported(home)
    assert len(rows) == 5
    deliver(home, rows)
    assert home.loaded_keys() == []
    assert home.delivery("back.csv")["rejected"] == 5
    assert [state for _, _, state in listed(home)] == ["open"] * 10


def test_what_was_corrected_at_the_second_try_closes_both(home: Home) -> None:
    home.put(csv(attestation("", signer_code="=1+1")))
    home.load()
    (row,) = exported(home)
    path = deliver(home, [row])
    (again,) = exported(home, "back.csv")
    assert again.keys() == row.keys()
    assert again[HEADERS[REJECT]].split()[1:] == row[HEADERS[REJECT]].split()
    deliver(home, [corrected(again, attestation_id="A1")], "again.csv")
    assert [state for _, _, state in listed(home)] == ["corrected", "corrected"]
    assert home.rows("select signer_code from raw.attestations") == [("=1+1",)]
    assert path.exists()


def test_another_record_at_the_same_place_is_another_reject(home: Home) -> None:
    """The file is delivered anew with something else wrong in the same line."""
    home.put(csv(attestation("")))
    home.load()
    (row,) = exported(home)
    deliver(home, [corrected(row, attestation_id="A1")])
    home.put(csv(attestation("", kind="signature")))
    home.load()
    assert listed(home) == [(2, "empty_key", "open")]


def test_records_that_are_alike_are_corrected_one_by_one(home: Home) -> None:
    child = {"claim_no": 1}
    home.put(ndjson(COMPLAINT | {"doses": [child, child, child]}), "a.ndjson", "complaints")
    home.load("complaints")
    rows = exported(home, "a.ndjson", "complaint_doses")
    assert len({row[HEADERS[REJECT]] for row in rows}) == 2
    deliver(home, [corrected(rows[0], claim_no="2")], feed="complaint_doses")
    assert sorted(state for _, _, state in listed(home)) == ["corrected", "open"]


VALUES = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
) | st.text(alphabet=st.sampled_from("=+-@'\t\r\n\",;ộ1"), min_size=1, max_size=5)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)
@given(st.lists(VALUES, min_size=4, max_size=4), st.sampled_from(",;\t"))
def test_whatever_a_record_holds_no_cell_runs_and_the_text_comes_back(
    home: Home, values: list[str], delimiter: str
) -> None:
    for path in home.settings.landing.glob("*/*/*"):
        path.unlink()
    text = io.StringIO()
    writer = csv_module.writer(text, delimiter=delimiter)
    writer.writerow(HEADER.split(","))
    writer.writerow(["", *values])
    home.put(text.getvalue().encode())
    home.load()
    assume(listed(home) == [(2, "empty_key", "open")])
    folder = home.settings.root / f"out-{home.loads}"
    write_exports(planned(home), folder)
    (row,) = read(folder / "attestations" / str(DAY) / "a.csv.rejects.csv", delimiter)
    assert not [cell for cell in row.values() if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]
    deliver(home, [corrected(row, attestation_id="A1")])
    ((_, *loaded),) = home.rows(f"select {HEADER} from raw.attestations")
    assert [cell or "" for cell in loaded] == values


def test_a_file_of_the_sender_s_own_is_never_taken_for_an_answer(home: Home) -> None:
    home.put(csv(attestation("A1", signer_code="'=1")), "own.csv")
    home.load()
    assert home.rows("select signer_code, marks from raw.attestations") == [("'=1", None)]


def test_the_headers_of_the_file_are_those_of_its_export(home: Home) -> None:
    header = HEADER.replace("kind", "=note,kind") + ","
    home.put(csv(",075,=1,minutes,75-001,2021-11-07,x", header=header))
    home.load()
    (row,) = exported(home)
    assert [name for name in row if not name.startswith("vax_")] == [
        "attestation_id", "citizen_id", "'=note", "kind", "signer_code", "signed_at", "column_7",
    ]  # fmt: skip
    deliver(home, [corrected(row, attestation_id="A1")])
    ((extra, unknown),) = home.rows(
        "select extra, unknown_columns from raw.attestations join raw.deliveries using (file)"
    )
    assert json.loads(extra) == {"=note": "=1", "column_7": "x"}
    assert json.loads(unknown) == ["=note", "column_7"]


def test_what_a_sender_adds_of_their_own_is_a_record_like_any_other(home: Home) -> None:
    home.put(csv(attestation("")))
    home.load()
    (row,) = exported(home)
    added = dict.fromkeys(row, "") | {
        "attestation_id": "A9", "kind": "'=x", "signed_at": "2021-11-07", HEADERS[REJECT]: "by me",
    }  # fmt: skip
    deliver(home, [corrected(row, attestation_id="A1"), added])
    assert home.rows(
        "select kind, marks, extra from raw.attestations order by line desc limit 1"
    ) == [("'=x", None, '{"vax_reject":"by me"}')]


def test_what_is_wrong_and_what_to_do_stands_beside_in_both_languages(home: Home) -> None:
    home.put(csv(attestation("")))
    home.load()
    (row,) = exported(home)
    assert row[HEADERS[PROBLEM]] == (
        "Mã dùng để phân biệt bản ghi bị bỏ trống | " + empty_key_reason(["attestation_id"])
    )
    assert row[HEADERS[FIX]] == "Điền ô đang để trống | Fill in what is empty"
    assert row[HEADERS[FILE]] == "attestations/2021-11-08/a.csv"
    assert (row[HEADERS[LINE]], row[HEADERS[RECORD]]) == ("2", "")


@pytest.mark.parametrize(
    ("record", "kind", "signed_at"),
    [
        ("A1,075,minutes,75-001", "minutes", ""),  # too few
        ("A1,075,minutes,75-001,2021-11-07,more", "minutes", "2021-11-07"),  # too many
        ('A1,075,"min"utes,75-001,2021-11-07', '"min"utes', "2021-11-07"),
        ('A1,"075,minutes,75-001,2021-11-07', "minutes", "2021-11-07"),  # never closed
        ("A1,075,minutes,75\x00,2021-11-07", "minutes", "2021-11-07"),
    ],
)
def test_where_values_belong_is_shown_but_locked_unless_it_is_certain(
    home: Home, record: str, kind: str, signed_at: str
) -> None:
    home.put(csv(attestation("A0"), record))
    home.load()
    (row,) = exported(home)
    assert (row["attestation_id"], row["kind"], row["signed_at"]) == ("", kind, signed_at)
    assert row[HEADERS[RECORD]] == record.replace("\x00", "\\x00")
    assert "rồi điền attestation_id" in row[HEADERS[FIX]]
    assert "then fill in attestation_id" in row[HEADERS[FIX]]


def test_a_record_that_runs_over_lines_of_others_is_shown_whole(home: Home) -> None:
    home.put(csv('A1,"x', 'y",minutes', attestation("A2")))
    home.load()
    rows = exported(home)
    assert [row[HEADERS[RECORD]] for row in rows] == ['A1,"x', 'y",minutes']
    assert home.loaded_keys() == ["A2"]


def test_a_quarantined_file_is_listed_whole_with_what_to_do(home: Home) -> None:
    home.put(csv("A1,x", header="attestation_id,kind"))
    home.load()
    (reject,) = find_rejects(home.connection, Choice()).iter_rows(named=True)
    told = as_document(reject, reveal=False)
    assert (told["line"], told["record"], told["state"]) == (None, None, "open")
    assert "deliver the file again under the same name and date" in told["fix"]
    (row,) = exported(home)
    assert "gửi lại tệp với cùng tên và cùng ngày" in row[HEADERS[FIX]]
    assert (row[HEADERS[LINE]], row["signed_at"]) == ("", "")
    filled = {"attestation_id": "A9", "kind": "minutes"}
    deliver(home, [corrected(row, **filled)]).unlink()  # one record does not stand for the file
    assert listed(home) == [(None, "missing_column", "open")]
    home.put(csv(attestation("A1")))
    home.load()
    assert listed(home) == []


def test_an_ndjson_record_is_laid_out_by_its_keys(home: Home) -> None:
    record = {
        "complaint_id": "",
        "Họ và tên": "Lê A",
        "received_at": "2021-11-08",
        "score": 1.50,
        "note": {"a": 1},
    }
    home.put(ndjson(record), "a.ndjson", "complaints")
    home.load("complaints")
    (row,) = exported(home, "a.ndjson", "complaints")
    assert (row["Họ và tên"], row["received_at"], row["note"]) == ("Lê A", "2021-11-08", '{"a": 1}')
    assert (row["complaint_id"], row[HEADERS[RECORD]]) == ("", "")
    deliver(home, [corrected(row, complaint_id="C1")], feed="complaints")
    assert home.rows("select full_name, extra from raw.complaints") == [
        ("Lê A", '{"score":"1.5","note":"{\\"a\\": 1}"}')
    ]
    assert listed(home) == [(1, "empty_key", "corrected")]


@pytest.mark.parametrize(
    "line", ['{"complaint_id": "C1", "full_na', "[1]", "\x00", '{"a":"\\u0000"}']
)
def test_a_line_that_can_t_be_taken_apart_is_shown_whole(home: Home, line: str) -> None:
    home.put(ndjson(COMPLAINT, line), "a.ndjson", "complaints")
    home.load("complaints")
    (row,) = exported(home, "a.ndjson", "complaints")
    assert row[HEADERS[RECORD]] == line.replace("\x00", "\\x00")
    assert row["complaint_id"] == ""
    assert set(FEEDS["complaints"].column_names) <= row.keys()


def test_two_keys_for_one_column_are_locked(home: Home) -> None:
    record = {"complaint_id": "C1", "Mã phản ánh": "C2", "received_at": "1", "full_name": "A"}
    home.put(ndjson(record), "a.ndjson", "complaints")
    home.load("complaints")
    (row,) = exported(home, "a.ndjson", "complaints")
    assert (row["complaint_id"], row["full_name"]) == ("", "A")
    assert json.loads(row[HEADERS[RECORD]]) == record


def test_a_nested_record_goes_to_the_feed_it_belongs_to_with_its_complaint(home: Home) -> None:
    attachment = {"attachment_type": "certificate", "cert_full_name": "B"}
    content = COMPLAINT | {"doses": [{"lot_number": "L1"}], "attachments": [attachment]}
    home.put(ndjson(content), "a.ndjson", "complaints")
    home.load("complaints")
    (dose,) = exported(home, "a.ndjson", "complaint_doses")
    assert (dose["complaint_id"], dose["claim_no"], dose["lot_number"]) == ("C1", "", "L1")
    (paper,) = exported(home, "a.ndjson", "complaint_attachments")
    assert (paper["complaint_id"], paper["cert_full_name"]) == ("C1", "B")
    deliver(home, [corrected(dose, claim_no="1")], feed="complaint_doses")
    deliver(home, [corrected(paper, attachment_id="P1")], feed="complaint_attachments")
    assert [state for _, _, state in listed(home)] == ["corrected", "corrected"]


def test_what_was_nested_in_a_rejected_record_goes_out_too(home: Home) -> None:
    content = {**COMPLAINT, "complaint_id": "", "doses": [{"claim_no": 1}, {"claim_no": 2}, 3]}
    home.put(ndjson(content), "a.ndjson", "complaints")
    home.load("complaints")
    doses = exported(home, "a.ndjson", "complaint_doses")
    assert [(d["complaint_id"], d["claim_no"], d[HEADERS[RECORD]]) for d in doses] == [
        ("", "1", ""), ("", "2", ""), ("", "", "3"),
    ]  # fmt: skip
    assert {d[HEADERS[REJECT]] for d in doses} == {""}
    assert "Name the complaint as its corrected row does" in doses[0][HEADERS[FIX]]


def test_a_parquet_record_is_laid_out_by_its_columns(home: Home) -> None:
    frame = pl.DataFrame(
        {"attestation_id": [None], "kind": ["minutes"], "signed_at": ["2021"], "colour": ["blue"]}
    )
    frame.write_parquet(home.put(b"", "a.parquet"))
    home.load()
    (row,) = exported(home, "a.parquet")
    assert (row["kind"], row["colour"]) == ("minutes", "blue")
    deliver(home, [corrected(row, attestation_id="A1")])
    assert home.rows("select kind, extra from raw.attestations") == [
        ("minutes", '{"colour":"blue"}')
    ]


def test_counts_and_choices(home: Home) -> None:
    home.put(csv(attestation(""), "bad"))
    home.put(b"", "b.csv")
    home.put(ndjson({"received_at": "x"}), "a.ndjson", "complaints")
    for feed in ("attestations", "complaints"):
        home.load(feed)
    (row, _) = exported(home)
    deliver(home, [corrected(row, attestation_id="A1")])
    found = find_rejects(home.connection, Choice())
    assert counts(found) == {
        "attestations": {
            "empty_file": {"open": 1, "corrected": 0},
            "empty_key": {"open": 0, "corrected": 1},
            "too_few_fields": {"open": 1, "corrected": 0},
        },
        "complaints": {"missing_column": {"open": 1, "corrected": 0}},
    }
    assert len(listed(home, feed="complaints")) == 1
    assert len(listed(home, day=DAY)) == 4
    assert listed(home, reason="empty_key") == [(2, "empty_key", "corrected")]
    assert listed(home, file=f"attestations/{DAY}/b.csv") == [(None, "empty_file", "open")]


def test_the_outline_of_a_record_shows_its_shape_and_nobody() -> None:
    assert outline("DN-01;Nguyễn Thị Đào;07/11/1980") == "xx-99;xxxxxx xxx xxx;99/99/9999"


def test_every_reason_is_told_in_both_languages_with_what_to_do() -> None:
    untold = [
        (domain, str(code))
        for code in Reason
        for domain in ("reject_problem", "reject_fix")
        if not (vietnamese(domain, code) and english(domain, code))
    ]
    assert untold == []


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
    with pytest.raises(ExportExistsError, match="someone may be correcting it"):
        write_exports([export], home.settings.root)
    assert not (home.settings.root / f"{export.name}.csv").exists()


def test_exports_are_for_their_owner_s_eyes_and_whole(home: Home, export: Export) -> None:
    written = write_exports([export], home.settings.root)
    assert {stat.S_IMODE(Path(w["path"]).stat().st_mode) for w in written} == {0o600}
    assert not list(home.settings.root.rglob("*.part"))
