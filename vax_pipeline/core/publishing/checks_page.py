"""What a release says of its checks: one page for people, Great Expectations' own behind it."""

import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from checks.catalog import load_rules
from checks.data_page import render
from vax_pipeline.core import check_results, clock
from vax_pipeline.core.labels import RULES_CSV
from vax_pipeline.core.settings import Settings

FOLDER = "data_docs"


def write_checks_page(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    release: Path,
    *,
    run_id: str,
    as_of: datetime,
) -> None:
    """`data_docs/` of the release: the pages of the last run of each group, and the page on this run."""
    folder = release / FOLDER
    # Hidden folders are pages that a killed run was about to write.
    shutil.copytree(settings.data_docs, folder, ignore=shutil.ignore_patterns(".*"))
    page = render(
        check_results.of_run(connection, run_id),
        load_rules(RULES_CSV),
        as_of.astimezone(clock.ICT).strftime("%H:%M %d/%m/%Y"),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
