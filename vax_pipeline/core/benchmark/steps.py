"""Steps of a measurement: seconds of each round, and when they ran, so that their memory can be told."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from vax_pipeline.core.benchmark.sampling import MemorySampler
from vax_pipeline.core.dbt_environment import profile_environment
from vax_pipeline.core.settings import DBT_PROJECT_DIR, Settings


@dataclass
class Steps:
    """By step, one entry a round: seconds, and start and end in seconds since the epoch."""

    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    spans: dict[str, list[tuple[float, float]]] = field(
        default_factory=dict[str, list[tuple[float, float]]]
    )

    def timed(self, step: str, work: Callable[[], object]) -> float:
        """Do the work; returns its seconds."""
        with self.step(step):
            work()
        return self.seconds[step][-1]

    @contextmanager
    def step(self, step: str) -> Generator[None]:
        """Time what is done meanwhile."""
        started, at = time.perf_counter(), time.time()
        yield
        self._note(step, time.perf_counter() - started, (at, time.time()))

    def dbt(self, settings: Settings, verb: str, nodes: Sequence[str]) -> float:
        """Build nodes with dbt, a step each; seconds from the first one's start to the last one's end.

        Raises:
            RuntimeError: dbt failed; its output is the message.
        """
        results = _dbt(settings, verb, nodes)
        spans = [_span(result["timing"]) for result in results]
        for result, span in zip(results, spans, strict=True):
            self._note(result["unique_id"].split(".", 2)[2], span[1] - span[0], span)
        return max(ended for _, ended in spans) - min(started for started, _ in spans)

    def as_rows(self, memory: MemorySampler) -> list[dict[str, Any]]:
        """Per step its name, the median of its seconds and its highest memory (10^9 bytes)."""
        return [
            {
                "name": name,
                "seconds": round(median(spent), 2),
                "peak_rss_gb": round(max(memory.peak_gb(a, b) for a, b in self.spans[name]), 2),
            }
            for name, spent in self.seconds.items()
        ]

    def _note(self, step: str, seconds: float, span: tuple[float, float]) -> None:
        self.seconds.setdefault(step, []).append(seconds)
        self.spans.setdefault(step, []).append(span)


def _dbt(settings: Settings, verb: str, nodes: Sequence[str]) -> list[dict[str, Any]]:
    target = settings.dbt_target
    done = subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--quiet", verb, "--select", *nodes,
            "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
        ],
        env=os.environ
        | profile_environment(settings)
        | {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"dbt could not {verb} {', '.join(nodes)}: {done.stdout[-2000:]}")
    return json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]


def _span(timing: Sequence[Mapping[str, str]]) -> tuple[float, float]:
    """When a node was executed."""
    (executed,) = (part for part in timing if part["name"] == "execute")
    started, ended = (
        datetime.fromisoformat(executed[key].replace("Z", "+00:00")).timestamp()
        for key in ("started_at", "completed_at")
    )
    return started, ended
