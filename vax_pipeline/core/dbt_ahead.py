"""Starting dbt's processes before they are needed, and telling them what to do."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence

from vax_pipeline.core import dbt_process
from vax_pipeline.core.settings import DBT_PROJECT_DIR

# What dbt is told by its environment whatever it is to do.
_ALWAYS = {
    "DBT_LOG_FORMAT": "json",
    "DBT_PROFILES_DIR": str(DBT_PROJECT_DIR),
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_WRITE_JSON": "false",  # a manifest a run, as large as the one it was handed, that nobody reads
    "PYTHONUNBUFFERED": "1",
}


def start() -> subprocess.Popen[bytes]:
    """A process that gets ready and then waits for `tell`; what dbt prints is on its stdout."""
    return subprocess.Popen(
        [sys.executable, "-m", dbt_process.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=DBT_PROJECT_DIR,
        env={**os.environ, **_ALWAYS, dbt_process.RUN_PROCESS: str(os.getpid())},
    )


def tell(
    process: subprocess.Popen[bytes],
    arguments: Sequence[str],
    environment: Mapping[str, str],
    standing: Iterable[str] = (),
) -> None:
    """Let a process of `start` run dbt; one that has died meanwhile has its output and its code to say so.

    Args:
        standing: unique ids of nodes to leave out of what the arguments select by a tag.
    """
    assert process.stdin is not None
    order = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "standing": list(standing),
    }
    try:
        with process.stdin as waiting:
            waiting.write(f"{json.dumps(order)}\n".encode())
    except BrokenPipeError:
        return


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it does, and wait until it is gone."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
