"""One tick: read the release, decide, write the ledger in one transaction, send what is pending.

Called by the escalation job and `vax escalate`; the sensor asks `pending_fingerprint`. Killed at
any point, the next tick goes on: what was not written is found due again, what was not marked is
sent again under its key.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from vax_pipeline.core.clock import ICT
from vax_pipeline.core.escalation import policy, recipients
from vax_pipeline.core.escalation.channels import Channel
from vax_pipeline.core.escalation.decisions import count_settled, decide
from vax_pipeline.core.escalation.ledger import (
    Faults,
    Ledger,
    Tick,
    no_faults,
    opened,
)
from vax_pipeline.core.escalation.outbox import Outbox, Sending
from vax_pipeline.core.escalation.release_reader import Release, find_release, open_release
from vax_pipeline.core.escalation.routes import channel_for
from vax_pipeline.core.escalation.turn import TickRunningError, only_tick
from vax_pipeline.core.settings import Settings


@dataclass(frozen=True)
class TickReport:
    """What one tick found and did. `due` has one row per clock told, jumped ones left out."""

    as_of: datetime
    known_as_of: datetime
    release: str
    dry_run: bool
    due: pl.DataFrame
    jumped: int
    settled: dict[str, int]  # rows ended, by the state they ended in
    sending: Sending
    seconds: float
    levels: dict[str, int] = field(default_factory=dict[str, int])

    def as_json(self) -> dict[str, Any]:
        """The object of `vax escalate --json`; instants in Vietnamese time with their offset."""
        listed = self.due.select(
            "complaint_id",
            "clock",
            "level",
            pl.col("recipient_code").alias("recipient"),
            "due_at",
            "jumped_levels",
        ).to_dicts()
        for row in listed:
            row["due_at"] = _local(row["due_at"])
        return {
            "as_of": _local(self.as_of),
            "known_as_of": _local(self.known_as_of),
            "release": self.release,
            "dry_run": self.dry_run,
            "due": listed,
            "sent": self.sending.sent,
            "skipped": self.sending.skipped,
            "dead": self.sending.dead,
            "levels": self.levels,
            "jumped": self.jumped,
            "struck": self.settled.get("struck", 0),
            "closed": self.settled.get("closed", 0),
            "retracted": self.settled.get("retracted", 0),
            "seconds": round(self.seconds, 3),
        }


def tick(
    settings: Settings,
    as_of: datetime,
    dry_run: bool = False,
    retry_dead: bool = False,
    on_progress: Callable[[str], None] | None = None,
    *,
    release_name: str | None = None,
    channel: Channel | None = None,
    faults: Faults = no_faults,
) -> TickReport:
    """Escalate what is due at `as_of`, once, and send what is pending.

    Args:
        as_of: levels due until this instant count.
        dry_run: decide, write nothing, send nothing.
        retry_dead: try messages again that were given up.
        release_name: the release a sensor looked at; null: the current one.
        faults: called at each point where a crash must do no harm; tests kill there.

    Raises:
        NoReleaseError: nothing is published.
        TickRunningError: another tick is at work on this home.
        PolicyError: the ladder in the release can't be followed.
        RoutesError: the file of routes (VAX_CHANNELS) can't be followed.
    """
    started = time.monotonic()
    report = on_progress or _say_nothing
    way_out = channel or channel_for(settings)
    release = find_release(settings, name=release_name)
    with opened(settings) as ledger, only_tick(settings, ledger):
        outbox = Outbox(ledger, settings.outbox, way_out, faults)
        if not dry_run:
            outbox.recognize_sent(as_of)
        if not retry_dead and _is_quiet(ledger, outbox, release, as_of):
            return _nothing(release, as_of, dry_run, outbox, started)
        with open_release(settings, release) as connection:
            report("evaluating deadlines")
            settled = evaluate(connection, ledger, as_of, way_out)
            faults("evaluated")
            due = recipients.due_frame(connection)
            sending = Sending()
            if not dry_run:
                tick_id, first_id = ledger.next_ids()
                change = policy.next_change(connection, as_of)
                this = Tick(tick_id, as_of, as_of, release.name, change)
                report(f"recording {due.height} escalations")
                ledger.record(this, decide(connection, settled, this, first_id), faults)
                faults("recorded")
                if retry_dead:
                    outbox.revive_dead()
                sending = outbox.send_pending(connection, as_of, report)
            row = connection.execute("select count(*) from due where is_jumped").fetchone()
    return TickReport(
        as_of=as_of,
        known_as_of=release.known_as_of,
        release=release.name,
        dry_run=dry_run,
        due=due,
        jumped=int(row[0]) if row else 0,
        settled=count_settled(settled),
        sending=sending,
        seconds=time.monotonic() - started,
        levels=dict(due.group_by("level").len().sort("level").iter_rows()),
    )


def pending_fingerprint(settings: Settings, as_of: datetime) -> str | None:
    """A key made of all that a tick at `as_of` would change, never of the time; null: nothing.

    Levels due and not in the ledger, rows whose clock has ended, messages to try (with the number
    of the attempt, so that each retry is a change of its own).

    Raises:
        NoReleaseError: nothing is published.
        PolicyError, RoutesError: the ladder or the file of routes can't be followed.
    """
    release = find_release(settings)
    with opened(settings) as ledger:
        outbox = Outbox(ledger, settings.outbox, channel_for(settings))
        if _is_quiet(ledger, outbox, release, as_of):
            return None
        return _fingerprint(settings, ledger, outbox, release, as_of)


def _fingerprint(
    settings: Settings, ledger: Ledger, outbox: Outbox, release: Release, as_of: datetime
) -> str | None:
    with open_release(settings, release) as connection:
        policy.create_ledger_rows(connection, ledger.open_rows())
        settled = policy.settled_rows(connection, as_of)
        _evaluate_against(connection, ledger, as_of)
        row = connection.execute(
            "select count(*), bit_xor(md5_number_lower("
            "concat_ws('|', complaint_id, clock, epoch_us(starts_at), level, is_jumped)))"
            " from new_rows"
        ).fetchone()
        retries = outbox.due_keys(as_of)
    fresh = tuple(row) if row and row[0] else ()
    if not (fresh or settled or retries):
        return None
    told = repr((fresh, sorted(settled), retries))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def evaluate(
    connection: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    as_of: datetime,
    channel: Channel,
) -> list[tuple[int, str]]:
    """Fill the temporary tables of policy and recipients; returns the ledger rows that end."""
    policy.create_ledger_rows(connection, ledger.open_rows())
    settled = policy.settled_rows(connection, as_of)
    _evaluate_against(connection, ledger, as_of)
    recipients.create_directory(connection, channel.needs_email)
    recipients.assign_recipients(connection)
    return settled


def _is_quiet(ledger: Ledger, outbox: Outbox, release: Release, as_of: datetime) -> bool:
    """Whether a tick would find nothing to decide and nothing to send, without evaluating."""
    last = ledger.last_tick()
    quiet = last is not None and last.says_quiet(release.name, as_of)
    return quiet and not outbox.due_keys(as_of)


def _nothing(
    release: Release,
    as_of: datetime,
    dry_run: bool,
    outbox: Outbox,
    started: float,
) -> TickReport:
    return TickReport(
        as_of=as_of,
        known_as_of=release.known_as_of,
        release=release.name,
        dry_run=dry_run,
        due=pl.DataFrame(schema=recipients.DUE_COLUMNS),
        jumped=0,
        settled={},
        sending=outbox.at_rest(),
        seconds=time.monotonic() - started,
    )


def _evaluate_against(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, as_of: datetime
) -> None:
    """Evaluate against open rows, and once more when a clock that had ended is open again."""
    policy.evaluate(connection, as_of)
    fresh = connection.sql("select distinct complaint_id from new_rows").pl()
    ended = [
        rows for rows in ledger.settled_rows_of(fresh["complaint_id"].to_list()) if rows.height
    ]
    if ended:
        policy.add_ledger_rows(connection, ended)
        policy.evaluate(connection, as_of)


def _say_nothing(_text: str) -> None:
    """Progress that nobody asked for."""


def _local(instant: datetime) -> str:
    return instant.astimezone(ICT).isoformat()


__all__ = ["TickReport", "TickRunningError", "pending_fingerprint", "tick"]
