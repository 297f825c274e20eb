"""What is right: contracts of the raw feeds, expectations on tables, one shape for every verdict.

A leaf library: it knows pandera, Great Expectations, polars, SQLAlchemy and DuckDB, nothing of
ours; schema and table names are arguments. Importing it is cheap: the engines load on first use.
"""
