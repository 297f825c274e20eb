"""Workbooks: whatever the cells are, raw is text; the row number is the line; nothing is lost."""

import json
from datetime import date, datetime
from typing import Any

import pytest
from landing_home import Home
from workbooks import (
    HEADER,
    HEADER_ROW,
    Formula,
    Shown,
    attestation,
    package,
    record_row,
    text_cell,
    workbook,
)


def put(home: Home, content: bytes, name: str = "a.xlsx") -> None:
    home.put(b"", name).write_bytes(content)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("biên bản", "biên bản"),
        ("  giữ khoảng trắng ", "  giữ khoảng trắng "),
        ("'079201001234", "'079201001234"),
        ("a & b < c > d \"e\" 'f'", "a & b < c > d \"e\" 'f'"),
        ("hai\ndòng", "hai\ndòng"),
        ("_x000D_", "_x000D_"),
        ("2021-11-08 00:00:00", "2021-11-08 00:00:00"),
        ("079201001234", "079201001234"),
        (79201001234, "79201001234"),
        (79201001234.0, "79201001234"),
        (123456789012345, "123456789012345"),
        (1e21, "1000000000000000000000"),
        (1.5e-10, "0.00000000015"),
        (36.6, "36.6"),
        (-0.25, "-0.25"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2021, 11, 8), "2021-11-08"),
        (datetime(2021, 11, 8, 14, 30), "2021-11-08 14:30:00"),  # noqa: DTZ001
        (datetime(2021, 11, 8, 0, 0, 1, 500_000), "2021-11-08 00:00:01.500"),  # noqa: DTZ001
        (date(1900, 1, 1), "1900-01-01"),
        (date(1900, 3, 1), "1900-03-01"),
        (Shown(44508, "General"), "44508"),
        (Shown(44508, "yyyy-mm-dd"), "2021-11-08"),
        (Shown(44508, '[$-42A]dd "tháng" mm yyyy;@'), "2021-11-08"),
        (Shown(60, "dd/mm/yyyy"), "60"),
        (Shown(-1, "dd/mm/yyyy"), "-1"),
        (Shown(0.5, "hh:mm"), "12:00:00"),
        (Shown(1.5, "[h]:mm"), "36:00:00"),
        (Shown(0.855, "0.0%"), "0.855"),
        (Shown(79201001234, "0.00E+00"), "79201001234"),
        (Shown(7500, '#,##0\\ "đồng"'), "7500"),
        (Shown(79201001234, "@"), "79201001234"),
        (Formula("=B1&C1", "ghép"), "ghép"),
        (Formula("=1+1", 2), "2"),
        (Formula("=1/0", "#DIV/0!"), "#DIV/0!"),
        (None, None),
    ],
)
@pytest.mark.parametrize("constant_memory", [False, True])
def test_every_cell_becomes_text(
    home: Home, value: Any, text: str | None, constant_memory: bool
) -> None:
    rows = [HEADER, attestation("A1", citizen_id=value)]
    put(home, workbook(rows, constant_memory=constant_memory))
    home.load()
    assert home.rows("select citizen_id from raw.attestations") == [(text,)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="B2"><v>7.9201001234E10</v></c>', "79201001234"),
        ('<c r="B2"><v>79201001234.0</v></c>', "79201001234"),
        ('<c r="B2"><v>36.600000000000001</v></c>', "36.6"),
        ('<c r="B2"><v>123456789012345678</v></c>', "123456789012345678"),
        ('<c r="B2"><v>1E999</v></c>', "1E999"),
        ('<c r="B2" t="n"><v>5</v></c>', "5"),
        ('<c r="B2" s="1"><v>44508</v></c>', "2021-11-08"),
        ('<c r="B2" s="2"><v>44508.604166666664</v></c>', "2021-11-08 14:30:00"),
        ('<c r="B2" s="3"><v>1.5</v></c>', "36:00:00"),
        ('<c r="B2" s="1"><v>3000000</v></c>', "3000000"),
        ('<c r="B2" s="99"><v>44508</v></c>', "44508"),
        ('<c r="B2" s="1" t="d"><v>2021-11-08T00:00:00</v></c>', "2021-11-08"),
        ('<c r="B2" t="d"><v>2021-11-08T14:30:00.000</v></c>', "2021-11-08 14:30:00"),
        ('<c r="B2" t="s"><v>0</v></c>', "đậm nhạt"),
        ('<c r="B2" t="s"><v>1</v></c>', " giữ "),
        ('<c r="B2" t="s"><v>2</v></c>', None),
        ('<c r="B2" t="s"><v>3</v></c>', None),
        ('<c r="B2" t="s"><v>4</v></c>', "a\rb<&>"),
        ('<c r="B2" t="str"><f>A1</f><v></v></c>', None),
        ('<c r="B2" t="str"><f>A1</f><v> x </v></c>', " x "),
        ('<c r="B2" t="str"><f t="shared" si="0"/><v>x</v></c>', "x"),
        ('<c r="B2" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="B2" t="b"><v>1</v></c>', "TRUE"),
        ("<c r='B2' t='inlineStr'><is><t>x</t></is></c>", "x"),
        ('<c t="inlineStr" r="B2"><is><t>x</t></is></c>', "x"),
        ('<c r="B2" t="inlineStr" cm="1"><is><t>x</t></is></c>', "x"),
        (
            '<c r="B2" t="inlineStr"><is><r><t>a</t></r><r><rPr><b/></rPr><t>b</t></r></is></c>',
            "ab",
        ),
        ('<c r="B2" t="inlineStr"><is><t>x</t><rPh sb="0" eb="1"><t>y</t></rPh></is></c>', "x"),
        ('<c r="B2" t="inlineStr"><is><t><![CDATA[<x>]]></t></is></c>', "<x>"),
        ('<c r="B2" t="inlineStr"><is><t>x<!-- y --></t></is></c>', "x"),
        ('<c r="B2" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>', " x "),
        ('<c r="B2" t="inlineStr"><is><t>_x0041_&#7877;&#x1ec5;</t></is></c>', "Aễễ"),
        ('<c r="B2" t="inlineStr"><is><t>_x0000_</t></is></c>', "_x0000_"),
        ('\n <c r="B2">\n  <v>5</v>\n </c>\n', "5"),
        ('<c r="B2"/>', None),
        ('<c r="B2"><v/></c>', None),
        ('<c r="B2" t="inlineStr"><is><t></t></is></c>', None),
    ],
)
def test_a_cell_is_read_however_a_program_writes_it(
    home: Home, cell: str, text: str | None
) -> None:
    texts = (
        '<si><r><rPr><b/></rPr><t>đậm</t></r><r><t xml:space="preserve"> nhạt</t></r>'
        '<rPh sb="0" eb="1"><t>reading</t></rPh></si>'
        '<si><t xml:space="preserve"> giữ </t></si><si><t/></si><si/>'
        "<si><t>a_x000D_b&lt;&amp;&gt;</t></si>"
    )
    row = (
        f'<row r="2">{text_cell("A2", "A1")}{cell}{text_cell("C2", "minutes")}'
        f"{text_cell('E2', '2021-11-07')}</row>"
    )
    put(home, package(HEADER_ROW + row, texts=texts))
    home.load()
    assert home.rows("select attestation_id, citizen_id, line from raw.attestations") == [
        ("A1", text, 2)
    ]


