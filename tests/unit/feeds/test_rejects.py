"""What is listed of the rejects, and how each kind of record is laid out for its sender."""

import json

import polars as pl
import pytest
from exported import COMPLAINT, corrected, deliver, exported, listed
from landing_home import DAY, Home, attestation, csv, ndjson

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.reject_columns import FILE, FIX, HEADERS, LINE, PROBLEM, RECORD, REJECT
from vax_pipeline.core.feeds.reject_list import Choice, as_document, counts, find_rejects, outline
from vax_pipeline.core.feeds.rejects import Reason, empty_key_reason
from vax_pipeline.core.labels import english, vietnamese


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
