"""Agencies of three branches, who stands above whom, and the facilities they manage: invented."""

import polars as pl

from vax_pipeline.core.simulation.provinces import DEFAULT, Province

AGENCY_COLUMNS = (
    "agency_code",
    "agency_name",
    "branch",
    "level",
    "kind",
    "unit_code",
    "parent_agency_code",
)


def build_agencies(province: Province, communes: pl.DataFrame) -> pl.DataFrame:
    """One row per agency: station, centre, CDC, department, committee, ministry; and the police."""
    p, name = province.code, f"{province.type_name} {province.name}"
    rows: list[tuple[str, ...]] = [
        ("BYT", "Bộ Y tế", "health", "ministry", "ministry", "VN", ""),
        ("BQP", "Cục Quân y, Bộ Quốc phòng", "government", "ministry", "ministry", "VN", ""),
        ("C06", "Cục C06, Bộ Công an", "police", "ministry", "police", "VN", ""),
        (f"UBND{p}", f"UBND {name}", "government", "province", "peoples_committee", p, "BYT"),
        (
            f"SYT{p}",
            f"Sở Y tế {province.name}",
            "health",
            "province",
            "provincial_department",
            p,
            f"UBND{p}",
        ),
        (f"CDC{p}", f"CDC {name}", "health", "province", "provincial_cdc", p, f"SYT{p}"),
        (f"CAT{p}", f"Công an {name}", "police", "province", "police", p, "C06"),
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


# code suffix, name, sector, kind, place of the district (its city first), agency, active from, to
_INSTITUTIONS = (
    ("9001", "Bệnh viện Đa khoa {province}", "local", "hospital", 0, "SYT{code}", "2021-03-01", ""),
    (
        "9002",
        "Bệnh viện Trung ương Sông Phố{of}",
        "moh_affiliated",
        "hospital",
        0,
        "BYT",
        "2021-03-01",
        "",
    ),
    (
        "9003",
        "Bệnh viện Quân dân y Biên Hùng{of}",
        "other_ministry",
        "hospital",
        0,
        "BQP",
        "2021-03-01",
        "",
    ),
    (
        "9004",
        "Bệnh viện Tư nhân An Bình Tâm{of}",
        "private",
        "hospital",
        0,
        "TTYT{district}",
        "2021-06-01",
        "",
    ),
    (
        "9005",
        "Phòng khám Đa khoa Ái Nhân{of}",
        "private",
        "clinic",
        10,
        "TTYT{district}",
        "2021-07-01",
        "",
    ),
    (
        "9006",
        "Phòng khám Đa khoa Phúc Khang{of}",
        "private",
        "clinic",
        8,
        "TTYT{district}",
        "2021-07-01",
        "",
    ),
    (
        "9007",
        "Bệnh viện Đa khoa khu vực {town}",
        "local",
        "hospital",
        1,
        "SYT{code}",
        "2021-03-01",
        "",
    ),
    (
        "9011",
        "Điểm tiêm lưu động Khu công nghiệp Đông Phố{of}",
        "local",
        "mobile",
        0,
        "TTYT{district}",
        "2021-07-15",
        "2021-10-15",
    ),
    (
        "9012",
        "Điểm tiêm lưu động Khu công nghiệp Lộc Giang{of}",
        "local",
        "mobile",
        8,
        "TTYT{district}",
        "2021-07-15",
        "2021-10-15",
    ),
    (
        "9013",
        "Điểm tiêm lưu động Nhà thi đấu tỉnh{of}",
        "local",
        "mobile",
        0,
        "CDC{code}",
        "2021-07-15",
        "2021-09-30",
    ),
)


def build_facilities(province: Province, communes: pl.DataFrame) -> pl.DataFrame:
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
                f"{province.code}{unit}1",
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
                f"{province.code}{district}01",
                f"Trung tâm Y tế {district_name}",
                "local",
                "hospital",
                seat[district],
                f"TTYT{district}",
                "2021-03-01",
                "",
            )
        )
    rows += _institutions(province, communes, seat)
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


def _institutions(
    province: Province, communes: pl.DataFrame, seat: dict[str, str]
) -> list[tuple[str, ...]]:
    """The same institutions everywhere, each in the district of its place; names are unique."""
    names = dict(communes.select("district_code", "district_name").unique().iter_rows())
    districts = sorted(names, key=lambda code: (code != province.anchor_district, code))
    rows: list[tuple[str, ...]] = []
    for suffix, name, sector, kind, place, manager, start, end in _INSTITUTIONS:
        district = districts[place % len(districts)]
        words = {
            "province": f"{province.type_name} {province.name}",
            "of": "" if province.code == DEFAULT else f" {province.name}",
            "town": names[district].removeprefix("Thành phố ").removeprefix("Thị xã "),
            "code": province.code,
            "district": district,
        }
        rows.append(
            (
                f"{province.code}{suffix}",
                name.format(**words),
                sector,
                kind,
                seat[district],
                manager.format(**words),
                start,
                end,
            )
        )
    return rows
