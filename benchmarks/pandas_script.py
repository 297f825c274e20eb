"""The five outputs by pandas, as a team would write them and a good engineer would then make them fast.

A file is typed before the next is read, doses are brought into the order of their record ids once, and
what is joined, sorted and grouped afterwards are numbers.
"""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportCallIssue=false
# pyright: reportReturnType=false, reportIndexIssue=false, reportOperatorIssue=false
# pandas' own annotations take a column for anything a cell may be.

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from benchmarks.pandas_findings import by_province, find_duplicates, find_intervals
from benchmarks.pandas_typing import (
    TEXT,
    birth_years,
    each_spelling,
    equal,
    read_text,
    sex_of,
    squeezed,
    typed_doses,
    words,
)
from benchmarks.stopwatch import Stopwatch
from vax_pipeline.core.settings import Settings

FOUND_BY = ["current", "previous"]
CLASSES = ["---", "--S", "-B-", "-BS", "N--", "N-S", "NB-", "NBS"]  # by the bits name, birth, sex
TYPED = ["record_id", "injected_on", "entered_at", "vaccine_code", "dose_type", "dose_no",
         "facility_code", "id_number"]  # fmt: skip
MATCH = ["record_id", "citizen_id", "matched_by", "match_class"]


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
        duplicates = find_duplicates(doses, pack)
    with watch.step("interval_findings"):
        findings = find_intervals(doses, duplicates, pack)
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
        matched_by=_taken(
            pd.Series(["current", "previous"], dtype=TEXT), np.where(is_matched, is_previous, -1)
        ),
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
    is_same_name = equal(theirs["full_name"], holders["full_name"])
    # Most names are typed as registered: only the others are folded.
    other = ~is_same_name
    is_same_name[other] = equal(
        each_spelling(theirs["full_name"][other], words),
        each_spelling(holders["full_name"][other], words),
    )
    likeness = np.full(len(doses), -1)
    likeness[is_matched] = (
        4 * is_same_name
        + 2 * equal(theirs["birth_year"], holders["birth_year"])
        + equal(theirs["sex"], holders["sex"])
    )
    return likeness


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
