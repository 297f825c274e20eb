"""What spreadsheets and people do to csv files: put them together, pad them, end lines as on old Macs."""

import pytest
from landing_home import HEADER, Home, attestation, csv

from vax_pipeline.core.feeds.readers import blocks, delimited, line_ends

GOOD = [attestation(f"A{n}") for n in range(5)]
KEYS = [f"A{n}" for n in range(5)]
MARK = b"\xef\xbb\xbf"


def as_mac(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r")


# line ends


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", ["minutes", '"bản, ""gốc"""', '"biên\nbản"'])
def test_lines_may_end_in_cr_alone(home: Home, name: str, encoding: str, kind: str) -> None:
    content = as_mac(csv(attestation("A1", kind=kind), "bad", attestation("A2")))
    home.put(content.decode().encode(encoding), name)
    load = home.load()
    assert home.loaded_keys() == ["A1", "A2"]
    last = 4 + kind.count("\n")
    assert (home.lines()["A2"], home.rejects()) == (last, [(last - 1, "too_few_fields")])
    assert load.records == 3


def test_blocks_may_cut_cr_from_lf_and_records_from_cr(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [attestation(f"A{n:02}") for n in range(40)]
    for content in (as_mac(csv(*many)), csv(*many).replace(b"\n", b"\r\n")):
        for size in range(300, 312):
            monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
            home.put(content)
            home.load()
            assert home.lines() == {f"A{n:02}": n + 2 for n in range(40)}
            home.put(csv())
            home.load()


@pytest.mark.parametrize(
    "content",
    [
        csv(*GOOD[:2]) + as_mac(csv(*GOOD[2:]))[len(HEADER) + 1 :],
        as_mac(csv(*GOOD[:2])) + csv(*GOOD[2:])[len(HEADER) + 1 :],
        csv(*GOOD[:2]).replace(b"\n", b"\r\n") + as_mac(csv(*GOOD[2:]))[len(HEADER) + 1 :],
        as_mac(csv(*GOOD[:4])) + GOOD[4].encode() + b"\r\n",
    ],
)
def test_files_put_together_may_end_their_lines_differently(home: Home, content: bytes) -> None:
    home.put(content)
    assert home.load().records == 5
    assert home.lines() == {key: n + 2 for n, key in enumerate(KEYS)}


def test_a_long_part_with_other_line_ends_is_no_long_record(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    monkeypatch.setattr(blocks, "MAX_RECORD_BYTES", 3_000)
    monkeypatch.setattr(delimited, "LONG_BYTES", 500)
    monkeypatch.setattr(line_ends, "LONG_BYTES", 500)
    many = [attestation(f"A{n:03}") for n in range(200)]
    home.put(csv(*many[:20]) + as_mac("\n".join(many[20:]).encode()))
    home.load()
    assert home.lines() == {f"A{n:03}": n + 2 for n in range(200)}


def test_a_cr_that_ends_no_record_is_part_of_its_field(home: Home) -> None:
    home.put(csv(attestation("A1", kind="biên\rbản"), attestation("A2")))
    home.load()
    assert home.rows("select kind from raw.attestations order by line") == [
        ("biên\rbản",),
        ("minutes",),
    ]


def test_a_header_with_a_cr_in_it_is_one_header(home: Home) -> None:
    home.put(f"attestation_id,kind,signed\r_at\n{'A1,minutes,2021'}\n".encode())
    home.load()
    assert home.loaded_keys() == ["A1"]


# byte order marks and headers in the middle


@pytest.mark.parametrize("kind", ["minutes", '"minutes"'])
@pytest.mark.parametrize("key", ["A1", '"A1"'])
def test_a_byte_order_mark_in_the_middle_is_no_part_of_a_key(
    home: Home, kind: str, key: str
) -> None:
    first = csv(attestation("A0", kind=kind))
    home.put(MARK + first + MARK + attestation(key, kind=kind).encode() + b"\n")
    home.load()
    assert home.lines() == {"A0": 2, "A1": 3}


@pytest.mark.parametrize("mark", [b"", MARK])
@pytest.mark.parametrize(
    "header", [HEADER, HEADER.upper(), HEADER.replace("_", " "), f'"{HEADER}"'.replace(",", '","')]
)
def test_a_header_in_the_middle_is_rejected_as_what_it_is(
    home: Home, mark: bytes, header: str
) -> None:
    home.put(csv(*GOOD[:2]) + mark + csv(*GOOD[2:], header=header))
    load = home.load()
    assert (home.loaded_keys(), load.records) == (KEYS, 6)
    assert home.rejects() == [(4, "repeated_header")]
    ((record,),) = home.rows("select record from raw.rejects")
    assert record == header


@pytest.mark.parametrize("small", [4 << 20, 0])
def test_a_header_of_another_order_in_the_middle_quarantines_the_file(
    home: Home, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    """Read by the first header, what follows would be in the wrong columns, without a word."""
    monkeypatch.setattr("vax_pipeline.core.feeds.sizes.SMALL_BYTES", small)
    other = "citizen_id,attestation_id,kind,signer_code,signed_at"
    home.put(csv(*GOOD[:2]) + csv("075,B1,minutes,x,2021", header=other))
    home.put(csv(attestation("GOOD")), "z.csv")
    home.load()
    assert home.loaded_keys() == ["GOOD"]
    assert home.rejects() == [(None, "second_header")]
    assert "at line 4" in home.delivery()["reason"]


def test_a_key_without_digits_is_no_header(home: Home) -> None:
    home.put(csv(attestation("kind"), attestation("signer", citizen_id="kind")))
    home.load()
    assert home.loaded_keys() == ["kind", "signer"]


# what spreadsheets add


def test_lines_of_nothing_but_delimiters_are_blank(home: Home) -> None:
    home.put(csv(*GOOD[:2], ",,,,", ",,,,,,,", ",,", *GOOD[2:], ",,,,"))
    load = home.load()
    assert (load.records, home.loaded_keys(), home.rejects()) == (5, KEYS, [])
    assert home.lines()["A2"] == 7


@pytest.mark.parametrize("others", ["plain", "quoted"])
def test_empty_fields_too_many_are_no_harm(home: Home, others: str) -> None:
    kind = '"minutes"' if others == "quoted" else "minutes"
    records = [attestation(f"A{n}", kind=kind) + "," * n for n in range(5)]
    home.put(csv(*records, attestation("B") + ",,x"))
    home.load()
    assert home.loaded_keys() == KEYS
    assert home.rejects() == [(7, "too_many_fields")]


def test_fields_without_a_name_may_be_missing_at_the_end(home: Home) -> None:
    header = HEADER + ",,"
    home.put(csv(GOOD[0], GOOD[1] + ",", GOOD[2] + ",x,y", "A3,x,minutes,y", header=header))
    home.load()
    assert home.loaded_keys() == ["A0", "A1", "A2"]
    assert home.rejects() == [(5, "too_few_fields")]
    assert home.rows("select extra from raw.attestations where attestation_id = 'A2'") == [
        ('{"column_6":"x","column_7":"y"}',)
    ]


@pytest.mark.parametrize(
    "line", [b"sep=;\n", b"sep=;\r\n", b'"sep=;"\n', b"SEP=;;;;\n", MARK + b"sep=;\n"]
)
def test_the_line_in_which_excel_names_the_delimiter_is_no_header(home: Home, line: bytes) -> None:
    home.put(line + csv(*GOOD).replace(b",", b";"))
    home.load()
    assert home.loaded_keys() == KEYS
    assert (home.delivery()["delimiter"], home.delivery()["header_line"]) == (";", 2)


def test_decimal_commas_in_a_semicolon_file_are_no_delimiters(home: Home) -> None:
    home.put(
        b"attestation_id;kind;signed_at;x,y,z;u,v\nA1;minutes;2021;1,5;2,5,3\n",
    )
    home.load()
    assert home.rows("select kind, extra from raw.attestations") == [
        ("minutes", '{"x,y,z":"1,5","u,v":"2,5,3"}')
    ]


def test_tabs_as_excel_saves_unicode_text(home: Home) -> None:
    text = csv(*GOOD).decode().replace(",", "\t").replace("\n", "\r\n")
    home.put(("\ufeff" + text).encode("utf-16-le"))
    home.load()
    assert (home.loaded_keys(), home.delivery()["delimiter"]) == (KEYS, "\t")
