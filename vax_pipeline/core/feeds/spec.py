"""What a feed is: its columns, natural key, required columns and header aliases.

Pure data, read by loading, contracts, the dbt sources test and the simulator's tests. Reading files
is `readers`; finding them is `landing`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from vax_pipeline.core import schemas


def header_key(header: str) -> str:
    """A header without case, accents, spaces and underscores: `Họ và tên` -> `hovaten`."""
    decomposed = unicodedata.normalize("NFD", header.strip().lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"[\s_\-./*()]+", "", plain.replace("đ", "d"))


@dataclass(frozen=True)
class Column:
    """One column as it may be delivered.

    Attributes:
        key: part of the natural key; an empty value rejects the record (unless `default` is set).
        required: the column must be present; an empty value is a finding, not a reject.
        default: the value of an empty or absent key column ("" keeps an empty key legal).
        aliases: further headers, Vietnamese or English; matched by `header_key`.
    """

    name: str
    key: bool = False
    required: bool = False
    default: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feed:
    """One kind of file: `landing/<name>/<delivery date>/*`."""

    name: str
    description: str
    columns: tuple[Column, ...]
    # nested json key -> child feed
    children: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns whose absence quarantines the file."""
        return tuple(c.name for c in self.columns if c.required or (c.key and c.default is None))

    @cached_property
    def headers(self) -> dict[str, str]:
        """Every accepted header, by `header_key`, and the column it means."""
        known: dict[str, str] = {}
        for column in self.columns:
            for header in (column.name, *column.aliases):
                known[header_key(header)] = column.name
        return known

    @property
    def raw_table(self) -> schemas.Table:
        """The raw table: every column as text, then where the row came from."""
        columns = dict.fromkeys(self.column_names, "VARCHAR")
        columns.update(schemas.RAW_LINEAGE)
        return schemas.Table(schemas.RAW, self.name, MappingProxyType(columns))
