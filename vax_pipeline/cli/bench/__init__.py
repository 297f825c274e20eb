"""`vax bench [PART]`: the whole job, or a part of it, measured against the bare engine."""

from pathlib import Path
from typing import Annotated

import typer

from vax_pipeline.cli.bench import day, escalation, identity, ingest, job, release, rules
from vax_pipeline.cli.bench.shared import CACHE, SCALES, SEED, fresh_home, keep
from vax_pipeline.cli.options import JsonOption
from vax_pipeline.cli.output import print_json

PARTS = {
    "job": job,
    "day": day,
    "ingest": ingest,
    "identity": identity,
    "rules": rules,
    "release": release,
    "escalation": escalation,
}


def bench(
    part: Annotated[str, typer.Argument(help=f"What to measure: {', '.join(PARTS)}.")] = "job",
    scale: Annotated[str, typer.Option("--scale", help=f"{', '.join(SCALES)}.")] = "commune",
    seed: Annotated[int, typer.Option("--seed", help="Of the simulated people.")] = SEED,
    home: Annotated[
        Path | None,
        typer.Option("--home", help="Where to measure, made anew. [.bench/<part>-<scale>-home]"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Seconds and peak memory per step, and the ratio to the floor in bare DuckDB."""
    if part not in PARTS:
        raise typer.BadParameter(f"'{part}' is none of {', '.join(PARTS)}")
    if scale not in SCALES:
        raise typer.BadParameter(f"'{scale}' is none of {', '.join(SCALES)}")
    name = scale if part == "job" else f"{part}-{scale}"
    where = fresh_home((home or CACHE / f"{name}-home").resolve())
    document = PARTS[part].measure(scale, seed, where)
    keep(name, document)
    if as_json:
        print_json(document)
    else:
        PARTS[part].show(document)
    if not document["ok"]:
        raise typer.Exit(1)


__all__ = ["bench"]
