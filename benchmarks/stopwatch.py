"""Seconds by step, told on stderr while it runs and written down at the end."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Stopwatch:
    """Steps of one engine. What lies between them is not counted."""

    engine: str
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what is done within; a step of the same name is added to."""
        sys.stderr.write(f"{self.engine}: {name}\n")
        started = time.perf_counter()
        yield
        spent = time.perf_counter() - started
        self.seconds[name] = self.seconds.get(name, 0.0) + spent

    def write(self, path: Path, **facts: str) -> None:
        """Write the steps and what else is to be known of the run."""
        document = {"engine": self.engine, "steps": self.seconds, **facts}
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
