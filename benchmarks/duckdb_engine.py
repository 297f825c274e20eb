"""The five outputs by the product's own engine: DuckDB with the limits of `vax_pipeline`'s warehouse.

Run by `benchmarks.compare` in a process of its own.
"""

import sys
from pathlib import Path

import duckdb

from benchmarks.sql_steps import sql_steps
from benchmarks.stopwatch import Stopwatch
from vax_pipeline.core import warehouse
from vax_pipeline.core.settings import DBT_PROJECT_DIR, Settings

SQL = [Path(__file__).with_name(f"duckdb_{part}.sql") for part in ("typing", "outputs")]


def main(inputs: Path, out: Path) -> None:
    """Make the outputs in `out` from the CSV files in `inputs`."""
    settings = Settings(home=out)
    values = {
        "input": str(inputs),
        "seeds": str(DBT_PROJECT_DIR / "seeds"),
        "pack": settings.rule_pack,
        "out": str(out),
    }
    watch = Stopwatch("DuckDB")
    # In memory, as the outputs are files: what does not fit within the limits goes to the temp folder.
    with duckdb.connect(config={**warehouse.engine_config(settings)}) as connection:
        warehouse.prepare(connection)
        for name, sql in sql_steps(SQL, values):
            with watch.step(name):
                connection.execute(sql)
    watch.write(out / "steps.json", version=duckdb.__version__)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
