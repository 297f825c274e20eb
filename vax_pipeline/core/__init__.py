"""The work itself, free of Dagster: everything here runs and is tested with a temporary .duckdb file."""
