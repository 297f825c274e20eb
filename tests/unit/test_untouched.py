"""What dbt is not asked about: nothing that changed leads there."""

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from vax_pipeline.core.untouched import (
    AFTER_LINKING,
    BEFORE_LINKING,
    Basis,
    Group,
    all_stand,
    untouched,
)
from vax_pipeline.defs.transform.project import manifest_path


def _node(kind: str, name: str, *parents: str, tag: str = "before_linking") -> dict[str, Any]:
    return {
        "resource_type": kind,
        "name": name,
        "schema": "s",
        "alias": name,
        "tags": [] if kind == "test" else [tag],
        "depends_on": {"nodes": list(parents)} if kind != "seed" else {"macros": []},
    }


MANIFEST: dict[str, Any] = {
    "sources": {
        "doses": {"schema": "raw", "identifier": "doses"},
        "clock": {"schema": "ops", "identifier": "run_context"},
    },
    "nodes": {
        "codes": _node("seed", "codes"),
        "named": _node("model", "named", "codes"),
        "staged": _node("model", "staged", "doses", "codes"),
        "current": _node("model", "current", "staged", "clock"),
        "mart": _node("model", "mart", "current", tag="after_linking"),
        "labels": _node("model", "labels", "named", tag="after_linking"),
        "codes_key": _node("test", "codes_key", "codes"),
        "staged_known": _node("test", "staged_known", "staged", "codes"),
        "mart_whole": _node("test", "mart_whole", "mart", "named"),
        "labels_whole": _node("test", "labels_whole", "labels", "named"),
    },
}
MADE = frozenset(
    f"s.{name}" for name, node in MANIFEST["nodes"].items() if node["resource_type"] != "test"
)
TESTS = frozenset({"codes_key", "staged_known", "mart_whole", "labels_whole"})


@pytest.mark.parametrize(
    ("group", "changed", "stands"),
    [
        (BEFORE_LINKING, set[str](), {"codes", "named", "staged", "current", "codes_key", "staged_known"}),
        (BEFORE_LINKING, {"ops.run_context"}, {"codes", "named", "staged", "codes_key", "staged_known"}),
        (BEFORE_LINKING, {"raw.doses"}, {"codes", "named", "codes_key"}),
        (BEFORE_LINKING, {"s.staged"}, {"named"}),
        (AFTER_LINKING, {"raw.doses"}, {"mart", "labels", "mart_whole", "labels_whole"}),
        (AFTER_LINKING, {"s.current"}, {"labels", "labels_whole"}),
        (AFTER_LINKING, {"s.named"}, set[str]()),
    ],
    ids=[
        "nothing came", "time went on", "doses came", "a stopped run made it anew",
        "they made no difference before linking", "they did", "of two parents one did",
    ],
)  # fmt: skip
def test_what_nothing_changed_leads_to(group: Group, changed: set[str], stands: set[str]) -> None:
    assert set(untouched(MANIFEST, group, Basis(changed, MADE, TESTS))) == stands


def test_what_is_not_there_is_made_and_so_is_what_follows_from_it() -> None:
    stands = untouched(MANIFEST, BEFORE_LINKING, Basis(set(), MADE - {"s.staged"}, TESTS))
    assert set(stands) == {"codes", "named", "codes_key"}


def test_a_test_that_said_nothing_is_asked() -> None:
    stands = untouched(MANIFEST, BEFORE_LINKING, Basis(set(), MADE, TESTS - {"codes_key"}))
    assert "codes_key" not in stands
    assert "codes" not in stands  # by which dbt comes to it
    assert "named" in stands


def test_a_test_that_another_groups_table_leads_to_is_asked() -> None:
    """Its model stands, but dbt comes to it by that model, and to the model's other tests."""
    nodes = {
        **MANIFEST["nodes"],
        "labels_as_named": _node("test", "labels_as_named", "labels", "current"),
    }
    manifest = {**MANIFEST, "nodes": nodes}
    stands = untouched(
        manifest, AFTER_LINKING, Basis({"s.current"}, MADE, TESTS | {"labels_as_named"})
    )
    assert set(stands) == set[str]()


@pytest.mark.parametrize(
    ("group", "changed", "is_all"),
    [
        (AFTER_LINKING, set[str](), True),
        (AFTER_LINKING, {"s.current"}, False),
        (BEFORE_LINKING, set[str](), True),
    ],
    ids=["nothing came", "something did", "nothing came before linking"],
)
def test_dbt_is_not_asked_about_nothing(group: Group, changed: set[str], is_all: bool) -> None:
    stands = untouched(MANIFEST, group, Basis(changed, MADE, TESTS))
    assert all_stand(MANIFEST, group, stands) == is_all


def test_a_test_of_what_comes_in_is_left_to_ask() -> None:
    """It looks at no table that dbt makes, so it never stands."""
    nodes = {
        **MANIFEST["nodes"],
        "clock_key": _node("test", "clock_key", "clock") | {"tags": ["before_linking"]},
    }
    manifest = {**MANIFEST, "nodes": nodes}
    stands = untouched(manifest, BEFORE_LINKING, Basis(set(), MADE, TESTS))
    assert not all_stand(manifest, BEFORE_LINKING, stands)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return json.loads(manifest_path().read_text(encoding="utf-8"))


def _all_there(manifest: Mapping[str, Any], changed: set[str]) -> Basis:
    nodes = manifest["nodes"].values()
    return Basis(
        changed,
        relations={f"{node['schema']}.{node['alias']}" for node in nodes},
        tests={node["name"] for node in nodes if node["resource_type"] == "test"},
    )


def test_seeds_stand_whatever_came(manifest: dict[str, Any]) -> None:
    """A changed seed is changed code, after which all is made anew."""
    sources = {f"{s['schema']}.{s['identifier']}" for s in manifest["sources"].values()}
    stands = untouched(manifest, BEFORE_LINKING, _all_there(manifest, sources))
    seeds = {u for u, node in manifest["nodes"].items() if node["resource_type"] == "seed"}
    assert seeds
    assert seeds <= set(stands)


@pytest.mark.parametrize("group", [BEFORE_LINKING, AFTER_LINKING], ids=lambda group: group.tag)
def test_no_parent_of_what_stands_can_have_changed(manifest: dict[str, Any], group: Group) -> None:
    """Whatever tables changed: those of its parents that stand are told first."""
    nodes, draw = manifest["nodes"], random.Random(7)
    names = {
        unique_id: f"{node['schema']}.{node.get('identifier') or node['alias']}"
        for unique_id, node in {**nodes, **manifest["sources"]}.items()
    }
    everything = sorted(set(names.values()))
    sizes = set[int]()
    for size in (1, 1, 2, 3, 5, 8, 13, 21, 34):
        changed = set(draw.sample(everything, size))
        stands = untouched(manifest, group, _all_there(manifest, changed))
        place = {unique_id: number for number, unique_id in enumerate(stands)}
        for unique_id in stands:
            for parent in nodes[unique_id]["depends_on"].get("nodes", []):
                assert names[parent] not in changed
                assert place.get(parent, -1) < place[unique_id]
        sizes.add(len(stands))
    assert len(sizes) > 3
