"""Loading one feed and judging it: what the step reports, and which of it blocks.

A bad record is a reject and a bad file is quarantined: both warn. Only a fault of the table itself
(accounting, doubled keys, structure) is an error that stops what comes after.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl

from checks.outcome import CheckOutcome
from vax_pipeline.core import warehouse
from vax_pipeline.core.feeds.accounting import Accounting, check_accounting
from vax_pipeline.core.feeds.deliveries import FAILED
from vax_pipeline.core.feeds.feed_load import FeedLoad
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.settings import Settings

Contract = Callable[[str, pl.DataFrame], list[CheckOutcome]]


@dataclass(frozen=True)
class FeedReport:
    """What loading a feed came to: figures for the graph, outcomes for the checks."""

    metadata: dict[str, Any]
    outcomes: tuple[CheckOutcome, ...]


def load_and_check(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    days: Sequence[date],
    *,
    load_id: str,
    loaded_at: datetime,
    contract: Contract,
) -> FeedReport:
    """Load the days of a feed, then judge the table and what was loaded."""
    warehouse.bootstrap(connection)
    load = load_feed(
        connection,
        settings,
        feed,
        days,
        load_id=load_id,
        loaded_at=loaded_at,
        contract=contract,
    )
    account = check_accounting(connection, feed)
    own = (_accounting(feed, account), _keys(feed, account), _files(feed, load))
    contracts = [*_nothing_new(feed)]
    contracts += [
        outcome for child in feed.children.values() for outcome in _nothing_new(feed, child)
    ]
    judged = (*load.outcomes, *(_named(feed, outcome) for outcome in load.child_outcomes))
    fresh = {outcome.check_name: outcome for outcome in judged}
    contracts = [fresh.get(outcome.check_name, outcome) for outcome in contracts]
    return FeedReport(_metadata(connection, feed, load, account), (*own, *contracts))


def nested_name(feed: str, child: str) -> str:
    """How checks name the rows of a child feed that came nested in files of its parent."""
    return f"{feed}_nested_{child}"


def _named(feed: Feed, outcome: CheckOutcome) -> CheckOutcome:
    """Outcomes on nested rows belong to the asset that loaded them, under a name of their own."""
    child = outcome.asset_key[-1]
    name = outcome.check_name.replace(f"raw_{child}_", f"raw_{nested_name(feed.name, child)}_")
    return replace(outcome, asset_key=feed.raw_table.asset_key, check_name=name)


def _accounting(feed: Feed, account: Accounting) -> CheckOutcome:
    """records = loaded + rejected, and what is loaded is in raw."""
    missing = len([p for p in account.problems if "same place" not in p])
    return CheckOutcome(
        check_name=f"raw_{feed.name}_accounting",
        engine="sql",
        asset_key=feed.raw_table.asset_key,
        rule_id="FEED-006",
        status="failed" if missing else "passed",
        evaluated=max(account.records, missing),
        failed=missing,
        severity="error",
        message="; ".join(account.problems),
        blocking=True,
    )


def _keys(feed: Feed, account: Accounting) -> CheckOutcome:
    """Each raw row stands alone at its place in its file."""
    return CheckOutcome(
        check_name=f"raw_{feed.name}_keys",
        engine="sql",
        asset_key=feed.raw_table.asset_key,
        status="failed" if account.duplicates else "passed",
        evaluated=max(account.raw_rows, account.duplicates),
        failed=account.duplicates,
        severity="error",
        message=f"{account.duplicates} rows stand twice" if account.duplicates else "",
        blocking=True,
    )


def _files(feed: Feed, load: FeedLoad) -> CheckOutcome:
    """Files of this load that were quarantined (why: raw.rejects) or could not be had."""
    failed = [file.file for file in load.files if file.state == FAILED]
    problems: list[str] = []
    if failed:
        problems.append(f"{len(failed)} files quarantined: see raw.rejects")
    if load.out_of_reach:
        problems.append(
            f"{len(load.out_of_reach)} files or folders out of reach: a later run tries"
        )
    names = (*failed, *load.out_of_reach)
    return CheckOutcome(
        check_name=f"raw_{feed.name}_files",
        engine="sql",
        asset_key=feed.raw_table.asset_key,
        rule_id="FEED-007",
        status="failed" if names else "passed",
        evaluated=len(load.files) + len(load.out_of_reach),
        failed=len(names),
        severity="warn",
        sample_ids=names[:10],
        message="; ".join(problems),
    )


def _nothing_new(feed: Feed, child: str | None = None) -> tuple[CheckOutcome, ...]:
    """A contract's two checks when no row was new: nothing evaluated, nothing failed."""
    subject = nested_name(feed.name, child) if child else feed.name
    return tuple(
        CheckOutcome(
            check_name=f"raw_{subject}_{name}",
            engine="pandera",
            asset_key=feed.raw_table.asset_key,
            status="passed",
            evaluated=0,
            failed=0,
            severity="error" if blocking else "warn",
            message="no row was new",
            blocking=blocking,
        )
        for name, blocking in (("schema", True), ("contract", False))
    )


def _metadata(
    connection: duckdb.DuckDBPyConnection, feed: Feed, load: FeedLoad, account: Accounting
) -> dict[str, Any]:
    return {
        "dagster/row_count": warehouse.count(connection, feed.raw_table),
        "files_loaded": load.files_loaded,
        "files_unchanged": load.files_unchanged,
        "files_quarantined": load.files_failed,
        "files_withdrawn": load.files_withdrawn,
        "files_waiting": load.waiting,
        "files_out_of_reach": len(load.out_of_reach),
        "records_loaded_now": load.loaded,
        "records_rejected_now": load.rejected,
        "records_rejected_ever": account.rejected,
    }
