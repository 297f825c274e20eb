"""The five outputs, column by column, and the ordered hash by which they are compared."""

import hashlib
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

OUTPUTS = MappingProxyType(
    {
        "typed_doses": (
            "record_id", "injected_on", "entered_at", "vaccine_code", "dose_type", "dose_no",
            "facility_code", "id_number",
        ),
        "id_match": ("record_id", "citizen_id", "matched_by", "match_class"),
        "duplicates": ("record_id", "stays_record_id", "days_apart"),
        "interval_findings": (
            "record_id", "previous_record_id", "previous_vaccine_code", "days", "minimum_days",
        ),
        "province_table": (
            "province_code", "injected_on", "doses", "first_doses", "second_doses", "duplicates",
            "interval_findings",
        ),
    }
)  # fmt: skip
_FIELD, _RECORD = "\x1f", "\x1e"


def digest(folder: Path, name: str) -> tuple[str, int]:
    """Hash and rows of an output in `<folder>/<name>.csv`: of all values as text, in the file's order.

    How an engine quotes its CSV makes no difference, the order of its rows does.

    Raises:
        ValueError: the file has other columns than the output.
    """
    columns = OUTPUTS[name]
    reader = csv.open_csv(
        folder / f"{name}.csv",
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string())),
    )
    if tuple(reader.schema.names) != columns:
        raise ValueError(f"{name} has the columns {', '.join(reader.schema.names)}")
    sha, rows = hashlib.sha256(), 0
    ends = (pa.scalar(_RECORD), pa.scalar(_FIELD))  # the last is what stands between the others
    for batch in reader:
        lines = pc.call_function("binary_join_element_wise", [*batch.columns, *ends])
        sha.update("".join(lines.to_pylist()).encode())
        rows += batch.num_rows
    return sha.hexdigest(), rows


def digests(folder: Path) -> dict[str, tuple[str, int]]:
    """Hash and rows of each output in a folder."""
    return {name: digest(folder, name) for name in OUTPUTS}
