"""The kinds of identity noise, how often each occurs, and the bit that marks it on a profile."""

import polars as pl

KINDS = (
    "second_profile",
    "name_unaccented",
    "name_letter",
    "name_accent",
    "name_order",
    "name_cut",
    "name_reading",
    "name_junk",
    "name_missing",
    "birth_swapped",
    "birth_off_by_one",
    "birth_year_only",
    "birth_digit",
    "birth_missing",
    "sex_flipped",
    "sex_missing",
    "id_digit",
    "id_of_other",
    "id_missing",
    "id_bad_form",
    "id_unknown_cmnd",
    "id_child_cmnd",
    "id_old_number",
    "id_lost_zero",
    "phone_shared",
    "phone_other",
    "phone_missing",
    "format",
    "garbled",
    "unit_other",
)
BIT = {kind: 1 << place for place, kind in enumerate(KINDS)}
ID_OR_BIRTH = sum(BIT[k] for k in KINDS if k.startswith(("id_", "birth_", "sex_", "garbled")))

# Shares of profiles; together about 26 % of those with an id disagree with the registry.
NAME_RATES = {
    "name_unaccented": 0.055,
    "name_letter": 0.034,
    "name_accent": 0.012,
    "name_order": 0.004,
    "name_cut": 0.007,
    "name_reading": 0.005,
    "name_junk": 0.002,
    "name_missing": 0.001,
}
BIRTH_RATES = {
    "birth_swapped": 0.013,
    "birth_off_by_one": 0.01,
    "birth_year_only": 0.014,
    "birth_digit": 0.014,
    "birth_missing": 0.0015,
}
SEX_RATES = {"sex_flipped": 0.01, "sex_missing": 0.002}
ID_RATES = {
    "id_digit": 0.034,
    "id_of_other": 0.023,
    "id_missing": 0.055,
    "id_bad_form": 0.015,
    "id_unknown_cmnd": 0.008,
    "id_old_number": 0.09,
}
PHONE_RATES = {"phone_other": 0.04, "phone_missing": 0.02}
UNIT_RATES = {"unit_other": 0.02}  # a lodging (tạm trú) the registry does not know
SECOND_SHARE = 0.04
JUNK = ("TEST", "Test 01", "Nguyễn Văn 2", "Lê Thị T", "xxx", "123456")
OLD_PHONES = {
    "032": "0162",
    "033": "0163",
    "034": "0164",
    "035": "0165",
    "036": "0166",
    "037": "0167",
    "038": "0168",
    "039": "0169",
    "070": "0120",
    "077": "0122",
    "078": "0128",
    "079": "0121",
    "081": "0127",
    "083": "0123",
    "084": "0124",
    "085": "0125",
}


def has(kind: str) -> pl.Expr:
    return pl.col("noise") & BIT[kind] != 0
