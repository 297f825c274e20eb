"""Deliveries and decisions at random: records told otherwise or due later, files cut short or withdrawn."""

import csv
import gzip
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import duckdb

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.clock import ICT
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.people import decisions
from vax_pipeline.core.settings import Settings

Record = dict[str, str | None]
MOST_RECORDS = 8  # of a feed, told otherwise at once
_TOLD_AT = frozenset(
    {"entered_at", "recorded_at", "occurred_at", "received_at", "reviewed_at", "decided_at", "signed_at",
     "revoked_at", "reported_at"}
)  # fmt: skip
# Without one of their files most of the rest means nothing.
_REGISTERS = frozenset({"citizens", "agencies", "facilities"})
# As many who have no citizen in the registry as who have.
_PEOPLE_SQL = """
select record_id, replace(citizen_key::varchar, '-', '')
from intermediate.int_doses__linked
qualify row_number() over (partition by citizen_id is null order by hash(record_id, ?)) <= 10
order by record_id
"""


@dataclass(frozen=True)
class Meddler:
    """Changes what has landed in a home, as far as it was loaded, each time in other ways."""

    home: Path
    rng: Random

    def meddle(self, now: datetime, until: datetime) -> list[Path]:
        """Lay new files into the landing folder and spoil old ones; returns those touched.

        Args:
            now: of the next run; what it delivers says so, or an instant some hours around it.
            until: of the run after that: some of it falls due between them.
        """
        touched = [
            self._retell(feed, now, until) for feed in FEEDS.values() if self._by_chance(0.6)
        ]
        if self._by_chance(0.5):
            touched.append(self._withdraw())
        if self._by_chance(0.5):
            touched.append(self._shorten())
        return touched

    def decide(self, at: datetime) -> int:
        """An officer says of some people whom they are, and takes something back; returns how often."""
        settings, said = Settings(home=self.home), 0
        with warehouse.reader(settings) as connection:
            people = connection.execute(_PEOPLE_SQL, [self.rng.randrange(10**6)]).fetchall()
            for _ in range(self.rng.randrange(4)):
                one, other = self.rng.sample(people, 2)
                with suppress(decisions.DecisionRefusedError):
                    planned = self._plan(connection, one, other)
                    decisions.write_decision(settings, planned, decided_by="Lan", why="seen", at=at)
                    said += 1
        standing = decisions.standing_decisions(settings)
        if standing and self._by_chance(0.3):
            taken_back = self.rng.choice(standing)["decision_id"]
            decisions.revoke_decision(settings, taken_back, revoked_by="Lan", why="erred", at=at)
            said += 1
        return said

    def _plan(
        self, connection: duckdb.DuckDBPyConnection, one: Sequence[str], other: Sequence[str]
    ) -> decisions.Decision:
        (record_id, key), (_, other_key) = one, other
        match self.rng.choice(("link", "unlink", "merge")):
            case "link":
                return decisions.plan_link(connection, record_id, other_key)
            case "unlink":
                return decisions.plan_unlink(connection, record_id)
            case _:
                standing = decisions.standing_decisions(Settings(home=self.home))
                return decisions.plan_merge(connection, standing, key, other_key)

    def _by_chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _retell(self, feed: Feed, now: datetime, until: datetime) -> Path:
        """Some records of a feed again, with values of others; now and then under a key of their own."""
        records = self._sample(feed)
        for record in records:
            names = [column.name for column in feed.columns if not column.key]
            for name in self.rng.sample(names, self.rng.randint(1, min(4, len(names)))):
                record[name] = self.rng.choice(records)[name]
            if self._by_chance(0.15):
                key = next(column.name for column in reversed(feed.columns) if column.key)
                record[key] = self.rng.choice(records)[key]
            for name in _TOLD_AT & record.keys():
                if record[name] and self._by_chance(0.7):
                    record[name] = self._instant(now, until)
        day = f"{now.astimezone(ICT):%Y-%m-%d}"
        file = self.home / "landing" / feed.name / day / f"told-{now.astimezone(ICT):%H%M}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, [column.name for column in feed.columns])
            writer.writeheader()
            writer.writerows(records)
        return file

    def _sample(self, feed: Feed) -> list[Record]:
        names = [column.name for column in feed.columns]
        listed = ", ".join(f'"{name}"' for name in names)
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            rows = connection.execute(
                f"select {listed} from {schemas.raw(feed.name).sql} "
                "order by hash(file, line, $seed), file, line limit $n",
                {"seed": self.rng.randrange(10**6), "n": self.rng.randint(2, MOST_RECORDS)},
            ).fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _instant(self, now: datetime, until: datetime) -> str:
        """Some hours ago, or before the run after the next."""
        if self._by_chance(0.5):
            at = now - timedelta(minutes=self.rng.randrange(6 * 60))
        else:
            at = now + (until - now) * self.rng.random()
        return f"{at.astimezone(ICT):%Y-%m-%d %H:%M:%S}"

    def _withdraw(self) -> Path:
        file = self.rng.choice(self._files())
        file.unlink()
        return file

    def _shorten(self) -> Path:
        """A file without some of its lines."""
        file = self.rng.choice([f for f in self._files() if f.suffix in {".csv", ".gz", ".ndjson"}])
        content = file.read_bytes()
        lines = (gzip.decompress(content) if file.suffix == ".gz" else content).splitlines(
            keepends=True
        )
        kept = b"".join(line for n, line in enumerate(lines) if n < 5 or self._by_chance(0.8))
        file.unlink()  # it may have other names
        file.write_bytes(gzip.compress(kept) if file.suffix == ".gz" else kept)
        return file

    def _files(self) -> Sequence[Path]:
        return sorted(
            file
            for file in (self.home / "landing").glob("*/*/*")
            if file.is_file() and file.parts[-3] not in _REGISTERS
        )
