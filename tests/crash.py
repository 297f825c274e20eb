"""Crashes at every step: a piece of work is killed before each change it makes to the file system.

For what a random kill would hit once in a million: between two renames, after a file was opened and
before it was written. What DuckDB and other libraries write from C is not seen here.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator

CHANGES = frozenset(
    {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.truncate"}
)


def every_crash(work: Callable[[], object]) -> Iterator[int]:
    """Kill `work` at its first change, then at its second, until it lives to its end.

    Yields the number of the change after each death, for the caller to look at what is left. A file
    opened for writing counts twice: it is killed before, and once with the file empty.
    """
    number = 1
    while _dies(work, number):
        yield number
        number += 1
    assert number > 1, "the work changes nothing"


def _dies(work: Callable[[], object], number: int) -> bool:
    process = os.fork()
    if process == 0:
        try:
            sys.addaudithook(_Killer(number))
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(process, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the work failed by itself: see stderr"
    return False


class _Killer:
    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in CHANGES:
            self._count()
        elif event == "open":
            path, _, flags = arguments
            if isinstance(path, str) and isinstance(flags, int) and flags & os.O_TRUNC:
                self._count()
                self._count(emptied=path)

    def _count(self, emptied: str | None = None) -> None:
        self.left -= 1
        if self.left == 0:
            if emptied is not None:
                os.truncate(os.open(emptied, os.O_CREAT | os.O_WRONLY), 0)
            os.kill(os.getpid(), signal.SIGKILL)
