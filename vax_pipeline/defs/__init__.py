"""Dagster objects only, one concern a file; a body over 25 lines belongs in core/."""
