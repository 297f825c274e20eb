"""DuckDB writes a CTE that is read twice to memory, whole, even one that only names a table."""

import re
from collections.abc import Iterator

from vax_pipeline.core.settings import DBT_PROJECT_DIR

MODELS = {path.stem: path for path in (DBT_PROJECT_DIR / "models").rglob("*.sql")}
_IMPORT = re.compile(
    r"(?P<name>\w+) as (?P<inlined>not materialized )?\(\s*"
    r"select\s+\*\s+from \{\{ ref\('(?P<model>\w+)'\) \}\}\s*\)"
)


def imports_read_twice(sql: str) -> Iterator[tuple[str, bool]]:
    """Names of CTEs that are a whole model and are read more than once, and whether they are inlined."""
    for found in _IMPORT.finditer(sql):
        reads = re.findall(rf"\b(?:from|join)\s+{found['name']}\b", sql)
        if found["model"] in MODELS and len(reads) > 1:
            yield found["name"], found["inlined"] is not None


def test_a_model_read_twice_is_not_copied_first() -> None:
    found = {
        (model, name): is_inlined
        for model, path in MODELS.items()
        for name, is_inlined in imports_read_twice(path.read_text(encoding="utf-8"))
    }

    assert len(found) > 20
    assert [where for where, is_inlined in found.items() if not is_inlined] == []
