"""Peak memory of another process and all below it, while it runs.

Proportional set size: memory that several processes share, as PostgreSQL's buffers, counts once.
"""

import re
import subprocess
import time
from pathlib import Path

_SHORTEST_WAIT = 0.1
_WAITS_A_READING = 10  # reading takes a large process some time: let it work for most of it


def watched(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process to end; its highest memory and that of its children, in 10^9 bytes."""
    peak = 0
    while process.poll() is None:
        started = time.perf_counter()
        peak = max(peak, _tree_pss(process.pid))
        spent = time.perf_counter() - started
        time.sleep(max(_SHORTEST_WAIT, _WAITS_A_READING * spent))
    return peak / 1e9


def _tree_pss(root: int) -> int:
    """Bytes of a process and all below it; processes that end meanwhile count nothing."""
    total, waiting = 0, [root]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        try:
            found = re.search(
                r"^Pss: +(\d+) kB", (folder / "smaps_rollup").read_text(), re.MULTILINE
            )
            total += int(found[1]) * 1024 if found else 0
            for task in (folder / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total
