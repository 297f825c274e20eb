"""SQL files in steps: a line `-- step: name` begins one, `$name` is filled in."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template

MARK = "-- step: "


def sql_steps(files: Iterable[Path], values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name and SQL of each step, in order; what stands before a file's first mark is left out.

    Raises:
        KeyError: a file asks for a value that is not given.
    """
    steps: list[tuple[str, str]] = []
    for file in files:
        text = Template(file.read_text(encoding="utf-8")).substitute(values)
        for part in ("\n" + text).split("\n" + MARK)[1:]:
            name, _, sql = part.partition("\n")
            steps.append((name.strip(), sql))
    return steps
