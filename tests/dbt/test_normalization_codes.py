"""The list of codes is what staging can record, and each of its examples is read as it says."""

import csv
import re

import duckdb
import pytest
from staged import Row, StageDoses

from vax_pipeline.core.settings import DBT_PROJECT_DIR

LISTED = DBT_PROJECT_DIR / "seeds" / "normalization" / "normalization_codes.csv"
with LISTED.open(encoding="utf-8", newline="") as file:
    CODES = {row["code"]: row for row in csv.DictReader(file)}
OF_COMPLAINTS = {"received_at:delivery"}  # its example is the unit test beside stg_complaints
FIELDS = "|".join({code.split(":")[0] for code in CODES})


def _row(code: str) -> Row:
    columns = CODES[code]["typed_column"].split("|")
    typed = CODES[code]["typed"].split("|") if len(columns) > 1 else [CODES[code]["typed"]]
    return {column: text or None for column, text in zip(columns, typed, strict=True)}


@pytest.fixture(scope="module")
def examples(stage_doses: StageDoses) -> dict[str, dict[str, object]]:
    codes = [code for code in CODES if code not in OF_COMPLAINTS]
    return dict(zip(codes, stage_doses([_row(code) for code in codes]), strict=True))


@pytest.mark.parametrize("code", sorted(set(CODES) - OF_COMPLAINTS))
def test_an_example_is_read_as_listed_and_records_its_code(
    examples: dict[str, dict[str, object]], code: str
) -> None:
    dose = examples[code]
    codes = dose["normalizations"]
    assert isinstance(codes, list)
    assert code in codes
    read = dose[CODES[code]["read_column"]]
    assert ("" if read is None else str(read)) == CODES[code]["read_as"]


def test_what_staging_can_record_is_what_is_listed(seeded: duckdb.DuckDBPyConnection) -> None:
    models = seeded.execute("select sql from compiled").fetchall()
    recorded = {
        code for (sql,) in models for code in re.findall(f"'((?:{FIELDS}):[a-z0-9_]+)'", sql)
    }
    assert recorded == set(CODES)


def test_every_code_is_explained_in_both_languages() -> None:
    assert [
        code for code, row in CODES.items() if not (row["meaning_en"] and row["meaning_vi"])
    ] == []
