"""Figures for everyone as files: `marts.public_figures`, and a note on how to read them.

What is suppressed and how the rest is rounded is the model's; the owner of the data sees exact figures
elsewhere.
"""

from pathlib import Path

import duckdb

from vax_pipeline.core import schemas

FOLDER = "public"
NOTE = """Số liệu công bố theo tỉnh, thành phố
Ô để trống: số đếm từ 0 đến {suppressed}, không công bố.
Các số khác được làm tròn đến bội số của {rounded}.
Dòng có dấu * là tổng của các ô được công bố, không tính ô để trống: có thể thấp hơn tổng thực tế.

Figures by province, for everyone
Empty: a count from 0 to {suppressed}, not shown. All others are rounded to a multiple of {rounded}.
A row with * is the sum of the cells shown, empty ones left out: it may be lower than the real total.
"""
_LIMITS_SQL = f"""
    select
        max(value) filter (where setting = 'disclosure_suppressed_up_to'),
        max(value) filter (where setting = 'disclosure_rounded_to')
    from {schemas.RULE_SETTINGS.sql} inner join {schemas.RUN_CONTEXT.sql} on pack = rule_pack
"""


def write_public(connection: duckdb.DuckDBPyConnection, release: Path) -> int:
    """A csv file per public table in `public/`, and the note; returns how many tables."""
    folder = release / FOLDER
    folder.mkdir()
    [(suppressed, rounded)] = connection.execute(_LIMITS_SQL).fetchall()
    note = NOTE.format(suppressed=suppressed, rounded=rounded)
    (folder / "ghi_chu.txt").write_text(note, encoding="utf-8")
    tables = connection.execute(
        f"select distinct table_name from {schemas.PUBLIC_FIGURES.sql} order by table_name"
    ).fetchall()
    for (table,) in tables:
        connection.execute(
            "copy (select province_code, province_name, category, shown_count as count "
            f"from {schemas.PUBLIC_FIGURES.sql} where table_name = $table "
            f"order by province_code, category) to '{folder / f'{table}.csv'}' (format csv, header)",
            {"table": table},
        )
    return len(tables)
