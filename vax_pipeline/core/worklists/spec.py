"""What a worklist is: the columns an officer sees, those to fill in, and what the answers become.

Pure data. An answer becomes a record of a feed: the hidden item id says what it is about, and its key
follows from the item and the moment that was written, so an answer sent twice is one record, and one
that is sent again with another result replaces the first.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from vax_pipeline.core.schemas import Relation

ITEM = "vax_item"


@dataclass(frozen=True)
class Shown:
    """A column to read: of the table, under a Vietnamese header.

    Attributes:
        width: in characters.
        words: how its codes are put into words: a domain of the labels, or a name that `words` knows.
    """

    column: str
    header: str
    width: int = 14
    words: str | None = None


@dataclass(frozen=True)
class Answer:
    """A column to fill in.

    Attributes:
        columns: of the feed, which all get what is written.
        choices: a name of `words.choices`: only these may be written.
        is_list: several of them may stand there, `;` between.
        when: a day, or a moment, which has a time too.
        is_required: in a row that is answered at all.
        required_by: header and code of another answer that is not complete without this one.
        hint: shown by Excel when the cell is chosen.
    """

    header: str
    columns: tuple[str, ...]
    width: int = 18
    choices: str | None = None
    is_list: bool = False
    when: Literal["day", "moment"] | None = None
    is_required: bool = False
    required_by: tuple[str, str] | None = None
    hint: str = ""


@dataclass(frozen=True)
class Returns:
    """What comes back.

    Attributes:
        feed: the feed whose records the answers are.
        key: its key, made of item and moment.
        item: column of the feed, by column of the table: what the answer is about. The first of them is
            the first column shown, too.
        answers: in the order of the sheet; the moment tells apart those about one item.
        given: what every answer of this worklist says, by column of the feed.
    """

    feed: str
    key: str
    item: Mapping[str, str]
    answers: tuple[Answer, ...]
    given: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def moment(self) -> Answer:
        """The answer that says when."""
        return next(answer for answer in self.answers if answer.when == "moment")


@dataclass(frozen=True)
class Worklist:
    """One sheet of a workbook.

    Attributes:
        title: in Vietnamese; the name of the sheet, so at most 31 characters.
        task: what to do, and by when, in plain Vietnamese.
        order_by: SQL; the most urgent first.
        of_province: SQL; the rows that go into a province's workbook when those of all its facilities
            would be too many. A facility gets all of its own.
        tells_findings: the rows are dose records, shown with a further column: `findings`.
        returns: null for a list that is only read.
    """

    relation: Relation
    title: str
    task: str
    shown: tuple[Shown, ...]
    order_by: str
    of_province: str | None = None
    tells_findings: bool = False
    returns: Returns | None = None

    @property
    def name(self) -> str:
        return self.relation.name

    @property
    def item_header(self) -> str:
        """The header of the hidden column, which makes the sheet known when it comes back."""
        return f"{ITEM} {self.name}"


def worklist_in(header: str) -> str | None:
    """The worklist that a header of a hidden column names; null for any other header."""
    words = header.lower().split()
    return words[1] if len(words) == 2 and words[0] == ITEM else None


def item_id(parts: list[str]) -> str:
    """What stands in the hidden cell; `answers` takes it apart again."""
    return json.dumps(parts, ensure_ascii=False)
