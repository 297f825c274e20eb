"""Worklists: what each authority must do, given out as workbooks that come back as deliveries.

`spec` and `catalog` say what a sheet shows and asks; `workbook` and `export` write them. Which rows there are
is decided in dbt (`marts.wl_*`), reading what comes back is `core.feeds.readers`.
"""
