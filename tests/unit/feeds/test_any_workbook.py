"""Whatever a workbook holds and however it was damaged: nothing raises and no record is lost silently."""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import fastexcel
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from landing_home import Home
from workbooks import HEADER, HEADER_ROW, package, record_row, workbook

from vax_pipeline.core.feeds.readers.sheets import package as package_module
from vax_pipeline.core.feeds.readers.sheets.cells import scan_cells
from vax_pipeline.core.feeds.readers.sheets.events import parse_cells
from vax_pipeline.core.feeds.rejects import QuarantineError

shared_home = settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
numbers = st.integers(-(10**15) + 1, 10**15 - 1) | st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
values = st.none() | st.booleans() | texts | numbers | moments


def says(text: str | None, value: Any) -> bool:
    """Whether raw holds a value as it should."""
    if value is None or value == "":
        return text is None
    if isinstance(value, bool):
        return text == str(value).upper()
    if isinstance(value, datetime):
        precision = "milliseconds" if value.microsecond else "seconds"
        return text == value.isoformat(" ", precision).removesuffix(" 00:00:00")
    if isinstance(value, str):
        return text == value
    # As many digits as xlsxwriter writes.
    is_plain = text is not None and "E" not in text.upper() and not text.endswith((".", ".0"))
    return is_plain and float(text or "") == float(f"{value:.16G}")


@settings(shared_home, max_examples=25)
@given(
    rows=st.lists(st.tuples(values, values, values, values), min_size=1, max_size=8),
    constant_memory=st.booleans(),
)
def test_any_values_come_back_as_text(
    home: Home, rows: Sequence[tuple[Any, ...]], constant_memory: bool
) -> None:
    cells = [[f"K{number}", *row] for number, row in enumerate(rows)]
    content = workbook([HEADER, *cells], constant_memory=constant_memory)
    home.put(b"", "a.xlsx").write_bytes(content)
    home.load()
    columns = ", ".join(HEADER[1:])
    loaded = home.rows(f"select {columns} from raw.attestations order by line")
    assert len(loaded) == len(rows)
    for row, read in zip(rows, loaded, strict=True):
        for value, text in zip(row, read, strict=True):
            assert says(text, value), (value, text)


@settings(shared_home)
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=8))
def test_texts_are_what_another_reader_reads(home: Home, rows: list[tuple[str, str]]) -> None:
    assume(not any("_x" in text for row in rows for text in row))  # which it leaves escaped
    content = workbook([HEADER, *([f"K{n}", a, b] for n, (a, b) in enumerate(rows))])
    home.put(b"", "a.xlsx").write_bytes(content)
    home.load()
    loaded = home.rows("select citizen_id, kind from raw.attestations order by line")
    sheet = fastexcel.read_excel(content).load_sheet(0, header_row=0, dtypes="string").to_arrow()
    other = zip(sheet["citizen_id"].to_pylist(), sheet["kind"].to_pylist(), strict=True)
    assert loaded == [(a or None, b or None) for a, b in other]


KEYS = [f"K{number}" for number in range(6)]
WHOLE = workbook([HEADER, *([key, "079", "minutes", None, 44508] for key in KEYS)])


def _holds_all_or_nothing(home: Home) -> None:
    home.load()
    delivery = home.delivery("a.xlsx")
    assert delivery["reason_code"] not in ("reader_error", "count_mismatch")
    assert home.loaded_keys() == (KEYS if delivery["state"] == "loaded" else [])


@settings(shared_home, max_examples=30)
@given(cut=st.integers(0, len(WHOLE) - 1))
def test_a_workbook_cut_off_anywhere_is_quarantined(home: Home, cut: int) -> None:
    home.put(b"", "a.xlsx").write_bytes(WHOLE[:cut])
    _holds_all_or_nothing(home)
    assert home.loaded_keys() == []


@settings(shared_home, max_examples=60)
@given(flips=st.lists(st.integers(0, 8 * len(WHOLE) - 1), min_size=1, max_size=3))
def test_flipped_bits_cost_the_whole_file_or_nothing(home: Home, flips: list[int]) -> None:
    content = bytearray(WHOLE)
    for flip in flips:
        content[flip // 8] ^= 1 << flip % 8
    home.put(b"", "a.xlsx").write_bytes(bytes(content))
    _holds_all_or_nothing(home)


FRAGMENTS = [
    '<row r="4">',
    '<row r="5" hidden="1">',
    "<row>",
    "<row/>",
    '<row r="6"/>',
    "</row>",
    '<c r="B4" t="s">',
    '<c r="D4" s="1">',
    '<c r="F4" t="str">',
    "<c>",
    '<c r="C4"/>',
    "</c>",
    "<v>",
    "</v>",
    "<v/>",
    "0",
    "44508.5",
    "<f>A1</f>",
    '<f t="shared" si="0"/>',
    "<is>",
    "</is>",
    "<t>",
    '<t xml:space="preserve">',
    "</t>",
    "<r>",
    "</r>",
    "<rPh>",
    "</rPh>",
    " ",
    "\r\n",
    "&amp;",
    "&#7877;",
    "&#1;",
    "&",
    ">",
    "<",
    '"',
    "'",
    "]]>",
    "<![CDATA[x]]>",
    "<!-- - -->",
    "\x01",
    "ễ",
    "</sheetData>",
    "<sheetData>",
]
ROWS = [record_row(2, "K0"), record_row(3, "K1", '<c r="E3" s="1"><v>44508</v></c>')]
changes = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(FRAGMENTS), st.integers(0, 12)), max_size=4
)


