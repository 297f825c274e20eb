"""Models that are kept from run to run: each says how, and every key it waits for is noted by somebody."""

import json
import re
from typing import Any

import pytest

from vax_pipeline.core.publishing.catalog import BI_TABLES
from vax_pipeline.core.settings import DBT_PROJECT_DIR

MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"
HOLD = re.compile(r"hold_changed\('(\w+)'\)")
NOTE = re.compile(r"note_keys\('(\w+)'")
NOTE_DUE = re.compile(r"note_due\('(\w+)'")
NOTE_OF = re.compile(r"note_keys_of\('(\w+)', '(\w+)'\)")
ASKED = re.compile(r"changed_keys\(((?:'\w+'(?:, )?)+)\)")
BESIDE_PARENTS = re.compile(
    r"\b(?:now|today|random|uuid|gen_random_uuid|nextval)\(|\bcurrent_(?:date|time|timestamp)\b|\brun_started_at\b",
    re.I,
)
# Splink's step is no model: it notes which mentions it decided anew.
NOTED_IN_PYTHON = {"decided_mention"}


def kept_models() -> list[dict[str, Any]]:
    nodes = json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"].values()
    return [
        node
        for node in nodes
        if node["resource_type"] == "model"
        and node["config"].get("incremental_strategy")
        in {"by_key", "by_difference", "by_file", "by_own_keys"}
    ]


def hooks_of(model: dict[str, Any]) -> list[str]:
    return [hook["sql"] for hook in model["config"]["pre-hook"]]


def macros() -> str:
    return "\n".join(
        (DBT_PROJECT_DIR / "macros" / name).read_text(encoding="utf-8")
        for name in ("kept.sql", "changes.sql", "complaints/complaint_changes.sql")
    )


def subjects_asked_for() -> set[str]:
    return {subject for asked in ASKED.findall(macros()) for subject in re.findall(r"\w+", asked)}


def subjects_noted() -> set[str]:
    by_models = {
        subject
        for model in kept_models()
        for subject in (model["config"]["meta"].get("notes") or {})
    }
    hooks = " ".join(hook for model in kept_models() for hook in hooks_of(model))
    by_hooks = {subject for subject, _ in NOTE_OF.findall(hooks)} | set(NOTE_DUE.findall(hooks))
    return by_models | by_hooks | set(NOTE.findall(macros())) | NOTED_IN_PYTHON


def of_strategy(strategy: str) -> list[dict[str, Any]]:
    return [m for m in kept_models() if m["config"]["incremental_strategy"] == strategy]


@pytest.mark.parametrize("model", of_strategy("by_key"), ids=lambda model: model["name"])
def test_a_model_kept_by_key_holds_its_keys_when_all_are_noted_and_reads_by_them(
    model: dict[str, Any],
) -> None:
    assert model["config"]["meta"]["key"] in model["columns"]
    hooks = hooks_of(model)
    [held] = [place for place, hook in enumerate(hooks) if HOLD.search(hook)]
    assert not [hook for hook in hooks[held:] if "note_" in hook]
    assert {"only_changed(", "open_mentions("} & set(re.findall(r"\w+\(", model["raw_code"]))


def test_of_kept_tables_those_published_note_which_rows_differ() -> None:
    published = {table.name for table in BI_TABLES}
    for model in kept_models():
        name = f"{model['schema']}.{model['alias']}"
        assert model["config"]["meta"].get("is_published", False) == (name in published), name


@pytest.mark.parametrize("model", of_strategy("by_difference"), ids=lambda model: model["name"])
def test_a_model_kept_by_difference_is_computed_whole(model: dict[str, Any]) -> None:
    assert model["config"]["meta"]["key"] in model["columns"]
    assert "only_changed(" not in model["raw_code"]


@pytest.mark.parametrize("model", of_strategy("by_file"), ids=lambda model: model["name"])
def test_a_staging_model_reads_the_files_that_changed(model: dict[str, Any]) -> None:
    assert "{{ delivered('" in model["raw_code"]
    assert "file" in model["columns"]


def test_every_key_waited_for_is_noted_by_somebody() -> None:
    hooks = " ".join(hook for model in kept_models() for hook in hooks_of(model))
    asked = set(HOLD.findall(hooks)) | subjects_asked_for()
    asked |= {other for _, other in NOTE_OF.findall(hooks)}
    assert asked - subjects_noted() == set()


def test_every_key_noted_is_waited_for_by_somebody() -> None:
    hooks = " ".join(hook for model in kept_models() for hook in hooks_of(model))
    asked = set(HOLD.findall(hooks)) | subjects_asked_for()
    asked |= {other for _, other in NOTE_OF.findall(hooks)}
    assert subjects_noted() - asked == set()


def test_the_time_comes_from_the_run_alone() -> None:
    """A model stands while its parents do: nothing may come from beside them."""
    files = [*DBT_PROJECT_DIR.glob("models/**/*.sql"), *DBT_PROJECT_DIR.glob("macros/**/*.sql")]
    assert len(files) > len(kept_models())
    asked = {file.name: BESIDE_PARENTS.findall(file.read_text(encoding="utf-8")) for file in files}
    assert {name: found for name, found in asked.items() if found} == {}
