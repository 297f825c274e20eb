"""A PostgreSQL server of its own for a test session, from the programs the machine has."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

OWNER = "vax"


@contextmanager
def server() -> Generator[str]:
    """The URL of an empty database, for SQLAlchemy.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """
    binaries = programs()
    # A folder the server's own user may enter: it refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="vax-postgres-", dir="/tmp") as folder:
        data = Path(folder) / "data"
        user = as_user(folder)
        _run([*user, binaries / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8",
              "--no-sync"])  # fmt: skip
        port = _free_port()
        options = f"-p {port} -h 127.0.0.1 -k {folder}"
        _run([*user, binaries / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log",
              "-o", options, "start"])  # fmt: skip
        try:
            yield f"postgresql+psycopg://{OWNER}@127.0.0.1:{port}/postgres"
        finally:
            _run([*user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"])


def programs() -> Path:
    """The folder of the newest server programs, the one on PATH first.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """
    found = [Path(p).resolve().parent for p in (shutil.which("initdb"),) if p]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists():
            return folder
    raise FileNotFoundError(
        "initdb is missing: install PostgreSQL (Debian: apt install postgresql)"
    )


def as_user(folder: str) -> list[str]:
    """What to put before a command so that the server's own user runs it; `folder` becomes theirs."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres")
    return ["runuser", "-u", "postgres", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str | Path]) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd="/tmp")
