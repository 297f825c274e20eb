"""A home is held by one living process; whoever dies lets go."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vax_pipeline.core.home import HomeBusyError, create_folders, held, is_held
from vax_pipeline.core.settings import Settings

HOLD = """
    import sys
    from vax_pipeline.core.home import held
    from vax_pipeline.core.settings import Settings
    with held(Settings()):
        print("held", flush=True)
        sys.stdin.read()
"""


@contextmanager
def another_process_holding_it() -> Generator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_home_held_elsewhere_is_refused_with_the_process_to_look_for() -> None:
    with another_process_holding_it() as process:
        assert is_held(Settings())
        with (
            pytest.raises(HomeBusyError, match=f"in use by process {process.pid}"),
            held(Settings()),
        ):
            pass


def test_whoever_is_patient_gets_it_when_the_other_ends() -> None:
    with another_process_holding_it() as process:
        assert process.stdin is not None
        process.stdin.close()
        with held(Settings(), patience=30):
            assert is_held(Settings())


def test_a_killed_process_lets_go() -> None:
    with another_process_holding_it() as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not is_held(Settings())


def test_the_process_that_holds_it_goes_on_and_lets_go_at_the_outer_end() -> None:
    settings = Settings()
    assert not is_held(settings)
    with held(settings):
        with held(settings):
            assert is_held(settings)
        assert is_held(settings)
    assert not is_held(settings)


def test_a_landing_folder_elsewhere_is_never_created(tmp_path: Path) -> None:
    """Created in place of a disk that is not mounted, it would read as everything withdrawn."""
    create_folders(Settings().at(landing=tmp_path / "mount"))
    assert not (tmp_path / "mount").exists()
    create_folders(Settings())
    assert Settings().landing.is_dir()
