"""`vax explain`: how one record, complaint, mention or citizen came to be what it is."""

from typing import Annotated, Any

import typer
from rich.tree import Tree

from vax_pipeline.cli.options import HomeOption, JsonOption, settings_for
from vax_pipeline.cli.output import fail, print_json, results


def explain(
    subject: Annotated[
        str,
        typer.Argument(metavar="ID", help="A record id, complaint id, mention_id or citizen_key."),
    ],
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show names, id numbers and phones.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """File and line, what was normalized, the link, the dose, findings, escalations."""
    from vax_pipeline.cli.reading import reading
    from vax_pipeline.core.explain import UnknownSubjectError
    from vax_pipeline.core.explain import explain as explain_subject

    try:
        with reading(settings_for(home)) as connection:
            document = explain_subject(connection, subject, reveal=reveal)
    except UnknownSubjectError as error:
        fail(str(error))
    if as_json:
        print_json(document)
        return
    tree = Tree(f"[bold]{document['subject']['kind']}[/bold] {document['subject']['id']}")
    for part in ("source", "normalized", "link", "dose", "findings", "complaint", "escalations"):
        if document[part]:
            _grow(tree.add(f"[bold]{part}[/bold]"), document[part])
    results.print(tree)


def _grow(branch: Tree, value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict | list) and item:
                _grow(branch.add(str(key)), item)
            elif item not in (None, [], {}):
                branch.add(f"{key}: {item}")
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                names = (item.get(key) for key in ("rule_id", "change", "clock", "tier"))
                name = next(filter(None, names), "•")
                _grow(branch.add(str(name)), item)
            else:
                branch.add(str(item))
