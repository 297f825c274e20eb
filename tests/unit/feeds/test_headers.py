"""Headers as people write them: with and without accents, in any case, encoding and normal form."""

import unicodedata

import pytest
from landing_home import Home, ndjson
from old_encodings import in_windows_1258

HEADERS = "Mã phản ánh;Ngày tiếp nhận;Họ và tên;Số điện thoại;Quận/Huyện;Nội dung phản ánh"
RECORD = "P1;2021-11-08;Lê Thị Ánh;0901;731;Thiếu mũi 2"


def without_accents(text: str) -> str:
    marks = unicodedata.normalize("NFD", text)
    plain = "".join(c for c in marks if not unicodedata.combining(c))
    return plain.replace("đ", "d").replace("Đ", "D")


WRITTEN = {
    "as named": HEADERS,
    "in capitals": HEADERS.upper(),
    "in capitals without accents": without_accents(HEADERS).upper(),
    "decomposed": unicodedata.normalize("NFD", HEADERS),
    "with spaces around": HEADERS.replace(";", " ; "),
    "with other spaces": HEADERS.replace(" ", "\u00a0"),
    "with underscores": HEADERS.replace(" ", "_"),
    "run together": HEADERS.replace(" ", ""),
    "with hyphens and dots": HEADERS.replace(" ", ".-"),
    "in English": "complaint_id;received_at;full_name;phone;district_code;description",
    "in English, run together": "ComplaintID;ReceivedAt;FullName;Phone;DistrictCode;Description",
    "in both": "complaint_id;Ngày tiếp nhận;FULL NAME;Số điện thoại;district;Nội dung",
    "quoted": '"' + HEADERS.replace(";", '";"') + '"',
    "quoted, over several lines": '"' + HEADERS.replace(";", '";"').replace(" ", "\n") + '"',
    "quoted, over several lines of Windows": '"'
    + HEADERS.replace(";", '";"').replace(" ", "\r\n")
    + '"',
    "with a star for what must be filled in": HEADERS.replace(";", " (*);"),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1258"])
def test_headers_match_however_they_are_written(home: Home, written: str, encoding: str) -> None:
    text = f"{WRITTEN[written]}\n{RECORD}\n"
    encoded = in_windows_1258(text) if encoding == "windows-1258" else text.encode(encoding)
    home.put(encoded, feed="complaints")
    home.load("complaints")
    assert home.rows(
        "select complaint_id, received_at, full_name, phone, district_code, description, extra "
        "from raw.complaints"
    ) == [(*RECORD.split(";"), None)]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_keys_of_objects_match_like_headers(home: Home, form: str) -> None:
    keys = unicodedata.normalize(form, HEADERS).upper().split(";")
    home.put(ndjson(dict(zip(keys, RECORD.split(";"), strict=True))), "a.ndjson", "complaints")
    home.load("complaints")
    assert home.rows("select full_name, description from raw.complaints") == [
        ("Lê Thị Ánh", "Thiếu mũi 2")
    ]


@pytest.mark.parametrize("twice", ["Họ tên", "HỌ VÀ TÊN", "full_name", "ho va ten"])
def test_two_headers_of_one_meaning_quarantine_the_file(home: Home, twice: str) -> None:
    home.put(f"{HEADERS};{twice}\n{RECORD};x\n".encode(), feed="complaints")
    home.load("complaints")
    assert home.rejects() == [(None, "duplicate_header")]
    assert home.delivery(feed="complaints")["reason"] == (
        "Columns 3 and 7 both mean full_name: keep one of them."
    )


def test_unknown_columns_of_any_name_are_kept_and_reported(home: Home) -> None:
    home.put(f'{HEADERS};Ghi chú "riêng";a,b;😀\n{RECORD};x;;z\n'.encode(), feed="complaints")
    home.load("complaints")
    assert home.delivery(feed="complaints")["unknown_columns"] == (
        '["Ghi chú \\"riêng\\"", "a,b", "😀"]'
    )
    assert home.rows("select extra->>'Ghi chú \"riêng\"', extra->>'😀' from raw.complaints") == [
        ("x", "z")
    ]
