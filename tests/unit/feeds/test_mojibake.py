"""Doubly encoded text: mended where that is sure, whatever the format, and what came is kept."""

import json
from pathlib import Path

import polars as pl
import pytest
from landing_home import Home, attestation, csv, ndjson

from vax_pipeline.core.feeds.catalog import ATTESTATIONS
from vax_pipeline.core.feeds.readers.mojibake import is_suspect, mend_rows, mended
from vax_pipeline.core.feeds.readers.source import Facts

NAME = "Nguyễn Thị Hồng Đào"


def doubly(text: str, codec: str = "sloppy-windows-1252", times: int = 1) -> str:
    """UTF-8 read as an 8-bit encoding, as Windows does it: bytes without a letter pass."""
    import ftfy.bad_codecs  # registers the codecs

    assert ftfy.bad_codecs
    for _ in range(times):
        text = text.encode().decode(codec)
    return text


@pytest.mark.parametrize("codec", ["sloppy-windows-1252", "latin-1", "sloppy-windows-1258"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    "text",
    [
        NAME,
        "HỒ DUY LONG",
        "Vũ Kim Dung",
        "Lê",
        "Văn",
        "Ấp 9, Phường Quyết Thắng – “Khu 3”",
        "José Núñez",
        "Thanh Hòa",
        "Đ",
    ],
)
def test_what_was_encoded_twice_or_three_times_is_undone(text: str, codec: str, times: int) -> None:
    assert mended(doubly(text, codec, times)) == text


@pytest.mark.parametrize(
    "text",
    [
        NAME,
        NAME.upper(),
        "“LÃ”",
        "LÃ’ SO",
        "MÃ SỐ",
        "LÃ VĂN A",
        "«Hà»",
        "50°C",
        "José Núñez",
        "Zoë Ærø Ångström",
        "naïve – “quote”",
        "KÌ”, LÂ’",
        "",
    ],
)
def test_sound_text_is_left_alone(text: str) -> None:
    assert mended(text) == text


@pytest.mark.parametrize(
    "damaged",
    [
        doubly("Đức").replace("\x90", ""),
        doubly("Đức").replace("\x90", "?"),
        doubly("Bích").replace("\xad", ""),
        doubly("Hoàng").replace("\xa0", " "),
        doubly("Ngọc Ánh").replace("\x8d", "").replace("\x81", ""),
    ],
)
def test_text_that_has_lost_bytes_is_not_guessed_at(damaged: str) -> None:
    assert mended(damaged) == damaged


def test_a_value_read_wrongly_in_part_is_mended_when_all_of_it_is_vietnamese_then() -> None:
    assert mended("Phường " + doubly("Quyết Thắng")) == "Phường Quyết Thắng"


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.ndjson", "a.parquet"])
def test_any_format_is_mended_and_keeps_what_was_delivered(
    home: Home, tmp_path: Path, name: str
) -> None:
    wrong = doubly(NAME)
    rows = [
        {"attestation_id": "A1", "kind": wrong, "signer_code": doubly("Lê"), "signed_at": "x"},
        {"attestation_id": "A2", "kind": NAME, "signer_code": "y", "signed_at": "x"},
    ]
    if name.endswith("parquet"):
        pl.DataFrame(rows).write_parquet(tmp_path / "x")
        content = (tmp_path / "x").read_bytes()
    elif "csv" in name:
        content = csv(*(",".join(row.values()) for row in rows), header=",".join(rows[0]))
    else:
        content = ndjson(*rows)
    home.put(content, name)
    home.load()
    loaded = home.rows("select kind, signer_code, marks from raw.attestations order by line")
    assert loaded[1] == (NAME, "y", None)
    assert loaded[0][:2] == (NAME, "Lê")
    assert json.loads(loaded[0][2]) == {"repaired": {"kind": wrong, "signer_code": doubly("Lê")}}
    assert home.delivery(name)["repaired_values"] == 2


def test_a_sound_file_has_no_repairs(home: Home) -> None:
    home.put(csv(attestation("A1", kind=NAME)))
    home.load()
    assert home.rows("select marks from raw.attestations") == [(None,)]
    assert home.delivery()["repaired_values"] is None


def test_doubly_encoded_headers_match(home: Home) -> None:
    header = doubly("Mã phản ánh;Ngày tiếp nhận;Họ và tên;Ghi chú")
    home.put(f"{header}\nP1;2021-11-08;{doubly(NAME)};x\n".encode(), feed="complaints")
    home.load("complaints")
    assert home.rows("select complaint_id, full_name from raw.complaints") == [("P1", NAME)]


def test_json_may_spell_every_letter_as_an_escape_and_nest_it(home: Home) -> None:
    dose = {doubly("Mũi tiêm"): "1", "claim_no": 1, "facility_name": doubly("Trạm Y tế Bửu Hòa")}
    record = {
        "complaint_id": "C1",
        doubly("Ngày tiếp nhận"): "2021-11-08",
        doubly("Họ tên"): doubly(NAME),
        "doses": [dose],
    }
    home.put(json.dumps(record).encode(), "a.ndjson", "complaints")
    home.load("complaints")
    assert home.rows("select full_name, received_at from raw.complaints") == [(NAME, "2021-11-08")]
    ((name, label, marks),) = home.rows(
        "select facility_name, dose_label, marks from raw.complaint_doses"
    )
    assert (name, label) == ("Trạm Y tế Bửu Hòa", "1")
    assert json.loads(marks) == {"repaired": {"facility_name": doubly("Trạm Y tế Bửu Hòa")}}
    assert home.delivery("a.ndjson", "complaints")["repaired_values"] == 2


def test_repairs_are_added_to_what_else_was_noticed() -> None:
    wrong = doubly('"' + NAME + '"')
    rows = pl.DataFrame(
        {name: [None, None] for name in ATTESTATIONS.column_names},
        schema=dict.fromkeys(ATTESTATIONS.column_names, pl.String),
    ).with_columns(
        kind=pl.Series([wrong, "x"]),
        marks=pl.Series(['{"hidden":true}', '{"hidden":true}']),
    )
    facts = Facts()
    marks = mend_rows(ATTESTATIONS, rows, facts)["marks"].to_list()
    assert json.loads(marks[0]) == {"hidden": True, "repaired": {"kind": wrong}}
    assert json.loads(marks[1]) == {"hidden": True}
    assert facts.repaired_values == 1


@pytest.mark.parametrize("text", [NAME, "Lê", "Văn", "LÊ", "HÀ", "“Ý”", "Vũ", "ĐÀO", "ă", "ơ", "Ư"])
@pytest.mark.parametrize("codec", ["sloppy-windows-1252", "latin-1", "sloppy-windows-1258"])
def test_the_look_at_a_block_misses_nothing(text: str, codec: str) -> None:
    assert is_suspect(f"x,{doubly(text, codec)},y\n".encode())


def test_the_look_at_a_block_lets_sound_text_pass() -> None:
    sound = csv(attestation("A1", kind=NAME), attestation("A2", kind="“MÃ SỐ” – Ưu tiên")) * 9
    assert not is_suspect(sound)


def test_rows_repaired_in_a_stream_are_counted_over_all_blocks(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vax_pipeline.core.feeds.sizes.SMALL_BYTES", 0)
    monkeypatch.setattr("vax_pipeline.core.feeds.readers.blocks.BLOCK_BYTES", 1_000)
    home.put(csv(*(attestation(f"A{n}", kind=doubly(NAME)) for n in range(50))))
    home.load()
    assert home.delivery()["repaired_values"] == 50
    assert home.rows("select distinct kind from raw.attestations") == [(NAME,)]
