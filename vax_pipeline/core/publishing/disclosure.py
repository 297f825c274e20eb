"""Figures for everyone: small counts suppressed, the others rounded, totals made of what is shown.

A total is the sum of the cells as they are shown, a suppressed one counted as nothing. So every number
published is a function of protected cells, and no subtraction of one from another can tell a cell more
exactly than it is shown. The owner of the data sees exact figures elsewhere.
"""

from pathlib import Path

import duckdb

from vax_pipeline.core import schemas

# Small enough to be somebody: such a count is not shown, nor whether it is nought.
SUPPRESSED_UP_TO = 7
ROUNDED_TO = 5
FOLDER = "public"
NOTE = f"""Số liệu công bố theo tỉnh, thành phố
Ô để trống: số đếm từ 0 đến {SUPPRESSED_UP_TO}, không công bố.
Các số khác được làm tròn đến bội số của {ROUNDED_TO}.
Dòng có dấu * là tổng của các ô được công bố, không tính ô để trống: có thể thấp hơn tổng thực tế.

Figures by province, for everyone
Empty: a count from 0 to {SUPPRESSED_UP_TO}, not shown. All others are rounded to a multiple of {ROUNDED_TO}.
A row with * is the sum of the cells shown, empty ones left out: it may be lower than the real total.
"""

_PROTECTED = f"""
    select table_name, province_code, category,
        case when cell_count > {SUPPRESSED_UP_TO}
            then (cell_count + {ROUNDED_TO // 2}) // {ROUNDED_TO} * {ROUNDED_TO} end as shown
    from {schemas.PUBLIC_CELLS.sql}"""

# Each cell four times: for itself, its row, its column and all of its table.
_WITH_TOTALS = """
    select table_name, unnest([province_code, province_code, '*', '*']) as province_code,
        unnest([category, '*', category, '*']) as category, shown
    from protected"""


def write_public(connection: duckdb.DuckDBPyConnection, release: Path) -> int:
    """A csv file per public table in `public/`, and a note on how to read them; returns the files."""
    folder = release / FOLDER
    folder.mkdir()
    (folder / "ghi_chu.txt").write_text(NOTE, encoding="utf-8")
    tables = connection.execute(
        f"select distinct table_name from {schemas.PUBLIC_CELLS.sql} order by table_name"
    ).fetchall()
    for (table,) in tables:
        connection.execute(
            f"copy (with protected as ({_PROTECTED}), counted as ({_WITH_TOTALS}) "
            "select province_code, any_value(province_name) as province_name, category, "
            "sum(shown)::bigint as count from counted "
            f"left join {schemas.PROVINCES.sql} using (province_code) where table_name = '{table}' "
            "group by province_code, category order by province_code, category) "
            f"to '{folder / (str(table) + '.csv')}' (format csv, header)"
        )
    return len(tables)
