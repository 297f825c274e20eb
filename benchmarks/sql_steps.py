"""SQL files in steps: a line `-- step: name` begins one, `$name` is filled in."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

MARK = "-- step: "


def sql_steps(path: Path, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name and SQL of each step, in order; what stands before the first mark is left out.

    Raises:
        KeyError: the file asks for a value that is not given.
    """
    text = Template(path.read_text(encoding="utf-8")).substitute(values)
    parts = ("\n" + text).split("\n" + MARK)[1:]
    return [(name.strip(), sql) for name, _, sql in (part.partition("\n") for part in parts)]
