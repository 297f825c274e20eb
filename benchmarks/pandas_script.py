"""The five outputs by pandas, as a team would write them and a good engineer would then make them fast.

A file is typed before the next is read, doses are brought into the order of their record ids once, and
what is joined, sorted and grouped afterwards are numbers.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from benchmarks.pandas_typing import (
    TEXT,
    birth_years,
    each_spelling,
    read_text,
    seed,
    sex_of,
    squeezed,
    typed_doses,
    words,
)
from benchmarks.stopwatch import Stopwatch
from vax_pipeline.core.settings import Settings

CLASSES = ["---", "--S", "-B-", "-BS", "N--", "N-S", "NB-", "NBS"]  # by the bits name, birth, sex
TYPED = ["record_id", "injected_on", "entered_at", "vaccine_code", "dose_type", "dose_no",
         "facility_code", "id_number"]  # fmt: skip
MATCH = ["record_id", "citizen_id", "matched_by", "match_class"]
MOST_DAYS = 1 << 20  # more than days that a date can be counted from 1970


def main(inputs: Path, out: Path) -> None:
    """Make the outputs in `out` from the CSV files in `inputs`."""
    watch = Stopwatch("pandas")
    pack = Settings().rule_pack
    with watch.step("typed_doses"):
        files = sorted(inputs.glob("doses-*.csv"))
        doses = current(pd.concat([typed_doses(file) for file in files], ignore_index=True))
    with watch.step("id_match"):
        doses = matched(doses, read_citizens(sorted(inputs.glob("citizens-*.csv"))))
    with watch.step("duplicates"):
        duplicates = find_duplicates(doses, _window_days(pack))
    with watch.step("interval_findings"):
        findings = find_intervals(doses, duplicates, _intervals(pack))
    with watch.step("province_table"):
        table = by_province(doses, duplicates, findings, sorted(inputs.glob("facilities-*.csv")))
    with watch.step("written"):
        _write(doses[TYPED], out / "typed_doses.csv")
        _write(doses[MATCH], out / "id_match.csv")
        record_ids = doses["record_id"]
        for name, found in (("duplicates", duplicates), ("interval_findings", findings)):
            texts = {c: found[c].map(record_ids) for c in found if c.endswith("record_id")}
            _write(found.assign(**texts), out / f"{name}.csv")
        _write(table, out / "province_table.csv")
    watch.write(out / "steps.json", version=pd.__version__)


def current(versions: pd.DataFrame) -> pd.DataFrame:
    """The latest version of each record that was not deleted, in the order of record ids."""
    versions = versions.sort_values("record_id", kind="stable", ignore_index=True)
    is_again = (versions["record_id"] == versions["record_id"].shift()).fillna(False).to_numpy(bool)
    is_repeated = is_again | np.append(is_again[1:], False)
    latest = (
        versions.loc[is_repeated, ["record_id", "entered_at", "sequence"]]
        .sort_values(["entered_at", "sequence"], na_position="first")
        .drop_duplicates("record_id", keep="last")
    )
    is_kept = ~is_repeated
    is_kept[latest.index] = True
    is_kept &= ~versions["is_deleted"].to_numpy()
    return versions[is_kept].drop(columns=["sequence", "is_deleted"]).reset_index(drop=True)


def read_citizens(files: list[Path]) -> pd.DataFrame:
    """The latest row of each citizen."""
    raw = pd.concat([read_text(file) for file in files], ignore_index=True)
    raw["citizen_id"] = raw["citizen_id"].str.strip(" ")
    raw = raw.sort_values("sequence").drop_duplicates("citizen_id", keep="last", ignore_index=True)
    return pd.DataFrame(
        {
            "citizen_id": raw["citizen_id"],
            "previous_ids": raw["previous_ids"],
            "full_name": raw["full_name"],
            "birth_year": each_spelling(raw["date_of_birth"].str.strip(" "), birth_years),
            "sex": each_spelling(raw["sex"], sex_of),
        }
    )


def matched(doses: pd.DataFrame, citizens: pd.DataFrame) -> pd.DataFrame:
    """Doses with their citizen, how found and how alike, and a number for the person."""
    previous = _previous_ids(citizens)
    numbers = pa.chunked_array([*_chunks(citizens["citizen_id"]), *_chunks(previous.index)])
    found = pc.index_in(pa.chunked_array(_chunks(doses["id_number"])), numbers, skip_nulls=True)
    holder = pd.Series(found.to_pandas()).fillna(-1).to_numpy("int64")
    is_previous = holder >= len(citizens)
    place = holder.copy()
    place[is_previous] = previous.to_numpy()[holder[is_previous] - len(citizens)]
    is_matched = place >= 0
    likeness = _likeness(doses, citizens.take(place[is_matched]), is_matched)
    # A person is a citizen's place or, behind those, a number nobody holds.
    others, _ = pd.factorize(doses["id_number"].mask(is_matched))
    return doses.drop(columns=["full_name", "birth_year", "sex"]).assign(
        citizen_id=_taken(citizens["citizen_id"], place),
        matched_by=_taken(pd.Series(["current", "previous"], dtype=TEXT), np.where(is_matched, is_previous, -1)),
        match_class=_taken(pd.Series(CLASSES, dtype=TEXT), likeness),
        person=np.where(is_matched, place, np.where(others < 0, -1, others + len(citizens))),
    )


def _previous_ids(citizens: pd.DataFrame) -> pd.Series:
    """Older numbers that one citizen alone carries: the number, and the citizen's place."""
    lists = citizens["previous_ids"].dropna().str.replace(",", ";", regex=False).str.split(";")
    numbers = squeezed(lists.explode().astype(TEXT))
    held = pd.DataFrame({"number": numbers, "place": numbers.index})
    held = held[held["number"].str.len() > 0].drop_duplicates()
    return held.drop_duplicates("number", keep=False).set_index("number")["place"]


