"""What dbt is not asked about: nothing that changed leads there."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pytest

from checks.outcome import CheckOutcome
from tests.unit.test_changes import (
    AS_OF,
    LATER,
    connection,  # noqa: F401
    deliver,
    settings,  # noqa: F401
    start,
)
from vax_pipeline.core import changes, check_results, schemas, standing
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.untouched import (
    AFTER_LINKING,
    BEFORE_LINKING,
    Group,
    Held,
    held,
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
        (BEFORE_LINKING, {"s.staged"}, {"codes", "named", "staged", "codes_key"}),
        (AFTER_LINKING, {"raw.doses"}, {"mart", "labels", "mart_whole", "labels_whole"}),
        (AFTER_LINKING, {"s.current"}, {"labels", "labels_whole"}),
        (AFTER_LINKING, {"s.named"}, {"mart"}),
    ],
    ids=[
        "nothing came", "time went on", "doses came", "a stopped run made it anew",
        "they made no difference before linking", "they did", "of two parents one did",
    ],
)  # fmt: skip
def test_what_nothing_changed_leads_to(group: Group, changed: set[str], stands: set[str]) -> None:
    assert set(untouched(MANIFEST, group, Held(changed, MADE, TESTS))) == stands


def test_what_is_not_there_is_made_and_so_is_what_follows_from_it() -> None:
    stands = untouched(MANIFEST, BEFORE_LINKING, Held(set(), MADE - {"s.staged"}, TESTS))
    assert set(stands) == {"codes", "named", "codes_key"}


def test_a_test_that_said_nothing_is_asked() -> None:
    stands = untouched(MANIFEST, BEFORE_LINKING, Held(set(), MADE, TESTS - {"codes_key"}))
    assert "codes_key" not in stands
    assert "codes" in stands


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return json.loads(manifest_path().read_text(encoding="utf-8"))


def _all_held(manifest: Mapping[str, Any], changed: set[str]) -> Held:
    nodes = manifest["nodes"].values()
    return Held(
        changed,
        relations={f"{node['schema']}.{node['alias']}" for node in nodes},
        tests={node["name"] for node in nodes if node["resource_type"] == "test"},
    )


def test_seeds_stand_whatever_came(manifest: dict[str, Any]) -> None:
    """A changed seed is changed code, after which all is made anew."""
    sources = {f"{s['schema']}.{s['identifier']}" for s in manifest["sources"].values()}
    stands = untouched(manifest, BEFORE_LINKING, _all_held(manifest, sources))
    seeds = {u for u, node in manifest["nodes"].items() if node["resource_type"] == "seed"}
    assert seeds
    assert seeds <= set(stands)


@pytest.mark.parametrize("group", [BEFORE_LINKING, AFTER_LINKING], ids=lambda group: group.tag)
def test_no_parent_of_what_stands_can_have_changed(manifest: dict[str, Any], group: Group) -> None:
    """Whatever tables changed: parents of the group stand, and are told first; others have not changed."""
    nodes, draw = manifest["nodes"], random.Random(7)
    names = {
        unique_id: f"{node['schema']}.{node.get('identifier') or node['alias']}"
        for unique_id, node in {**nodes, **manifest["sources"]}.items()
    }
    everything = sorted(set(names.values()))
    sizes = set[int]()
    for size in (1, 1, 2, 3, 5, 8, 13, 21, 34):
        changed = set(draw.sample(everything, size))
        stands = untouched(manifest, group, _all_held(manifest, changed))
        place = {unique_id: number for number, unique_id in enumerate(stands)}
        for unique_id in stands:
            for parent in nodes[unique_id]["depends_on"].get("nodes", []):
                assert names[parent] not in changed
                is_made_here = parent in nodes and group.tag in nodes[parent]["tags"]
                assert not is_made_here or place[parent] < place[unique_id]
        sizes.add(len(stands))
    assert len(sizes) > 3


def _outcome(name: str, status: Any = "passed", engine: Any = "dbt") -> CheckOutcome:
    return CheckOutcome(
        check_name=name, engine=engine, rule_id=None, asset_key=("marts", "fct_doses"),
        status=status, evaluated=5, failed=0, threshold=0.0, severity="error", sample_ids=(),
        message="",
    )  # fmt: skip


@pytest.fixture
def noted(
    connection: duckdb.DuckDBPyConnection,  # noqa: F811
    settings: Settings,  # noqa: F811
) -> Callable[..., None]:
    """Let the standing run r1 have said something, and r2 begin at an instant."""

    def begin(as_of: Any, code: str = "code") -> None:
        outcomes = [
            _outcome("said"),
            _outcome("broke", "broken"),
            _outcome("by_another", engine="gx"),
        ]
        check_results.record(connection, outcomes, run_id="r1", as_of=AS_OF)
        start(connection, settings, "r2", as_of, code)

    return begin


def test_what_a_run_finds(
    connection: duckdb.DuckDBPyConnection,  # noqa: F811
    noted: Callable[..., None],
) -> None:
    deliver(connection, "c", "l2")
    noted(AS_OF)
    found = held(connection)
    assert found is not None
    assert "raw.doses" in found.changed
    assert schemas.RUN_CONTEXT.dotted not in found.changed
    assert found.tests == {"said"}
    assert {schemas.NEXT_CHANGES.dotted, schemas.raw("doses").dotted} <= found.relations


def test_the_clock_is_a_parent(
    connection: duckdb.DuckDBPyConnection,  # noqa: F811
    noted: Callable[..., None],
) -> None:
    noted(LATER)
    found = held(connection)
    assert found is not None
    assert found.changed == {changes.INSTANT, changes.DAY, schemas.RUN_CONTEXT.dotted}


def test_a_run_that_makes_all_anew_finds_nothing(
    connection: duckdb.DuckDBPyConnection,  # noqa: F811
    noted: Callable[..., None],
) -> None:
    noted(LATER, "other code")
    assert held(connection) is None


def test_what_is_not_asked_again_says_what_it_said(
    connection: duckdb.DuckDBPyConnection,  # noqa: F811
    noted: Callable[..., None],
) -> None:
    noted(LATER)
    for _ in range(2):  # a step tried again
        told = check_results.carry(connection, ["said", "by_another"], run_id="r2", as_of=LATER)
        assert told == [_outcome("said")]
    assert check_results.of_run(connection, "r2") == [_outcome("said")]
    assert len(check_results.of_run(connection, "r1")) == 3
    standing.let_stand(connection, "r2")
    found = held(connection)
    assert found is not None
    assert found.tests == {"said"}
