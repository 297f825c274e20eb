"""The text of a rejected record, laid out under headers again, as far as its parts can be told.

What can't be told for certain is shown and locked: the key stays empty, so a row that comes back without
being corrected is rejected again instead of loading with its values in the wrong columns.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.readers.headers import required_key
from vax_pipeline.core.feeds.readers.records import first_record
from vax_pipeline.core.feeds.reject_columns import REJECT, ids_in, own_column
from vax_pipeline.core.feeds.rejects import Reason
from vax_pipeline.core.feeds.spec import Feed, header_key
from vax_pipeline.core.spreadsheets import original

# Fields and headers agree, and only a value is missing: all others are where they belong.
CERTAIN = frozenset({str(Reason.EMPTY_KEY)})


@dataclass
class Columns:
    """The columns of one export, in order.

    Attributes:
        shown: by what a column means (a column of the feed, or its own header) the header to show.
        is_given: whether the file had a header row, so that these are all there are.
    """

    feed: Feed
    shown: dict[str, str] = field(default_factory=lambda: {})
    is_given: bool = False
    _meanings: dict[str, str] = field(default_factory=lambda: {})

    def add(self, header: str) -> str:
        """The meaning of a header; a new one gets its place."""
        key = header_key(header) or header
        meaning = self._meanings.setdefault(key, self.feed.headers.get(key, header))
        self.shown.setdefault(meaning, header)
        return meaning

    def complete(self) -> None:
        """Add what the feed has and no record named, for the sender to fill in."""
        for name in () if self.is_given else self.feed.column_names:
            self.add(name)

    @property
    def key(self) -> str:
        """The headers of the columns that must be filled in."""
        return ", ".join(self.shown.get(name, name) for name in required_key(self.feed))


@dataclass
class Layout:
    """One record under the columns of its export.

    Attributes:
        values: by meaning; empty when the text can't be taken apart.
        is_certain: whether each value surely stands in its column.
        nested: texts of nested records that were lost with it, by child feed.
        answered: ids of rejects that this record was to correct, when it came in an answer.
        parent: of a nested record, the column and key of the one it was nested in.
    """

    values: dict[str, str] = field(default_factory=lambda: {})
    is_certain: bool = False
    nested: dict[str, list[str]] = field(default_factory=lambda: {})
    answered: list[str] = field(default_factory=lambda: [])
    parent: tuple[str, str] | None = None

    def unlocked(self, feed: Feed) -> dict[str, str]:
        """The values to show: without a key unless they are certain."""
        key = required_key(feed)
        shown = {n: value for n, value in self.values.items() if self.is_certain or n not in key}
        if self.parent is not None:
            shown.setdefault(*self.parent)
        return shown


def lay_out_fields(
    record: str, code: str, columns: Columns, headers: Sequence[str], delimiter: str
) -> Layout:
    """A record of a csv file under the headers of that file."""
    text = record.encode()
    fields, _, end = first_record(text, delimiter)
    if end < len(text):  # several records, so a quote stands wrong
        return Layout()
    # What lacks, or has no header, is to be seen in the record.
    named = list(zip(headers, (value.decode() for value in fields), strict=False))
    return _laid_out(named, columns, is_certain=code in CERTAIN and len(fields) == len(headers))


def lay_out_json(record: str, code: str, columns: Columns, *, is_parquet: bool = False) -> Layout:
    """A record that is a json object: of ndjson, of a sheet by header, of parquet by column."""
    found = _parsed(record)
    if not isinstance(found, _Object):
        return Layout()
    if is_parquet:
        extra = _parsed(found.pop("extra", None) or "{}")
        found = _Object([*found.items(), *cast("_Object", extra).items()])
        found.pop("line", None)
        found.pop("marks", None)
    nested = {
        child: [_as_text(element) for element in cast("list[Any]", found.pop(key))]
        for key, child in columns.feed.children.items()
        if isinstance(found.get(key), list) and found[key]
    }
    named = [(key, _as_text(value)) for key, value in found.items()]
    layout = _laid_out(named, columns, is_certain=code in CERTAIN and not found.is_repeated)
    layout.nested = nested
    return layout


def child_of(record: str, feed: Feed) -> Feed:
    """Which child feed a rejected nested record belongs to: the one that knows most of its keys."""
    found = _parsed(record)
    keys = {header_key(key) for key in found} if isinstance(found, _Object) else set[str]()
    children = [FEEDS[name] for name in feed.children.values()]
    return max(children, key=lambda child: len(keys & child.headers.keys()))


def _laid_out(named: Iterable[tuple[str, str]], columns: Columns, *, is_certain: bool) -> Layout:
    """Values under the meaning of their headers; two of one meaning leave it uncertain which counts."""
    layout = Layout(is_certain=is_certain)
    given: list[tuple[str, str]] = []
    for header, value in named:
        own = own_column(header)
        if own == REJECT:
            layout.answered = ids_in(value)
        if own is None:
            given.append((header, value))
    for header, value in given:
        meaning = columns.add(header)
        text = original(value) if layout.answered else value
        if layout.values.setdefault(meaning, text) != text:
            layout.is_certain = False
    return layout


class _Object(dict[str, Any]):
    """A json object that knows whether a key was repeated in it."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.is_repeated = len(self) < len(pairs)


def _parsed(text: str) -> Any:
    """Json with objects as `_Object` and fractions as written; null for what is none."""
    try:
        return json.loads(text, object_pairs_hook=_Object, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