def test_a_workbook_may_count_its_days_from_1904(home: Home) -> None:
    row = record_row(2, cells='<c r="E2" s="1"><v>43046</v></c>')
    put(home, package(HEADER_ROW + row, date1904=True))
    home.load()
    assert home.rows("select signed_at from raw.attestations") == [("2021-11-08",)]


def test_lines_are_the_row_numbers_that_excel_shows(home: Home) -> None:
    rows = [HEADER, [], attestation("A1"), [], [], attestation("A2"), [None, ""]]
    put(home, workbook(rows))
    load = home.load()
    assert (load.records, load.loaded, load.rejected) == (2, 2, 0)
    assert home.lines() == {"A1": 3, "A2": 6}
    delivery = home.delivery("a.xlsx")
    assert (delivery["format"], delivery["sheet"]) == ("xlsx", "Trang 1")
    assert (delivery["header_line"], delivery["hidden_rows"]) == (1, 0)


def test_hidden_rows_are_loaded_and_marked(home: Home) -> None:
    rows = [HEADER, *(attestation(f"A{n}") for n in range(1, 4)), [None, "không mã"]]
    put(home, workbook(rows, hidden_rows=[3, 5]))
    home.load()
    assert home.rows("select attestation_id, marks from raw.attestations order by 1") == [
        ("A1", None),
        ("A2", '{"hidden": true}'),
        ("A3", None),
    ]
    assert home.delivery("a.xlsx")["hidden_rows"] == 1
    assert home.rejects() == [(5, "empty_key")]


