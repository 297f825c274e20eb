"""The texts that ask people to check their own record, as one file per province for who sends them.

Phones are personal data: the files lie among those of the province's authorities, and nowhere else.
"""

from pathlib import Path

import duckdb

from vax_pipeline.core import schemas

FILE_NAME = "tin_nhan_ra_soat.csv"


def write_outreach(connection: duckdb.DuckDBPyConnection, directory: Path) -> dict[str, int]:
    """`directory/<province code>/tin_nhan_ra_soat.csv`, most urgent first; returns texts by province."""
    texts = dict(
        connection.execute(
            f"select province_code, count(*) from {schemas.OUTREACH_SMS.sql} group by all order by all"
        ).fetchall()
    )
    for province in texts:
        folder = directory / province
        folder.mkdir(parents=True, exist_ok=True)
        # The table is sorted by province: each of these reads its own part of it.
        connection.execute(
            "copy (select message_key, priority, reason_code, phone, text_vi, text_en "
            f"from {schemas.OUTREACH_SMS.sql} where province_code = $province order by priority, phone) "
            f"to '{folder / FILE_NAME}' (format csv, header)",
            {"province": province},
        )
    return texts
