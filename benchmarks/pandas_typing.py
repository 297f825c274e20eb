"""Reading text in pandas: dates, numbers, names and labels, a file at a time.

Arrow holds and compares the text; of what is typed in few ways each spelling is read once.
"""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportCallIssue=false
# pyright: reportReturnType=false, reportIndexIssue=false, reportOperatorIssue=false
# pandas' own annotations take a column for anything a cell may be.

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from vax_pipeline.core.settings import DBT_PROJECT_DIR

SEEDS = DBT_PROJECT_DIR / "seeds"
TEXT = pd.ArrowDtype(pa.string())
HOUR = 3_600_000  # in milliseconds
TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
VALID_ID = "[0-9]{12}|[0-9]{9}|[A-Z][0-9]{7,8}"

Series = pd.Series  # of any type: pandas has no types for what a column holds


def read_text(file: Path) -> pd.DataFrame:
    """A CSV file as text, stripped; an empty field is no value."""
    with file.open(encoding="utf-8") as lines:
        names = lines.readline().strip().split(",")
    options = csv.ConvertOptions(
        column_types={name: pa.string() for name in names} | {"sequence": pa.int64()},
        strings_can_be_null=True,
        null_values=[""],
    )
    table = csv.read_csv(file, convert_options=options)
    return table.to_pandas(types_mapper={pa.string(): TEXT}.get)


def seed(name: str) -> pd.DataFrame:
    """A seed of the dbt project as text; an empty field is no value."""
    return pd.read_csv(SEEDS / f"{name}.csv", dtype=TEXT, keep_default_na=False, na_values=[""])


def typed_doses(file: Path) -> pd.DataFrame:
    """The doses of one file, typed; `full_name` stays as it is until it must be compared."""
    raw = read_text(file)
    sex = each_spelling(raw["sex"], sex_of)
    birth_year = each_spelling(raw["date_of_birth"].str.strip(" "), birth_years)
    label_key = each_spelling(raw["dose_label"], label_keys)
    labels = seed("normalization/dose_labels")
    return pd.DataFrame(
        {
            "sequence": raw["sequence"],
            "record_id": raw["source_system"].str.strip(" ").fillna("platform")
            + ":"
            + raw["source_record_id"].str.strip(" "),
            "is_deleted": each_spelling(raw["action"], lambda s: s.str.strip(" ").str.lower())
            .eq("delete")
            .fillna(False)
            .astype(bool),
            "injected_on": days(raw["injected_at"].str.strip(" ")),
            "entered_at": instants(raw["entered_at"].str.strip(" ")),
            "vaccine_code": each_spelling(raw["vaccine_name"], vaccine_of),
            "dose_type": each_spelling(label_key, looked_up(labels, "label_key", "dose_type")),
            "dose_no": each_spelling(label_key, looked_up(labels, "label_key", "dose_no")),
            "facility_code": raw["facility_code"]
            .fillna(raw["entered_by_facility_code"])
            .str.strip(" "),
            "id_number": id_numbers(raw["id_number"], sex, birth_year),
            "full_name": raw["full_name"],
            "birth_year": birth_year,
            "sex": sex,
        }
    )


def each_spelling(typed: Series, read: Callable[[Series], Series]) -> Series:
    """What `read` makes of a column, asked of each spelling once."""
    codes, spellings = pd.factorize(typed)
    values: Any = read(pd.Series(spellings, dtype=TEXT)).array
    return pd.Series(pd.api.extensions.take(values, codes, allow_fill=True), index=typed.index)


def looked_up(table: pd.DataFrame, key: str, value: str) -> Callable[[Series], Series]:
    """A reading by a seed: the value of a key."""
    values = table.set_index(key)[value]
    return lambda keys: keys.map(values).astype(TEXT)


def words(text: Series) -> Series:
    """Small letters without accents and digits, single spaces for all else."""
    plain: Any = pc.utf8_normalize(pa.array(text, pa.string()), form="NFD")
    plain = pc.replace_substring_regex(plain, "[\\x{0300}-\\x{036f}]+", "")
    plain = pc.replace_substring_regex(pc.utf8_lower(plain), "đ", "d")
    plain = pc.replace_substring_regex(plain, "[^a-z0-9]+", " ")
    return pd.Series(pc.utf8_trim(plain, " "), index=text.index, dtype=TEXT)


def folded(text: Series) -> Series:
    """The words without the spaces: the key of most seeds."""
    return words(text).str.replace(" ", "", regex=False)


