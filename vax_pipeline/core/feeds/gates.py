"""Loading one feed and judging it: what the step reports, and which of it blocks.

A bad record is a reject and a bad file is quarantined: both warn. Only a fault of the table itself
(accounting, doubled keys, structure) is an error that stops what comes after.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl

from checks.outcome import CheckOutcome
from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.feeds.accounting import FeedAccounting, check_accounting
from vax_pipeline.core.feeds.loading import FeedLoad, load_feed
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.settings import Settings

Contract = Callable[[str, pl.DataFrame], list[CheckOutcome]]
