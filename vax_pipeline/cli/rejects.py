"""`vax rejects`: what could not be read, and files for the senders to correct it in."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vax_pipeline.cli.options import (
    HomeOption,
    JsonOption,
    optional_day,
    require_outside_landing,
    settings_for,
)
from vax_pipeline.cli.output import fail, notes, print_json, results, table

if TYPE_CHECKING:
    import polars as pl

    from vax_pipeline.core.feeds.reject_export import Export
    from vax_pipeline.core.settings import Settings

SHOWN_CHARACTERS = 120


def rejects(
    feed: Annotated[str | None, typer.Option("--feed", help="Only this feed.")] = None,
    date_: Annotated[
        str | None, typer.Option("--date", help="Only this delivery date (YYYY-MM-DD).")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only this reason code, as too_few_fields.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="Only this file, as listed: feed/date/name.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="DIR|FILE.csv|FILE.xlsx",
            help="Write the open ones for their senders to correct: per file sent a .csv and a .xlsx.",
        ),
    ] = None,
    include_corrected: Annotated[
        bool, typer.Option("--all", help="List those too that a later delivery has corrected.")
    ] = False,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show the records as they were sent.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="List at most so many; 0 lists all.")
    ] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List rejected records and files, count them by reason, export them to be corrected.

    A corrected export dropped into landing/<feed>/<date>/ is a delivery like any other; the rejects it
    answers are then corrected. --json gives one object:

    {"open": n, "corrected": n, "counts": {feed: {reason_code: {"open": n, "corrected": n}}},
    "shown": n, "rejects": [{"reject_id", "feed", "delivery_date", "file", "line" (null: the whole
    file), "is_child", "reason_code", "reason", "fix", "fix_vi", "record" (its outline, unless
    --reveal), "state" ("open" | "corrected"), "corrected_by": {"file", "line"} | null}],
    "exports": [{"path", "answers": file, "rows": n}]}
    """
    from vax_pipeline.core.feeds.catalog import FEEDS
    from vax_pipeline.core.feeds.reject_list import CORRECTED, OPEN, as_document, counts
    from vax_pipeline.core.feeds.rejects import Reason

    settings = settings_for(home)
    if feed is not None and feed not in FEEDS:
        raise typer.BadParameter(f"'{feed}' is none of the feeds: {', '.join(FEEDS)}")
    if reason is not None and reason not in [*Reason]:
        raise typer.BadParameter(f"'{reason}' is none of the reasons: {', '.join(Reason)}")
    found, exports = _look(
        settings, feed, optional_day(date_), reason, file, is_export=export is not None
    )
    listed = found if include_corrected else found.filter(state=OPEN)
    shown = listed.head(limit or listed.height)
    states = found["state"].to_list()
    document: dict[str, Any] = {
        "open": states.count(OPEN),
        "corrected": states.count(CORRECTED),
        "counts": counts(found),
        "shown": shown.height,
        "rejects": [as_document(row, reveal=reveal) for row in shown.iter_rows(named=True)],
        "exports": _write(settings, exports, export) if export is not None else [],
    }
    if as_json:
        print_json(document)
    else:
        _print(document, listed.height, reveal=reveal, with_corrected=include_corrected)


def _look(
    settings: "Settings",
    feed: str | None,
    day: date | None,
    reason: str | None,
    file: str | None,
    *,
    is_export: bool,
) -> "tuple[pl.DataFrame, list[Export]]":
    """What is asked of the warehouse; it is closed again before anything is written or shown."""
    from vax_pipeline.cli.reading import reading
    from vax_pipeline.core.feeds.reject_export import plan_exports
    from vax_pipeline.core.feeds.reject_list import Choice, find_rejects

    with reading(settings, built=False) as connection:
        found = find_rejects(connection, Choice(feed, day, reason, file))
        return found, plan_exports(connection, found) if is_export else []


def _write(settings: "Settings", exports: "list[Export]", target: Path) -> list[dict[str, Any]]:
    from vax_pipeline.core.feeds.reject_files import CSV, XLSX, write_export, write_exports
    from vax_pipeline.core.files import ExportExistsError

    require_outside_landing(settings, target)
    is_file = target.suffix.lower() in (CSV, XLSX)
    answered = {export.answers for export in exports}
    if is_file and len(answered) > 1:
        fail(
            f"these rejects come from {len(answered)} files, and each is corrected in one of its own: "
            "give a folder, or choose with --file"
        )
    if is_file and len(exports) > 1:
        feeds = ", ".join(export.columns.feed.name for export in exports)
        fail(f"rejects of this file belong to several feeds ({feeds}): give a folder")
    try:
        if is_file:
            return [w for e in exports for w in write_export(e, target)]
        return write_exports(exports, target)
    except ExportExistsError as error:
        fail(str(error))


def _print(document: dict[str, Any], listed: int, *, reveal: bool, with_corrected: bool) -> None:
    rows = [
        (feed, reason, numbers["open"], numbers["corrected"])
        for feed, reasons in document["counts"].items()
        for reason, numbers in reasons.items()
    ]
    table("Rejects", ("feed", "reason", "open", "corrected"), rows)
    lines = [_line(reject) for reject in document["rejects"]]
    columns = ["file", "line", "reason", "what to do"]
    columns += ["corrected by"] if with_corrected else []
    columns += ["record"] if reveal else []
    named = tuple(columns)
    table("Records and files", named, [tuple(line[name] for name in named) for line in lines])
    if not listed:
        results.print("No open rejects.")
    elif document["shown"] < listed:
        results.print(f"{document['shown']} of {listed:,} shown: --limit 0 lists all")
    for written in document["exports"]:
        results.print(f"{written['path']}  {written['rows']} rows", markup=False, soft_wrap=True)
    if document["exports"]:
        notes.print(
            "They hold what people sent: give each to its sender only. One of the two formats, corrected, "
            "goes into landing/<feed>/<date>/."
        )


def _place(reject: dict[str, Any]) -> str:
    """The line; of a record within another it is the other's."""
    return f"{reject['line']}, nested" if reject["is_child"] else str(reject["line"])


def _line(reject: dict[str, Any]) -> dict[str, Any]:
    by = reject["corrected_by"]
    return {
        "file": reject["file"],
        "line": "whole file" if reject["line"] is None else _place(reject),
        "reason": reject["reason"],
        "what to do": reject["fix"],
        "corrected by": f"{by['file']}, line {by['line']}" if by else None,
        "record": (reject["record"] or "")[:SHOWN_CHARACTERS],
    }
