"""A huge file is read in little memory, whatever is in it: rejects and nested rows wait on disk."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import PurePath

import duckdb
import polars as pl
import pytest
from landing_home import DAY, Home, attestation, csv, ndjson

from checks.outcome import CheckOutcome
from vax_pipeline.core.feeds import large_files, loading, readers, reading, sizes, spool, writing
from vax_pipeline.core.feeds.large_files import LargeFile
from vax_pipeline.core.feeds.readers import blocks

LARGE = csv(*(attestation(f"A{n:04}") for n in range(2_000)))


def garbage(lines: int) -> bytes:
    return csv(*(f"garbage {n}" for n in range(lines)))


def watch_streams(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], list[str]]]:
    """What is inserted as streams from here on: the names of the files of each, and of those replaced."""
    streamed: list[tuple[list[str], list[str]]] = []
    stream = writing.Writer.stream

    def watched(
        self: writing.Writer, larges: Iterable[LargeFile], replaced: Sequence[str] = ()
    ) -> list[CheckOutcome]:
        taken: list[LargeFile] = []
        outcomes = stream(self, large_files.noted(larges, taken), replaced)
        names = [large.reading.file.name for large in taken]
        streamed.append(
            ([PurePath(name).name for name in names], [PurePath(x).name for x in replaced])
        )
        return outcomes

    monkeypatch.setattr(writing.Writer, "stream", watched)
    return streamed


def test_rejects_of_a_huge_file_wait_on_disk(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    monkeypatch.setattr(spool, "KEPT_BYTES", 5_000)
    monkeypatch.setattr(writing, "BULK_BYTES", 5_000)
    kept: list[int] = []
    add = spool.Spool.add

    def watched(self: spool.Spool, frame: pl.DataFrame) -> None:
        add(self, frame)
        kept.append(self._kept_bytes)  # pyright: ignore[reportPrivateUsage]

    monkeypatch.setattr(spool.Spool, "add", watched)
    home.put(garbage(3_000))
    load = home.load()
    assert (load.records, load.rejected) == (3_000, 3_000)
    assert home.rows(
        "select count(*), min(line), max(line), count(distinct record) from raw.rejects"
    ) == [(3_000, 2, 3_001, 3_000)]
    assert max(kept) <= 5_000
    assert list(home.settings.temp.iterdir()) == []


def test_nested_rows_of_a_huge_file_wait_on_disk(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    monkeypatch.setattr(spool, "KEPT_BYTES", 5_000)
    records = [
        {
            "complaint_id": f"C{n}",
            "received_at": "x",
            "full_name": "A",
            "doses": [{"claim_no": n}, 7],
        }
        for n in range(300)
    ]
    home.put(ndjson(*records), "a.ndjson", "complaints")
    home.load("complaints")
    assert home.rows("select count(*), count(distinct claim_no) from raw.complaint_doses") == [
        (300, 300)
    ]
    assert home.rows("select count(*) from raw.rejects where is_child") == [(300,)]


def test_a_full_disk_is_no_fault_of_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "KEPT_BYTES", 0)

    def full(**_: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool.tempfile, "TemporaryFile", full)
    for small in (4 << 20, 0):
        monkeypatch.setattr(sizes, "SMALL_BYTES", small)
        home.put(garbage(3))
        with pytest.raises(spool.SpoolError, match="No space left"):
            home.load()
    assert home.rows("select count(*) from raw.deliveries") == [(0,)]


def test_a_small_gzip_of_a_huge_file_is_read_as_a_stream(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "TOGETHER_BYTES", 50_000)
    streamed = watch_streams(monkeypatch)
    home.put(LARGE, "large.csv.gz")
    home.put(csv(attestation("B1")), "small.csv.gz")
    home.put(b"", "none.csv.gz").write_bytes(b"\x1f\x8b")
    assert home.load().loaded == 2_001
    assert streamed == [(["large.csv.gz"], [])]


def test_a_file_that_grows_between_two_looks_is_loaded_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = iter([0, 1 << 40])
    monkeypatch.setattr(sizes, "_unpacked_bytes", lambda *_: next(unpacked))
    home.put(csv(attestation("A1")), "a.csv.gz")
    home.load()
    assert home.loaded_keys() == ["A1"]


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
def test_a_block_of_very_short_lines_is_read_in_parts(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_LINES", 7)
    largest: list[int] = []
    read = readers.read_file

    def watched(source: readers.Source) -> Iterator[readers.Batch]:
        for batch in read(source):
            largest.append(batch.records)
            yield batch

    monkeypatch.setattr(reading, "read_file", watched)
    good = {"attestation_id": "A1", "kind": "k", "signed_at": "x"}
    start, end = (csv(), attestation("A1").encode()) if name == "a.csv" else (b"", ndjson(good))
    home.put(start + b"x\n\n" * 50 + end, name)
    load = home.load()
    assert (load.records, load.rejected, max(largest) <= 7) == (51, 50, True)
    assert home.lines() == {"A1": 102 if name == "a.csv" else 101}


def test_a_large_file_cut_short_takes_none_of_its_transaction_along(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    monkeypatch.setattr(sizes, "SMALL_PACKED_BYTES", 0)
    home.put(csv(attestation("B1")), "a.csv")
    cut = home.put(LARGE, "b.csv.gz")
    cut.write_bytes(cut.read_bytes()[:-20])
    home.put(csv(attestation("B2")), "c.csv")
    home.load()
    assert home.rows("select state, loaded from raw.deliveries order by file") == [
        ("loaded", 1),
        ("failed", 0),
        ("loaded", 1),
    ]
    assert home.rows("select attestation_id from raw.attestations order by all") == [
        ("B1",),
        ("B2",),
    ]


def test_large_files_share_a_transaction(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    names = [f"{letter}.csv" for letter in "abcd"]
    paths = [home.put(csv(attestation(f"B{n}")), name) for n, name in enumerate(names)]
    monkeypatch.setattr(sizes, "TOGETHER_LARGE_BYTES", paths[0].stat().st_size * 2)
    begun: list[int] = []
    transaction = loading.transaction

    def watched(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
        begun.append(1)
        return transaction(connection)

    monkeypatch.setattr(loading, "transaction", watched)
    assert home.load().loaded == len(names)
    assert len(begun) == 2


def test_large_files_never_seen_share_an_insert_and_one_that_was_is_replaced_by_itself(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    home.put(csv(attestation("OLD")), "c.csv")
    home.load()
    streamed = watch_streams(monkeypatch)
    for letter in "abcde":
        home.put(csv(attestation(f"{letter}1"), attestation(f"{letter}2")), f"{letter}.csv")
    home.load()
    assert streamed == [(["a.csv", "b.csv"], []), (["c.csv"], ["c.csv"]), (["d.csv", "e.csv"], [])]
    assert home.rows(
        "select attestation_id, right(file, 5) from raw.attestations order by all"
    ) == [(f"{letter}{n}", f"{letter}.csv") for letter in "abcde" for n in (1, 2)]
    assert home.rows("select distinct loaded from raw.deliveries") == [(2,)]


def test_large_files_of_several_deliveries_are_each_of_their_own(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    monkeypatch.setattr(sizes, "SMALL_PACKED_BYTES", 0)
    days = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    for day in days:
        home.put(csv(attestation(f"A{day.day}"), "garbage"), "a.csv", day=day)
    home.put(csv(attestation("GONE")), "gone.csv", day=days[0])
    home.load(dates=days)
    (home.settings.landing / "attestations" / days[0].isoformat() / "gone.csv").unlink()
    cut = home.put(LARGE, "a.csv.gz", day=days[1])
    cut.write_bytes(cut.read_bytes()[:-20])
    home.put(csv(attestation("B10")), "a.csv", day=days[2])
    home.load(dates=days)
    assert home.rows(
        "select delivery_date, attestation_id, load_id from raw.attestations order by all"
    ) == [(days[0], "A8", "load-1"), (days[1], "A9", "load-1"), (days[2], "B10", "load-2")]
    assert home.rows(
        "select delivery_date, state from raw.deliveries order by delivery_date, file"
    ) == [
        (days[0], "loaded"),
        (days[0], "withdrawn"),
        (days[1], "loaded"),
        (days[1], "failed"),
        (days[2], "loaded"),
    ]
    assert home.rows(
        "select delivery_date, count(*) from raw.rejects where line is not null group by 1 order by 1"
    ) == [(days[0], 1), (days[1], 1)]


def test_rows_that_cannot_be_handed_over_keep_the_type_of_their_error(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "SMALL_BYTES", 0)
    as_arrow = large_files.as_arrow

    def full(frame: pl.DataFrame) -> object:
        if frame.height:
            raise MemoryError
        return as_arrow(frame)

    monkeypatch.setattr(large_files, "as_arrow", full)
    home.put(csv(attestation("A1")))
    with pytest.raises(MemoryError):
        home.load()
    assert home.loaded_keys() == []
