"""CSV in every form it arrives in, and what one bad record costs: itself."""

import pytest
from landing_home import HEADER, Home, attestation, csv

from vax_pipeline.core.feeds.readers import blocks


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_all_the_usual_forms_give_the_same_rows(
    home: Home, delimiter: str, line_end: str, bom: bytes, name: str
) -> None:
    text = csv(attestation("A1"), attestation("A2", kind="Xác nhận")).decode()
    text = text.replace(",", delimiter).replace("\n", line_end)
    home.put(bom + text.encode(), name)
    home.load()
    assert home.rows("select citizen_id, kind, signed_at from raw.attestations where line = 3") == [
        ("075080000001", "Xác nhận", "2021-11-07 09:00")
    ]
    assert home.lines() == {"A1": 2, "A2": 3}
    assert home.delivery(name)["delimiter"] == delimiter


def test_headers_match_in_vietnamese_without_accents_case_or_order(home: Home) -> None:
    home.put(
        "Mã phản ánh;  hO_va TEN ;NGÀY TIẾP NHẬN\nP1;Lê A;2021-11-08\n".encode(), feed="complaints"
    )
    home.load("complaints")
    assert home.rows("select complaint_id, full_name, received_at from raw.complaints") == [
        ("P1", "Lê A", "2021-11-08")
    ]


def test_unknown_columns_are_kept_in_extra_and_listed(home: Home) -> None:
    header = HEADER + ",ghi chú,"
    home.put(csv(attestation("A1") + ',"a ""b""",', attestation("A2") + ",,", header=header))
    home.load()
    assert home.rows(
        "select attestation_id, extra->>'ghi chú' from raw.attestations order by 1"
    ) == [
        ("A1", 'a "b"'),
        ("A2", None),
    ]
    assert home.delivery()["unknown_columns"] == '["ghi chú", "column_7"]'


def test_a_missing_optional_column_is_null(home: Home) -> None:
    home.put(b"attestation_id,kind,signed_at\nA1,minutes,2021-11-08\n")
    home.load()
    assert home.rows("select citizen_id, kind, signer_code from raw.attestations") == [
        (None, "minutes", None)
    ]


def test_empty_is_null_quoted_or_not(home: Home) -> None:
    home.put(csv(attestation("A1", citizen_id="", signer_code='""')))
    home.load()
    assert home.rows("select citizen_id, signer_code from raw.attestations") == [(None, None)]


def test_a_quoted_field_may_hold_delimiters_quotes_and_line_ends(home: Home) -> None:
    home.put(csv(attestation("A1", kind='"a,""b""\nc"'), attestation("A2")))
    home.load()
    assert home.rows("select kind from raw.attestations where line = 2") == [('a,"b"\nc',)]
    assert home.lines() == {"A1": 2, "A2": 4}  # the line on which the record starts


def test_blank_lines_are_no_records_but_count_as_lines(home: Home) -> None:
    home.put(csv("", attestation("A1"), "\r", attestation("A2"), ""))
    assert home.load().records == 2
    assert home.lines() == {"A1": 3, "A2": 5}


def test_a_last_line_without_line_end_is_a_record(home: Home) -> None:
    home.put(csv(attestation("A1")).rstrip())
    home.load()
    assert home.loaded_keys() == ["A1"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ('A2,"never closed,minutes,x,2021', "unterminated_quote"),
        ('A2,"closed" too early,minutes,x,2021', "misplaced_quote"),
        ("A2,x,minutes", "too_few_fields"),
        ("A2,x,minutes,y,2021,more", "too_many_fields"),
        ("A2,x,min\0utes,y,2021", "nul_byte"),
        (",x,minutes,y,2021", "empty_key"),
        ("  ,x,minutes,y,2021", "empty_key"),
    ],
)
@pytest.mark.parametrize("others", ["plain", "quoted"])
def test_one_bad_record_costs_one_record(home: Home, bad: str, code: str, others: str) -> None:
    kind = '"minutes"' if others == "quoted" else "minutes"
    good = [attestation(f"G{number}", kind=kind) for number in range(20)]
    home.put(csv(*good[:9], bad, *good[9:]))
    load = home.load()
    assert (load.records, load.loaded) == (21, 20)
    assert home.rejects() == [(11, code)]
    assert home.lines()["G9"] == 12
    ((record,),) = home.rows("select record from raw.rejects")
    assert record == bad.replace("\0", "\\x00")


