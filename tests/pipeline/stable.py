"""Where runs are bred to be killed: a process that has imported everything and forks for each of them.

`python -m tests.pipeline.stable` reads one JSON list a line from stdin: a home, and the steps to run on it
(none: all). It answers with the process id of a child, leader of its own process group, that does what
`vax run` does; then, once the child is gone, with its wait status.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from select import select
from typing import IO, Any
from unittest.mock import patch

from tests.command import ROOT, environment

Steps = tuple[str, ...]
# What a run imports only when it gets there.
_IMPORTED_LATE = (
    "checks.expectations.data_docs",
    "vax_pipeline.cli.pipeline",
    "vax_pipeline.core.identity.prediction",
    "vax_pipeline.defs.launch",
)


@dataclass(frozen=True)
class Bred:
    """A run of the stable, seen from the test."""

    process: int
    answers: IO[bytes]

    def has_ended(self, within: float) -> bool:
        """Wait so many seconds for it to end by itself."""
        return bool(select([self.answers], [], [], within)[0])

    def status(self) -> int:
        """How it ended: 0 well, -9 killed; waits for the end."""
        return os.waitstatus_to_exitcode(_number(self.answers))


class Stable:
    """The process, seen from the test. One run at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.pipeline.stable"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def start(self, home: Path, steps: Steps) -> Bred:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(home), steps]).encode() + b"\n")
        return Bred(_number(self._process.stdout), self._process.stdout)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def _number(answers: IO[bytes]) -> int:
    line = b""
    while not line.endswith(b"\n"):
        read = answers.read(1)
        assert read, "the stable is gone: see its messages above"
        line += read
    return int(line)


def _run(whole: Any, home: Path, steps: Steps) -> bool:
    """`vax run`; of a part of the steps no figures, which are of tables that may not be there yet."""
    from vax_pipeline import definitions
    from vax_pipeline.cli import pipeline
    from vax_pipeline.core.home import held
    from vax_pipeline.core.settings import Settings

    class Narrowed:
        def resolve_job_def(self, name: str) -> Any:
            return whole.resolve_job_def(name).get_subset(op_selection=steps)

    settings = Settings(home=home)
    with held(settings), patch.object(definitions, "defs", Narrowed if steps else lambda: whole):
        if not steps:
            return pipeline.run_pipeline(settings).ok
        with patch.object(pipeline, "summarize", lambda *_: {"accounting": {"closed": True}}):
            return pipeline.run_pipeline(settings).ok


def _serve() -> None:
    from vax_pipeline.definitions import defs

    for late in _IMPORTED_LATE:
        import_module(late)
    whole = defs()
    whole.resolve_job_def("vax")
    for line in sys.stdin:
        home, steps = json.loads(line)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            log = os.open(f"{home}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
            for stream, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
                os.dup2(descriptor, stream)
            os._exit(0 if _run(whole, Path(home), tuple(steps)) else 1)
        os.setpgid(child, child)
        _answer(child)
        _answer(os.waitpid(child, 0)[1])


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
