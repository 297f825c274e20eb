"""Duplicates, intervals and the province table in pandas: sorted numbers, neighbours compared.

A record is its place in the doses, which stand in the order of their record ids.
"""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportCallIssue=false
# pyright: reportReturnType=false, reportIndexIssue=false, reportOperatorIssue=false
# pandas' own annotations take a column for anything a cell may be.

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.pandas_typing import TEXT, each_spelling, equal, read_text, seed

MOST_DAYS = 1 << 23  # more than there are days between two dates


def find_duplicates(doses: pd.DataFrame, pack: str) -> pd.DataFrame:
    """Records behind another of the same person and product, by the rule pack's window."""
    window = _window_days(pack)
    vaccines, _ = pd.factorize(doses["vaccine_code"])
    known = np.flatnonzero((doses["person"] >= 0) & (vaccines >= 0) & doses["injected_on"].notna())
    day = _day_numbers(doses["injected_on"].iloc[known])
    series = doses["person"].to_numpy()[known] * (vaccines.max() + 1) + vaccines[known]
    order = np.argsort(series * MOST_DAYS + day, kind="stable")
    known, day, series = known[order], day[order], series[order]
    is_close = (np.diff(series) == 0) & (np.diff(day) <= window)
    is_near = np.append(is_close, False) | np.append(False, is_close)
    near = pd.DataFrame(
        {"record_id": known[is_near], "series": series[is_near], "day": day[is_near]}
    )
    near["entered_at"] = doses["entered_at"].to_numpy()[near["record_id"]]
    near = near.sort_values(["entered_at", "record_id"], na_position="last")
    near["preference"] = np.arange(len(near))
    pairs = near.merge(near, on="series", suffixes=("", "_better"))
    pairs["days_apart"] = (pairs["day"] - pairs["day_better"]).abs()
    pairs = pairs[
        (pairs["preference"] > pairs["preference_better"]) & (pairs["days_apart"] <= window)
    ]
    chosen = pairs[~pairs["record_id_better"].isin(pairs["record_id"])]
    return (
        chosen.sort_values(["record_id", "preference_better"])
        .drop_duplicates("record_id")
        .rename(columns={"record_id_better": "stays_record_id"})
        .reset_index(drop=True)[["record_id", "stays_record_id", "days_apart"]]
    )


def find_intervals(doses: pd.DataFrame, duplicates: pd.DataFrame, pack: str) -> pd.DataFrame:
    """Doses given before the rule pack's least interval of the dose before."""
    intervals = _intervals(pack)
    is_history = ((doses["person"] >= 0) & doses["injected_on"].notna()).to_numpy(copy=True)
    is_history[duplicates["record_id"]] = False
    records = np.flatnonzero(is_history)
    day = _day_numbers(doses["injected_on"].iloc[records])
    person = doses["person"].to_numpy()[records]
    order = np.argsort(person * MOST_DAYS + day, kind="stable")
    history = pd.DataFrame(
        {"record_id": records[order], "person": person[order], "day": day[order]}
    )
    history["place"] = history.groupby("person", sort=False).cumcount() + 1
    history["previous_record_id"] = history["record_id"].shift(fill_value=-1)
    history["days"] = history["day"].diff()
    short = history[(history["place"] > 1) & (history["days"] < intervals["minimum_days"].max())]
    short = short.assign(
        previous_vaccine_code=doses["vaccine_code"].take(short["previous_record_id"]).array
    )
    found = short.merge(
        intervals,
        left_on=["previous_vaccine_code", "place"],
        right_on=["vaccine_code", "primary_dose_no"],
    )
    found = found[
        (found["day"] >= found["first_day"])
        & (found["day"] <= found["last_day"])
        & (found["days"] < found["minimum_days"])
    ].sort_values("record_id", ignore_index=True)
    found["days"] = found["days"].astype("int64")
    return found[
        ["record_id", "previous_record_id", "previous_vaccine_code", "days", "minimum_days"]
    ]


def by_province(
    doses: pd.DataFrame, duplicates: pd.DataFrame, findings: pd.DataFrame, files: list[Path]
) -> pd.DataFrame:
    """Counts per province of the facility and day of the injection."""
    facilities = pd.concat([read_text(file) for file in files]).sort_values("sequence")
    provinces = seed("normalization/communes").set_index("unit_code")["province_code"]
    places = pd.Series(
        facilities["unit_code"].str.strip(" ").map(provinces).array,
        index=facilities["facility_code"].str.strip(" "),
    ).dropna()
    places = places[~places.index.duplicated(keep="last")]
    province = each_spelling(doses["facility_code"], lambda code: code.map(places).astype(TEXT))
    is_duplicate = np.zeros(len(doses), dtype=bool)
    is_duplicate[duplicates["record_id"]] = True
    is_finding = np.zeros(len(doses), dtype=bool)
    is_finding[findings["record_id"]] = True
    is_primary = ~is_duplicate & equal(doses["dose_type"], "primary")
    counted = pd.DataFrame(
        {
            "province_code": province.astype("category"),
            "injected_on": doses["injected_on"],
            "doses": ~is_duplicate,
            "first_doses": is_primary & equal(doses["dose_no"], "1"),
            "second_doses": is_primary & equal(doses["dose_no"], "2"),
            "duplicates": is_duplicate,
            "interval_findings": is_finding,
        }
    )
    return (
        counted.groupby(["province_code", "injected_on"], observed=True)
        .sum()
        .reset_index()
        .astype({"province_code": TEXT})
        .sort_values(["province_code", "injected_on"])
    )


def _window_days(pack: str) -> int:
    settings = seed("rule_pack/rule_settings")
    is_window = (settings["pack"] == pack) & (settings["setting"] == "duplicate_window_days")
    return int(settings["value"][is_window].astype("int64").max())


def _intervals(pack: str) -> pd.DataFrame:
    intervals = seed("rule_pack/dose_intervals")
    intervals = intervals[intervals["pack"] == pack]
    numbers = {
        name: intervals[name].astype("int64")
        for name in ("primary_dose_no", "label_minimum_days", "grace_days")
    }
    return pd.DataFrame(
        {
            "vaccine_code": intervals["vaccine_code"],
            "primary_dose_no": numbers["primary_dose_no"],
            "minimum_days": numbers["label_minimum_days"] - numbers["grace_days"],
            "first_day": _day_numbers(intervals["valid_from"].astype("datetime64[s]")),
            "last_day": _day_numbers(intervals["valid_to"].astype("datetime64[s]")),
        }
    )


def _day_numbers(days: pd.Series) -> np.ndarray:
    return days.to_numpy().astype("datetime64[D]").astype("int64")