def test_invalid_bytes_reject_the_record_and_are_shown_as_escapes(home: Home) -> None:
    good = [attestation(f"G{number}", kind="biên bản").encode() for number in range(4)]
    bad = b"B,x,bi\xean b\xe3n,y,2021"
    home.put(b"\n".join([HEADER.encode(), *good[:2], bad, *good[2:]]))
    home.load()
    assert home.loaded_keys() == ["G0", "G1", "G2", "G3"]
    assert home.rows("select line, reason_code, record from raw.rejects") == [
        (4, "invalid_bytes", "B,x,bi\\xean b\\xe3n,y,2021")
    ]


def test_two_open_quotes_cost_two_records(home: Home) -> None:
    home.put(
        csv(attestation("A1"), 'B1,"x,y,z,1', attestation("A2"), 'B2,"x,y,z,1', attestation("A3"))
    )
    home.load()
    assert home.loaded_keys() == ["A1", "A2", "A3"]
    assert home.rejects() == [(3, "unterminated_quote"), (5, "unterminated_quote")]


def test_a_quote_inside_an_unquoted_field_is_text(home: Home) -> None:
    home.put(csv(attestation("A1", kind='biên bản "gốc"'), attestation("A2")))
    home.load()
    assert home.rows("select kind from raw.attestations where line = 2") == [('biên bản "gốc"',)]


def test_a_default_takes_the_place_of_an_empty_key(home: Home) -> None:
    header = b"vaccine_name,lot_number,province_code,allocation_round\n"
    home.put(header + b"AstraZeneca,ABW1,75,\nAstraZeneca,ABW1,75,2\n", feed="vaccine_lots")
    home.load("vaccine_lots")
    assert home.rows("select allocation_round from raw.vaccine_lots order by line") == [
        ("1",),
        ("2",),
    ]


def test_a_ten_megabyte_field_is_a_field(home: Home) -> None:
    home.put(csv(attestation("A1", kind="x" * 10_000_000), attestation("A2")))
    home.load()
    assert home.rows("select length(kind) from raw.attestations order by line") == [
        (10_000_000,),
        (7,),
    ]


@pytest.mark.parametrize("quoted", [False, True])
def test_blocks_meet_without_a_seam(
    home: Home, monkeypatch: pytest.MonkeyPatch, quoted: bool
) -> None:
    """Records, quotes and characters are cut by the block's end; nothing may notice."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    kind = '"biên\nbản, ""gốc"""' if quoted else "biên bản"
    home.put(csv(*(attestation(f"A{n:03}", kind=kind) for n in range(300)), "bad"))
    home.load()
    step = 2 if quoted else 1
    assert home.lines() == {f"A{n:03}": 2 + n * step for n in range(300)}
    assert home.rejects() == [(2 + 300 * step, "too_few_fields")]


def test_a_quote_open_for_blocks_is_given_up_and_the_rest_is_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.records.MAX_QUOTED_BYTES", 3_000)
    home.put(csv('B,"x,y,z,1', *(attestation(f"A{n:03}") for n in range(300))))
    home.load()
    assert home.rejects() == [(2, "unterminated_quote")]
    assert len(home.loaded_keys()) == 300


def test_a_large_file_is_streamed_with_the_same_outcome(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vax_pipeline.core.feeds.sizes.SMALL_BYTES", 0)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    home.put(csv(*(attestation(f"A{n:03}") for n in range(300)), 'B,"x,y,z,1'))
    load = home.load()
    assert (load.records, load.loaded, load.rejected) == (301, 300, 1)
    assert home.lines() == {f"A{n:03}": n + 2 for n in range(300)}
    assert home.load().files_unchanged == 1
