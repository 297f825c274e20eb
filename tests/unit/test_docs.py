"""The generated pages say what code, dbt and measurements say."""

import importlib
import json
from types import ModuleType

import pytest
import yaml

from vax_pipeline.core.settings import DBT_PROJECT_DIR, PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(DOCS)  # as `python docs/build.py` finds its own
    return importlib.import_module("build")


def test_the_pages_are_as_make_docs_would_write_them(build: ModuleType) -> None:
    manifest = json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text("utf-8"))
    pages = {
        "data_dictionary.md": build.data_dictionary(manifest),
        "feeds.md": build.feeds(),
        "normalization.md": build.normalization(),
        "scale.md": build.measured.scale((DOCS / "scale.md").read_text("utf-8")),
    }
    outdated = [name for name, text in pages.items() if (DOCS / name).read_text("utf-8") != text]
    assert outdated == [], "run `make docs`"


def test_no_description_is_cut_short_at_a_comma() -> None:
    """`{name: a, description: one, two}` is a description `one` and a key `two`, to yaml and to dbt."""
    keys = {"name", "data_type", "description", "data_tests"}
    cut = [
        f"{file.stem}.{column['name']}"
        for file in (DBT_PROJECT_DIR / "models").rglob("*.yml")
        for model in yaml.safe_load(file.read_text("utf-8")).get("models", [])
        for column in model.get("columns", [])
        if not keys.issuperset(column)
    ]
    assert cut == []


def test_every_code_a_test_accepts_is_named_in_the_description_of_its_column() -> None:
    nodes = json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text("utf-8"))["nodes"]
    accepted = [
        (nodes[node["attached_node"]], node["test_metadata"]["kwargs"])
        for node in nodes.values()
        if (node.get("test_metadata") or {}).get("name") == "accepted_values"
    ]
    of_models = [(model, test) for model, test in accepted if model["resource_type"] == "model"]
    assert len(of_models) > 30
    unnamed = {
        f"{model['name']}.{test['column_name']}: {code}"
        for model, test in of_models
        for code in test["values"]
        if code not in model["columns"][test["column_name"]]["description"]
    }
    assert unnamed == set()
