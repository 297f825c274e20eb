"""NDJSON: objects a line, with the doses and attachments a complaint carries inside."""

import json

import pytest
from landing_home import DAY, Home, ndjson

from vax_pipeline.core.feeds.readers import blocks

FILE = f"complaints/{DAY.isoformat()}/a.ndjson"


def complaint(key: str, **changed: object) -> dict[str, object]:
    return {
        "complaint_id": key,
        "received_at": "2021-11-08T08:00:00",
        "full_name": "Nguyễn Văn A",
        **changed,
    }


def load(home: Home, content: bytes, name: str = "a.ndjson") -> tuple[int, int, int]:
    home.put(content, name, "complaints")
    result = home.load("complaints")
    return result.records, result.loaded, result.rejected


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_objects_become_rows_all_as_text(home: Home, name: str) -> None:
    record = complaint("C1", sex=1, date_of_birth=19800312, description="", phone=None)
    assert load(home, ndjson(record), name) == (1, 1, 0)
    assert home.rows(
        "select full_name, sex, date_of_birth, description, phone, line from raw.complaints"
    ) == [("Nguyễn Văn A", "1", "19800312", None, None, 1)]


def test_keys_match_like_headers_record_by_record(home: Home) -> None:
    other = {"Mã phản ánh": "C2", "ngày tiếp nhận": "2021-11-08", "HO VA TEN": "Lê B"}
    load(home, ndjson(complaint("C1"), other))
    assert home.rows("select complaint_id, full_name from raw.complaints order by line") == [
        ("C1", "Nguyễn Văn A"),
        ("C2", "Lê B"),
    ]


def test_unknown_keys_are_kept_in_extra_as_they_came(home: Home) -> None:
    load(home, ndjson(complaint("C1", tags=["a", {"b": 1}], **{"a/b~c": 2}), complaint("C2")))
    assert home.rows("select extra from raw.complaints order by line") == [
        ('{"tags":["a",{"b":1}],"a/b~c":2}',),
        (None,),
    ]
    assert home.delivery("a.ndjson", "complaints")["unknown_columns"] == '["tags", "a/b~c"]'


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ('{"complaint_id": "X"', "malformed_json"),
        ("not json", "malformed_json"),
        ('[{"complaint_id": "X"}]', "not_an_object"),
        ("42", "not_an_object"),
        ("null", "not_an_object"),
        ('"text"', "not_an_object"),
        ('{"complaint_id": "", "full_name": "A"}', "empty_key"),
        ('{"full_name": "A"}', "empty_key"),
        ('{"complaint_id": null}', "empty_key"),
        ('{"complaint_id": "X", "complaint_id": "Y"}', "duplicate_field"),
        ('{"complaint_id": "X", "full_name": "A", "Họ tên": "B"}', "duplicate_field"),
        ('{"complaint_id": "X\\u0000"}', "nul_byte"),
        ('{"complaint_id": "X\0"}', "nul_byte"),
    ],
)
def test_a_bad_line_costs_itself(home: Home, bad: str, code: str) -> None:
    assert load(home, ndjson(complaint("C1"), bad, "", complaint("C2"))) == (3, 2, 1)
    assert home.rejects() == [(2, code)]
    assert home.rows("select complaint_id, line from raw.complaints order by line") == [
        ("C1", 1),
        ("C2", 4),
    ]


def test_the_rejected_line_is_kept_verbatim(home: Home) -> None:
    load(home, ndjson(complaint("C1")) + b'{"name": "L\xea"\r\n')
    assert home.rows("select line, reason_code, record from raw.rejects") == [
        (2, "invalid_bytes", '{"name": "L\\xea"')
    ]


