"""The generated pages say what code, dbt and measurements say."""

import importlib.util
import json
from types import ModuleType

import pytest

from vax_pipeline.core.settings import DBT_PROJECT_DIR, PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_docs", DOCS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_as_make_docs_would_write_them(build: ModuleType) -> None:
    manifest = json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text("utf-8"))
    pages = {
        "data_dictionary.md": build.data_dictionary(manifest),
        "feeds.md": build.feeds(),
        "scale.md": build.scale((DOCS / "scale.md").read_text("utf-8")),
    }
    outdated = [name for name, text in pages.items() if (DOCS / name).read_text("utf-8") != text]
    assert outdated == [], "run `make docs`"
