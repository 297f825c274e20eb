"""The values of a rule pack: the seeds beside `rules.csv`, as dbt loads them, read for people.

A rule names the seeds it looks at in `rule_texts.csv`. Reads and selects, judges nothing; callers pass the
folder.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

_WITHOUT_PACK = ("rules", "rule_texts", "evidence_labels")


class UnknownPackError(ValueError):
    """No seed has values of this pack; the message says which packs there are."""


@dataclass(frozen=True)
class Value:
    """One row of a seed of the pack, with its validity taken out.

    Attributes:
        fields: what is valid, by column, as written.
        source: the document or the anchor of docs/facts.md it rests on.
        valid_from, valid_to: first and last day; null is open.
    """

    fields: dict[str, str]
    source: str
    valid_from: date | None
    valid_to: date | None

    def is_in_force(self, day: date) -> bool:
        """Whether the value is valid on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


def packs(folder: Path) -> tuple[str, ...]:
    """The packs of which the seeds have products, sorted."""
    return tuple(sorted({row["pack"] for row in _rows(folder / "vaccine_products.csv")}))


def require_pack(folder: Path, pack: str) -> None:
    """Do nothing if the pack exists.

    Raises:
        UnknownPackError: it does not.
    """
    known = packs(folder)
    if pack not in known:
        raise UnknownPackError(f"there is no rule pack '{pack}': there are {', '.join(known)}")


def values(folder: Path, pack: str, uses: str) -> dict[str, list[Value]]:
    """What a rule looks at: name -> its rows of the pack, oldest first.

    Args:
        uses: `;`-separated seeds; `rule_settings:late_entry_days` is one setting of that seed.
    """
    found: dict[str, list[Value]] = {}
    for name in filter(None, uses.split(";")):
        seed, _, setting = name.partition(":")
        found[name] = [
            _value(row)
            for row in _rows(folder / f"{seed}.csv")
            if row["pack"] == pack and (not setting or row["setting"] == setting)
        ]
    return found


def seeds(folder: Path) -> tuple[Path, ...]:
    """The files whose rows belong to a pack."""
    return tuple(path for path in sorted(folder.glob("*.csv")) if path.stem not in _WITHOUT_PACK)


def _value(row: dict[str, str]) -> Value:
    fields = dict(row)
    source, _ = fields.pop("source"), fields.pop("pack")
    return Value(fields, source, _day(fields.pop("valid_from")), _day(fields.pop("valid_to")))


def _day(text: str) -> date | None:
    """Null for the open ends."""
    day = date.fromisoformat(text)
    return None if day in (date(1900, 1, 1), date(9999, 12, 31)) else day


@cache
def _rows(path: Path) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
