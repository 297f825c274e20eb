"""kill -9 between evaluating and marking sent: a real process, no `finally` of ours runs."""

import signal
import subprocess
import sys

import pytest

from tests.unit.escalation.country import Country, after, clock
from vax_pipeline.core.escalation.auditor import audit
from vax_pipeline.core.escalation.tick import tick

CHILD = """
import os, signal, sys
from pathlib import Path
from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.escalation.tick import tick
from vax_pipeline.core.settings import Settings

def faults(point):
    if point == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(home=Path(sys.argv[1]), memory_limit="1GB", threads=1)
tick(settings, parse_instant(sys.argv[3]), faults=faults)
"""


@pytest.mark.slow
@pytest.mark.parametrize("point", ["recording", "recorded", "delivered", "filed", "marked"])
def test_a_killed_process_loses_nothing_and_repeats_nothing(country: Country, point: str) -> None:
    country.publish(*(clock(f"C-{n}") for n in range(50)))
    child = [sys.executable, "-c", CHILD, str(country.settings.root), point]
    killed = subprocess.run([*child, after(36).isoformat()], check=False)
    assert killed.returncode == -signal.SIGKILL
    tick(country.settings, after(36.1))
    assert {country.states(f"C-{n}")["1"] for n in range(50)} == {"sent"}
    assert country.mail() == {"F-1": 1, "TTYT-1": 1}
    assert audit(country.settings).failed == 0
