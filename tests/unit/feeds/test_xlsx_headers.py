"""Which sheet of a workbook is read, and where its headers stand."""

import json
from typing import Any

import pytest
from landing_home import Home
from workbooks import HEADER, attestation, workbook

VIETNAMESE = ("Mã bản ghi", "Họ và tên", "Ngày sinh", "Giới tính", "CCCD")
TITLE = ["DANH SÁCH NGƯỜI ĐƯỢC TIÊM CHỦNG"]
# Headers of the doses feed as a facility's form has them: groups above, merged downwards where there
# is no group.
GROUPS = [
    "STT",
    "Mã bản ghi",
    "Ngày nhập",
    "Cơ sở nhập",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "CCCD",
    "Địa chỉ",
    None,
    None,
    "Thông tin mũi tiêm",
    None,
    None,
    None,
]
BELOW = [None] * 8 + ["Tỉnh", "Huyện", "Xã", "Mũi số", "Tên vắc xin", "Số lô", "Ngày tiêm"]


def dose(number: int, **changed: Any) -> list[Any]:
    row = {
        "number": number,
        "key": f"DN{number}",
        "entered_at": "2021-11-08",
        "facility": "75001",
        "name": "Nguyễn Văn A",
        "birth": "1980",
        "sex": "Nam",
        "id": "079080000001",
        "province": "75",
        "district": "731",
        "unit": "26098",
        "label": "1",
        "vaccine": "AstraZeneca",
        "lot": "ABV1",
        "injected": "2021-11-07",
    }
    return list((row | changed).values())


def put(home: Home, content: bytes, feed: str = "attestations") -> None:
    home.put(b"", "a.xlsx", feed).write_bytes(content)


def doses(home: Home) -> list[tuple[Any, ...]]:
    return home.rows(
        "select source_record_id, full_name, province_code, unit_code, vaccine_name, injected_at, line "
        "from raw.doses order by line"
    )


READ = ("DN1", "Nguyễn Văn A", "75", "26098", "AstraZeneca", "2021-11-07")


@pytest.mark.parametrize("above", [[], [TITLE], [TITLE, [], ["Đợt 3", None, "Kho A"], []]])
def test_headers_may_stand_below_titles(home: Home, above: list[list[Any]]) -> None:
    put(home, workbook([*above, HEADER, attestation("A1")]))
    home.load()
    assert home.lines() == {"A1": len(above) + 2}
    assert home.delivery("a.xlsx")["header_line"] == len(above) + 1


@pytest.mark.parametrize("merged", [(), ("A3:A4", "B3:B4", "I3:K3", "L3:O3")])
def test_headers_may_be_spread_over_two_rows(home: Home, merged: tuple[str, ...]) -> None:
    put(home, workbook([TITLE, [], GROUPS, BELOW, dose(1)], merged=merged), "doses")
    home.load("doses")
    assert doses(home) == [(*READ, 5)]
    delivery = home.delivery("a.xlsx", "doses")
    assert (delivery["header_line"], delivery["unknown_columns"]) == (4, '["STT"]')


def test_headers_below_a_group_are_taken_even_if_all_required_ones_are_above(home: Home) -> None:
    above = [*GROUPS[:9], None, None, *BELOW[11:]]
    below = [*BELOW[:11], None, None, None, None]
    put(home, workbook([above, below, dose(1)]), "doses")
    home.load("doses")
    assert doses(home) == [(*READ, 3)]


@pytest.mark.parametrize(
    "numbers",
    [
        [f"({n})" for n in range(1, 16)],
        [*range(1, 16)],
        ["A", "B", *range(1, 14)],
    ],
)
def test_a_row_that_numbers_the_columns_is_part_of_the_headers(
    home: Home, numbers: list[Any]
) -> None:
    put(home, workbook([GROUPS, BELOW, numbers, dose(1)]), "doses")
    load = home.load("doses")
    assert (load.records, doses(home)) == (1, [(*READ, 4)])


def test_the_first_record_is_never_taken_for_a_header(home: Home) -> None:
    put(
        home, workbook([HEADER, ["email", "phone", "kind", "sex", "1"], ["A2", "2", "3", "4", "5"]])
    )
    home.load()
    assert home.loaded_keys() == ["email", "A2"]


