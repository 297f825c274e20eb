"""The `vax` command as a user calls it: another process, exit code and JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def environment() -> dict[str, str]:
    """What a process of ours is given."""
    return {**os.environ, "VAX_SETTLE_SECONDS": "0", "VAX_MEMORY_LIMIT": "4GB"}


def start(*arguments: str | Path, own_group: bool = False) -> "subprocess.Popen[str]":
    """`vax ...` running in the background; on request as leader of a process group."""
    return subprocess.Popen(
        [sys.executable, "-m", "vax_pipeline", *map(str, arguments)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0 if own_group else None,
    )


def vax(*arguments: str | Path, expect: int = 0) -> str:
    """Run `vax ...` to its end; returns stdout, shows stderr when the exit code surprises."""
    process = start(*arguments)
    stdout, stderr = process.communicate(timeout=1800)
    assert process.returncode == expect, f"exit {process.returncode}\n{stderr}\n{stdout}"
    return stdout


def vax_json(*arguments: str | Path, expect: int = 0) -> dict[str, Any]:
    """Run `vax ... --json`; stdout must be one JSON object and nothing else."""
    document = json.loads(vax(*arguments, "--json", expect=expect))
    assert isinstance(document, dict)
    return document
