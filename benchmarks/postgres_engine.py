"""The five outputs by PostgreSQL: a server of its own on a socket of its own, in a temporary folder.

Set up as for a batch job that can be run again: nothing is written to be safe from a crash, and memory
and workers are those of the machine. Starting the server is not counted.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sql_steps import sql_steps
from benchmarks.stopwatch import Stopwatch
from tests.postgres import OWNER, as_user, programs
from vax_pipeline.core.settings import DBT_PROJECT_DIR, Settings

SQL = [Path(__file__).with_name(f"postgres_{part}.sql") for part in ("typing", "outputs")]
WRITTEN = {
    "typed_doses": "select record_id, injected_on, entered_at, vaccine_code, dose_type, dose_no, "
    "facility_code, id_number from matched order by record_id",
    "id_match": "select record_id, citizen_id, matched_by, match_class from matched order by record_id",
    "duplicates": "select * from duplicates order by record_id",
    "interval_findings": "select * from interval_findings order by record_id",
    "province_table": "select * from province_table order by province_code, injected_on",
}


def main(inputs: Path, out: Path) -> None:
    """Make the outputs in `out` from the CSV files in `inputs`."""
    values = {"seeds": str(DBT_PROJECT_DIR / "seeds"), "pack": Settings().rule_pack}
    cores = os.cpu_count() or 1
    watch = Stopwatch("PostgreSQL")
    with _server(cores) as psql, ThreadPoolExecutor(cores) as at_once:
        (_, schema), *queries = sql_steps(SQL, values)
        with watch.step("load"):
            _run(psql, schema)
            list(at_once.map(lambda command: _run(psql, command), _copies(inputs)))
        for name, sql in queries:
            with watch.step(name):
                _run(psql, sql)
        with watch.step("written"):
            commands = [
                rf"\copy ({query}) to '{out / name}.csv' csv header"
                for name, query in WRITTEN.items()
            ]
            list(at_once.map(lambda command: _run(psql, command), commands))
        version = _run(psql, r"\echo :SERVER_VERSION_NAME").split()[0]
    watch.write(out / "steps.json", version=version)


def _copies(inputs: Path) -> list[str]:
    """One command a file; the table's name is that of the file before its number."""
    files = sorted(inputs.glob("*.csv"), key=lambda file: -file.stat().st_size)
    return [rf"\copy raw_{file.stem.rsplit('-', 1)[0]} from '{file}' csv header" for file in files]


def _settings(cores: int, folder: str) -> dict[str, str]:
    """What a machine used for this alone would be given, of its memory and cores."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "shared_buffers": f"{memory_mb // 4}MB",
        "effective_cache_size": f"{memory_mb // 2}MB",
        "work_mem": f"{memory_mb // 24}MB",
        "maintenance_work_mem": f"{memory_mb // 16}MB",
        "max_parallel_workers_per_gather": str(cores),
        "max_parallel_maintenance_workers": str(cores),
        "max_worker_processes": str(4 * cores),
        "max_parallel_workers": str(2 * cores),
        "parallel_setup_cost": "0",  # joins and functions belong below the gathering, not above it
        "parallel_tuple_cost": "0",
        "random_page_cost": "1.1",
        "jit": "off",
        "autovacuum": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_wal_size": "16GB",
        "checkpoint_timeout": "1h",
    }


@contextmanager
def _server(cores: int) -> Generator[list[str]]:
    """A running server, below this process so that its memory is counted; yields the call of psql."""
    binaries = programs()
    with tempfile.TemporaryDirectory(prefix="vax-benchmark-", dir="/tmp") as folder:
        user, data = as_user(folder), f"{folder}/data"
        initdb = [f"{binaries}/initdb", "-D", data, "-U", OWNER, "-A", "trust"]
        _call([*user, *initdb, "-E", "UTF8", "--locale=C", "--no-sync"])
        options = [f"--{name}={value}" for name, value in _settings(cores, folder).items()]
        with (Path(folder) / "log").open("w") as log:
            server = subprocess.Popen(
                [*user, f"{binaries}/postgres", "-D", data, *options],
                stdout=log, stderr=log, cwd="/tmp",
            )  # fmt: skip
        try:
            _wait(server, [f"{binaries}/pg_isready", "-h", folder, "-q"], Path(folder) / "log")
            yield [
                f"{binaries}/psql", "-h", folder, "-U", OWNER, "-d", "postgres", "-X", "-q",
                "-v", "ON_ERROR_STOP=1", "-f", "-",
            ]  # fmt: skip
        finally:
            if server.poll() is None:
                _call([*user, f"{binaries}/pg_ctl", "-D", data, "-m", "immediate", "stop"])
            server.wait()


def _wait(server: subprocess.Popen[bytes], ready: Sequence[str], log: Path) -> None:
    while subprocess.run(ready, check=False).returncode != 0:
        if server.poll() is not None:
            raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
        time.sleep(0.1)


def _run(psql: list[str], sql: str) -> str:
    """What psql prints for some SQL.

    Raises:
        RuntimeError: PostgreSQL refused it; its message is the text.
    """
    done = subprocess.run(psql, input=sql, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _call(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd="/tmp")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
