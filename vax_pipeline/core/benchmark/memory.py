"""Resident memory of this process and its children, sampled from /proc while something runs."""

import os
import threading
import time
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_INTERVAL_SECONDS = 0.2


class MemorySampler:
    """Samples in a thread; `peak_gb(start, end)` answers for any stretch of the run."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "MemorySampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def peak_gb(self, started: float = 0.0, ended: float = float("inf")) -> float:
        """Highest sample between two instants (seconds since the epoch), in 10^9 bytes."""
        within = [rss for at, rss in self._samples if started <= at <= ended]
        if not within:  # shorter than the interval: the nearest sample is the best there is
            within = [
                rss for _, rss in sorted(self._samples, key=lambda s: abs(s[0] - started))[:1]
            ]
        return max(within, default=0) / 1e9

    def _sample(self) -> None:
        while not self._done.is_set():
            self._samples.append((time.time(), _tree_rss(os.getpid())))
            self._done.wait(_INTERVAL_SECONDS)


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
