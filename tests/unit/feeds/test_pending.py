"""What is left to load, told without opening a file, however many have landed."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from landing_home import DAY, NOW, Home, attestation, csv

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.pending import MARKS, loaded_marks, look
from vax_pipeline.core.publishing import release

OLD = NOW.timestamp()


def publish(home: Home) -> None:
    """A release of what is loaded, as far as looking asks it."""
    directory = release.begin(home.settings, f"run-{home.loads}")
    deliveries = home.connection.sql("select * from raw.deliveries").to_arrow_table()
    with duckdb.connect(str(directory / "bi.duckdb")) as bi:
        bi.execute("create schema raw")
        bi.execute("create table raw.deliveries as select * from deliveries")
    facts = {MARKS: loaded_marks(home.connection)}
    at = NOW + timedelta(hours=home.loads)
    release.finish(home.settings, f"run-{home.loads}", as_of=at, released_at=at, facts=facts)
    assert len(deliveries) > 0


def days(home: Home, settle_seconds: int = 3600) -> list[date]:
    settings = home.settings.model_copy(update={"settle_seconds": settle_seconds})
    return list(look(settings, today=DAY).days)


def settled(path: Path) -> Path:
    os.utime(path, (OLD, OLD))
    return path


def test_a_loaded_file_that_is_being_written_again_is_not_pending_until_it_has_settled(
    home: Home,
) -> None:
    settled(home.put(csv(attestation("A1"))))
    settled(home.put(csv(attestation("B1")), "b.csv"))
    home.load()
    publish(home)
    assert days(home) == []
    again = home.put(csv(attestation("A2")))
    assert days(home) == []
    settled(home.put(csv(attestation("C1")), "c.csv"))  # settled: no reason to wait for the other
    assert days(home) == [DAY]
    home.settings = home.settings.model_copy(update={"settle_seconds": 3600})
    home.load()
    publish(home)
    assert home.loaded_keys() == ["A1", "B1", "C1"]
    assert days(home) == []
    settled(again)
    os.utime(again, (OLD + 1, OLD + 1))
    assert days(home) == [DAY]


def test_a_release_of_before_may_lack_the_version_of_files(home: Home) -> None:
    home.connection.execute("alter table raw.deliveries drop column file_version")
    try:
        home.put(csv(attestation("A1")))
        home.connection.execute(
            "insert into raw.deliveries by name select 'attestations' as feed, "
            "?::date as delivery_date, 'loaded' as state, ? as file, 1 as file_bytes, "
            "2 as file_mtime_ns",
            [DAY, f"attestations/{DAY}/a.csv"],
        )
        publish(home)
        assert days(home) == []
    finally:
        home.connection.execute("alter table raw.deliveries add column file_version varchar")


def test_everything_asks_for_vanished_dates_too(home: Home) -> None:
    home.put(csv(attestation("A1"))).touch()
    home.load()
    publish(home)
    (home.settings.landing / "attestations" / str(DAY) / "a.csv").unlink()
    assert look(home.settings, today=DAY, everything=True).days == (DAY,)


class Watch:
    """What this process asks of the file system while `is_on`; audit hooks stay for ever."""

    def __init__(self) -> None:
        self.is_on = False
        self.below = ""
        self.opened: list[str] = []
        self.listed = 0

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on or event not in ("open", "os.scandir", "os.listdir"):
            return
        if str(arguments[0]).startswith(self.below):
            if event == "open":
                self.opened.append(str(arguments[0]))
            else:
                self.listed += 1


@pytest.fixture(scope="module")
def watch() -> Watch:
    watch = Watch()
    sys.addaudithook(watch.hear)
    return watch


@pytest.fixture
def watching(home: Home, watch: Watch) -> Iterator[Callable[[], Watch]]:
    def start() -> Watch:
        watch.below, watch.opened, watch.listed = str(home.settings.landing), [], 0
        watch.is_on = True
        return watch

    yield start
    watch.is_on = False


def test_ten_thousand_files_are_told_by_listing_each_folder_once_and_opening_none(
    home: Home, watching: Callable[[], Watch]
) -> None:
    feeds, dates = list(FEEDS)[:10], [DAY - timedelta(days=n) for n in range(100)]
    for feed in feeds:
        for day in dates:
            folder = home.settings.landing / feed / str(day)
            folder.mkdir(parents=True)
            for number in range(10):
                (folder / f"{number}.csv").touch()
    seen = watching()
    pending = look(home.settings, today=DAY)
    assert (len(pending.days), pending.waiting) == (100, 0)
    assert seen.opened == []
    assert seen.listed == 1 + len(feeds) + len(feeds) * len(dates)


def test_the_watch_would_see_a_file_that_is_opened(
    home: Home, watching: Callable[[], Watch]
) -> None:
    path = home.put(csv(attestation("A1")))
    seen = watching()
    path.read_bytes()
    assert seen.opened == [str(path)]
