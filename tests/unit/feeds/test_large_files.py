"""Large files in their order, read ahead: rows of each, errors kept with the file they are of."""

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from checks.outcome import CheckOutcome, measured
from vax_pipeline.core.feeds.large_files import LargeFile, large_files
from vax_pipeline.core.feeds.reading import FileReading

PATIENCE_SECONDS = 30.0
DAY = date(2021, 11, 8)


class Files:
    """Readings of given rows, and what became of them."""

    def __init__(self) -> None:
        self.begun: dict[str, threading.Event] = {}
        self.lent: list[str] = []
        self.known: set[str] = set()

    def reading(self, name: str, rows: Sequence[int | Exception]) -> FileReading:
        begun = self.begun[name] = threading.Event()

        def read() -> Iterator[pl.DataFrame]:
            begun.set()
            for row in rows:
                if isinstance(row, Exception):
                    raise row
                yield pl.DataFrame({"row": [row]})

        file = SimpleNamespace(name=name, delivery_date=DAY)
        return cast(FileReading, SimpleNamespace(file=file, read=read))

    @contextmanager
    def at_hand(self, reading: FileReading) -> Generator[bool]:
        self.lent.append(reading.file.name)
        try:
            yield reading.file.name in self.known
        finally:
            self.lent.remove(reading.file.name)

    def check(self, rows: pl.DataFrame) -> list[CheckOutcome]:
        return [measured("check", "pandera", ("raw", "doses"), evaluated=rows.height, failed=0)]


def rows_of(large: LargeFile) -> list[tuple[int, str, date]]:
    return [row for rows in large.rows for row in rows.rows()]


def test_each_file_has_its_own_rows_named_and_checked() -> None:
    files = Files()
    files.known = {"known"}
    readings = [
        files.reading("a", [1, 2, 3]),
        files.reading("empty", []),
        files.reading("known", [4]),
        files.reading("b", [5]),
    ]
    with closing(large_files(readings, files.at_hand, files.check, 2)) as larges:
        found = [(x.reading.file.name, rows_of(x), len(x.outcomes), x.is_known) for x in larges]
    assert found == [
        ("a", [(1, "a", DAY), (2, "a", DAY), (3, "a", DAY)], 3, False),
        ("empty", [], 0, False),
        ("known", [], 0, True),
        ("b", [(5, "b", DAY)], 1, False),
    ]
    assert not files.begun["known"].is_set()
    assert files.lent == []


def test_an_error_ends_the_rows_of_its_file_alone() -> None:
    files = Files()
    wrong = ValueError("not readable")
    readings = [
        files.reading("cut", [1, wrong]),
        files.reading("none", [wrong]),
        files.reading("b", [2]),
    ]
    with closing(large_files(readings, files.at_hand, files.check, 2)) as larges:
        found = [(rows_of(large), large.error) for large in larges]
    assert found == [([(1, "cut", DAY)], wrong), ([], wrong), ([(2, "b", DAY)], None)]


def test_the_next_file_is_read_while_the_rows_of_one_are_used() -> None:
    files = Files()
    readings = [files.reading("a", [1]), files.reading("b", [2])]
    with closing(large_files(readings, files.at_hand, files.check, 2)) as larges:
        a = next(larges)
        assert files.begun["b"].wait(PATIENCE_SECONDS)
        assert rows_of(a) == [(1, "a", DAY)]
        assert rows_of(next(larges)) == [(2, "b", DAY)]


@pytest.mark.parametrize("at_a_time", [1, 3])
def test_as_many_files_are_at_hand_as_said_and_no_more(at_a_time: int) -> None:
    files = Files()
    readings = [files.reading(str(n), range(100)) for n in range(6)]
    most = 0
    with closing(large_files(readings, files.at_hand, files.check, at_a_time)) as larges:
        for n, large in enumerate(larges):
            for ahead in range(n, min(n + at_a_time, 6)):
                assert files.begun[str(ahead)].wait(PATIENCE_SECONDS)
            most = max(most, len(files.lent))
            assert len(rows_of(large)) == 100
    assert most == at_a_time


@pytest.mark.parametrize("taken", [1, 2])
def test_who_leaves_early_leaves_no_thread_behind(taken: int) -> None:
    files = Files()
    readings = (files.reading(str(n), range(100)) for n in range(100))
    with closing(large_files(readings, files.at_hand, files.check, 2)) as larges:
        for _ in range(taken):
            next(larges)
    assert "ahead" not in {thread.name for thread in threading.enumerate()}
    assert len(files.begun) == taken + 1
    assert files.lent == []


def test_no_file_stays_at_hand_while_an_error_is_told() -> None:
    files = Files()
    readings = [files.reading("cut", [ValueError("not readable")]), files.reading("b", range(100))]
    with closing(large_files(readings, files.at_hand, files.check, 2)) as larges:
        cut = next(larges)
        assert files.begun["b"].wait(PATIENCE_SECONDS)
    assert cut.error is not None
    assert files.lent == []