def test_headers_repeated_on_a_later_page_are_no_record(home: Home) -> None:
    put(home, workbook([HEADER, attestation("A1"), HEADER, attestation("A2")]))
    load = home.load()
    assert (load.records, load.loaded, load.rejected) == (3, 2, 1)
    assert home.rejects() == [(3, "repeated_header")]


def test_of_headers_over_two_rows_both_are_no_record_on_a_later_page(home: Home) -> None:
    put(home, workbook([GROUPS, BELOW, dose(1), GROUPS, BELOW, dose(2)]), "doses")
    load = home.load("doses")
    assert (load.records, load.loaded) == (4, 2)
    assert home.rejects() == [(4, "repeated_header"), (5, "empty_key")]


def test_headers_below_the_tenth_row_are_not_found(home: Home) -> None:
    put(home, workbook([*[TITLE] * 10, HEADER, attestation("A1")]))
    home.load()
    assert home.rejects() == [(None, "missing_column")]
    assert "No header" in home.delivery("a.xlsx")["reason"]


def test_of_the_row_with_most_headers_the_missing_ones_are_named(home: Home) -> None:
    put(home, workbook([TITLE], [TITLE, HEADER[:3], attestation("Nguyễn Văn A")]))
    home.load()
    delivery = home.delivery("a.xlsx")
    assert delivery["reason"] == "Required column missing: signed_at. Add it (it may be empty)."


def test_two_headers_of_one_meaning_are_a_quarantine(home: Home) -> None:
    put(home, workbook([TITLE, [*HEADER, "Attestation ID"], attestation("A1")]))
    home.load()
    assert home.rejects() == [(None, "duplicate_header")]


@pytest.mark.parametrize("rows", [[HEADER], [TITLE, HEADER, [], []]])
def test_headers_without_records_are_loaded_and_say_so(home: Home, rows: list[Any]) -> None:
    put(home, workbook(rows))
    assert home.load().files_loaded == 1
    delivery = home.delivery("a.xlsx")
    assert (delivery["state"], delivery["reason_code"]) == ("loaded", "header_only")


def test_the_first_sheet_with_the_headers_is_read(home: Home) -> None:
    put(home, workbook([["Hướng dẫn"]], [HEADER, attestation("A1")], [["Danh mục"]]))
    home.load()
    assert (home.loaded_keys(), home.rejects()) == (["A1"], [])
    assert home.delivery("a.xlsx")["sheet"] == "Trang 2"


def test_a_hidden_sheet_is_read_only_if_no_other_has_the_headers(home: Home) -> None:
    sheets = [HEADER, attestation("OLD")], [HEADER, attestation("A1")]
    put(home, workbook(*sheets, hidden_sheets=[0]))
    home.load()
    assert home.loaded_keys() == ["A1"]
    put(home, workbook([HEADER, attestation("H1")], [["Hướng dẫn"]], hidden_sheets=[0]))
    home.load()
    assert home.loaded_keys() == ["H1"]


def test_records_of_a_further_sheet_are_not_lost_silently(home: Home) -> None:
    put(
        home,
        workbook([HEADER, attestation("A1")], [["Ghi chú"]], [TITLE, HEADER, attestation("B1")]),
    )
    load = home.load()
    assert (load.records, load.loaded, load.rejected, load.files_loaded) == (1, 1, 0, 1)
    ((line, code, reason),) = home.rows("select line, reason_code, reason from raw.rejects")
    assert (line, code) == (None, "sheet_not_read")
    assert "Sheet 3" in reason


def test_an_empty_form_gives_way_to_a_sheet_with_records(home: Home) -> None:
    put(home, workbook([HEADER], [HEADER, attestation("A1")], [HEADER]))
    home.load()
    assert (home.loaded_keys(), home.rejects()) == (["A1"], [])


def test_unknown_columns_are_kept_by_their_own_name(home: Home) -> None:
    put(home, workbook([[*HEADER, "Nơi ký", "Ghi\nchú"], [*attestation("A1"), "Trạm y tế", 3]]))
    home.load()
    ((extra,),) = home.rows("select extra from raw.attestations")
    assert json.loads(extra) == {"Nơi ký": "Trạm y tế", "Ghi\nchú": "3"}