def sex_of(text: Series) -> Series:
    """M or F, by the seed."""
    return looked_up(seed("normalization/sex_labels"), "sex_label", "sex")(folded(text))


def label_keys(text: Series) -> Series:
    """Keys of the seed of dose labels: a number without zeros in front."""
    return folded(text).str.replace("(^|[a-z])0+([0-9])", r"\1\2", regex=True)


def vaccine_of(text: Series) -> Series:
    """The code of a spelling, by the seed; without the words for vaccine and disease."""
    key = folded(text).str.replace("(^|[^o])(vaccine|vaccin|vacxin|vacin|vaxin)", r"\1", regex=True)
    key = key.str.replace("covid19|^covid", "", regex=True)
    return looked_up(seed("normalization/vaccine_aliases"), "alias_key", "vaccine_code")(key)


def days(text: Series) -> Series:
    """The day a text begins with, or that of Vietnam for milliseconds."""
    found = each_spelling(text.str.slice(0, 10), _days_of)
    is_number = _matches(text, "[0-9]{13}")
    found[is_number] = _wall_clock(text[is_number]).dt.floor("D")
    return found


def instants(text: Series) -> Series:
    """The same with the time of day, to the second."""
    found = each_spelling(text.str.slice(0, 10), _days_of)
    time = each_spelling(text.str.slice(10), _times_of)
    found = found + time
    is_number = _matches(text, "[0-9]{13}")
    found[is_number] = _wall_clock(text[is_number])
    return found


def birth_years(text: Series) -> Series:
    """The year of a birth date, however much else of it is known."""
    year = text.str.extract("^(?P<y>[0-9]{4})(?:-..-..)?$")["y"]
    year = year.fillna(text.str.extract("^../../(?P<y>[0-9]{4})$")["y"])
    years = pd.to_numeric(year).astype("Int16")
    is_number = _matches(text, "-?[0-9]{7,13}")
    moment = pd.to_numeric(text[is_number]).astype("int64") + 8 * HOUR
    years[is_number] = pd.to_datetime(moment, unit="ms").dt.year.astype("Int16")
    return years


def squeezed(text: Series) -> Series:
    """Capital letters and digits alone."""
    return text.str.upper().str.replace("[^A-Z0-9]", "", regex=True)


def id_numbers(text: Series, sex: Series, birth_year: Series) -> Series:
    """Numbers of a valid form; zeros a sheet dropped are put back where sex and birth year agree."""
    is_plain = _matches(text, "[0-9]{12}")
    rest = squeezed(text[~is_plain])
    is_short = _matches(rest, "[1-9][0-9]{9,10}")
    short = rest[is_short].str.zfill(12)
    year = birth_year.reindex(short.index).astype("Int64")
    digit = (year // 100 - 19) * 2 + sex.reindex(short.index).map({"M": 0, "F": 1}).astype("Int64")
    expected = digit.astype(TEXT) + (year % 100).astype(TEXT).str.zfill(2)
    agrees = (short.str.slice(3, 6) == expected).fillna(False).astype(bool)
    rest = rest.where(_matches(rest, VALID_ID))
    return pd.concat([text[is_plain], rest.drop(short.index), short.where(agrees)]).reindex(
        text.index
    )


def equal(one: Series, other: Series | str) -> np.ndarray:
    """Where both are known and the same."""
    return (one == other).fillna(False).to_numpy(bool, copy=True)


def _matches(text: Series, pattern: str) -> Series:
    return text.str.fullmatch(pattern).fillna(False).astype(bool)


def _days_of(text: Series) -> Series:
    day_first = pd.to_datetime(
        text.where(_matches(text, "[0-9]{2}/[0-9]{2}/[0-9]{4}")), format="%d/%m/%Y", errors="coerce"
    )
    year_first = pd.to_datetime(
        text.where(_matches(text, "[0-9]{4}-[0-9]{2}-[0-9]{2}")), format="%Y-%m-%d", errors="coerce"
    )
    return day_first.fillna(year_first).astype("datetime64[s]")


def _times_of(text: Series) -> Series:
    time = text.where(_matches(text, " " + TIME)).mask(text == "", " 00:00:00")
    return pd.to_timedelta(time.str.slice(1).astype("str")).astype("timedelta64[s]")


def _wall_clock(milliseconds: Series) -> Series:
    local = pd.to_numeric(milliseconds).astype("int64") + 7 * HOUR
    return pd.to_datetime(local // 1000, unit="s").astype("datetime64[s]")
