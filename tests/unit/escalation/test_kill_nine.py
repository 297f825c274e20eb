"""kill -9 between evaluating and marking sent, over random histories: no `finally` of ours runs.

Each tick is a process forked from a clean one, killed by itself at a random point. `VAX_KILL_SEED` repeats
a life that failed.
"""

import json
import multiprocessing
import os
import random
import signal
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.escalation.country import RECEIVED, Country
from tests.unit.escalation.lives import POINTS, Filed, Told, check_life, lines_of, publish
from vax_pipeline.core.escalation.channels import Notice
from vax_pipeline.core.escalation.tick import tick
from vax_pipeline.core.settings import Settings

KILLS_IN_CI = 30
KILLS_AT_LENGTH = 300
TICKS_A_LIFE = 6
# Forked before any thread runs: a fork in the middle of them would inherit their locks.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.unit.escalation.test_kill_nine"])


@dataclass(frozen=True)
class LogFile:
    """A channel that writes down what it was handed, so that it outlives the process."""

    path: Path

    def needs_email(self, recipient_code: str) -> bool:
        return False

    def send(self, notice: Notice) -> None:
        text = "".join(json.dumps(asdict(line)) + "\n" for line in lines_of(notice))
        with self.path.open("ab", buffering=0) as log:
            log.write(text.encode())

    def told(self) -> list[Told]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [Told(**json.loads(line)) for line in lines]


def tick_until_killed(settings: Settings, log: LogFile, at: datetime, point: str) -> None:
    def faults(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    tick(settings, at, channel=log, faults=faults)


def live_and_be_killed(home: Path, seed: int) -> int:
    """One life: random complaints, ticks each killed at a random point; returns the kills."""
    chance = random.Random(seed)
    country = Country(Settings(home=home, memory_limit="1GB", threads=1))
    log = LogFile(home / "handed_over.ndjson")
    filed = [complaint(chance, number) for number in range(chance.randint(3, 12))]
    last, kills = RECEIVED, 0
    for _ in range(TICKS_A_LIFE):
        last += timedelta(minutes=chance.randint(1, 60 * 48))
        publish(country, filed, last)
        arguments = (country.settings, log, last, chance.choice(POINTS))
        process = PROCESSES.Process(target=tick_until_killed, args=arguments)
        process.start()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
        kills += process.exitcode != 0
    last += timedelta(days=1)
    publish(country, filed, last)
    tick(country.settings, last, channel=log)
    check_life(country, filed, log.told(), last)
    assert tick(country.settings, last, channel=log).sending.sent == 0
    return kills


def complaint(chance: random.Random, number: int) -> Filed:
    received = RECEIVED + timedelta(minutes=chance.randint(0, 60 * 24 * 5))
    takes = chance.choice([None, chance.randint(0, 60 * 24 * 10)])
    met_at = None if takes is None else received + timedelta(minutes=takes)
    return Filed(f"C-{number}", received, met_at)


@pytest.mark.parametrize(
    "kills", [KILLS_IN_CI, pytest.param(KILLS_AT_LENGTH, marks=pytest.mark.slow)]
)
def test_killed_again_and_again_all_that_is_due_is_told_once(tmp_path: Path, kills: int) -> None:
    given = os.environ.get("VAX_KILL_SEED")
    seed = int(given) if given else random.SystemRandom().randrange(1 << 32)
    done = 0
    while done < kills:
        print(f"VAX_KILL_SEED={seed}")  # noqa: T201 (shown when it fails)
        done += live_and_be_killed(tmp_path / str(seed), seed)
        if given:
            return
        seed += 1
