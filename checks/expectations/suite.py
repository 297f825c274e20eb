"""Suites as data: which expectations hold on which table, how strictly, and who is named when not.

No Great Expectations here: `runner` turns these into GX expectations. Suites for our tables are in
`staging`, `findings` and `marts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from checks.outcome import Severity

Kind = Literal["not_null", "unique", "in_set", "between", "greater", "rows"]


@dataclass(frozen=True)
class Expectation:
    """One property of a table.

    Attributes:
        name: the property; the check is called `<table>_<name>`.
        mostly: the smallest fraction of evaluated rows that must hold.
        says: one sentence for people, shown in Data Docs.
    """

    name: str
    kind: Kind
    arguments: Mapping[str, Any]
    says: str
    mostly: float = 1.0
    severity: Severity = "error"
    blocking: bool = False
    rule_id: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.mostly <= 1.0:
            raise ValueError(f"expectation {self.name!r}: mostly {self.mostly} is no fraction")

    @property
    def threshold(self) -> float:
        """The largest fraction of evaluated rows that may fail."""
        return round(1.0 - self.mostly, 9)


@dataclass(frozen=True)
class Suite:
    """What must hold on one table.

    Attributes:
        key: the columns whose values, joined by colons, name failed rows; none may be personal
            (no citizen_id: name its rows by file and line).
    """

    schema: str
    table: str
    key: tuple[str, ...]
    expectations: Sequence[Expectation] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError(f"suite {self.name}: needs a key to name failed rows by")
        names = [expectation.name for expectation in self.expectations]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise ValueError(f"suite {self.name}: repeated {', '.join(sorted(repeated))}")

    @property
    def name(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def asset_key(self) -> tuple[str, str]:
        return (self.schema, self.table)

    def check_name(self, expectation: Expectation) -> str:
        return f"{self.table}_{expectation.name}"


def _expect(
    name: str, kind: Kind, arguments: dict[str, Any], says: str, options: dict[str, Any]
) -> Expectation:
    return Expectation(name, kind, MappingProxyType(arguments), says, **options)


def not_null(column: str, says: str = "", *, name: str = "", **options: Any) -> Expectation:
    """Every row has a value."""
    return _expect(
        name or f"{column}_present",
        "not_null",
        {"column": column},
        says or f"{column} is present",
        options,
    )


def unique(column: str, says: str = "", **options: Any) -> Expectation:
    """No value twice; every row of a repeated value counts as failed."""
    return _expect(
        f"{column}_unique", "unique", {"column": column}, says or f"{column} is unique", options
    )


def in_set(column: str, values: Sequence[str], says: str = "", **options: Any) -> Expectation:
    """Where there is a value, it is one of these."""
    return _expect(
        f"{column}_known",
        "in_set",
        {"column": column, "value_set": list(values)},
        says or f"{column} is one of {', '.join(values)}",
        options,
    )


def between(
    column: str, low: str | float | None, high: str | float | None, says: str = "", **options: Any
) -> Expectation:
    """Where there is a value, it lies within the bounds, both included; a null bound is open."""
    return _expect(
        f"{column}_in_range",
        "between",
        {"column": column, "min_value": low, "max_value": high},
        says or f"{column} lies between {low} and {high}",
        options,
    )


def greater(
    larger: str, smaller: str, says: str = "", *, or_equal: bool = False, **options: Any
) -> Expectation:
    """Where both have a value, the first is the larger."""
    return _expect(
        f"{larger}_after_{smaller}",
        "greater",
        {"column_A": larger, "column_B": smaller, "or_equal": or_equal},
        says or f"{larger} is after {smaller}",
        options,
    )


def unique_together(
    name: str, columns: Sequence[str], says: str = "", **options: Any
) -> Expectation:
    """No combination twice; GX's own expectation names the failed rows by a cross join."""
    listed = ", ".join(columns)
    where = f"true qualify count(*) over (partition by {listed}) > 1"
    return _expect(name, "rows", {"where": where}, says or f"one row a {listed}", options)


def no_rows(name: str, where: str, says: str, **options: Any) -> Expectation:
    """No row meets the SQL condition (DuckDB); for what GX cannot say here, such as a regex."""
    return _expect(name, "rows", {"where": where}, says, options)
