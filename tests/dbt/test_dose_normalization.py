"""How each way of typing what was injected is read: one row a case, a table a field."""

from staged import StageDoses, codes_of, text_of

# typed: day, instant in Vietnam, problem
INJECTIONS: dict[str, tuple[str | None, str | None, str | None]] = {
    "08/11/2021": ("2021-11-08", None, None),
    "8/11/2021": ("2021-11-08", None, None),
    "8/11/21": ("2021-11-08", None, None),
    "2021-11-08": ("2021-11-08", None, None),
    "08/11/2021 09:30": ("2021-11-08", "2021-11-08 09:30", None),
    "08/11/2021 09:30:15": ("2021-11-08", "2021-11-08 09:30", None),
    "09:30 08/11/2021": ("2021-11-08", "2021-11-08 09:30", None),
    "2021-11-08 09:30:00": ("2021-11-08", "2021-11-08 09:30", None),
    "2021-11-08T02:30:00Z": ("2021-11-08", "2021-11-08 09:30", None),
    "2021-11-07T17:30:00Z": ("2021-11-08", "2021-11-08 00:30", None),
    "2021-11-08T09:30:00+07:00": ("2021-11-08", "2021-11-08 09:30", None),
    "1636338600000": ("2021-11-08", "2021-11-08 09:30", None),
    "44508": ("2021-11-08", None, None),
    "44508.395833333": ("2021-11-08", "2021-11-08 09:30", None),
    "ngày 8 tháng 11 năm 2021": ("2021-11-08", None, None),
    "11/25/2021": ("2021-11-25", None, None),
    "13/14/2021": (None, None, "unreadable"),
    "2021": (None, None, "unreadable"),
    "11/2021": (None, None, "unreadable"),
    "tháng 9": (None, None, "unreadable"),
    "hôm qua": (None, None, "unreadable"),
    " ": (None, None, "missing"),
}

LABELS: dict[str, tuple[str | None, int | None, str | None]] = {
    "1": ("primary", 1, None),
    "1.0": ("primary", 1, None),
    "Mũi 2": ("primary", 2, None),
    "mui 01": ("primary", 1, None),
    "MŨI SỐ 2": ("primary", 2, None),
    "M1": ("primary", 1, None),
    "Mũi thứ nhất": ("primary", 1, None),
    "liều 1": ("primary", 1, None),
    "Mũi cơ bản 3": ("primary", 3, None),
    "Mũi 2 (cơ bản)": ("primary", 2, None),
    "bổ sung": ("additional", 1, None),
    "Mũi bổ sung": ("additional", 1, None),
    "Mũi 3 - bổ sung": ("additional", 1, None),
    "Mũi nhắc lại 1": ("booster", 1, None),
    "Nhắc lại lần 1": ("booster", 1, None),
    "mũi nhắc": ("booster", 1, None),
    "tăng cường": ("booster", 1, None),
    "Booster": ("booster", 1, None),
    "mũi nhắc lại 2": ("booster", 2, None),
    "Mũi 4 (nhắc lại lần 2)": ("booster", 2, None),
    "3": (None, 3, "ambiguous"),
    "Mũi thứ ba": (None, 3, "ambiguous"),
    "Mũi 4": (None, 4, "ambiguous"),
    "mũi cuối": (None, None, "unreadable"),
    "": (None, None, "missing"),
}

