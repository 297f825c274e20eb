"""Work done in threads of its own, a few items ahead of whoever consumes it.

Loading a large file is parsing and inserting, small files are parsed one by one; all of it lets go of
Python's lock, so that one can use the second core while another waits for it.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")
_END = object()
_LOOK_AGAIN_SECONDS = 0.1


@contextmanager
def ahead(items: Iterable[T], depth: int = 2) -> Generator[Iterable[T]]:
    """The same items in the same order, at most `depth` of them waiting; errors come through.

    On leaving, the thread ends with the item it is at, whether or not all were consumed.
    """
    waiting: queue.Queue[object] = queue.Queue(depth)
    left = threading.Event()

    def put(item: object) -> bool:
        while not left.is_set():
            try:
                waiting.put(item, timeout=_LOOK_AGAIN_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(item):
                    return
        except BaseException as error:
            put(_Raised(error))
        else:
            put(_END)

    def consume() -> Generator[T]:
        while (item := waiting.get()) is not _END:
            if isinstance(item, _Raised):
                raise item.error
            yield cast(T, item)

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        yield consume()
    finally:
        left.set()
        thread.join()


def each_ahead(work: Callable[[T], R], items: Iterable[T], threads: int) -> Generator[R]:
    """What `work` makes of each item, in their order, of `threads` at a time; errors come through.

    With one thread each is done when it is asked for, by whoever asks.
    """
    if threads == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="ahead")
    begun: deque[Future[R]] = deque()
    try:
        for item in items:
            begun.append(pool.submit(work, item))
            if len(begun) > threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error
