"""Expectations on tables: suites as data, run by Great Expectations inside DuckDB, and Data Docs.

GX takes seconds to import: it loads when `run_suites` or `load_ahead` is called, not here.
"""

from checks.expectations.runner import load_ahead, run_suites
from checks.expectations.suite import Expectation, Suite

__all__ = ["Expectation", "Suite", "load_ahead", "run_suites"]
