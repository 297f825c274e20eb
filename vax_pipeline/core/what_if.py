"""dbt's own models over a few rows: what would they say if something were otherwise?

Takes the SQL that the last run compiled, with stand-ins for the tables it reads. Nothing is written: the
stand-ins are temporary tables, and the warehouse may be open for reading only.
"""

import re
from collections.abc import Mapping

import duckdb

from vax_pipeline.core.schemas import Relation
from vax_pipeline.core.settings import Settings

# What a run that brought the model up to date left out of it: see `only_changed` in macros/kept.sql.
_ONLY_CHANGED = re.compile(r"semi join keys_held on [^=\n]+ = keys_held\.key")
# What it put aside because it was little: see `held_once`.
_PUT_ASIDE = re.compile(r"\bas\s+materialized(?=\s+\([^()]*semi join keys_held\b)")


def made_anew(compiled: str) -> str:
    """The SQL of a model as a run compiles it that makes the table anew."""
    return _ONLY_CHANGED.sub("", _PUT_ASIDE.sub("as not materialized", compiled))


class NotCompiledError(RuntimeError):
    """No run of this home has left the SQL of its models."""


class WhatIf:
    """One supposed world; several may share a connection under different names."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, settings: Settings, name: str
    ) -> None:
        self._connection = connection
        self._compiled = settings.dbt_target / "compiled"
        self._name = name
        self._catalog = str(connection.execute("select current_database()").fetchall()[0][0])
        self._stand_ins: dict[str, str] = {}

    def suppose(
        self, relation: Relation, sql: str, values: Mapping[str, object] | None = None
    ) -> None:
        """From now on this query stands in for the relation; it may read the relation."""
        table = f'"{self._name}_{len(self._stand_ins)}_{relation.name}"'
        self._connection.execute(f"create or replace temp table {table} as {sql}", values or {})
        self._stand_ins[relation.sql] = table

    def build(self, relation: Relation) -> None:
        """Let dbt's model of that name speak of what is supposed so far.

        Raises:
            NotCompiledError: the last run's SQL is not there.
        """
        sql = self._sql_of(relation)
        for replaced, table in self._stand_ins.items():
            sql = sql.replace(self._named(replaced), table)
        self.suppose(relation, sql)

    def read_by(self, relation: Relation, prefix: str) -> list[Relation]:
        """What that model reads of its own schema, by the beginning of the name."""
        pattern = self._named(Relation(relation.schema, f"({prefix}MORE)").sql).replace(
            "MORE", r"\w+"
        )
        names = sorted(set(re.findall(pattern, self._sql_of(relation))))
        return [Relation(relation.schema, name) for name in names]

    def table(self, relation: Relation) -> str:
        """What to select from: the stand-in, else the relation itself."""
        return self._stand_ins.get(relation.sql, relation.sql)

    def _sql_of(self, relation: Relation) -> str:
        found = list(self._compiled.rglob(f"{relation.name}.sql"))
        if not found:
            raise NotCompiledError(
                f"{self._compiled} lacks the model {relation.name}: run `vax run` once on this machine"
            )
        return made_anew(found[0].read_text(encoding="utf-8"))

    def _named(self, relation: str) -> str:
        """As dbt writes a relation."""
        return f'"{self._catalog}".{relation}'
