"""Excel workbooks (.xlsx, .xlsm): `reader` chooses a sheet and makes batches of its records.

The layers below it: `package` (a zip of parts), `workbook` (sheets, texts, formats), `items` (whole rows
of XML), `cells` and `events` (two ways to the same cells), `values` (cells to text), `grids` (cells to
rows), `heading` and `tops` (where the headers stand), `counting` (the count rows are held against).
"""

from vax_pipeline.core.feeds.readers.sheets.reader import read_sheets

__all__ = ["read_sheets"]
