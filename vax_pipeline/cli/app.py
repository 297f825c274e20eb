"""The `vax` command's entry point. Verbs import what they need when called, so `--help` is quick."""

import os

import typer

from vax_pipeline.cli import (
    bench,
    demo,
    escalate,
    evaluate,
    explain,
    export,
    people,
    rejects,
    rules,
    run,
    simulate,
    status,
    thresholds,
)
from vax_pipeline.cli.output import print_failure, refused

app = typer.Typer(
    name="vax",
    help="Finds, explains and escalates missing and wrong vaccination records.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("simulate")(simulate.simulate)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("explain")(explain.explain)
app.add_typer(people.people, name="people")
app.command("rejects")(rejects.rejects)
app.command("export")(export.export)
app.command("rules")(rules.rules)
app.command("thresholds")(thresholds.thresholds)
app.command("evaluate")(evaluate.evaluate)
app.command("escalate")(escalate.escalate)
app.command("bench")(bench.bench)


def main() -> None:
    """Run the command; called by the `vax` script.

    What the machine refuses, and settings that can't be meant, are said in a sentence. With VAX_TRACEBACK set
    they are shown whole, as other errors always are.
    """
    try:
        app()
    except (OSError, ValueError) as error:
        sentence = refused(error)
        if sentence is None or os.environ.get("VAX_TRACEBACK"):
            raise
        print_failure(sentence)
        raise SystemExit(1) from None
