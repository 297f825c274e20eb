"""Rejects as their senders get them, and deliver them again."""

import csv as csv_module
import io
from pathlib import Path
from typing import Any

from landing_home import DAY, Home

from vax_pipeline.core.feeds.reject_export import Export, plan_exports
from vax_pipeline.core.feeds.reject_files import write_exports
from vax_pipeline.core.feeds.reject_list import Choice, find_rejects

Rows = list[dict[str, str]]
COMPLAINT = {"complaint_id": "C1", "received_at": "2021-11-08", "full_name": "A"}


def listed(home: Home, **choice: Any) -> list[tuple[int | None, str, str]]:
    found = find_rejects(home.connection, Choice(**choice))
    return [(r["line"], r["reason_code"], r["state"]) for r in found.iter_rows(named=True)]


def planned(home: Home) -> list[Export]:
    return plan_exports(home.connection, find_rejects(home.connection, Choice()))


def exported(home: Home, name: str = "a.csv", feed: str = "attestations") -> Rows:
    """The csv export that answers a file, as rows by header."""
    folder = home.settings.root / f"export-{len(list(home.settings.root.glob('export-*')))}"
    write_exports(planned(home), folder)
    return read(folder / feed / str(DAY) / f"{name}.rejects.csv")


def read(path: Path, delimiter: str = ",") -> Rows:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv_module.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def deliver(home: Home, rows: Rows, name: str = "back.csv", feed: str = "attestations") -> Path:
    """Rows as a spreadsheet saves them, dropped into the landing folder and loaded."""
    text = io.StringIO()
    writer = csv_module.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = home.put(text.getvalue().encode("utf-8-sig"), name, feed)
    home.load(feed)
    return path


def corrected(row: dict[str, str], **values: str) -> dict[str, str]:
    return row | values
