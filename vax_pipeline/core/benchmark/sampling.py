"""What a measurement holds while it runs: resident memory and space on disk, sampled in a thread."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

_PAGE = os.sysconf("SC_PAGE_SIZE")


class _Sampler:
    """Samples in a thread; `peak_gb(start, end)` answers for any stretch of the run."""

    def __init__(self, read: Callable[[], int], every_seconds: float) -> None:
        self._read = read
        self._every_seconds = every_seconds
        self._samples: list[tuple[float, int]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def peak_gb(self, started: float = 0.0, ended: float = float("inf")) -> float:
        """Highest sample between two instants (seconds since the epoch), in 10^9 bytes."""
        within = [held for at, held in self._samples if started <= at <= ended]
        if not within:  # shorter than the interval: the nearest sample is the best there is
            within = [
                held for _, held in sorted(self._samples, key=lambda s: abs(s[0] - started))[:1]
            ]
        return max(within, default=0) / 1e9

    def _sample(self) -> None:
        while not self._done.is_set():
            self._samples.append((time.time(), self._read()))
            self._done.wait(self._every_seconds)
        self._samples.append((time.time(), self._read()))  # what is left at the end


class MemorySampler(_Sampler):
    """Resident memory of this process and its children, five times a second."""

    def __init__(self) -> None:
        super().__init__(lambda: _tree_rss(os.getpid()), 0.2)


class DiskSampler(_Sampler):
    """What lies in a folder, every other second: a home with what its engine puts aside meanwhile."""

    def __init__(self, folder: Path) -> None:
        super().__init__(lambda: folder_bytes(folder), 2.0)


def folder_bytes(folder: Path) -> int:
    """What a folder holds on disk; a file of several names once, one that goes meanwhile not at all."""
    held: dict[tuple[int, int], int] = {}
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        found = entry.stat(follow_symlinks=False)
                        held[found.st_dev, found.st_ino] = found.st_blocks * 512
        except FileNotFoundError:
            continue
    return sum(held.values())


def _tree_rss(root: int) -> int:
    """Resident bytes of a process and all below it; processes that end meanwhile count nothing."""
    total = 0
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total