def _likeness(doses: pd.DataFrame, holders: pd.DataFrame, is_matched: np.ndarray) -> np.ndarray:
    """Place in CLASSES of each dose, -1 without a citizen."""
    theirs = doses.loc[is_matched, ["full_name", "birth_year", "sex"]].reset_index(drop=True)
    holders = holders.reset_index(drop=True)
    is_same_name = _equal(theirs["full_name"], holders["full_name"])
    # Most names are typed as registered: only the others are folded.
    other = ~is_same_name
    is_same_name[other] = _equal(
        each_spelling(theirs["full_name"][other], words),
        each_spelling(holders["full_name"][other], words),
    )
    likeness = np.full(len(doses), -1)
    likeness[is_matched] = (
        4 * is_same_name
        + 2 * _equal(theirs["birth_year"], holders["birth_year"])
        + _equal(theirs["sex"], holders["sex"])
    )
    return likeness


def find_duplicates(doses: pd.DataFrame, window: int) -> pd.DataFrame:
    """Records behind another of the same person and product; records as places in `doses`."""
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


def find_intervals(
    doses: pd.DataFrame, duplicates: pd.DataFrame, intervals: pd.DataFrame
) -> pd.DataFrame:
    """Doses given before the least interval of the dose before; records as places in `doses`."""
    is_history = ((doses["person"] >= 0) & doses["injected_on"].notna()).to_numpy(copy=True)
    is_history[duplicates["record_id"]] = False
    records = np.flatnonzero(is_history)
    day = _day_numbers(doses["injected_on"].iloc[records])
    person = doses["person"].to_numpy()[records]
    order = np.argsort(person * MOST_DAYS + day, kind="stable")
    history = pd.DataFrame({"record_id": records[order], "person": person[order], "day": day[order]})
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
    is_primary = ~is_duplicate & _equal(doses["dose_type"], "primary")
    counted = pd.DataFrame(
        {
            "province_code": province.astype("category"),
            "injected_on": doses["injected_on"],
            "doses": ~is_duplicate,
            "first_doses": is_primary & _equal(doses["dose_no"], "1"),
            "second_doses": is_primary & _equal(doses["dose_no"], "2"),
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


def _equal(one: pd.Series, other: pd.Series | str) -> np.ndarray:
    return (one == other).fillna(False).to_numpy(bool, copy=True)


def _taken(values: pd.Series, places: np.ndarray) -> pd.Series:
    return pd.Series(pd.api.extensions.take(values.array, places, allow_fill=True))


def _chunks(text: pd.Series | pd.Index) -> list[pa.Array]:
    array = pa.array(text, pa.string())
    return array.chunks if isinstance(array, pa.ChunkedArray) else [array]


def _write(output: pd.DataFrame, path: Path) -> None:
    """As CSV by Arrow: `to_csv` makes an object of each field."""
    table = pa.Table.from_pandas(output, preserve_index=False)
    if "injected_on" in output:
        place = table.schema.get_field_index("injected_on")
        table = table.set_column(place, "injected_on", table["injected_on"].cast(pa.date32()))
    csv.write_csv(table, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
