"""How many records a sheet holds, counted in its XML apart from reading the cells."""

import re
from collections.abc import Set
from dataclasses import dataclass

# A value, and the place in the table of texts if it is one; a text; a formula without a value (those
# whose value is text may have an empty one).
CONTENT = re.compile(
    rb"""\bt=["']s["'][^>]*>\s*<v>(?P<place>\d+)</v>"""
    rb"""|<[vt](?:\s[^>]*)?>(?:[^<]|<!\[CDATA\[)"""
    rb"""|<c(?![^>]*\bt=["'](?:str|inlineStr)["'])(?:\s[^>]*)?>\s*"""
    rb"""<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>"""
)


@dataclass
class Counter:
    """Counts the rows in which something is to be seen.

    Attributes:
        skip: rows still to come that belong to the headers or stand above them.
        blank: places in the table of texts that hold nothing.
    """

    skip: int
    blank: Set[bytes]

    def count(self, block: bytes) -> int:
        """Records in a block of whole rows."""
        rows = block.split(b"<row")[1:]
        body = rows[self.skip :]
        self.skip -= len(rows) - len(body)
        return sum(map(self._shows, body))

    def _shows(self, row: bytes) -> bool:
        return any(match["place"] not in self.blank for match in CONTENT.finditer(row))
