"""Text in any encoding: read where the evidence is clear, refused with advice where it is not."""

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from landing_home import Home, attestation, csv, ndjson
from old_encodings import in_tcvn3, in_viqr, in_vni, in_windows_1258

from vax_pipeline.core.feeds.readers import blocks
from vax_pipeline.core.feeds.readers.encodings import narrow_encoding, words_of
from vax_pipeline.core.feeds.readers.vietnamese import is_syllable, old_encoding

KINDS = [
    "Xác nhận của trạm y tế xã",
    "Biên bản đối chiếu",
    "CHỮ KÝ SỐ CỦA CƠ SỞ TIÊM",
    "Giấy chứng nhận, mũi nhắc lại",
    "Phường Quyết Thắng, thành phố Biên Hòa, tỉnh Đồng Nai",
]
RECORDS = [attestation(f"A{n}", kind=f'"{kind}"') for n, kind in enumerate(KINDS)]
OBJECTS = [{"attestation_id": f"A{n}", "kind": k, "signed_at": ""} for n, k in enumerate(KINDS)]
ENCODERS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-8-bom": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-16-le with its mark": lambda text: "\ufeff".encode("utf-16-le") + text.encode("utf-16-le"),
    "utf-16-be with its mark": lambda text: "\ufeff".encode("utf-16-be") + text.encode("utf-16-be"),
    "utf-32-le": lambda text: text.encode("utf-32-le"),
    "utf-32-be": lambda text: text.encode("utf-32-be"),
    "utf-32-le with its mark": lambda text: "\ufeff".encode("utf-32-le") + text.encode("utf-32-le"),
    "windows-1258": in_windows_1258,
}


def kinds(home: Home) -> list[str]:
    return [kind for (kind,) in home.rows("select kind from raw.attestations order by line")]


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.ndjson", "a.ndjson.gz"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_same_text_in_every_encoding_gives_the_same_rows(
    home: Home, encoding: str, name: str, line_end: str
) -> None:
    content = csv(*RECORDS) if "csv" in name else ndjson(*OBJECTS)
    home.put(ENCODERS[encoding](content.decode().replace("\n", line_end)), name)
    home.load()
    assert kinds(home) == KINDS
    assert home.delivery(name)["encoding"] == encoding.removesuffix(" with its mark")
    assert home.rejects() == []


