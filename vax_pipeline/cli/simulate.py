"""`vax simulate`: a synthetic nation with planted errors, for trying and for scoring."""

from pathlib import Path
from typing import Annotated

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption, day
from vax_pipeline.cli.output import notes, print_json, progress


def simulate(
    people: Annotated[int, typer.Option("--people", help="Citizens in the registry.")],
    out: Annotated[Path, typer.Option("--out", help="Gets landing/ and truth/.")],
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same files.")] = 2021,
    until: Annotated[
        str, typer.Option("--until", help="The last day simulated (YYYY-MM-DD).")
    ] = "2021-12-08",
    provinces: Annotated[
        int,
        typer.Option("--provinces", min=1, max=63, help="Into how many the people are divided."),
    ] = 1,
    clean: Annotated[
        bool, typer.Option("--clean", help="Without any error: whatever is then found is false.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write landing/ (every feed, every format) and truth/ (what was planted, who is who)."""
    from vax_pipeline.core.simulation import EARLIEST, PEOPLE_A_PROVINCE
    from vax_pipeline.core.simulation import simulate as make

    last = day(until)
    if people < PEOPLE_A_PROVINCE * provinces:
        raise typer.BadParameter(f"--people: {PEOPLE_A_PROVINCE} per province at least")
    if last < EARLIEST:
        raise typer.BadParameter(f"--until: the campaign is told to {EARLIEST:%Y-%m-%d} at least")
    del home  # accepted on every verb; a simulation touches no home
    with progress(f"simulating {people:,} people") as bar:
        summary = make(
            people=people,
            seed=seed,
            until=last,
            out=out,
            provinces=provinces,
            is_clean=clean,
            on_progress=lambda text: bar.update(bar.task_ids[0], description=text),
        )
    if as_json:
        print_json(summary.as_json())
    else:
        notes.print(f"[green]✓[/green] {summary}")
