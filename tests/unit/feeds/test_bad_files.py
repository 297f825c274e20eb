"""A file that can't be loaded is quarantined: one reject without a line, and the others go on."""

import gzip
import os
from pathlib import Path

import polars as pl
import pytest
from landing_home import HEADER, Home, attestation, csv, ndjson

from checks.outcome import CheckOutcome, measured
from vax_pipeline.core.feeds import readers, sizes
from vax_pipeline.core.feeds.readers import Source, blocks
from vax_pipeline.core.feeds.rejects import SENTENCES, Reason

NAMES = "Lê Thị Hồng Đào"


def gzipped(content: bytes) -> bytes:
    """The same bytes at any hour: they are in the names of tests."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.csv", b"\n \r\n", "empty_file"),
        ("a.csv", b"\xef\xbb\xbf", "empty_file"),
        ("a.ndjson", b"", "empty_file"),
        ("a.csv.gz", gzipped(b""), "empty_file"),
        ("a.parquet", b"", "empty_file"),
        ("a.parquet", b"no parquet at all", "corrupt_parquet"),
        ("a.csv.gz", gzipped(csv(attestation("A1")))[:-9], "corrupt_gzip"),
        ("a.csv.gz", gzipped(csv(attestation("A1")))[:5], "corrupt_gzip"),
        ("a.csv.gz", gzipped(csv(attestation("A1")))[:-8] + b"12345678", "corrupt_gzip"),
        ("a.csv.gz", csv(attestation("A1")), "corrupt_gzip"),
        ("a.csv.gz", gzipped(csv(attestation("A1"))) + b"garbage", "corrupt_gzip"),
        (
            "a.csv.gz",
            gzipped(csv(attestation("A1"))) + gzipped(b"x")[:9],
            "corrupt_gzip",
        ),
        ("a.ndjson.gz", gzipped(b'{"attestation_id": "A1"}')[:-9], "corrupt_gzip"),
        ("a.csv", csv().decode().encode("utf-16").replace(b"k", b""), "missing_column"),
        ("a.csv", "attestation_id".encode("utf-16"), "missing_column"),
        ("a.csv", "\ufeff \n".encode("utf-16-le"), "empty_file"),
        ("a.ndjson", b"\n\n \n", "empty_file"),
        ("a.ndjson", b'{"attestation_id": "A1", "kind": "k"}\n', "missing_column"),
        ("a.csv", csv(attestation("A1"), header=HEADER + ",Kind"), "duplicate_header"),
        ("a.csv", csv(attestation("A1"), header=HEADER + ",x,X"), "duplicate_header"),
        ("a.csv", csv("A1,x", header="attestation_id,kind"), "missing_column"),
        ("a.csv", csv(attestation("A1"), header=attestation("A0")), "missing_column"),
        ("a.xlsx", b"PK\x03\x04rest", "corrupt_workbook"),
        ("a.csv", b"PK\x03\x04a workbook by another name", "corrupt_workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0rest", "unsupported_format"),
        ("a.pdf", b"%PDF", "unsupported_format"),
        ("README", b"hello", "unsupported_format"),
        ("a.parquet.gz", gzipped(b"PAR1"), "unsupported_format"),
    ],
)
def test_a_bad_file_is_quarantined_and_the_others_are_loaded(
    home: Home, name: str, content: bytes, code: str
) -> None:
    assert home.quarantine(content, name)[0] == code


@pytest.mark.parametrize("encoding", ["cp1258", "cp1252"])
def test_an_8_bit_encoding_is_one_quarantine_not_a_thousand_rejects(
    home: Home, encoding: str
) -> None:
    text = csv(*(attestation(f"A{n}", kind="Xác nh§n Đà") for n in range(5))).decode()
    content = text.replace("Đ", "D").encode(encoding)
    assert home.quarantine(content, "a.csv")[0] == "unsupported_encoding"


def test_the_sentence_says_what_is_missing_and_never_quotes_the_file(home: Home) -> None:
    home.quarantine(csv("A1,x", header=f"attestation_id,{NAMES}"), "a.csv")
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
    monkeypatch.setattr("vax_pipeline.core.feeds.sizes.SMALL_BYTES", small)
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


LARGE = csv(*(attestation(f"A{n:04}") for n in range(2_000)))


@pytest.mark.parametrize("small", [1 << 20, 0])
@pytest.mark.parametrize("cut", [0.5, 0.99])
def test_of_a_gzip_that_is_cut_off_nothing_is_visible(
    home: Home, monkeypatch: pytest.MonkeyPatch, small: int, cut: float
) -> None:
    """Most of it can be read; a part of a delivery would look like all of it."""
    monkeypatch.setattr(sizes, "SMALL_PACKED_BYTES", small)
    monkeypatch.setattr(sizes, "TOGETHER_BYTES", 1 << 32)  # a cut file lies about its size
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    seen: list[int] = []

    def contract(feed: str, frame: pl.DataFrame) -> list[CheckOutcome]:
        seen.append(frame.height)
        return [measured("c", "pandera", ("raw", feed), evaluated=frame.height, failed=0)]

    path = home.put(b"", "a.csv.gz")
    whole = gzip.compress(LARGE + b"bad\n")
    path.write_bytes(whole[: int(len(whole) * cut)])
    load = home.load(contract=contract)
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "corrupt_gzip")])
    assert load.outcomes == ()
    assert (sum(seen) > 0) is (small == 0)  # a large file was on its way into the table
    path.write_bytes(whole)
    home.load()
    assert (len(home.loaded_keys()), home.rejects()) == (2_000, [(2_002, "too_few_fields")])


def test_a_cut_off_file_takes_back_what_an_earlier_version_had_loaded(home: Home) -> None:
    path = home.put(LARGE, "a.csv.gz")
    home.load()
    path.write_bytes(path.read_bytes()[:-20])
    home.load()
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "corrupt_gzip")])


@pytest.mark.parametrize("name", ["a.csv.gz", "a.ndjson.gz"])
def test_a_gzip_of_several_members_is_one_text(home: Home, name: str) -> None:
    content = csv(attestation("A1"), attestation("A2"))
    if "ndjson" in name:
        content = ndjson(
            *({"attestation_id": k, "kind": "k", "signed_at": "x"} for k in ("A1", "A2"))
        )
    path = home.put(b"", name)
    path.write_bytes(gzip.compress(content[:70]) + gzip.compress(content[70:]) + bytes(512))
    home.load()
    assert home.loaded_keys() == ["A1", "A2"]


@pytest.mark.parametrize("small", [4 << 20, 0])
def test_a_file_that_vanishes_while_it_is_read_is_quarantined(
    home: Home, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    """On Linux an open file can be read to its end; it is gone all the same."""
    monkeypatch.setattr(sizes, "SMALL_BYTES", small)
    path = home.put(csv(attestation("A1")))
    home.put(csv(attestation("GOOD")), "z.csv")
    read = readers.READERS["csv"]

    def vanishing(source: Source):
        yield from read(source)
        path.unlink(missing_ok=True)

    monkeypatch.setattr(readers, "READERS", {"csv": vanishing})
    home.load()
    assert home.loaded_keys() == ["GOOD"]
    assert home.rejects() == [(None, "file_vanished")]
    assert home.delivery()["reason"].endswith("deliver it again.")


@pytest.mark.parametrize("small", [4 << 20, 0])
def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_load(
    home: Home, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", small)
    path = home.put(csv(attestation("A1")))
    read = readers.READERS["csv"]

    def growing(source: Source):
        with path.open("ab") as more:
            more.write(attestation("A2").encode())
        yield from read(source)

    with monkeypatch.context() as patched:
        patched.setattr(readers, "READERS", {"csv": growing})
        home.load()
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "file_changed")])
    home.load()
    assert home.loaded_keys() == ["A1", "A2"]


def test_ndjson_that_stops_in_the_middle_costs_its_last_line(home: Home) -> None:
    records = [{"attestation_id": f"A{n}", "kind": "k", "signed_at": "x"} for n in range(3)]
    home.put(ndjson(*records)[:-12], "a.ndjson")
    home.load()
    assert home.loaded_keys() == ["A0", "A1"]
    assert home.rejects() == [(3, "malformed_json")]


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_ten_megabyte_field_costs_at_most_its_record(home: Home, name: str, closed: bool) -> None:
    """Given whole it is a field; with its quote left open it is a reject, kept as it came."""
    long, quote = "x" * 10_000_000, '"' if closed else ""
    if name == "a.csv":
        content = csv(f'L,,"{long}{quote},,2021', attestation("A1"))
    else:
        content = ndjson(
            f'{{"attestation_id": "L", "signed_at": "", "kind": "{long}{quote}}}',
            {"attestation_id": "A1", "kind": "k", "signed_at": "x"},
        )
    home.put(content, name)
    home.load()
    assert home.loaded_keys() == (["L", "A1"] if closed else ["A1"])
    lengths = home.rows("select line, length(record) > 10000000 from raw.rejects")
    assert lengths == ([] if closed else [(2 if name == "a.csv" else 1, True)])


@pytest.mark.parametrize("reason", list(SENTENCES))
def test_every_sentence_says_what_to_do(reason: Reason) -> None:
    """After a colon, or in a second sentence; and none is longer than a line of a report."""
    assert ": " in SENTENCES[reason]
    assert SENTENCES[reason].endswith(".")
    assert len(SENTENCES[reason]) < 160