def _changed(rows: str, made: Sequence[tuple[float, str, int]]) -> str:
    """The rows with fragments put in at some places, in place of some characters."""
    for where, fragment, length in made:
        at = int(where * len(rows))
        rows = rows[:at] + fragment + rows[at + length :]
    return rows


REGULAR = [
    "",
    '<c r="B{0}" t="s"><v>0</v></c>',
    '<c r="B{0}" s="1"><v>44508</v></c><c r="C{0}"/>',
    '<c r="B{0}" t="s"><v>1</v></c>',
    '<c r="B{0}" t="str"><f>A1</f><v></v></c>',
    '<c r="B{0}" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>',
    '<c r="A{0}" t="inlineStr"><is><t>K&amp;</t></is></c>',
    '<c r="AB{0}" t="b"><v>1</v></c><c r="XFD{0}" s="12" t="e"><v>#N/A</v></c>',
]
IRREGULAR = [
    '<c r="B{0}"><f>A1</f></c>',
    '<c r="B{0}"><f t="shared" si="0"/></c>',
    '<c r="B{0}" t="inlineStr"><is><r><t>x</t></r></is></c>',
    "<c r='B{0}'><v>1</v></c>",
]
any_cells = st.lists(st.sampled_from(REGULAR + IRREGULAR), min_size=1, max_size=6)


@settings(shared_home, max_examples=60)
@given(made=changes)
def test_any_xml_as_the_rows_of_a_sheet(home: Home, made: list[tuple[float, str, int]]) -> None:
    rows = _changed(HEADER_ROW + "".join(ROWS), made)
    home.put(b"", "a.xlsx").write_bytes(package(rows, texts="<si><t>x</t></si>"))
    home.load()
    assert home.delivery("a.xlsx")["reason_code"] != "reader_error"


@settings(deadline=None, max_examples=200)
@given(made=changes, cells=st.lists(st.sampled_from(REGULAR), min_size=1, max_size=6))
def test_both_ways_to_the_cells_of_a_block_agree(
    made: list[tuple[float, str, int]], cells: list[str]
) -> None:
    rows = [f'<row r="{n}">{cell.format(n)}</row>' for n, cell in enumerate(cells, 2)]
    block = _changed("".join(rows), made[:1]).encode()
    scanned = scan_cells(block, 1)
    if scanned is None:
        assert made
        return
    try:
        parsed = parse_cells(block, 1)
    except QuarantineError:
        return  # the scan forgives what is outside of cells
    assert scanned.text.to_list() == parsed.text.to_list()
    for name in ("lines", "is_hidden", "row", "column", "kind", "style"):
        assert getattr(scanned, name).tolist() == getattr(parsed, name).tolist(), name


@settings(shared_home)
@given(cells=any_cells, size=st.integers(1, 200))
def test_the_count_and_the_size_of_pieces_do_not_depend_on_how_rows_are_written(
    home: Home, cells: list[str], size: int
) -> None:
    rows = "".join(f'<row r="{n}">{cell.format(n)}</row>' for n, cell in enumerate(cells, 2))
    content = package(HEADER_ROW + rows, texts="<si><t>x</t></si><si><t/></si>")
    home.put(b"", "a.xlsx").write_bytes(content)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(package_module, "PIECE_BYTES", size)
        home.load()
    delivery = home.delivery("a.xlsx")
    assert delivery["state"] == "loaded"
    nothing = (REGULAR[0], REGULAR[3], REGULAR[4])
    assert delivery["records"] == sum(cell not in nothing for cell in cells)


def test_a_zip_of_anything_under_the_names_of_parts(home: Home) -> None:
    """Every part of a good workbook in turn replaced by something else."""
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as parts:
        names = parts.namelist()
        for number, name in enumerate(names):
            for content in (
                b"",
                b"<a/>",
                b"<a",
                b"\xff\xfe",
                b"text",
                parts.read(names[number - 1]),
            ):
                out = io.BytesIO()
                with zipfile.ZipFile(out, "w") as archive:
                    for other in names:
                        archive.writestr(other, content if other == name else parts.read(other))
                home.put(b"", "a.xlsx").write_bytes(out.getvalue())
                home.load()
                assert home.delivery("a.xlsx")["reason_code"] not in (
                    "reader_error",
                    "count_mismatch",
                )
