"""Any table, written in any supported way, comes back as it was."""

import csv
import io
import json

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from landing_home import Home
from old_encodings import in_windows_1258

from vax_pipeline.core.feeds.readers.mojibake import mended

HEADER = ["attestation_id", "kind", "signed_at", "Ghi chú"]
# Enough to know the encoding by.
KNOWN = ["A0", "Xác nhận của trạm y tế xã Bửu Hòa", "2021-11-08", "Đã ký số"]
NAMES = ["Nguyễn", "Thị", "Hồng", "Đào", "Lê", "Văn", "NG", "Ý", "Hoà", "ƯỚC", "BÌNH"]
WORDS = [*NAMES, "Ấp", "Phường", "Quyết", "Thắng", "huyện", "mũi", "nhắc", "lại", "5"]
PIECES = [*WORDS, " ", ",", ";", '"', "\t", "\n", "-"]
shared_home = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

any_text = st.text(
    st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]), max_size=8
)
names = st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join)
encodings = st.sampled_from(
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "windows-1258"]
)
quotings = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    encoding = draw(encodings)
    cells = names if encoding == "windows-1258" else any_text | names
    rows = draw(st.lists(st.tuples(cells, cells, cells), max_size=8))
    return encoding, [[f"B{n}", *row] for n, row in enumerate(rows)]


@shared_home
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t"),
    quoting=quotings,
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    packed=st.booleans(),
    ends=st.booleans(),
)
def test_a_table_comes_back_from_csv_as_it_was(
    home: Home,
    table: tuple[str, list[list[str]]],
    delimiter: str,
    quoting: int,
    line_end: str,
    packed: bool,
    ends: bool,
) -> None:
    encoding, rows = table
    assume(all(mended(value) == value for row in rows for value in row))
    if line_end == "\r":  # where each CR ends a line, one inside a field does too
        rows = [[value.replace("\n", "").replace("\r", "") for value in row] for row in rows]
    if line_end == "\n":  # written without quotes, a CR before it is part of the line's end
        rows = [[*row[:-1], row[-1].rstrip("\r")] for row in rows]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerows([HEADER, KNOWN, *rows])
    text = out.getvalue() if ends else out.getvalue().removesuffix(line_end)
    content = in_windows_1258(text) if encoding == "windows-1258" else text.encode(encoding)
    name, other = ("a.csv.gz", "a.csv") if packed else ("a.csv", "a.csv.gz")
    home.put(b"", other).unlink()
    home.put(content, name)
    load = home.load()
    assert (load.files_failed, load.rejected) == (0, 0)
    assert home.rows(
        "select attestation_id, kind, signed_at, extra->>'Ghi chú' from raw.attestations "
        "order by line"
    ) == [tuple(value or None for value in row) for row in [KNOWN, *rows]]


@settings(shared_home, max_examples=40)
@given(
    table=tables(),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    is_ascii=st.booleans(),
)
def test_a_table_comes_back_from_ndjson_as_it_was(
    home: Home, table: tuple[str, list[list[str]]], line_end: str, is_ascii: bool
) -> None:
    encoding, rows = table
    assume(all(mended(value) == value for row in rows for value in row))
    keys = ("attestation_id", "kind", "signed_at")
    records = [dict(zip(keys, row, strict=False)) for row in rows]
    known = dict(zip(keys, KNOWN, strict=False))
    lines = [json.dumps(known, ensure_ascii=False)]
    lines += [json.dumps(record, ensure_ascii=is_ascii) for record in records]
    text = line_end.join(lines) + line_end
    content = in_windows_1258(text) if encoding == "windows-1258" else text.encode(encoding)
    home.put(content, "a.ndjson")
    load = home.load()
    assert (load.files_failed, load.rejected) == (0, 0)
    assert home.rows("select kind, signed_at from raw.attestations order by line") == [
        (KNOWN[1], KNOWN[2]),
        *((kind or None, at or None) for _, kind, at, _ in rows),
    ]
