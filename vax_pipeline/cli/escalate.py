"""`vax escalate`: what the stale-complaints sensor would do, from the terminal."""

from collections import Counter
from typing import Annotated

import typer

from vax_pipeline.cli.options import (
    AsOfOption,
    HomeOption,
    JsonOption,
    KnownAsOfOption,
    instant,
    settings_for,
)
from vax_pipeline.cli.output import fail, print_json, progress, results, table


def escalate(
    home: HomeOption = None,
    as_of: AsOfOption = None,
    known_as_of: KnownAsOfOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is due; write and send nothing.")
    ] = False,
    retry_dead: Annotated[
        bool, typer.Option("--retry-dead", help="Try messages again that were given up.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """One tick of the ladder on the current release; with --known-as-of, an instant told again."""
    from vax_pipeline.core import clock
    from vax_pipeline.core.escalation.policy import PolicyError
    from vax_pipeline.core.escalation.release_reader import NoReleaseError
    from vax_pipeline.core.escalation.replay import replay
    from vax_pipeline.core.escalation.routes import RoutesError
    from vax_pipeline.core.escalation.tick import TickRunningError, tick

    settings = settings_for(home)
    known = instant(known_as_of)
    if known is not None and not dry_run:
        fail("--known-as-of tells the past again and writes nothing: give it with --dry-run")
    at = instant(as_of) or clock.now(settings.clock_file)
    try:
        with progress("evaluating deadlines"):
            report = (
                tick(settings, at, dry_run=dry_run, retry_dead=retry_dead)
                if known is None
                else replay(settings, at, known)
            )
    except (NoReleaseError, PolicyError, RoutesError, TickRunningError) as error:
        fail(str(error))
    document = report.as_json()
    if as_json:
        print_json(document)
    else:
        levels = Counter(str(due["level"]) for due in document["due"])
        table("Due", ("level", "complaints"), sorted(levels.items()))
        results.print(
            f"{document['sent']} notices sent, {document['skipped']} skipped, "
            f"{document['dead']} given up"
        )
    if document["dead"]:
        raise typer.Exit(1)
