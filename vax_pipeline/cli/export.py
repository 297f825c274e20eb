"""`vax export`: the worklists of one owner as a workbook that can come back filled in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption, require_outside_landing, settings_for
from vax_pipeline.cli.output import fail, notes, print_json, progress, results, table

if TYPE_CHECKING:
    from vax_pipeline.core.settings import Settings


def export(
    owner: Annotated[
        str,
        typer.Option(
            "--owner",
            metavar="CODE",
            help="A facility, station, police, centre, CDC or other agency, or a province (75).",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where to put the workbook.")
    ] = Path(),
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what one owner must do as a workbook; filled in, it comes back as a delivery.

    A facility gets all records it holds, those with findings first; a province the lists of all its
    owners, as in the release. --json gives one object:

    {"owner", "name", "as_of", "path" (null: nothing to do), "rows": {worklist: n}}
    """
    settings = settings_for(home)
    require_outside_landing(settings, out)
    document = _export(settings, owner.strip(), out)
    if as_json:
        print_json(document)
        return
    table(
        f"Worklists of {document['owner']} {document['name']}",
        ("worklist", "rows"),
        [(name, rows) for name, rows in document["rows"].items() if rows],
    )
    if document["path"] is None:
        results.print(f"{document['owner']} has nothing to do as of {document['as_of']}.")
        return
    results.print(document["path"], markup=False, soft_wrap=True)
    notes.print(
        "It names people: give it to its owner only. Its first sheet says how it comes back, and into which "
        "folders."
    )


def _export(settings: "Settings", code: str, folder: Path) -> dict[str, Any]:
    from vax_pipeline.cli.reading import reading
    from vax_pipeline.core.files import ExportExistsError
    from vax_pipeline.core.worklists.export import export_owner
    from vax_pipeline.core.worklists.owners import UnknownOwnerError, find_scope

    try:
        with reading(settings) as connection, progress(f"writing the worklists of {code}"):
            scope = find_scope(connection, code)
            path, rows = export_owner(connection, scope, folder)
    except (UnknownOwnerError, ExportExistsError) as error:
        fail(str(error))
    return {
        "owner": scope.owner.code,
        "name": scope.owner.name,
        "as_of": scope.owner.as_of.isoformat(),
        "path": None if path is None else str(path),
        "rows": rows,
    }
