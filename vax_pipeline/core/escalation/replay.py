"""What the ladder asked for at an instant, given what was known at another: the past, told again.

A replay reads a release and nothing else. What somebody was told since then is in the ledger, which grows;
so the same two instants give the same rows whenever they are asked for.
"""

import time
from datetime import datetime

import polars as pl

from vax_pipeline.core.escalation import policy, recipients
from vax_pipeline.core.escalation.channels import FileChannel
from vax_pipeline.core.escalation.outbox import Sending
from vax_pipeline.core.escalation.release_reader import Release, find_release, open_release
from vax_pipeline.core.escalation.tick import TickReport
from vax_pipeline.core.settings import Settings


def replay(settings: Settings, as_of: datetime, known_as_of: datetime) -> TickReport:
    """The highest level due of each clock that was open, as a tick's report; nothing is written.

    Args:
        as_of: levels due until this instant count.
        known_as_of: the newest release is read that knew no more than this.

    Raises:
        NoReleaseError: nothing is published, or nothing that old is kept.
        PolicyError: the ladder in the release can't be followed.
    """
    started = time.monotonic()
    release = find_release(settings, known_as_of)
    asked = due(settings, release, as_of, known_as_of)
    return TickReport(
        as_of=as_of,
        known_as_of=known_as_of,
        release=release.name,
        dry_run=True,
        due=asked,
        jumped=int(asked["jumped_levels"].list.len().sum()),
        settled={},
        sending=Sending(),
        seconds=time.monotonic() - started,
        levels=dict(asked.group_by("level").len().sort("level").iter_rows()),
    )


def due(
    settings: Settings, release: Release, as_of: datetime, known_as_of: datetime | None = None
) -> pl.DataFrame:
    """What the ladder asks for on an empty ledger; grain and columns of `recipients.due_frame`."""
    with open_release(settings, release) as connection:
        policy.create_ledger_rows(connection, ())
        policy.evaluate(connection, as_of, known_as_of)
        recipients.create_directory(connection, FileChannel().needs_email)
        recipients.assign_recipients(connection)
        return recipients.due_frame(connection)
