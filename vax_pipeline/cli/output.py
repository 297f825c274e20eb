"""How the command speaks: progress and tables on stderr or stdout, JSON alone on stdout."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

# Progress never mixes with results: it goes to stderr.
notes = Console(stderr=True, highlight=False)
results = Console(highlight=False)


def print_json(document: Mapping[str, Any]) -> None:
    """One object on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def print_failure(sentence: str) -> None:
    """Say what is wrong and what to do."""
    notes.print(f"[red]✗[/red] {escape(sentence)}")


def fail(sentence: str) -> NoReturn:
    """Say what is wrong and what to do, and end with exit code 1."""
    print_failure(sentence)
    raise typer.Exit(1)


def refused(error: OSError | ValueError) -> str | None:
    """What the machine refused, or which setting can't be meant (not its value); null for other errors."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error) or None
    if getattr(error, "title", None) != "Settings":
        return None
    wrong: Any = error
    told = wrong.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"VAX_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in told)


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """A live line on a terminal; on a pipe, one plain line."""
    if not notes.is_terminal:
        notes.print(title)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=notes,
        transient=True,
        disable=not notes.is_terminal,
    ) as bar:
        bar.add_task(title)
        yield bar


def table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """A table on stdout; numbers to the right."""
    if not rows:
        return
    grid = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    for position, column in enumerate(columns):
        is_number = all(isinstance(row[position], int | float) for row in rows)
        grid.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(_shown(value) for value in row))
    results.print(grid)
    results.print()


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3f}"
    # What was delivered may hold markup, and codes that steer a terminal.
    return escape("".join(c if c.isprintable() else "�" for c in str(value)))
