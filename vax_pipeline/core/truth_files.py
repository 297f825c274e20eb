"""The files in which a simulation says what it planted, as views to compare with."""

from pathlib import Path

import duckdb


def view_truth(connection: duckdb.DuckDBPyConnection, truth_dir: Path, name: str) -> None:
    """Make the temporary view `truth_<name>` of a truth file; of several provinces, of all of theirs.

    Raises:
        FileNotFoundError: there is none.
    """
    files = sorted(truth_dir.rglob(f"{name}.parquet"))
    if not files:
        raise FileNotFoundError(
            f"{truth_dir / name}.parquet is missing: not the truth folder of a simulation"
        )
    listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    connection.execute(
        f"create or replace temp view truth_{name} as from read_parquet([{listed}], union_by_name = true)"
    )
