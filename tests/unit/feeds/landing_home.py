"""A home with an empty warehouse and a landing folder to put files into."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core.feeds.accounting import check_accounting
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.feed_load import FeedLoad
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.feeds.pending import look
from vax_pipeline.core.settings import Settings

DAY = date(2021, 11, 8)
NOW = datetime(2021, 11, 8, 1, tzinfo=UTC)
# The narrowest feed: attestation_id K, kind R, signed_at R.
HEADER = "attestation_id,citizen_id,kind,signer_code,signed_at"


def attestation(key: str, **changed: str) -> str:
    """A valid csv record; change a field to break it."""
    row = {
        "attestation_id": key,
        "citizen_id": "075080000001",
        "kind": "minutes",
        "signer_code": "75-001",
        "signed_at": "2021-11-07 09:00",
    }
    return ",".join((row | changed).values())


def csv(*records: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *records, ""]).encode()


def ndjson(*records: Mapping[str, Any] | str) -> bytes:
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    return "\n".join([*lines, ""]).encode()


@dataclass
class Home:
    settings: Settings
    connection: duckdb.DuckDBPyConnection
    loads: int = 0

    def put(
        self,
        content: bytes,
        name: str = "a.csv",
        feed: str = "attestations",
        day: date = DAY,
    ) -> Path:
        path = self.settings.landing / feed / day.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    def load(
        self, feed: str = "attestations", dates: Sequence[date] = (DAY,), **kw: Any
    ) -> FeedLoad:
        """Load, and hold the account to its promise whatever was in the files."""
        self.loads += 1
        result = load_feed(
            self.connection,
            self.settings,
            FEEDS[feed],
            dates,
            load_id=f"load-{self.loads}",
            loaded_at=NOW,
            **kw,
        )
        for name in (feed, *FEEDS[feed].children.values()):
            assert check_accounting(self.connection, FEEDS[name]).problems == ()
        return result

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def loaded_keys(self) -> list[str]:
        """Attestations in raw, in the order of their lines."""
        rows = self.rows("select attestation_id from raw.attestations order by file, line")
        return [key for (key,) in rows]

    def lines(self) -> dict[str, int]:
        return dict(self.rows("select attestation_id, line from raw.attestations"))

    def rejects(self) -> list[tuple[int | None, str]]:
        """Line and reason code of every reject, nested ones included."""
        return self.rows("select line, reason_code from raw.rejects order by line, reason_code")

    def delivery(self, name: str = "a.csv", feed: str = "attestations") -> dict[str, Any]:
        file = f"{feed}/{DAY.isoformat()}/{name}"
        found = self.connection.execute("select * from raw.deliveries where file = ?", [file])
        columns = [column[0] for column in found.description]
        (row,) = found.fetchall()
        return dict(zip(columns, row, strict=True))

    def quarantine(self, content: bytes, name: str = "a.csv") -> tuple[str, str]:
        """Load a bad file beside a good one; reason code and sentence of the bad one."""
        self.put(b"", name).write_bytes(content)
        self.put(csv(attestation("GOOD")), "z.csv")
        load = self.load()
        assert self.loaded_keys() == ["GOOD"]
        assert (load.files_loaded, load.files_failed) == (1, 1)
        delivery = self.delivery(name)
        assert (delivery["state"], delivery["records"], delivery["loaded"]) == ("failed", 0, 0)
        assert self.rows("select file, line, reason_code, reason, record from raw.rejects") == [
            (delivery["file"], None, delivery["reason_code"], delivery["reason"], None)
        ]
        return delivery["reason_code"], delivery["reason"]


def landed_marks(home: Home) -> dict[str, str]:
    landed = look(home.settings, today=DAY).landed
    return {day.isoformat(): mark for day, mark in landed.items()}
