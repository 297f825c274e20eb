"""Which of dbt's nodes stand for certain before dbt begins, so that it is not even asked about them.

dbt asks each model and test whether what it follows from has changed, for one may change by another
(`dbt_project/macros/standing.sql`). Most of asking is Python, some thirty milliseconds a node, and a fourth
of the nodes follow from seeds alone, or from feeds of which nothing came.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

import duckdb

from vax_pipeline.core import changes, schemas

_MADE = ("model", "seed")


@dataclass(frozen=True)
class Group:
    """Nodes that dbt makes in one go: those of a tag, and the tests on them but those also of another tag."""

    tag: str
    without: str | None = None


BEFORE_LINKING = Group("before_linking", without="after_linking")
AFTER_LINKING = Group("after_linking")


@dataclass(frozen=True)
class Basis:
    """What a run finds that builds on another.

    Attributes:
        changed: tables noted as changed, as `schema.table`.
        relations: tables and views that are there.
        tests: names of dbt's tests that said something in the run built on.
    """

    changed: Set[str]
    relations: Set[str]
    tests: Set[str]


def basis(connection: duckdb.DuckDBPyConnection) -> Basis | None:
    """What the run in ops.run_context builds on; null when it makes everything anew."""

    def names(sql: str) -> set[str]:
        return {name for (name,) in connection.execute(sql).fetchall()}

    if not names(f"select run_id from {schemas.RUN_CONTEXT.sql} where not is_full"):
        return None
    changed = names(f"select name from {schemas.CHANGED_TABLES.sql}")
    if {changes.INSTANT, changes.DAY} & changed:
        changed.add(schemas.RUN_CONTEXT.dotted)
    return Basis(
        changed=changed,
        relations=names(
            "select schema_name || '.' || table_name from duckdb_tables() union all "
            "select schema_name || '.' || view_name from duckdb_views()"
        ),
        tests=names(
            f"select check_name from {schemas.CHECK_RESULTS.sql} semi join {schemas.STANDING.sql} "
            "using (run_id) where engine = 'dbt' and status <> 'broken'"
        ),
    )


def untouched(manifest: Mapping[str, Any], group: Group, basis: Basis) -> tuple[str, ...]:
    """The unique ids of a group's models, seeds and tests that nothing changed leads to, parents first.

    dbt comes to a test by the models it looks at: where one has to be asked, those are not left out.

    Args:
        manifest: dbt's.
    """
    nodes = manifest["nodes"]
    made, tests = _members(manifest, group)

    def name(unique_id: str) -> str:
        node = nodes.get(unique_id) or manifest["sources"][unique_id]
        return f"{node['schema']}.{node.get('identifier') or node['alias']}"

    @cache
    def may_change(unique_id: str) -> bool:
        if unique_id in made and name(unique_id) not in basis.relations:
            return True
        return any(
            name(parent) in basis.changed or (parent in made and may_change(parent))
            for parent in _parents(manifest, unique_id)
        )

    unchanged = {u for u in made if not may_change(u)}
    heard = {u for u in tests if nodes[u]["name"] in basis.tests and not may_change(u)}
    looked_at = [made.intersection(_parents(manifest, u)) for u in tests - heard]
    stand = unchanged.difference(*(models for models in looked_at if models <= unchanged))
    # Beside a model that dbt is asked about, so are its tests.
    stand |= {u for u in heard if made.intersection(_parents(manifest, u)) <= stand}
    graph = {u: made.intersection(_parents(manifest, u), stand) for u in sorted(stand)}
    return tuple(TopologicalSorter(graph).static_order())


def all_stand(manifest: Mapping[str, Any], group: Group, standing: Iterable[str]) -> bool:
    """Whether nothing of a group is left to ask: dbt takes a selection of nothing for a mistake."""
    made, tests = _members(manifest, group)
    tagged = {u for u, node in manifest["nodes"].items() if group.tag in node["tags"]}
    return not (made | tests | tagged).difference(standing)


def _members(manifest: Mapping[str, Any], group: Group) -> tuple[set[str], set[str]]:
    """The models and seeds of a group, and the tests on them."""
    nodes = manifest["nodes"]
    made = {u for u, n in nodes.items() if n["resource_type"] in _MADE and group.tag in n["tags"]}
    elsewhere = {u for u in nodes if group.without in nodes[u]["tags"]}
    tests = {
        u
        for u, node in nodes.items()
        if node["resource_type"] == "test"
        and not made.isdisjoint(_parents(manifest, u))
        and elsewhere.isdisjoint([u, *_parents(manifest, u)])
    }
    return made, tests


def _parents(manifest: Mapping[str, Any], unique_id: str) -> list[str]:
    return manifest["nodes"][unique_id]["depends_on"].get("nodes", [])
