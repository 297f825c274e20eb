"""The texts to citizens' phones, as files of each province for who sends them.

Phones are personal data: the files lie among those of the province's authorities, and nowhere else. The
key of a text is the same in each run that lists it: a gateway that knows it sends it no second time.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.files import private_file
from vax_pipeline.core.schemas import Relation


@dataclass(frozen=True)
class Texts:
    """A table of texts, one row a phone or a phone and kind.

    Attributes:
        order_by: puts the most urgent first.
        hidden: columns left out: what somebody typed who might make Excel run it, and the wording where few
            texts go to many phones.
        wordings: table and file of those few: repeated for each phone they are most of a release.
    """

    relation: Relation
    file_name: str
    order_by: str
    hidden: tuple[str, ...]
    wordings: tuple[Relation, str] | None = None


TEXTS: tuple[Texts, ...] = (
    Texts(
        schemas.OUTREACH_SMS,
        "tin_nhan_ra_soat.csv",
        "priority, phone",
        hidden=("text_vi", "text_en"),
        wordings=(schemas.INT_SMS_TEXTS, "tin_nhan_ra_soat_mau.csv"),
    ),
    Texts(
        schemas.CITIZEN_NOTICES,
        "tin_nhan_ket_qua.csv",
        "decided_at, phone, notice",
        hidden=("reference",),
    ),
)


def write_texts(connection: duckdb.DuckDBPyConnection, directory: Path) -> dict[str, int]:
    """`directory/<province code>/tin_nhan_*.csv`, most urgent first; returns texts by table."""
    return {texts.relation.name: _write(connection, texts, directory) for texts in TEXTS}


def _write(connection: duckdb.DuckDBPyConnection, texts: Texts, directory: Path) -> int:
    """A file a province, so that a sort holds one province's texts at most; returns their number."""
    # In the order of the provinces: what each reads then are its own rows, not those of the nation.
    hidden = ", ".join(texts.hidden)
    connection.execute(
        f"create or replace temp table listed as select * exclude ({hidden}) from {texts.relation.sql} "
        "order by province_code"
    )
    provinces = connection.execute(
        "select distinct province_code from listed order by all"
    ).fetchall()
    written = 0
    for (province,) in provinces:
        folder = directory / str(province)
        written += _copy(
            connection,
            "select * exclude (province_code) from listed "  # the folder says it
            f"where province_code = $province order by {texts.order_by}",
            folder / texts.file_name,
            {"province": province},
        )
        if texts.wordings:
            wordings, file_name = texts.wordings
            _copy(connection, f"from {wordings.sql} order by all", folder / file_name, {})
    connection.execute("drop table listed")
    return written


def _copy(
    connection: duckdb.DuckDBPyConnection, query: str, file: Path, values: dict[str, str]
) -> int:
    with private_file(file) as unfinished:
        # A file of DuckDB's own beside it would take its place, readable to everybody.
        [(rows,)] = connection.execute(
            f"copy ({query}) to '{unfinished}' (format csv, header, use_tmp_file false)",
            values,
        ).fetchall()
    return int(rows)