def test_a_row_of_totals_is_rejected_with_all_it_holds(home: Home) -> None:
    put(home, workbook([HEADER, attestation("A1"), [None, "Tổng cộng", None, None, 1]]))
    load = home.load()
    assert (load.records, load.loaded, load.rejected) == (2, 1, 1)
    ((line, code, reason, record),) = home.rows(
        "select line, reason_code, reason, record from raw.rejects"
    )
    assert (line, code) == (3, "empty_key")
    assert "attestation_id" in reason
    given = {name: value for name, value in json.loads(record).items() if value is not None}
    assert given == {"citizen_id": "Tổng cộng", "signed_at": "1"}


def test_formatted_but_empty_rows_are_no_records(home: Home) -> None:
    rows = "".join(f'<row r="{n}" s="1"><c r="A{n}" s="1"/></row>' for n in range(3, 500))
    prefilled = '<row r="500"><c r="A500" t="str"><f>IF(B500="","",1)</f><v></v></c></row>'
    blank = '<row r="501"><c r="A501" t="s"><v>0</v></c></row>'
    whole = HEADER_ROW + record_row(2) + rows + prefilled + blank
    put(home, package(whole, texts="<si><t></t></si>"))
    load = home.load()
    assert (load.records, load.loaded) == (1, 1)


def test_in_a_merged_cell_only_the_first_row_has_the_value(home: Home) -> None:
    rows = [HEADER, *(attestation(f"A{n}", citizen_id="0790") for n in range(1, 4))]
    put(home, workbook(rows, merged=["B2:B4", "A3:A4"]))
    home.load()
    assert home.rows("select attestation_id, citizen_id from raw.attestations order by 1") == [
        ("A1", "0790"),
        ("A2", None),
    ]
    assert home.rejects() == [(4, "empty_key")]


@pytest.mark.parametrize(
    "formula", ["<f>B9&amp;C9</f>", "<f>B9&amp;C9</f><v></v>", "<f>B9</f><v/>"]
)
def test_a_formula_that_was_never_calculated_rejects_the_record(home: Home, formula: str) -> None:
    rows = HEADER_ROW + record_row(2) + record_row(3, "A2", f'<c r="E3">{formula}</c>')
    put(home, package(rows))
    load = home.load()
    assert (load.records, load.loaded, load.rejected) == (2, 1, 1)
    assert home.rejects() == [(3, "formula_without_value")]
    ((record,),) = home.rows("select record from raw.rejects")
    assert json.loads(record)["signed_at"][:3] in ("=B9", "=")


def test_a_formula_without_value_in_an_unknown_column_is_kept_as_it_is(home: Home) -> None:
    header = HEADER_ROW.replace("</row>", text_cell("F1", "Ghi chú") + "</row>")
    put(
        home, package(header + record_row(2, cells='<c r="E2"><v>1</v></c><c r="F2"><f>G2</f></c>'))
    )
    home.load()
    assert home.rows("select extra from raw.attestations") == [('{"Ghi chú":"=G2"}',)]


def test_an_error_rejects_the_record_only_in_its_key(home: Home) -> None:
    error = Formula("=1/0", "#DIV/0!")
    put(home, workbook([HEADER, attestation(error), attestation("A2", kind=error)]))
    home.load()
    assert home.rejects() == [(2, "error_in_key")]
    assert home.rows("select attestation_id, kind from raw.attestations") == [("A2", "#DIV/0!")]