@pytest.mark.parametrize("encoding", ENCODERS)
def test_blocks_may_cut_characters_and_tones_anywhere(
    home: Home, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    content = ENCODERS[encoding](csv(*RECORDS * 3).decode())
    for size in range(700, 712):
        monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
        home.put(content)
        home.load()
        assert kinds(home) == KINDS * 3
        home.put(b"attestation_id,kind,signed_at\n")
        home.load()


def test_windows_1258_is_stored_with_its_tones_joined_to_their_letters(home: Home) -> None:
    home.put(in_windows_1258(csv(*RECORDS).decode()))
    home.load()
    ((kind,),) = home.rows("select kind from raw.attestations where attestation_id = 'A1'")
    assert kind == "Biên bản đối chiếu"
    assert len(kind) == 18


def test_decomposed_utf_8_is_left_as_it_came(home: Home) -> None:
    home.put(csv(attestation("A1", kind="Xa\u0301c nha\u0323\u0302n")))
    home.load()
    assert kinds(home) == ["Xa\u0301c nha\u0323\u0302n"]


def test_names_from_abroad_in_latin_1_are_told_from_vietnamese(home: Home) -> None:
    names = ["José Núñez", "João Conceição", "François Lefèvre", "Jürgen Müller", "Zoë Brontë"]
    text = csv(*(attestation(f"A{n}", kind=name) for n, name in enumerate(names))).decode()
    home.put(text.encode("latin-1"))
    home.load()
    assert kinds(home) == names
    assert home.delivery()["encoding"] == "windows-1252"


@pytest.mark.parametrize(
    ("encoder", "encoding", "advice"),
    [
        (in_tcvn3, "tcvn3", "from TCVN3 (ABC) to Unicode"),
        (in_vni, "vni", "from VNI Windows to Unicode"),
    ],
)
@pytest.mark.parametrize("saved_as", ["8 bit", "utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
def test_an_encoding_from_before_unicode_is_named_and_refused(
    home: Home,
    encoder: Callable[[str], bytes],
    encoding: str,
    advice: str,
    saved_as: str,
    name: str,
) -> None:
    content = csv(*RECORDS) if name == "a.csv" else ndjson(*OBJECTS)
    text = encoder(content.decode())
    home.put(text if saved_as == "8 bit" else text.decode("latin-1").encode(saved_as), name)
    home.put(csv(attestation("GOOD")), "z.csv")
    home.load()
    assert home.loaded_keys() == ["GOOD"]
    assert home.rejects() == [(None, "unsupported_encoding")]
    delivery = home.delivery(name)
    assert delivery["encoding"] == encoding
    assert advice in delivery["reason"]


@pytest.mark.parametrize("encoder", [in_tcvn3, in_vni])
def test_an_old_encoding_is_refused_in_parquet_too(
    home: Home, tmp_path: Path, encoder: Callable[[str], bytes]
) -> None:
    columns = {
        "attestation_id": [f"A{n}" for n in range(5)],
        "kind": [encoder(kind).decode("latin-1") for kind in KINDS],
        "signed_at": ["2021-11-08"] * 5,
    }
    pl.DataFrame(columns).write_parquet(tmp_path / "x")
    home.put((tmp_path / "x").read_bytes(), "a.parquet")
    home.load()
    assert home.rejects() == [(None, "unsupported_encoding")]
    assert "to Unicode" in home.delivery("a.parquet")["reason"]


def test_viqr_is_named_and_refused(home: Home) -> None:
    home.put(in_viqr(csv(*RECORDS).decode()))
    home.load()
    assert (home.loaded_keys(), home.delivery()["encoding"]) == ([], "viqr")


def test_an_encoding_that_makes_no_sense_is_one_quarantine_with_advice(home: Home) -> None:
    scrambled = bytes.maketrans(bytes(range(0x80, 0x100)), bytes(range(0xFF, 0x7F, -1)))
    home.put(in_windows_1258(csv(*RECORDS).decode()).translate(scrambled))
    home.load()
    assert home.rejects() == [(None, "unsupported_encoding")]
    assert "save it as UTF-8" in home.delivery()["reason"]


@pytest.mark.parametrize(
    ("good", "keys", "rejects"),
    [
        (9, [f"A{n}" for n in range(9)], [(11, "invalid_bytes")]),
        (1, [], [(None, "unsupported_encoding")]),  # half of the file: the whole file then
    ],
)
def test_too_few_accents_prove_no_encoding(
    home: Home, good: int, keys: list[str], rejects: list[tuple[int | None, str]]
) -> None:
    """ "biên bãn" in Windows-1252, or "biên băn" in Windows-1258?"""
    home.put(csv(*(attestation(f"A{n}") for n in range(good))) + b"B,x,bi\xean b\xe3n,y,2021\n")
    home.load()
    assert (home.loaded_keys(), home.rejects()) == (keys, rejects)


@pytest.mark.parametrize("line_end", [b"\n", b"\r"])
def test_a_stray_byte_in_utf_8_costs_its_record_however_lines_end(
    home: Home, line_end: bytes
) -> None:
    home.put((csv(*RECORDS) + b"B,x,bi\xea,y,2021\n").replace(b"\n", line_end))
    home.load()
    assert (len(home.loaded_keys()), home.rejects()) == (5, [(7, "invalid_bytes")])


def test_a_byte_that_is_no_letter_costs_its_record_and_is_shown(home: Home) -> None:
    text = in_windows_1258(csv(*RECORDS).decode())
    home.put(text.replace(in_windows_1258("trạm"), b"tr\x8am"))
    home.load()
    assert len(home.loaded_keys()) == len(RECORDS) - 1
    ((line, code, record),) = home.rows("select line, reason_code, record from raw.rejects")
    assert (line, code) == (2, "invalid_bytes")
    assert 'Xác nhận của tr\\x8am y tế xã"' in record


@pytest.mark.parametrize("order", ["le", "be"])
def test_half_a_character_costs_its_record_and_is_shown(home: Home, order: str) -> None:
    codec = f"utf-16-{order}"
    half = {"le": b"\x00\xd8", "be": b"\xd8\x00"}[order]
    text = csv(attestation("A1"), attestation("A2", kind="?"), attestation("A3")).decode()
    home.put(text.encode(codec).replace("?".encode(codec), half))
    home.load()
    assert home.loaded_keys() == ["A1", "A3"]
    ((code, record),) = home.rows("select reason_code, record from raw.rejects")
    assert code == "invalid_bytes"
    assert "".join(f"\\x{byte:02x}" for byte in half) in record


def test_utf_16_cut_inside_a_character_costs_the_last_record(home: Home) -> None:
    home.put(csv(attestation("A1"), attestation("A2")).decode().rstrip().encode("utf-16-le")[:-1])
    home.load()
    assert home.loaded_keys() == ["A1"]
    ((record,),) = home.rows("select record from raw.rejects")
    assert record.endswith("2021-11-07 09:0\\x30")


def test_windows_1258_behind_utf_8_proves_nothing_and_is_rejected_line_by_line(home: Home) -> None:
    first = csv(*RECORDS)
    more = [attestation(f"B{n}", kind=f'"{kind}"') for n, kind in enumerate(KINDS)]
    home.put(first + in_windows_1258("\n".join([*more, attestation("B9")])))
    load = home.load()
    assert home.loaded_keys() == ["A0", "A1", "A2", "A3", "A4", "B9"]
    assert home.rejects() == [(n, "invalid_bytes") for n in range(7, 12)]
    assert load.records == 11


def test_utf_8_behind_windows_1258_proves_itself_and_is_loaded(home: Home) -> None:
    more = [attestation(f"B{n}", kind=f'"{kind}"') for n, kind in enumerate(KINDS)]
    home.put(in_windows_1258(csv(*RECORDS * 2).decode()) + "\n".join(more).encode())
    home.load()
    assert kinds(home) == KINDS * 3
    assert home.delivery()["encoding"] == "windows-1258+utf-8"


def test_an_encoding_that_changes_is_found_in_a_later_block(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    text = csv(*RECORDS * 5).decode()
    home.put(in_windows_1258(text) + in_tcvn3(text))
    home.load()
    assert home.rejects() == [(None, "unsupported_encoding")]
    assert "encoding changes" in home.delivery()["reason"]


@pytest.mark.parametrize("encoder", [in_tcvn3, in_vni])
def test_an_old_encoding_in_a_part_of_a_utf_8_file_is_found(
    home: Home, encoder: Callable[[str], bytes]
) -> None:
    text = "\n".join(attestation(f"B{n}", kind=f'"{KINDS[n % 5]}"') for n in range(2_000))
    home.put(csv(*RECORDS * 400) + encoder(text).decode("latin-1").encode())
    home.load()
    assert home.rejects() == [(None, "unsupported_encoding")]


def test_accents_may_come_late(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    plain = [attestation(f"P{n:02}") for n in range(60)]
    home.put(in_windows_1258(csv(*plain, *RECORDS).decode()))
    home.load()
    assert kinds(home)[60:] == KINDS


@pytest.mark.parametrize(
    "packed", [gzip.compress(b"x", mtime=0), b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0"]
)
def test_what_is_packed_twice_is_no_text(home: Home, packed: bytes) -> None:
    home.put(packed, "a.csv.gz")
    home.load()
    assert home.rejects() == [(None, "unsupported_format")]
    assert "deliver it unpacked" in home.delivery("a.csv.gz")["reason"]


@pytest.mark.parametrize(
    "word", ["Nguyễn", "quyết", "GIẾNG", "nghiêng", "Hươu", "khuỷu", "thuở", "gì", "Ấp", "yếu"]
)
def test_vietnamese_syllables_are_known(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["NguyÔn", "Nguyeãn", "Müller", "việc2", "tiêp", "João", "Ðà"])
def test_other_words_are_none(word: str) -> None:
    assert not is_syllable(word)


def test_the_same_words_under_two_encodings_are_no_conflict() -> None:
    assert narrow_encoding(words_of(["Lê, tên, bé, huyên".encode("latin-1")])) == "windows-1258"


def test_ordinary_text_is_in_no_old_encoding() -> None:
    assert old_encoding(" ".join(KINDS)) is None
    assert old_encoding("José Núñez, João Conceição, Jürgen Müller, Zoë Brontë") is None
    assert old_encoding("nguyen.van.a+1@example.vn; foo+bar@x.vn; (a) b^2; what?") is None
