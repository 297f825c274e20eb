"""A file that can't be loaded is quarantined: one reject without a line, and the others go on."""

import gzip
import os
from pathlib import Path

import pytest
from landing_home import HEADER, Home, attestation, csv

from vax_pipeline.core.feeds import readers
from vax_pipeline.core.feeds.readers import Source

NAMES = "Lê Thị Hồng Đào"


def quarantine(home: Home, content: bytes, name: str) -> str:
    """Load the file beside a good one; its reason code."""
    path = home.put(b"", name)
    path.write_bytes(content)
    home.put(csv(attestation("GOOD")), "z.csv")
    load = home.load()
    assert home.loaded_keys() == ["GOOD"]
    assert (load.files_loaded, load.files_failed) == (1, 1)
    delivery = home.delivery(name)
    assert (delivery["state"], delivery["records"], delivery["loaded"]) == ("failed", 0, 0)
    assert home.rows("select file, line, reason_code, reason, record from raw.rejects") == [
        (delivery["file"], None, delivery["reason_code"], delivery["reason"], None)
    ]
    return delivery["reason_code"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.csv", b"\n \r\n", "empty_file"),
        ("a.csv", b"\xef\xbb\xbf", "empty_file"),
        ("a.ndjson", b"", "empty_file"),
        ("a.csv.gz", gzip.compress(b""), "empty_file"),
        ("a.parquet", b"", "empty_file"),
        ("a.parquet", b"no parquet at all", "corrupt_parquet"),
        ("a.csv.gz", gzip.compress(csv(attestation("A1")))[:-9], "corrupt_gzip"),
        ("a.csv.gz", gzip.compress(csv(attestation("A1")))[:5], "corrupt_gzip"),
        ("a.csv.gz", gzip.compress(csv(attestation("A1")))[:-8] + b"12345678", "corrupt_gzip"),
        ("a.csv.gz", csv(attestation("A1")), "corrupt_gzip"),
        ("a.csv", csv(attestation("A1"), header=HEADER + ",Kind"), "duplicate_header"),
        ("a.csv", csv(attestation("A1"), header=HEADER + ",x,X"), "duplicate_header"),
        ("a.csv", csv("A1,x", header="attestation_id,kind"), "missing_column"),
        ("a.csv", csv(attestation("A1"), header=attestation("A0")), "missing_column"),
        ("a.csv", csv(attestation("A1")).decode().encode("utf-16"), "unsupported_encoding"),
        ("a.csv", csv(attestation("A1")).decode().encode("utf-16-le"), "unsupported_encoding"),
        ("a.csv", csv(attestation("A1")).replace(b"\n", b"\r"), "unsupported_encoding"),
        ("a.xlsx", b"PK\x03\x04rest", "corrupt_workbook"),
        ("a.csv", b"PK\x03\x04a workbook by another name", "corrupt_workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0rest", "unsupported_format"),
        ("a.pdf", b"%PDF", "unsupported_format"),
        ("README", b"hello", "unsupported_format"),
        ("a.parquet.gz", gzip.compress(b"PAR1"), "unsupported_format"),
    ],
)
def test_a_bad_file_is_quarantined_and_the_others_are_loaded(
    home: Home, name: str, content: bytes, code: str
) -> None:
    assert quarantine(home, content, name) == code


@pytest.mark.parametrize("encoding", ["cp1258", "cp1252"])
def test_an_8_bit_encoding_is_one_quarantine_not_a_thousand_rejects(
    home: Home, encoding: str
) -> None:
    text = csv(*(attestation(f"A{n}", kind="Xác nh§n Đà") for n in range(5))).decode()
    content = text.replace("Đ", "D").encode(encoding)
    assert quarantine(home, content, "a.csv") == "unsupported_encoding"


def test_the_sentence_says_what_is_missing_and_never_quotes_the_file(home: Home) -> None:
    quarantine(home, csv("A1,x", header=f"attestation_id,{NAMES}"), "a.csv")
    reason = home.delivery()["reason"]
    assert reason == "Required column missing: kind, signed_at. Add it (it may be empty)."


def test_a_header_without_records_is_loaded_and_says_so(home: Home) -> None:
    home.put(csv())
    assert home.load().files_loaded == 1
    delivery = home.delivery()
    assert (delivery["state"], delivery["records"]) == ("loaded", 0)
    assert delivery["reason_code"] == "header_only"


def test_a_file_that_vanishes_while_being_read_is_quarantined(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.put(csv(attestation("A1")))
    monkeypatch.setattr(Path, "read_bytes", lambda self: (path.unlink(), path.open())[1])
    assert home.load().files_failed == 1
    assert home.rejects() == [(None, "file_vanished")]


def test_a_file_written_again_while_being_read_is_left_for_the_next_load(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.put(csv(attestation("A1")))
    read = readers.READERS["csv"]

    def slow(source: Source):
        yield from read(source)
        os.utime(path, (1, 1))

    with monkeypatch.context() as patched:
        patched.setattr(readers, "READERS", {"csv": slow})
        home.load()
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "file_changed")])
    home.load()
    assert (home.loaded_keys(), home.rejects()) == (["A1"], [])


@pytest.mark.parametrize("small", [4 << 20, 0])
def test_of_an_unexpected_error_only_the_type_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr("vax_pipeline.core.feeds.loading.SMALL_BYTES", small)
    read = readers.READERS["csv"]

    def broken(source: Source):
        yield from read(source)
        raise KeyError(NAMES)

    monkeypatch.setattr(readers, "READERS", {"csv": broken})
    home.put(csv(attestation("A1")))
    home.load()
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "reader_error")])
    reason = home.delivery()["reason"]
    assert "KeyError" in reason
    assert NAMES not in reason


def test_a_reader_that_loses_a_record_is_found_out(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    read = readers.READERS["csv"]

    def lossy(source: Source):
        for batch in read(source):
            yield replace(batch, rows=batch.rows.head(1))

    monkeypatch.setattr(readers, "READERS", {"csv": lossy})
    home.put(csv(attestation("A1"), attestation("A2")))
    home.load()
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "count_mismatch")])
