"""Contracts of the raw feeds: the shape of what comes through the door, one pandera model a feed.

Values are judged as typed: nothing is read, repaired or compared with other rows here; that is
the work of staging and of the rules. pandera is slow to import: it loads with the first `validate`.
"""

import importlib
from typing import TYPE_CHECKING

from checks.outcome import CheckOutcome

if TYPE_CHECKING:
    import polars as pl

    from checks.contracts.rows import Contract

FEEDS = (
    "citizens",
    "agencies",
    "facilities",
    "vaccine_lots",
    "lot_expiries",
    "doses",
    "administered_reports",
    "complaints",
    "complaint_doses",
    "complaint_attachments",
    "complaint_events",
    "identity_results",
    "attestations",
    "record_reviews",
)


class UnknownFeedError(ValueError):
    """No contract is written for this feed."""


def contract_of(feed: str) -> "Contract":
    """The contract of a feed: module `checks.contracts.<feed>`.

    Raises:
        UnknownFeedError: the feed has none.
    """
    if feed not in FEEDS:
        raise UnknownFeedError(f"no contract for feed {feed!r}; known are {', '.join(FEEDS)}")
    return importlib.import_module(f"checks.contracts.{feed}").CONTRACT


def validate(feed: str, frame: "pl.DataFrame") -> list[CheckOutcome]:
    """Whether rows of a feed have the agreed shape: `raw_<feed>_schema`, `raw_<feed>_contract`.

    Args:
        frame: rows as they go to raw, eager; text columns and the lineage columns.

    Returns:
        First the structure (error, blocking), then the values (warn, with the feed's threshold);
        `failed` counts distinct rows.

    Raises:
        UnknownFeedError: the feed has no contract.
        TypeError: `frame` is lazy; pandera would silently check names and types only.
    """
    from checks.contracts.validation import check_rows

    return check_rows(feed, contract_of(feed), frame)