VACCINES: dict[str, tuple[str | None, str | None, list[str]]] = {
    "Astra Zeneca": ("AZ", None, []),
    "Vắc xin AstraZeneca": ("AZ", None, []),
    "COVID-19 Vaccine AstraZeneca": ("AZ", None, []),
    "Pfizer-BioNTech": ("PFIZER", None, []),
    "Comirnaty": ("PFIZER", None, []),
    "Modema": ("MODERNA", None, []),
    "Vero Cell": ("SINOPHARM_BIBP", "ambiguous", []),
    "COVID-19 Vaccine (Vero Cell), Inactivated": ("SINOPHARM_BIBP", "ambiguous", []),
    "Vero Cell (Sinopharm)": ("SINOPHARM_BIBP", None, []),
    "SARS-CoV-2 Vaccine (Vero Cell), Inactivated": ("SINOPHARM_BIBP", None, []),
    "Hayat-Vax": ("HAYAT_VAX", None, []),
    "Sputnik V": ("SPUTNIK_V", None, []),
    "J&J": ("JANSSEN", None, []),
    "Vắc xin Cuba": ("ABDALA", None, []),
    "Covaxin": ("COVAXIN", None, []),
    "Vắc xin Covaxin": ("COVAXIN", None, []),
    "Pfizer (lọ 6 liều)": ("PFIZER", None, ["vaccine:part"]),
    "AZ lô ABV5297": ("AZ", None, ["vaccine:part"]),
    "Vero Cell lô 2021": ("SINOPHARM_BIBP", "ambiguous", ["vaccine:part"]),
    "Modernna": ("MODERNA", None, ["vaccine:typo"]),
    "AstraZeneca + Pfizer": (None, "unknown", []),
    "Sinovac": (None, "unknown", []),
    "Sinovax": (None, "unknown", []),
    "CoronaVac": (None, "unknown", []),
    "Vero Cell (Sinovac)": (None, "unknown", []),
    "SARS-CoV-2 Vaccine (Vero Cell), Inactivated, Sinovac": (None, "unknown", []),
    "Sputnik Light": (None, "unknown", []),
    "Nanocovax": (None, "unknown", []),
    "có": (None, "unknown", []),
    "vắc xin": (None, "unknown", []),
    "": (None, "missing", []),
}

# typed: lot, key, notes
LOTS: dict[str, tuple[str | None, str | None, list[str]]] = {
    "ABV5297": ("ABV5297", "ABV5297", []),
    "abv5297 ": ("ABV5297", "ABV5297", ["lot:form"]),
    "Lô: FF 8841": ("FF8841", "FF8841", ["lot:form"]),
    "Số lô FF8841": ("FF8841", "FF8841", ["lot:form"]),
    "LOT.FF8841/": ("FF8841", "FF8841", ["lot:form"]),
    "So lo: 124001": ("124001", "124001", ["lot:form"]),
    # a reader can't tell O from 0, I from 1: the key can't either, the value keeps what was typed
    "2O21O5O13": ("2O21O5O13", "202105013", []),
    "FO884l": ("FO884L", "F08841", ["lot:form"]),
    "I-010621": ("I-010621", "1010621", []),
    "FF8841; FF8842": ("FF8841;FF8842", "FF8841FF8842", ["lot:form", "lot:several"]),
    "M/21/0001": ("M/21/0001", "M210001", []),
    "-": (None, None, []),
    " ": (None, None, []),
}


def test_injection_dates(stage_doses: StageDoses) -> None:
    doses = stage_doses([{"injected_at": typed} for typed in INJECTIONS])
    for (typed, expected), dose in zip(INJECTIONS.items(), doses, strict=True):
        instant = dose["injected_at"]
        shown = f"{instant:%Y-%m-%d %H:%M}" if instant else None
        assert (text_of(dose["injected_on"]), shown, dose["injected_problem"]) == expected, typed


def test_dose_labels(stage_doses: StageDoses) -> None:
    doses = stage_doses([{"dose_label": typed} for typed in LABELS])
    read = {
        typed: (dose["dose_type"], dose["dose_no"], dose["label_problem"])
        for typed, dose in zip(LABELS, doses, strict=True)
    }
    assert read == LABELS


def test_vaccines(stage_doses: StageDoses) -> None:
    doses = stage_doses([{"vaccine_name": typed} for typed in VACCINES])
    read = {
        typed: (dose["vaccine_code"], dose["vaccine_problem"], dose["normalizations"])
        for typed, dose in zip(VACCINES, doses, strict=True)
    }
    assert read == VACCINES


def test_lots(stage_doses: StageDoses) -> None:
    doses = stage_doses([{"lot_number": typed} for typed in LOTS])
    read = {
        typed: (dose["lot_number"], dose["lot_key"], dose["normalizations"])
        for typed, dose in zip(LOTS, doses, strict=True)
    }
    assert read == LOTS


def test_a_lot_that_was_read_reads_the_same_again(stage_doses: StageDoses) -> None:
    first = stage_doses([{"lot_number": typed} for typed in LOTS])
    again = stage_doses([{"lot_number": text_of(dose["lot_number"])} for dose in first])
    assert [dose["lot_number"] for dose in again] == [dose["lot_number"] for dose in first]
    assert {code for dose in again for code in codes_of(dose)} <= {"lot:several"}
