"""What a kill leaves between two steps, wherever it falls, the next run can go on from."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from checks.expectations.data_docs import put_in_place
from tests.crash import every_crash
from vax_pipeline.cli import demo
from vax_pipeline.core import clock, home, warehouse
from vax_pipeline.core.dbt_process import RUN_PROCESS
from vax_pipeline.core.settings import PROJECT_ROOT, Settings

FIRST, SECOND = datetime(2021, 11, 8, 1, tzinfo=UTC), datetime(2021, 12, 8, 1, tzinfo=UTC)


@pytest.fixture
def settings() -> Settings:
    settings = Settings()
    home.create_folders(settings)
    return settings


def test_a_clock_stands_at_the_old_instant_or_the_new(settings: Settings) -> None:
    clock.freeze(settings.clock_file, FIRST)
    for _ in every_crash(lambda: clock.freeze(settings.clock_file, SECOND)):
        assert clock.now(settings.clock_file) in {FIRST, SECOND}
    assert clock.now(settings.clock_file) == SECOND


def test_dagsters_configuration_is_whole_or_the_old_one(settings: Settings) -> None:
    """A daemon that reads half of it would run with the defaults: without pool, without launcher."""
    place = settings.dagster_home / "dagster.yaml"
    ours = (PROJECT_ROOT / "dagster.yaml").read_text()
    place.write_text("old")
    for _ in every_crash(lambda: home.prepare(settings)):
        assert place.read_text() in {"old", ours}


def test_data_docs_are_never_half_deleted(tmp_path: Path) -> None:
    docs = tmp_path / "docs"

    def build(text: str) -> None:
        building = tmp_path / ".docs.building"
        building.mkdir(exist_ok=True)
        for page in ("a.html", "index.html", "z.html"):
            (building / page).write_text(text)
        put_in_place(building, docs)

    build("old")
    for _ in every_crash(lambda: build("new")):
        if docs.exists():
            assert len({page.read_text() for page in docs.iterdir()}) == 1
            assert len(list(docs.iterdir())) == 3
        build("old")
    assert [entry.name for entry in tmp_path.iterdir() if "docs" in entry.name] == ["docs"]


def test_a_demo_killed_while_it_clears_its_home_may_be_played_again(settings: Settings) -> None:
    parts = ("warehouse.duckdb", "warehouse.duckdb.wal", "ledger.db", "ledger.db-wal")

    def play() -> None:
        for name in ("truth", "landing", "outbox/F-1"):
            (settings.root / name).mkdir(parents=True, exist_ok=True)
        for name in parts:
            (settings.root / name).touch()

    def left(name: str) -> bool:
        return (settings.root / name).exists()

    play()
    for _ in every_crash(lambda: demo.clear(settings)):
        assert demo.may_clear(settings)
        # A log without its database would be played into the next database of that name.
        assert left("warehouse.duckdb") or not left("warehouse.duckdb.wal")
        assert left("ledger.db") or not left("ledger.db-wal")
        play()
    assert not any(left(name) for name in (*parts, "truth", "outbox"))


def test_a_warehouse_whose_making_was_cut_short_is_made_again(settings: Settings) -> None:
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
    whole = settings.warehouse.read_bytes()
    settings.warehouse.unlink()
    settings.warehouse.with_name(".warehouse.duckdb.new").write_bytes(whole[:5000])
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
    assert [file.name for file in settings.root.glob("*warehouse*")] == ["warehouse.duckdb"]


def test_duckdb_still_refuses_a_file_that_is_not_whole(tmp_path: Path) -> None:
    """Why a new warehouse is made aside; when this fails, it need not be any more."""
    (tmp_path / "cut.duckdb").touch()
    with pytest.raises(duckdb.IOException, match="not a valid DuckDB database"):
        duckdb.connect(str(tmp_path / "cut.duckdb"))


def test_who_takes_the_home_clears_what_the_dead_had_spilled(settings: Settings) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for process in (dead.pid, os.getpid()):
        (settings.temp / f"duckdb_temp_{process}_0_storage_DEFAULT-0.tmp").touch()
    with home.held(settings):
        assert [file.name.split("_")[2] for file in settings.temp.iterdir()] == [str(os.getpid())]


CHILD = """
    import os, sys, time
    from vax_pipeline.core.dbt_process import RUN_PROCESS
    from vax_pipeline.core.processes import die_with
    die_with(int(os.environ[RUN_PROCESS]))
    print(os.getpid(), flush=True)
    time.sleep(60)
"""
PARENT = f"""
    import os, subprocess, sys, time
    os.environ[{RUN_PROCESS!r}] = str(os.getpid())
    subprocess.Popen([sys.executable, "-c", sys.argv[1]])
    time.sleep(60)
"""


def test_dbt_ends_with_the_run_that_started_it() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), textwrap.dedent(CHILD)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    assert Path(f"/proc/{child}").exists()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert parent.stdout.read() == ""  # the pipe closes when the child, too, is gone


def test_dbt_ends_at_once_when_its_run_is_gone_already() -> None:
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD)],
        env={**os.environ, RUN_PROCESS: "0"},
        check=False,
        timeout=30,
        capture_output=True,
    )
    assert child.returncode == 1
