"""Agencies of three branches, who stands above whom, and the facilities they manage: invented."""

import polars as pl

PROVINCE = "75"
PROVINCE_NAME = "Đồng Nai"


AGENCY_COLUMNS = (
    "agency_code",
    "agency_name",
    "branch",
    "level",
    "kind",
    "unit_code",
    "parent_agency_code",
)


def build_agencies(communes: pl.DataFrame) -> pl.DataFrame:
    """One row per agency: station, centre, CDC, department, committee, ministry; and the police."""
    p, name = PROVINCE, PROVINCE_NAME
    rows: list[tuple[str, ...]] = [
        ("BYT", "Bộ Y tế", "health", "ministry", "ministry", "VN", ""),
        ("BQP", "Cục Quân y, Bộ Quốc phòng", "government", "ministry", "ministry", "VN", ""),
        ("C06", "Cục C06, Bộ Công an", "police", "ministry", "police", "VN", ""),
        (f"UBND{p}", f"UBND tỉnh {name}", "government", "province", "peoples_committee", p, "BYT"),
        (
            f"SYT{p}",
            f"Sở Y tế {name}",
            "health",
            "province",
            "provincial_department",
            p,
            f"UBND{p}",
        ),
        (f"CDC{p}", f"CDC tỉnh {name}", "health", "province", "provincial_cdc", p, f"SYT{p}"),
        (f"CAT{p}", f"Công an tỉnh {name}", "police", "province", "police", p, "C06"),
    ]
    for code, district in (
        communes.select("district_code", "district_name").unique().sort("district_code").iter_rows()
    ):
        rows.append(
            (
                f"TTYT{code}",
                f"Trung tâm Y tế {district}",
                "health",
                "district",
                "district_centre",
                code,
                f"CDC{p}",
            )
        )
        rows.append(
            (f"CAH{code}", f"Công an {district}", "police", "district", "police", code, f"CAT{p}")
        )
    for unit, unit_name, district in communes.select(
        "unit_code", "unit_name", "district_code"
    ).iter_rows():
        rows.append(
            (
                f"TYT{unit}",
                f"Trạm Y tế {unit_name}",
                "health",
                "commune",
                "commune_station",
                unit,
                f"TTYT{district}",
            )
        )
        rows.append(
            (
                f"CAX{unit}",
                f"Công an {unit_name}",
                "police",
                "commune",
                "police",
                unit,
                f"CAH{district}",
            )
        )
    frame = pl.DataFrame(rows, schema=AGENCY_COLUMNS, orient="row")
    # One station in seven has no address of its own: its notices must fall to the parent.
    reachable = pl.col("agency_code").str.ends_with("7").not_() | (
        pl.col("kind") != "commune_station"
    )
    address = pl.col("agency_code").str.to_lowercase() + "@yte.example"
    return frame.with_columns(
        email=pl.when(reachable).then(address),
        phone=pl.when(reachable)
        .then(pl.format("0251{}", (pl.int_range(pl.len()) + 3800000).cast(pl.String)))
        .otherwise(pl.lit("")),
        address=pl.lit(""),
    )


# code suffix, name, sector, kind, district, managing agency, active from, active to
_INSTITUTIONS = (
    (
        "9001",
        "Bệnh viện Đa khoa tỉnh Đồng Nai",
        "local",
        "hospital",
        "731",
        "SYT75",
        "2021-03-01",
        "",
    ),
    (
        "9002",
        "Bệnh viện Trung ương Sông Phố",
        "moh_affiliated",
        "hospital",
        "731",
        "BYT",
        "2021-03-01",
        "",
    ),
    (
        "9003",
        "Bệnh viện Quân dân y Biên Hùng",
        "other_ministry",
        "hospital",
        "731",
        "BQP",
        "2021-03-01",
        "",
    ),
    (
        "9004",
        "Bệnh viện Tư nhân An Bình Tâm",
        "private",
        "hospital",
        "731",
        "TTYT731",
        "2021-06-01",
        "",
    ),
    ("9005", "Phòng khám Đa khoa Ái Nhân", "private", "clinic", "742", "TTYT742", "2021-07-01", ""),
    (
        "9006",
        "Phòng khám Đa khoa Phúc Khang",
        "private",
        "clinic",
        "740",
        "TTYT740",
        "2021-07-01",
        "",
    ),
    (
        "9007",
        "Bệnh viện Đa khoa khu vực Long Khánh",
        "local",
        "hospital",
        "732",
        "SYT75",
        "2021-03-01",
        "",
    ),
    (
        "9011",
        "Điểm tiêm lưu động Khu công nghiệp Đông Phố",
        "local",
        "mobile",
        "731",
        "TTYT731",
        "2021-07-15",
        "2021-10-15",
    ),
    (
        "9012",
        "Điểm tiêm lưu động Khu công nghiệp Lộc Giang",
        "local",
        "mobile",
        "740",
        "TTYT740",
        "2021-07-15",
        "2021-10-15",
    ),
    (
        "9013",
        "Điểm tiêm lưu động Nhà thi đấu tỉnh",
        "local",
        "mobile",
        "731",
        "CDC75",
        "2021-07-15",
        "2021-09-30",
    ),
)


def build_facilities(communes: pl.DataFrame) -> pl.DataFrame:
    """One row per facility: every commune station, every district centre, and the institutions."""
    seat = {
        district: unit
        for unit, district in communes.select("unit_code", "district_code")
        .sort("unit_code", descending=True)
        .iter_rows()
    }
    rows: list[tuple[str, ...]] = []
    for unit, unit_name, district_name in communes.select(
        "unit_code", "unit_name", "district_name"
    ).iter_rows():
        rows.append(
            (
                f"{PROVINCE}{unit}1",
                f"Trạm Y tế {unit_name} - {district_name}",
                "local",
                "station",
                unit,
                f"TYT{unit}",
                "2021-03-01",
                "",
            )
        )
    for district, district_name in (
        communes.select("district_code", "district_name").unique().sort("district_code").iter_rows()
    ):
        rows.append(
            (
                f"{PROVINCE}{district}01",
                f"Trung tâm Y tế {district_name}",
                "local",
                "hospital",
                seat[district],
                f"TTYT{district}",
                "2021-03-01",
                "",
            )
        )
    for suffix, name, sector, kind, district, manager, start, end in _INSTITUTIONS:
        rows.append(
            (f"{PROVINCE}{suffix}", name, sector, kind, seat[district], manager, start, end)
        )
    columns = (
        "facility_code",
        "facility_name",
        "sector",
        "kind",
        "unit_code",
        "managing_agency_code",
        "active_from",
        "active_to",
    )
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return frame.with_columns(
        email="cs" + pl.col("facility_code") + "@yte.example",
        phone=pl.format("0251{}", (pl.int_range(pl.len()) + 3700000).cast(pl.String)),
        address=pl.lit(""),
        opening_hours=pl.lit("07:30-16:30 T2-T7"),
    )
