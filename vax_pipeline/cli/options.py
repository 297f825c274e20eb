"""Options every verb shares, and the settings they make."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from vax_pipeline.cli.output import fail
from vax_pipeline.core.settings import Settings

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where everything a run leaves behind lies. [VAX_HOME or .vax]"),
]
LandingOption = Annotated[
    str | None,
    typer.Option(
        "--landing",
        metavar="DIR|URL",
        help="Where deliveries land: a folder, or a URL (s3://, sftp://, zip:// ...) "
        "without passwords: those belong in VAX_LANDING. [VAX_LANDING or <home>/landing]",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON object on stdout, everything else on stderr.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="The instant to stand at, ISO 8601; no zone means Vietnam's."),
]
KnownAsOfOption = Annotated[
    str | None,
    typer.Option("--known-as-of", help="Use only what had been delivered by then (a replay)."),
]


def settings_for(home: Path | None, landing: str | None = None) -> Settings:
    """The environment's settings with the command line's home and landing folder."""
    return Settings().at(home, landing)


def require_outside_landing(settings: Settings, target: Path) -> None:
    """End with a sentence when a file given out would lie where deliveries land."""
    if target.resolve().is_relative_to(settings.landing_at):
        fail(
            f"{target} lies in the landing folder, where it would be taken for a delivery before anyone "
            "has worked on it: export elsewhere"
        )


def optional_day(text: str | None) -> date | None:
    """An optional day from the command line; raises like `day`."""
    return None if text is None else day(text)


def day(text: str) -> date:
    """A day from the command line.

    Raises:
        typer.BadParameter: the text is no ISO 8601 date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date like 2021-11-08") from None


def instant(text: str | None) -> datetime | None:
    """An optional instant from the command line, UTC.

    Raises:
        typer.BadParameter: the text is no ISO 8601 instant.
    """
    from vax_pipeline.core.clock import parse_instant

    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date and time like 2021-12-08T08:00") from None
