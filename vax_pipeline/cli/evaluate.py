"""`vax evaluate`: findings, links and assessments against a simulation's truth."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption, settings_for
from vax_pipeline.cli.output import fail, print_json, progress, results, table


def evaluate(
    truth: Annotated[Path, typer.Option("--truth", help="The truth/ folder of a simulation.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Precision, recall and confusion per rule; link quality; assessment accuracy."""
    from vax_pipeline.core import warehouse
    from vax_pipeline.core.evaluation import evaluate as score

    settings = settings_for(home)
    if not truth.exists():
        fail(f"{truth} does not exist: `vax simulate --out DIR` writes DIR/truth")
    if not settings.warehouse.exists():
        fail(f"{settings.root} has no warehouse: run `vax run` first")
    with progress("scoring against the truth"), warehouse.reader(settings) as connection:
        document = score(connection, truth)
    if as_json:
        print_json(document)
    else:
        print_scores(document)


def print_scores(document: dict[str, Any]) -> None:
    """Rules, links and complaints as tables."""
    figures = ("planted", "found", "undecided", "precision", "recall", "f1")
    table(
        "Rules",
        ("rule", *figures),
        [(rule, *(s[name] for name in figures)) for rule, s in document["rules"].items()],
    )
    results.print(
        "[dim]undecided: of people whose history the truth leaves open; they are neither planted nor found "
        "here, though quality.findings has them[/dim]\n"
    )
    _print_links_by_noise(document["links"])
    table(
        "Reject reasons · lý do từ chối",
        ("reason", "planted", "found", "precision", "recall", "f1"),
        [
            (reason, s["planted"], s["found"], s["precision"], s["recall"], s["f1"])
            for reason, s in document["complaints"]["reject_reasons"].items()
        ],
    )
    table(
        "Facilities of complaints, as found or proposed · cơ sở của phản ánh",
        ("basis", "claims", "accuracy"),
        [
            (basis, s["claims"], s["accuracy"])
            for basis, s in document["complaints"]["facilities"].items()
        ],
    )
    print_quality(document)


def _print_links_by_noise(links: dict[str, Any]) -> None:
    """The weakest kind of noise first, and the thresholds with what they were chosen on."""
    figures = ("mentions", "false_link_rate", "recall_linked", "recall_with_review", "review_rate")
    table(
        "Links by kind of noise",
        ("noise", *figures, "status_accuracy"),
        [
            (kind, *(found[figure] for figure in figures), found["status_accuracy"])
            for kind, found in sorted(
                links["by_noise"].items(), key=lambda item: item[1]["recall_linked"] or 0.0
            )
        ],
    )
    limits = links["thresholds"]
    results.print(
        f"linked from probability {limits['link_probability']} and {limits['margin_bits']} bits before "
        f"the next, reviewed from {limits['review_probability']}: chosen on {limits['origin']}\n"
    )


def print_quality(document: dict[str, Any]) -> None:
    """Links and complaint assessment, one figure a line."""
    for title, part in (("Links", "links"), ("Complaints", "complaints")):
        rows = [(k, v) for k, v in document[part].items() if not isinstance(v, dict)]
        table(title, ("figure", "value"), rows)
