"""Whatever bytes arrive: nothing raises, the account closes, and good neighbours are all loaded."""

import csv as stdlib_csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from landing_home import HEADER, Home, attestation, csv

from vax_pipeline.core.feeds.catalog import ATTESTATIONS
from vax_pipeline.core.feeds.readers import (
    Batch,
    Source,
    blocks,
    delimited,
    encodings,
    open_engine,
    read_file,
)
from vax_pipeline.core.feeds.readers.headers import HeaderMatch
from vax_pipeline.core.feeds.readers.layout import Layout
from vax_pipeline.core.feeds.readers.records import Form, Scan, scan, walk
from vax_pipeline.core.feeds.rejects import QuarantineError
from vax_pipeline.core.settings import Settings

WIDTH = HEADER.count(",") + 1
shared_home = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Pieces that make trouble together, more often than plain bytes would.
PIECES = [
    b'"',
    b'""',
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"a",
    b" ",
    "ễ".encode(),
]
messy = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join) | st.binary(max_size=200)
JSON_PIECES = [
    b'{"attestation_id":',
    b'"A"',
    b"}",
    b"[",
    b"]",
    b",",
    b"\n",
    b":",
    b"1",
    b"null",
    *PIECES,
]
messy_json = st.lists(st.sampled_from(JSON_PIECES), max_size=40).map(b"".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=4) | st.sampled_from(["claim_no", "doses"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
keys = st.sampled_from(
    ["complaint_id", "received_at", "full_name", "doses", "attachments", "Họ tên"]
)


as_delivered = st.sampled_from(
    [
        lambda content: content,
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: b"\xff\xfe" + content,
        lambda content: b"\xfe\xff" + content,
        lambda content: content.decode("utf-8", "replace").encode("utf-16"),
        lambda content: content.decode("latin-1").encode("utf-16-le"),
        lambda content: content.decode("latin-1").encode("utf-32"),
        lambda content: content.decode("latin-1").encode(),
        lambda content: content.replace(b"\n", b"\r"),
        gzip.compress,
        lambda content: gzip.compress(content)[:-5],
        lambda content: gzip.compress(content) + content,
    ]
)
NAMES = [
    "a.csv",
    "a.csv.gz",
    "a.tsv",
    "a.ndjson",
    "a.ndjson.gz",
    "a.jsonl",
    "a.parquet",
    "a",
    "a.gz",
]
beginnings = st.sampled_from([b"", f"{HEADER}\n".encode(), b'{"attestation_id": "A"}\n', b"PAR1"])


@settings(shared_home, max_examples=100)
@given(
    name=st.sampled_from(NAMES),
    start=beginnings,
    body=messy | messy_json,
    deliver=as_delivered,
)
def test_any_bytes_as_any_file_are_accounted_for_and_stop_no_other_file(
    home: Home, name: str, start: bytes, body: bytes, deliver: Callable[[bytes], bytes]
) -> None:
    for path in home.put(b"").parent.iterdir():
        path.unlink()
    home.put(b"", name).write_bytes(deliver(start + body))
    home.put(csv(attestation("GOOD")), "z.csv")
    home.load()  # raises when the account does not close
    assert home.rows("select attestation_id from raw.attestations where file like '%z.csv'") == [
        ("GOOD",)
    ]
    assert home.delivery(name)["state"] in ("loaded", "failed")


@settings(shared_home, max_examples=20)
@given(
    records=st.lists(st.dictionaries(keys | st.text(max_size=4), values, max_size=6), max_size=6)
)
def test_any_objects_as_complaints(home: Home, records: list[dict[str, object]]) -> None:
    lines = [json.dumps({"complaint_id": "C", **record}) for record in records]
    home.put("\n".join(lines).encode(), "a.ndjson", "complaints")
    home.load("complaints")


@shared_home
@given(bad=messy)
def test_bad_bytes_between_good_records_cost_no_good_record_on_other_lines(
    home: Home, bad: bytes
) -> None:
    """Except those the bytes themselves quote into one record: then they are inside its field."""
    good = [attestation(f"G{number}").encode() for number in range(12)]
    home.put(b"\n".join([HEADER.encode(), *good[:6], bad, *good[6:]]))
    home.load()
    assume(home.delivery()["reason_code"] != "unsupported_encoding")
    assert [key for key in home.loaded_keys() if key.startswith("G")] == [
        f"G{n}" for n in range(12)
    ]


fields = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None, max_examples=150)
@given(rows=st.lists(st.lists(fields, min_size=3, max_size=3), min_size=1, max_size=8))
def test_well_formed_csv_is_read_as_the_standard_reader_does(rows: list[list[str]]) -> None:
    """Both ways of finding records agree with Python's csv module, and with each other."""
    out = io.StringIO()
    stdlib_csv.writer(out, quoting=stdlib_csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    data = out.getvalue().encode()
    walked = walk(data, Form(",", 3, 3), 1, is_last=True)
    assert walked.rows == [[value or None for value in row] for row in rows]
    found = scan(data, ",", is_last=True)
    assert isinstance(found, Scan)
    assert found.fields.tolist() == [3] * len(rows)
    assert (found.starts.tolist(), found.lines.tolist()) == (
        [s for s, _ in walked.spans],
        walked.lines,
    )


RECORDS = [
    *(b"a,b,c\n", b'a,"b,b",c\r\n', b'a,"b\nb",c\n', b"\n", b",,\n", b"  \n"),
    *(
        b"a,b\n",
        b"a,b,c,d\n",
        b"a,b,c,,\n",
        b'a,"b,c\n',
        b'a,b"b,c\n',
        b'a,"b"b,c\n',
        b"a,\xff,c\n",
        b"a,\0,c\n",
    ),
]


@settings(deadline=None, max_examples=400)
@given(
    lines=st.lists(st.sampled_from(RECORDS), max_size=25),
    is_last=st.booleans(),
    together=st.integers(1, 4),
    troubles=st.integers(0, 5),
)
def test_a_block_read_in_parts_is_read_as_record_by_record(
    lines: list[bytes], is_last: bool, together: int, troubles: int
) -> None:
    layout = Layout(ATTESTATIONS, Form(",", 3, 3), HeaderMatch({}, {}))
    data = b"".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "WALKED_TOGETHER", together)
        patch.setattr(delimited, "TROUBLES", troubles)
        parsed = delimited._parse(data, layout, 7, is_last=is_last)  # pyright: ignore[reportPrivateUsage]
    walked = walk(data, layout.form, 7, is_last=is_last)
    assert parsed.frame.rows() == [tuple(row) for row in walked.rows]
    assert parsed.lines.tolist() == walked.lines
    assert parsed.starts.tolist() == [start for start, _ in walked.spans]
    assert [(r.line, r.code) for r in parsed.rejects] == [(r.line, r.code) for r in walked.rejects]
    assert (parsed.records, parsed.lines_beside, parsed.consumed) == (
        walked.records,
        walked.lines_beside,
        walked.consumed,
    )


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    home = Settings(home=tmp_path_factory.mktemp("home"), memory_limit="1GB", threads=2)
    with open_engine(home) as engine:
        yield Source(ATTESTATIONS, Path("a.csv"), None, engine)


@settings(deadline=None, max_examples=150)
@given(
    body=messy,
    block=st.integers(min_value=1, max_value=40),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_the_size_of_blocks_makes_no_difference(
    sources: Source, body: bytes, block: int, encoding: str
) -> None:
    content = f"{HEADER}\n{attestation('A')}\n".encode() + body
    if encoding != "utf-8":
        content = content.decode("utf-8", "replace").encode(encoding)
    # The encoding is judged by a sample from the first block, which is never this small.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(encodings, "judge", lambda *args, **kw: "utf-8")
        whole = _read(sources, content)
        patched.setattr(blocks, "BLOCK_BYTES", len(HEADER) + 2 + block)
        assert _read(sources, content) == whole


def _read(source: Source, content: bytes) -> object:
    source.content = content
    try:
        batches: list[Batch] = list(read_file(source))
    except QuarantineError as error:
        return error.code
    rows = [row for batch in batches for row in batch.rows.rows()]
    rejects = [row for batch in batches for row in batch.rejects.rows()]
    records = sum(batch.records for batch in batches)
    return sorted(rows, key=str), sorted(rejects, key=str), records, source.counted
