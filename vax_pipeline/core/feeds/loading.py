"""Deliveries to raw: reads the new, replaces the changed, withdraws the gone, keeps account.

A file is atomic: its rows, rejects and its line in `raw.deliveries` come and go in one transaction, which
several share: each waits for the disk, and rows that come in few are written twice. A file that can't be
read is quarantined and the others go on.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from vax_pipeline.core.feeds import deliveries, sizes
from vax_pipeline.core.feeds.ahead import each_ahead
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.contract_run import ContractRun
from vax_pipeline.core.feeds.deliveries import FileResult
from vax_pipeline.core.feeds.feed_load import FeedLoad
from vax_pipeline.core.feeds.fetching import Fetching
from vax_pipeline.core.feeds.landing import LandingFile, discover
from vax_pipeline.core.feeds.large_files import LargeFile, large_files, noted
from vax_pipeline.core.feeds.places import Place, PlaceError, open_place, require_something
from vax_pipeline.core.feeds.readers import Source, open_engine
from vax_pipeline.core.feeds.reading import FileReading, quarantine_of
from vax_pipeline.core.feeds.rejects import QuarantineError
from vax_pipeline.core.feeds.settling import Settling
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.feeds.spool import SpoolError
from vax_pipeline.core.feeds.writing import Writer
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import transaction

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome
    from vax_pipeline.core.feeds.contract_run import Contract

TOGETHER_FILES = 500  # small ones
MOST_READERS = 4  # at a time: more would wait for Python's lock

OnFile = Callable[[FileResult], None]


def load_feed(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    dates: Sequence[date],
    *,
    load_id: str,
    loaded_at: datetime,
    on_file: OnFile | None = None,
    contract: "Contract | None" = None,
) -> FeedLoad:
    """Make raw hold what the landing folder holds, for some delivery dates of one feed.

    Args:
        connection: to a bootstrapped warehouse, no transaction open.
        dates: deliveries to bring up to date; others are left alone, whatever became of them.
        on_file: called after each file is dealt with.
        contract: `checks.contracts.validate`; its verdict never stops the loading.

    Raises:
        PlaceError: the landing place is missing, empty or out of reach. A vanished file is withdrawn,
            but an unmounted disk must not withdraw everything.
    """
    place = open_place(settings)
    settling = Settling(settings.settle_seconds, settings.landing_seen)
    landing = discover(place, [feed.name], settling, dates)
    with open_engine(settings) as engine:
        loader = _Loader(
            connection,
            feed,
            place,
            load_id=load_id,
            loaded_at=loaded_at,
            on_file=on_file,
            contracts=ContractRun(contract),
            engine=engine,
            temp=settings.temp,
            threads=settings.threads,
        )
        loader.load(
            [
                _Delivery(
                    day,
                    [file for file in landing.files if file.delivery_date == day],
                    {file.name for file in landing.waiting if file.delivery_date == day},
                )
                for day in sorted(set(dates))
                if (feed.name, day) not in landing.closed
            ]
        )
    outcomes = loader.writer.contracts.merged()
    own = tuple(o for o in outcomes if tuple(o.asset_key) == feed.raw_table.asset_key)
    return FeedLoad(
        feed.name,
        tuple(loader.results),
        len(landing.waiting),
        (*landing.problems, *loader.fetching.problems),
        own,
        tuple(o for o in outcomes if o not in own),
    )


@dataclass(frozen=True)
class _Delivery:
    """What lies there of a day, and the names of what is still being written."""

    day: date
    files: Sequence[LandingFile]
    waiting: set[str]


@dataclass(frozen=True)
class _Failure:
    """Large files whose transaction was rolled back; what was read of the first, to blame if it was alone."""

    files: Sequence[LandingFile]
    reading: FileReading
    error: Exception


class _Loader:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        feed: Feed,
        place: Place,
        *,
        load_id: str,
        loaded_at: datetime,
        on_file: OnFile | None,
        contracts: ContractRun,
        engine: Callable[[], duckdb.DuckDBPyConnection],
        temp: Path,
        threads: int,
    ) -> None:
        self.connection = connection
        self.feed = feed
        self.fetching = Fetching(place)
        self.load_id = load_id
        self.loaded_at = loaded_at
        self.on_file = on_file
        self.writer = Writer(connection, feed, load_id, loaded_at, contracts)
        self.engine = engine
        self.temp = temp
        # Of a far place one file at a time is at hand.
        self.threads = 1 if place.is_far else min(threads, MOST_READERS)
        # One of them is read to its end already, as a rule, and waits to be inserted.
        self.large_at_a_time = 1 if place.is_far else self.threads + 1
        self.children = {key: FEEDS[name] for key, name in feed.children.items()}
        self.results: list[FileResult] = []
        self.known: dict[str, deliveries.KnownFile] = {}

    def load(self, landed: Sequence[_Delivery]) -> None:
        """Bring deliveries up to date: load, replace, quarantine, withdraw."""
        known = {
            delivery.day: deliveries.known_files(self.connection, self.feed, delivery.day)
            for delivery in landed
        }
        self.known = {name: file for of_day in known.values() for name, file in of_day.items()}
        small: list[LandingFile] = []
        large: list[LandingFile] = []
        for delivery in landed:
            for file in delivery.files:
                # Asked once: one that is written again meanwhile may unpack to another size.
                (small if sizes.is_small(file, self.fetching.place) else large).append(file)
        # Of all deliveries at once: a transaction and a contract cost the same for a day's few rows as for
        # many, and the next files are read while the ones before are written.
        for together in self._read_small(small):
            self._write_together(together)
        self._load_large(large)
        for delivery in landed:
            self._withdraw_gone(delivery, known[delivery.day])

    def _withdraw_gone(
        self, delivery: _Delivery, known: Mapping[str, deliveries.KnownFile]
    ) -> None:
        present = delivery.waiting | {file.name for file in delivery.files}
        gone = [
            name
            for name, file in known.items()
            if name not in present and file.state != deliveries.WITHDRAWN
        ]
        if not gone:
            return
        if not delivery.files:
            require_something(self.fetching.place)
        with transaction(self.connection):
            withdrawn = deliveries.mark_withdrawn(
                self.connection,
                self.feed,
                delivery.day,
                gone,
                load_id=self.load_id,
                loaded_at=self.loaded_at,
            )
        for result in withdrawn:
            self._done(result)

    def _read_small(self, files: Sequence[LandingFile]) -> Iterator[list[FileReading]]:
        """Small files that are new or changed, read whole, in groups to be written together."""
        together: list[FileReading] = []
        size = 0
        readings = map(self._reading, files)
        for reading, found in each_ahead(self._read_if_new, readings, self.threads):
            if isinstance(found, PlaceError):
                self.fetching.failed(reading.file, found)
            elif isinstance(found, Exception):
                self._quarantine(reading, quarantine_of(found))
            elif isinstance(found, deliveries.KnownFile):
                self._unchanged(reading, found)
            else:
                together.append(reading)
                size += sizes.bytes_of(reading.file)
            if size >= sizes.TOGETHER_BYTES or len(together) >= TOGETHER_FILES:
                yield together
                together, size = [], 0
        if together:
            yield together

    def _read_if_new(
        self, reading: FileReading
    ) -> tuple[FileReading, deliveries.KnownFile | Exception | None]:
        """Read a file whole, maybe in another thread; or what is known of it already, or what went wrong.

        Raises:
            SpoolError: the disk is full.
        """
        known = self.known.get(reading.file.name)
        if known is not None and self.fetching.is_needless(reading.file, known):
            return reading, known
        try:
            with self.fetching.at_hand(reading):
                reading.source.content = reading.source.path.read_bytes()
                reading.sha256 = hashlib.sha256(reading.source.content).hexdigest()
                known = self._loaded_before(reading)
                if known is None:
                    reading.read_whole()
                return reading, known
        except SpoolError:
            raise
        except Exception as error:
            return reading, error
        finally:
            reading.source.content = None

    def _write_together(self, together: list[FileReading]) -> None:
        replaced = [r.file.name for r in together if r.file.name in self.known]
        try:
            self.writer.write(together, replaced)
        except (duckdb.DataError, duckdb.InvalidInputException) as error:
            if len(together) == 1:
                self._quarantine(together[0], quarantine_of(error))
            else:  # one of them holds something the table won't take: find it, load the others
                for reading in together:
                    self._write_together([reading])
            return
        for reading in together:
            self._done(reading.result())

    def _load_large(self, files: Sequence[LandingFile]) -> None:
        """Files too large to hold, read while others are inserted. When one fails, each that shares its
        transaction is loaded alone."""
        groups = deque(sizes.grouped(files))
        while groups:
            failure = self._load_groups(groups)
            if failure is None:
                continue
            if len(failure.files) > 1:
                for file in failure.files:
                    self._load_large([file])
            elif isinstance(failure.error, PlaceError):
                self.fetching.failed(failure.files[0], failure.error)
            else:
                self._quarantine(failure.reading, quarantine_of(failure.error))

    def _load_groups(self, groups: deque[list[LandingFile]]) -> "_Failure | None":
        """Take away groups and load them, up to one that fails."""
        readings = map(self._reading, [file for group in groups for file in group])
        check = partial(self.writer.check, self.feed.name)
        with closing(large_files(readings, self._at_hand, check, self.large_at_a_time)) as larges:
            while groups:
                group = groups.popleft()
                begun: list[LargeFile] = []
                try:
                    with transaction(self.connection):
                        outcomes = self._insert(noted(islice(larges, len(group)), begun))
                except (
                    PlaceError,
                    QuarantineError,
                    OSError,
                    duckdb.DataError,
                    duckdb.InvalidInputException,
                ) as error:
                    reading = begun[0].reading if begun else self._reading(group[0])
                    return _Failure(group, reading, error)
                self.writer.contracts.add(outcomes)
                for large in begun:
                    reading = large.reading
                    self._done(reading.unchanged() if large.is_known else reading.result())
        return None

    @contextmanager
    def _at_hand(self, reading: FileReading) -> Generator[bool]:
        """A large file, maybe in another thread; whether it is what was loaded before."""
        if self.fetching.is_needless(reading.file, self.known.get(reading.file.name)):
            yield True
            return
        with self.fetching.at_hand(reading):
            with reading.source.path.open("rb") as stream:
                reading.sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            yield self._loaded_before(reading) is not None

    def _insert(self, larges: Iterator[LargeFile]) -> "list[CheckOutcome]":
        """Files of one transaction: those never seen as one stream, each of the others by itself."""
        outcomes: list[CheckOutcome] = []
        for known, together in groupby(larges, lambda x: self.known.get(x.reading.file.name)):
            if known is None:
                outcomes += self.writer.stream(together)
                continue
            for large in together:
                if large.is_known:
                    self._touch(large.reading, known)
                else:
                    outcomes += self.writer.stream([large], replaced=[large.reading.file.name])
        return outcomes

    def _loaded_before(self, reading: FileReading) -> deliveries.KnownFile | None:
        """What is known of a file when the same bytes of it are loaded."""
        known = self.known.get(reading.file.name)
        if known is None or known.sha256 != reading.sha256 or known.state != deliveries.LOADED:
            return None
        return known

    def _unchanged(self, reading: FileReading, known: deliveries.KnownFile) -> None:
        self._touch(reading, known)
        self._done(reading.unchanged())

    def _touch(self, reading: FileReading, known: deliveries.KnownFile) -> None:
        if known.stamp != reading.file.stamp:
            deliveries.touch(self.connection, reading.file.name, reading.file.stamp)

    def _quarantine(self, reading: FileReading, error: QuarantineError) -> None:
        known = self.known.get(reading.file.name)
        if (
            known is not None
            and known.state == deliveries.FAILED
            and (known.sha256, known.reason_code) == (reading.sha256, str(error.code))
        ):
            self._unchanged(reading, known)  # tried again, still bad: the same bytes change nothing
            return
        result = deliveries.quarantined(reading.result(), error)
        with transaction(self.connection):
            deliveries.write_quarantine(
                self.connection, self.feed, result, self.load_id, self.loaded_at
            )
        self._done(result)

    def _reading(self, file: LandingFile) -> FileReading:
        source = Source(self.feed, Path(file.name), None, self.engine, self.children)
        return FileReading(file, source, self.fetching.place, self.temp)

    def _done(self, result: FileResult) -> None:
        self.results.append(result)
        if self.on_file is not None:
            self.on_file(result)
