"""How many rows of a file fill each column: counted with the rows, gone with them."""

from pathlib import Path

import polars as pl
import pytest
from landing_home import HEADER, Home, attestation, csv, ndjson

from vax_pipeline.core.feeds import sizes

COMPLAINT = {"complaint_id": "C1", "received_at": "2021-11-08", "full_name": "A"}
Fill = dict[str, tuple[int, int]]


def fill(home: Home, feed: str = "attestations", name: str = "a.csv") -> Fill:
    """Of the files of this name: rows and filled ones, by column."""
    found = home.rows(
        "select column_name, rows, filled from raw.delivery_fill "
        f"where feed = '{feed}' and ends_with(file, '/{name}')"
    )
    return {column: (rows, filled) for column, rows, filled in found}


def test_every_column_of_the_feed_is_counted_delivered_or_not(home: Home) -> None:
    home.put(csv(attestation("A1"), attestation("A2", signer_code=""), "bad"))
    home.load()
    assert fill(home) == {
        "attestation_id": (2, 2),
        "source_system": (2, 0),
        "source_record_id": (2, 0),
        "citizen_id": (2, 2),
        "kind": (2, 2),
        "signer_code": (2, 1),
        "signed_at": (2, 2),
        "revoked_at": (2, 0),
    }
    assert home.rows(
        "select distinct file, delivery_date::varchar, load_id from raw.delivery_fill"
    ) == [("attestations/2021-11-08/a.csv", "2021-11-08", "load-1")]


def test_a_renamed_column_counts_as_empty(home: Home) -> None:
    home.put(csv(attestation("A1"), header=HEADER.replace("signer_code", "signed_by")))
    home.load()
    assert fill(home)["signer_code"] == (1, 0)
    assert home.delivery()["unknown_columns"] == '["signed_by"]'


def test_the_empty_key_that_means_all_is_no_value(home: Home) -> None:
    header = "report_date,province_code,facility_code,doses_administered"
    of_all, of_one = "2021-11-07,75,,9", "2021-11-07,75,F1,5"
    home.put(csv(of_all, of_one, header=header), feed="administered_reports")
    home.load("administered_reports")
    counted = fill(home, "administered_reports")
    assert (counted["facility_code"], counted["unit_code"]) == ((2, 1), (2, 0))


def test_nested_rows_are_counted_as_rows_of_their_own_feed(home: Home) -> None:
    doses = [{"claim_no": 1, "lot_number": "FF1"}, {"claim_no": 2}, {}]
    home.put(ndjson(COMPLAINT | {"doses": doses}), "a.ndjson", "complaints")
    home.load("complaints")
    assert fill(home, "complaints", "a.ndjson")["full_name"] == (1, 1)
    assert fill(home, "complaint_doses", "a.ndjson")["lot_number"] == (2, 1)
    assert fill(home, "complaint_attachments", "a.ndjson") == {}


def test_a_file_without_rows_has_no_counts(home: Home) -> None:
    home.put(csv())
    home.load()
    assert fill(home) == {}


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_file_read_in_batches_adds_up(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.parquet.BATCH_ROWS", 2)
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.blocks.BLOCK_BYTES", 100)
    records = [attestation(f"A{n}", signer_code="" if n % 2 else "75-001") for n in range(7)]
    content = csv(*records)
    if name.endswith(".parquet"):
        frame = pl.read_csv(content, infer_schema=False)
        frame.write_parquet(tmp_path / name)
        content = (tmp_path / name).read_bytes()
    home.put(content, name)
    home.load()
    counted = fill(home, name=name)
    assert (counted["signer_code"], counted["kind"]) == ((7, 4), (7, 7))


def test_a_changed_file_replaces_its_counts_and_no_others(home: Home) -> None:
    home.put(csv(attestation("A1"), attestation("A2")))
    home.put(csv(attestation("B1")), "b.csv")
    home.load()
    home.put(csv(attestation("A1", signer_code="")))
    home.load()
    assert fill(home)["signer_code"] == (1, 0)
    assert fill(home, name="b.csv")["signer_code"] == (1, 1)
    assert len(home.rows("from raw.delivery_fill")) == 2 * 8


@pytest.mark.parametrize("becomes", ["withdrawn", "quarantined"])
def test_counts_go_with_the_rows_nested_ones_too(home: Home, becomes: str) -> None:
    complaint = ndjson(COMPLAINT | {"doses": [{"claim_no": 1}]})
    path = home.put(complaint, "a.ndjson", "complaints")
    home.load("complaints")
    assert fill(home, "complaint_doses", "a.ndjson")
    if becomes == "withdrawn":
        path.unlink()
    else:
        home.put(b"", "a.ndjson", "complaints")
    home.load("complaints")
    assert home.rows("from raw.delivery_fill") == []


def test_a_large_file_that_breaks_on_the_way_leaves_no_counts(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    monkeypatch.setattr(sizes, "SMALL_PACKED_BYTES", 0)
    path = home.put(csv(*(attestation(f"A{n}") for n in range(200))), "a.csv.gz")
    path.write_bytes(path.read_bytes()[:-20])
    assert home.load().files_failed == 1
    assert home.rows("from raw.delivery_fill") == []
