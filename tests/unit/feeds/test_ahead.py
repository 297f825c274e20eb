"""Work ahead of its consumer: in order, no further than said, and nothing of it swallowed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vax_pipeline.core.feeds.ahead import each_ahead
from vax_pipeline.core.feeds.readers import open_engine
from vax_pipeline.core.settings import Settings


def test_results_come_in_the_order_of_the_items_whoever_is_done_first() -> None:
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_done.wait(10)
        elif item == 1:
            second_is_done.set()
        return item * 10

    assert list(each_ahead(work, range(5), 2)) == [0, 10, 20, 30, 40]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_comes_through_in_its_place_and_ends_the_work(threads: int) -> None:
    def work(item: int) -> int:
        if item == 2:
            raise OSError("disk")
        return item

    done: list[int] = []
    with pytest.raises(OSError, match="disk"):
        done.extend(each_ahead(work, range(1000), threads))
    results = each_ahead(work, range(1000), threads)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(OSError, match="disk"):
        next(results)


@pytest.mark.parametrize(("threads", "taken"), [(1, 1), (2, 3), (3, 4)])
def test_no_more_items_are_taken_than_a_few_ahead(threads: int, taken: int) -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1000):
            asked.append(item)
            yield item

    results = each_ahead(lambda item: item, items(), threads)
    assert next(results) == 0
    assert len(asked) == taken
    results.close()
    assert len(asked) == taken


def test_one_thread_is_that_of_the_consumer() -> None:
    here = threading.get_ident()
    assert set(each_ahead(lambda _: threading.get_ident(), range(3), 1)) == {here}
    assert here not in set(each_ahead(lambda _: threading.get_ident(), range(3), 2))


def test_what_a_thread_registers_in_the_readers_engine_no_other_sees(tmp_path: Path) -> None:
    with open_engine(Settings(home=tmp_path)) as engine:

        def count(rows: int) -> int:
            barrier.wait(10)
            engine().execute(f"create or replace temp table documents as from range({rows})")
            barrier.wait(10)
            [(found,)] = engine().execute("select count(*) from documents").fetchall()
            return int(found)

        barrier = threading.Barrier(2)
        assert list(each_ahead(count, [3, 5], 2)) == [3, 5]
        assert engine() is engine()