def test_a_column_without_header_is_kept_under_its_place(home: Home) -> None:
    rows = [
        [*HEADER, None, "Ghi chú"],
        [*attestation("A1"), "x", None, None, "y"],
        attestation("A2"),
    ]
    put(home, workbook(rows))
    home.load()
    extras = home.rows("select extra from raw.attestations order by attestation_id")
    assert json.loads(extras[0][0]) == {"Ghi chú": None, "column_6": "x", "column_9": "y"}
    assert extras[1] == (None,)
    assert json.loads(home.delivery("a.xlsx")["unknown_columns"]) == [
        "Ghi chú",
        "column_6",
        "column_9",
    ]


def test_a_header_may_sound_like_the_name_of_a_column_without_one(home: Home) -> None:
    put(home, workbook([[*HEADER, "column_7"], [*attestation("A1"), "x", "y"]]))
    home.load()
    ((extra,),) = home.rows("select extra from raw.attestations")
    assert json.loads(extra) == {"column_7": "x", "column_7 (no header)": "y"}


def test_cells_far_apart_take_no_room_between_them(home: Home) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    put(home, package(HEADER_ROW + record_row(2) + far))
    load = home.load()
    assert (load.records, load.loaded, load.rejected) == (2, 1, 1)
    assert home.rejects() == [(1048576, "empty_key")]


def test_cells_along_the_diagonal_take_no_room_beside_them(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.sheets.grids.MAX_FIELDS", 40)
    rows = [HEADER, *([*attestation(f"A{n}"), *[None] * n, n] for n in range(20))]
    put(home, workbook(rows))
    home.load()
    extras = home.rows("select extra from raw.attestations order by line")
    given = [[v for v in json.loads(extra).values() if v is not None] for (extra,) in extras]
    assert given == [[str(n)] for n in range(20)]


def test_a_workbook_with_macros_is_read_like_any_other(home: Home) -> None:
    content = package(HEADER_ROW + record_row(2), extra={"xl/vbaProject.bin": b"\xd0\xcf"})
    put(home, content, "a.xlsm")
    home.load()
    assert home.loaded_keys() == ["A1"]


def test_a_workbook_under_another_name_is_known_by_its_content(home: Home) -> None:
    put(home, workbook([HEADER, attestation("A1")]), "a.csv")
    home.load()
    assert home.loaded_keys() == ["A1"]
    assert home.delivery()["format"] == "xlsx"


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls"])
def test_text_under_the_name_of_a_workbook_is_read_as_text(home: Home, name: str) -> None:
    put(home, b"attestation_id;kind;signed_at\nA1;minutes;2021-11-07\n", name)
    home.load()
    assert home.loaded_keys() == ["A1"]
    assert home.delivery(name)["format"] == "csv"


def test_a_cell_of_ten_megabytes_is_kept(home: Home) -> None:
    text = "ễ" * (5 << 20)
    put(home, package(HEADER_ROW + record_row(2, cells=text_cell("E2", text))))
    home.load()
    assert home.rows("select length(signed_at) from raw.attestations") == [(len(text),)]


@pytest.mark.parametrize("small", [4 << 20, 0])
def test_a_large_workbook_streams_and_a_corrected_one_replaces_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr("vax_pipeline.core.feeds.sizes.SMALL_PACKED_BYTES", small)
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.sheets.package.PIECE_BYTES", 1000)
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.sheets.reader.BATCH_ROWS", 10)
    put(home, workbook([HEADER, *(attestation(f"A{n}") for n in range(100)), ["A100"]]))
    load = home.load()
    assert (load.records, load.loaded) == (101, 101)
    put(home, workbook([HEADER, attestation("B1"), [None, "x"]]))
    load = home.load()
    assert (load.records, load.loaded, load.rejected) == (2, 1, 1)
    assert home.loaded_keys() == ["B1"]
    assert home.load().files_unchanged == 1
