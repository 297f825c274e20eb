"""JSON texts to rows of a feed, set-based in DuckDB; what is no proper object comes back as a reject.

Used for the lines of a file and again for the records nested in them. Knows JSON and headers,
nothing of files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl
import pyarrow as pa

from vax_pipeline.core.feeds.readers.headers import is_blank
from vax_pipeline.core.feeds.rejects import SENTENCES, Reason
from vax_pipeline.core.feeds.spec import Feed, header_key

CLASSIFY = f"""
create or replace temp table json_texts as
select seq, line, parent, text,
    case
        when not json_valid(text) then '{Reason.MALFORMED_JSON}'
        when json_type(text) <> 'OBJECT' then '{Reason.NOT_AN_OBJECT}'
        when contains(text, '\\u0000') then '{Reason.NUL_BYTE}'
    end as problem,
    case when problem is null then json_keys(text) end as keys
from documents
"""


@dataclass
class SeenKeys:
    """What the keys of a file's objects were, over all its blocks; `unknown` keeps their order."""

    columns: set[str]
    unknown: dict[str, None]


@dataclass(frozen=True)
class Objects:
    """Objects as rows: seq, line, parent, the feed's columns, extra, `parent_key`, `nested:<key>`.

    Attributes:
        texts: seq and text of every good object, for those rejected later on.
        bad: seq, line, text and reason_code of the others.
    """

    rows: pl.DataFrame
    texts: pl.DataFrame
    bad: pl.DataFrame

    def rejects(self, *, is_child: bool) -> pl.DataFrame:
        sentences = {str(code): sentence for code, sentence in SENTENCES.items()}
        return self.bad.select(
            "line",
            pl.lit(is_child).alias("is_child"),
            "reason_code",
            pl.col("reason_code").replace_strict(sentences, return_dtype=pl.String).alias("reason"),
            pl.col("text").alias("record"),
        )


@dataclass
class _Keys:
    """Delivered keys by what they mean."""

    columns: dict[str, list[str]]
    nested: dict[str, str]
    unknown: list[str]
    ambiguous: list[list[str]]


def read_objects(
    engine: duckdb.DuckDBPyConnection,
    feed: Feed,
    children: Mapping[str, Feed],
    documents: pa.Table,
    seen: SeenKeys,
) -> Objects:
    """Read JSON texts.

    Args:
        documents: seq (unique), line, parent (key of the record it is nested in, or null), text.
        seen: is added to.
    """
    engine.register("documents", documents)
    engine.execute(CLASSIFY)
    engine.unregister("documents")
    distinct = engine.execute(
        "select distinct keys from json_texts where problem is null"
    ).fetchall()
    keys = _sort_keys(feed, children, [row[0] for row in distinct])
    seen.columns.update(keys.columns)
    seen.unknown.update(dict.fromkeys(keys.unknown))
    if keys.ambiguous:
        engine.execute(
            "update json_texts set problem = ? where problem is null and list_contains(?, keys)",
            [str(Reason.DUPLICATE_FIELD), keys.ambiguous],
        )
    texts = _frame(
        engine, "select seq, trim(text, e'\\r\\n') as text from json_texts where problem is null"
    )
    bad = _frame(
        engine,
        "select seq, line, trim(text, e'\\r\\n') as text, problem as reason_code "
        "from json_texts where problem is not null",
    )
    return Objects(_rows(engine, feed, keys), texts, bad)


def unnest(
    engine: duckdb.DuckDBPyConnection, parents: pl.DataFrame
) -> tuple[pa.Table, pl.DataFrame]:
    """The elements of `nested` (json text) as documents; and what is given but is no list."""
    engine.register("parents", parents.to_arrow())
    documents = engine.sql(
        """
        select row_number() over (order by line, position) as seq, line, parent, text
        from (
            select line, parent_key as parent,
                unnest(json_extract(nested, '$[*]'))::varchar as text,
                generate_subscripts(json_extract(nested, '$[*]'), 1) as position
            from parents where json_type(nested) = 'ARRAY'
        )
        """
    ).to_arrow_table()
    not_lists = _frame(
        engine,
        "select line, nested as text from parents "
        "where nested is not null and json_type(nested) not in ('ARRAY', 'NULL')",
    )
    engine.unregister("parents")
    return documents, not_lists


def _sort_keys(feed: Feed, children: Mapping[str, Feed], lists: list[list[str]]) -> _Keys:
    accepted = feed.headers
    nested = {header_key(key): key for key in children}
    found = _Keys({}, {}, [], [])
    for key in dict.fromkeys(key for keys in lists for key in keys):
        normal = header_key(key)
        if normal in accepted:
            found.columns.setdefault(accepted[normal], []).append(key)
        elif normal in nested:
            found.nested.setdefault(nested[normal], key)
        else:
            found.unknown.append(key)
    for keys in lists:
        meanings = [accepted.get(header_key(key), key) for key in keys]
        if len(set(meanings)) < len(meanings):
            found.ambiguous.append(keys)
    return found


def _rows(engine: duckdb.DuckDBPyConnection, feed: Feed, keys: _Keys) -> pl.DataFrame:
    delivered = [key for aliases in keys.columns.values() for key in aliases]
    place = {key: f"nullif(found[{number}], '')" for number, key in enumerate(delivered, start=1)}
    columns: list[str] = []
    for column in feed.columns:
        aliases = [place[key] for key in keys.columns.get(column.name, [])]
        value = f"coalesce({', '.join(aliases)})" if aliases else "null::varchar"
        columns.append(f'{value} as "{column.name}"')
    nested = [f'json_extract(text, ?)::varchar as "nested:{key}"' for key in keys.nested]
    known = dict.fromkeys([*delivered, *keys.nested.values()])
    extra = "nullif(json_merge_patch(text, ?)::varchar, '{}')" if keys.unknown else "null::varchar"
    query = f"""
        select seq, line, parent, {", ".join([*columns, f"{extra} as extra", *nested])}
        from (
            select seq, line, parent, text, json_extract_string(text, ?::varchar[]) as found
            from json_texts where problem is null
        )
    """
    parameters: list[object] = []
    if keys.unknown:
        parameters.append(json.dumps(known))
    parameters += [_pointer(key) for key in keys.nested.values()]
    parameters.append([_pointer(key) for key in delivered])
    frame = _frame(engine, query, parameters)
    return _with_defaults(feed, frame).with_columns(pl.col(feed.key[0]).alias("parent_key"))


def _with_defaults(feed: Feed, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(is_blank(pl.col(column.name)))
        .then(pl.lit(column.default))
        .otherwise(pl.col(column.name))
        .alias(column.name)
        for column in feed.columns
        if column.key and column.default is not None
    )


def _pointer(key: str) -> str:
    """A JSON pointer: unlike a path it has no wildcards and no quoting to get wrong."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _frame(
    engine: duckdb.DuckDBPyConnection, query: str, parameters: list[object] | None = None
) -> pl.DataFrame:
    return engine.sql(query, params=parameters or []).pl()
