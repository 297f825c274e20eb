"""A run of Dagster's daemon that was killed hinders nobody: not `vax run`, not the daemon's next run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.command import ROOT, environment, vax
from tests.pipeline.conftest import Province, fresh_home
from tests.pipeline.killing import states_of_runs, where_it_was
from tests.tables import Hashes, table_hashes
from vax_pipeline.core.clock import today_on_the_wall
from vax_pipeline.core.feeds.pending import look
from vax_pipeline.core.settings import Settings

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
_PATIENCE_SECONDS = 600


@pytest.fixture
def home(province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home as `make daemon` prepares it."""
    home = fresh_home(province, tmp_path / "home")
    (home / "dagster").mkdir()
    shutil.copy(ROOT / "dagster.yaml", home / "dagster")
    monkeypatch.setenv("VAX_HOME", str(home))
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    return home


@contextmanager
def daemon(log: Path) -> Iterator[None]:
    """`make daemon`."""
    with log.open("w") as told:
        process = subprocess.Popen(
            [BIN / "dagster-daemon", "run", "-w", "workspace.yaml"],
            cwd=ROOT,
            env=environment(),
            stdout=told,
            stderr=told,
            process_group=0,
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def launch(home: Path) -> None:
    """What the button in Dagster's UI does, over all days that have landed."""
    days = look(Settings(home=home), today=today_on_the_wall(), everything=True).days
    tags = {
        "dagster/asset_partition_range_start": days[0].isoformat(),
        "dagster/asset_partition_range_end": days[-1].isoformat(),
    }
    arguments = ["job", "launch", "-w", "workspace.yaml", "-j", "vax", "--tags", json.dumps(tags)]
    launched = subprocess.run(
        [BIN / "dagster", *arguments],
        cwd=ROOT,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert launched.returncode == 0, launched.stderr


def states(home: Path) -> list[str]:
    """Of the runs of the main job, oldest first."""
    return [state for _, state in states_of_runs(home)]


def wait_until(home: Path, state: str) -> None:
    """The newest run gets there."""
    deadline = time.time() + _PATIENCE_SECONDS
    while states(home)[-1] != state:
        assert time.time() < deadline, f"{states(home)} instead of {state}"
        time.sleep(0.2)


def kill_in_dbt(home: Path, rng: Random) -> None:
    """The run's process alone, some seconds into the building of models."""
    known = [run for run, _ in states_of_runs(home)][:-1]
    deadline = time.time() + _PATIENCE_SECONDS
    while where_it_was(home, known)[0] != "dbt before linking":
        assert time.time() < deadline, "the run never came to dbt"
        time.sleep(0.2)
    time.sleep(rng.uniform(0, 10))
    os.kill(int((home / ".lock").read_text()), signal.SIGKILL)


def but_for_escalations(home: Path) -> Hashes:
    """The daemon escalates as soon as there is a release, and the next run reads it back."""
    tables = table_hashes(home / "warehouse.duckdb")
    return {name: found for name, found in tables.items() if name != "ops.escalations"}


def test_after_a_killed_run_of_the_daemon_vax_goes_on_at_once_and_so_does_the_daemon(
    home: Path, province: Province, tmp_path: Path
) -> None:
    rng = Random(2021)
    launch(home)
    with daemon(tmp_path / "daemon.log"):
        kill_in_dbt(home, rng)
        assert states(home) == ["STARTED"]  # Dagster does not know yet
        vax("run", "--home", home)
        assert states(home) == ["FAILURE", "SUCCESS"]
        assert but_for_escalations(home) == but_for_escalations(province.home)

        launch(home)
        kill_in_dbt(home, rng)
        wait_until(home, "FAILURE")  # the daemon's monitor finds nobody in the home
        launch(home)
        wait_until(home, "SUCCESS")
        assert but_for_escalations(home) == but_for_escalations(province.home)
