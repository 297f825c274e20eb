"""A reader that loses something is found out by a count it has no part in: the file is quarantined."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from landing_home import HEADER, Home, attestation, csv, ndjson

from vax_pipeline.core.feeds import readers
from vax_pipeline.core.feeds.readers import Batch, Source, blocks, delimited, parquet, records
from vax_pipeline.core.feeds.readers import ndjson as ndjson_reader
from vax_pipeline.core.feeds.readers.blocks import Block, read_blocks
from vax_pipeline.core.feeds.readers.json_objects import Objects, read_objects
from vax_pipeline.core.feeds.readers.records import Scan

RECORDS = [attestation(f"A{n:02}", kind='"biên\nbản"' if n % 3 else "minutes") for n in range(40)]
CSV = csv("", *RECORDS, "bad", ",,,,", "")
NDJSON = ndjson(
    *({"attestation_id": f"A{n:02}", "kind": "k", "signed_at": "x"} for n in range(40)), "", "bad"
)
FORMATS = ["a.csv", "a.csv.gz", "a.ndjson", "a.ndjson.gz", "a.parquet"]


@pytest.fixture
def put(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a file of several blocks into the landing folder, in the format that its name says."""

    def put(name: str) -> None:
        monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
        monkeypatch.setattr(parquet, "BATCH_ROWS", 1_000)
        if name.endswith("parquet"):
            columns = {key: [f"{key}{n}" for n in range(5_000)] for key in HEADER.split(",")}
            pl.DataFrame(columns).write_parquet(tmp_path / "x")
            home.put((tmp_path / "x").read_bytes(), name)
        else:
            home.put(CSV if "csv" in name else NDJSON, name)

    return put


def is_found_out(home: Home) -> bool:
    home.load()
    return (home.loaded_keys(), home.rejects()) == ([], [(None, "count_mismatch")])


@pytest.mark.parametrize("name", FORMATS)
def test_the_files_of_these_tests_are_loaded_when_nothing_is_lost(
    home: Home, put: Callable[[str], None], name: str
) -> None:
    put(name)
    assert home.load().files_loaded == 1
    assert len(home.loaded_keys()) >= 40


def lose_a_row(batches: Iterator[Batch]) -> Iterator[Batch]:
    for batch in batches:
        yield replace(batch, rows=batch.rows.head(-1))


def lose_a_row_and_not_count_it(batches: Iterator[Batch]) -> Iterator[Batch]:
    for batch in batches:
        lost = min(batch.rows.height, 1)
        yield replace(batch, rows=batch.rows.head(-lost), records=batch.records - lost)


def lose_a_reject_and_not_count_it(batches: Iterator[Batch]) -> Iterator[Batch]:
    for batch in batches:
        lost = batch.rejects.height
        yield replace(batch, rejects=batch.rejects.clear(), records=batch.records - lost)


def lose_a_batch(batches: Iterator[Batch]) -> Iterator[Batch]:
    next(batches)
    yield from batches


def stop_early(batches: Iterator[Batch]) -> Iterator[Batch]:
    yield next(batches)


def read_a_batch_twice(batches: Iterator[Batch]) -> Iterator[Batch]:
    first = next(batches)
    yield first
    yield first
    yield from batches


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "fault",
    [lose_a_row, lose_a_row_and_not_count_it, lose_a_batch, stop_early, read_a_batch_twice],
)
@pytest.mark.parametrize("small", [4 << 20, 0])
def test_a_reader_of_any_format_is_found_out(
    home: Home,
    put: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fault: Callable[[Iterator[Batch]], Iterator[Batch]],
    small: int,
) -> None:
    monkeypatch.setattr("vax_pipeline.core.feeds.sizes.SMALL_BYTES", small)
    monkeypatch.setattr("vax_pipeline.core.feeds.sizes.SMALL_PACKED_BYTES", small)
    sound = dict(readers.READERS)

    def faulty(kind: str) -> Callable[[Source], Iterator[Batch]]:
        return lambda source: fault(iter(sound[kind](source)))

    monkeypatch.setattr(readers, "READERS", {kind: faulty(kind) for kind in sound})
    put(name)
    assert is_found_out(home)


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
def test_a_lost_reject_is_found_out(
    home: Home, put: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    sound = dict(readers.READERS)
    kind = name.removeprefix("a.")
    monkeypatch.setattr(
        readers,
        "READERS",
        {kind: lambda source: lose_a_reject_and_not_count_it(iter(sound[kind](source)))},
    )
    put(name)
    assert is_found_out(home)


def test_a_scan_and_a_parser_that_overlook_the_same_record_are_found_out(
    home: Home, put: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = delimited._parse_text  # pyright: ignore[reportPrivateUsage]

    def blind(data: bytes, delimiter: str, *, is_last: bool) -> Scan:
        found = records.scan(data, delimiter, is_last=is_last)
        assert isinstance(found, Scan)
        parts = {name: part[:-1] for name, part in vars(found).items() if name != "consumed"}
        return Scan(**parts, consumed=found.consumed)

    def lossy(*args: Any) -> pl.DataFrame | None:
        frame = sound(*args)
        return None if frame is None else frame.head(-1)

    monkeypatch.setattr(delimited, "scan", blind)
    monkeypatch.setattr(delimited, "_parse_text", lossy)
    put("a.csv")
    assert is_found_out(home)


def test_a_walk_that_skips_a_record_is_found_out(
    home: Home, put: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = records._records  # pyright: ignore[reportPrivateUsage]

    def skipping(*args: Any, **kw: Any) -> Iterator[Any]:
        for number, record in enumerate(sound(*args, **kw)):
            if number != 3:
                yield record

    monkeypatch.setattr(delimited, "scan", lambda *args, **kw: 0)
    monkeypatch.setattr(records, "_records", skipping)
    put("a.csv")
    assert is_found_out(home)


def test_a_parser_that_loses_a_row_is_not_believed(
    home: Home, put: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows don't add up with the scan: the block is read record by record instead."""
    sound = delimited._parse_text  # pyright: ignore[reportPrivateUsage]

    def lossy(*args: Any) -> pl.DataFrame | None:
        frame = sound(*args)
        return None if frame is None else frame.head(-1)

    monkeypatch.setattr(delimited, "_parse_text", lossy)
    put("a.csv")
    assert home.load().loaded == 40


def test_objects_that_get_lost_in_the_json_engine_are_missed(
    home: Home, put: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(*args: Any) -> Objects:
        objects = read_objects(*args)
        return replace(objects, rows=objects.rows.head(-1))

    monkeypatch.setattr(ndjson_reader, "read_objects", lossy)
    put("a.ndjson")
    assert is_found_out(home)


@pytest.mark.parametrize(("reader", "name"), [(delimited, "a.csv"), (ndjson_reader, "a.ndjson")])
def test_a_block_that_is_passed_over_is_missed(
    home: Home, put: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, reader: Any, name: str
) -> None:
    def hasty(source: Source, **kw: Any) -> Iterator[Block]:
        for number, block in enumerate(read_blocks(source, **kw)):
            if number == 1:
                block.consumed = block.data.rindex(b"\n") + 1
            else:
                yield block

    monkeypatch.setattr(reader, "read_blocks", hasty)
    put(name)
    assert is_found_out(home)
