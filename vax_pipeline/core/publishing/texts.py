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
        hidden: columns left out: the province, which the folder says, and what somebody typed who might
            make Excel run it.
    """

    relation: Relation
    file_name: str
    order_by: str
    hidden: tuple[str, ...] = ("province_code",)


TEXTS: tuple[Texts, ...] = (
    Texts(schemas.OUTREACH_SMS, "tin_nhan_ra_soat.csv", "priority, phone"),
    Texts(
        schemas.CITIZEN_NOTICES,
        "tin_nhan_ket_qua.csv",
        "decided_at, phone, notice",
        hidden=("province_code", "reference"),
    ),
)


def write_texts(connection: duckdb.DuckDBPyConnection, directory: Path) -> dict[str, int]:
    """`directory/<province code>/tin_nhan_*.csv`, most urgent first; returns texts by table."""
    return {
        texts.relation.name: sum(
            _write(connection, texts, province, directory / province)
            for province in _provinces(connection, texts)
        )
        for texts in TEXTS
    }


def _provinces(connection: duckdb.DuckDBPyConnection, texts: Texts) -> list[str]:
    rows = connection.execute(
        f"select distinct province_code from {texts.relation.sql} order by 1"
    ).fetchall()
    return [str(province) for (province,) in rows]


def _write(connection: duckdb.DuckDBPyConnection, texts: Texts, province: str, folder: Path) -> int:
    """A file a province, so that a sort holds one province's texts at most; returns their number."""
    hidden = ", ".join(texts.hidden)
    with private_file(folder / texts.file_name) as unfinished:
        # A file of DuckDB's own beside it would take its place, readable to everybody.
        [(written,)] = connection.execute(
            f"copy (select * exclude ({hidden}) from {texts.relation.sql} "
            f"where province_code = $province order by {texts.order_by}) "
            f"to '{unfinished}' (format csv, header, use_tmp_file false)",
            {"province": province},
        ).fetchall()
    return int(written)