def test_nested_records_become_rows_with_the_file_and_line_of_their_parent(home: Home) -> None:
    doses = [{"claim_no": 1, "Mũi tiêm": "1"}, {"claim_no": "2", "complaint_id": "C1", "x": 1}]
    attachments = [{"attachment_id": "T1", "qualities": "clear;masked"}]
    load(home, ndjson(complaint("C0"), complaint("C1", doses=doses, attachments=attachments)))
    assert home.rows(
        "select complaint_id, claim_no, dose_label, extra, file, line from raw.complaint_doses "
        "order by claim_no"
    ) == [("C1", "1", "1", None, FILE, 2), ("C1", "2", None, '{"x":1}', FILE, 2)]
    assert home.rows(
        "select complaint_id, attachment_id, qualities from raw.complaint_attachments"
    ) == [("C1", "T1", "clear;masked")]
    delivery = home.delivery("a.ndjson", "complaints")
    assert (delivery["children_loaded"], delivery["children_rejected"]) == (3, 0)
    assert delivery["unknown_columns"] is None


@pytest.mark.parametrize("nothing", [None, []])
def test_no_nested_records_are_no_problem(home: Home, nothing: object) -> None:
    assert load(home, ndjson(complaint("C1", doses=nothing))) == (1, 1, 0)
    assert home.rejects() == []


@pytest.mark.parametrize(
    ("child", "code"),
    [
        (3, "not_an_object"),
        (None, "not_an_object"),
        ([], "not_an_object"),
        ({}, "empty_key"),
        ({"claim_no": 1}, "duplicate_child"),
        ({"claim_no": 2, "complaint_id": "C9"}, "wrong_parent"),
    ],
)
def test_a_bad_nested_record_costs_itself_not_the_complaint(
    home: Home, child: object, code: str
) -> None:
    assert load(home, ndjson(complaint("C1", doses=[{"claim_no": 1}, child]))) == (1, 1, 0)
    assert home.rows("select line, is_child, reason_code from raw.rejects") == [(1, True, code)]
    assert home.rows("select claim_no from raw.complaint_doses") == [("1",)]
    assert home.delivery("a.ndjson", "complaints")["children_rejected"] == 1


@pytest.mark.parametrize("given", [{"claim_no": 1}, "no", 7, ""])
def test_nested_records_that_are_no_list_are_rejected(home: Home, given: object) -> None:
    load(home, ndjson(complaint("C1", doses=given)))
    assert home.rejects() == [(1, "not_an_array")]


def test_a_required_column_that_no_record_has_quarantines_the_file(home: Home) -> None:
    home.put(ndjson({"complaint_id": "C1"}), "a.ndjson", "complaints")
    assert home.load("complaints").files_failed == 1
    delivery = home.delivery("a.ndjson", "complaints")
    assert delivery["reason"] == (
        "Required column missing: received_at, full_name. Add it (it may be empty)."
    )


@pytest.mark.parametrize(
    ("value", "indent"),
    [
        ([complaint("C1"), complaint("C2")], None),
        ([complaint("C1"), complaint("C2")], 0),
        ([complaint("C1"), complaint("C2")], 2),
        (complaint("C1"), 2),
    ],
)
def test_one_document_over_the_whole_file_is_quarantined(
    home: Home, value: object, indent: int | None
) -> None:
    assert load(home, json.dumps(value, indent=indent).encode()) == (0, 0, 0)
    assert home.rejects() == [(None, "unsupported_format")]
    reason = home.delivery("a.ndjson", "complaints")["reason"]
    assert reason.endswith("write one object on each line, without list and commas.")


def test_blocks_meet_without_a_seam(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 500)
    records = [complaint(f"C{n:03}", doses=[{"claim_no": n}]) for n in range(60)]
    assert load(home, ndjson(*records, "bad")) == (61, 60, 1)
    assert dict(home.rows("select complaint_id, line from raw.complaint_doses")) == {
        f"C{n:03}": n + 1 for n in range(60)
    }


def test_a_line_without_end_quarantines_the_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 500)
    monkeypatch.setattr(blocks, "MAX_RECORD_BYTES", 2_000)
    load(home, ndjson(complaint("C1"), complaint("C2", description="x" * 5_000)))
    assert home.rejects() == [(None, "record_too_long")]
