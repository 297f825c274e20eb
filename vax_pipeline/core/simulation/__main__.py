"""`python -m vax_pipeline.core.simulation --people N --out DIR`: the simulator without the CLI."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

from vax_pipeline.core.simulation import simulate


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate a province's vaccination data.")
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2021)
    parser.add_argument("--until", type=date.fromisoformat, default=date(2021, 12, 8))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--complaints", type=int, default=None)
    asked = parser.parse_args()
    summary = simulate(
        asked.people,
        asked.seed,
        asked.until,
        asked.out,
        on_progress=_tell,
        complaints=asked.complaints,
    )
    sys.stdout.write(json.dumps(asdict(summary), indent=2) + "\n")


def _tell(step: str) -> None:
    sys.stderr.write(f"{step}\n")


if __name__ == "__main__":
    main()
