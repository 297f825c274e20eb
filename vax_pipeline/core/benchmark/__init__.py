"""Measuring the pipeline against the bare engine doing the least that any solution must do."""
