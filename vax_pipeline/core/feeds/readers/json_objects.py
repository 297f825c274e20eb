"""JSON texts to rows of a feed, set-based in DuckDB; what is no proper object is a reject.

Used for the lines of a file and again for the records nested in them. Knows JSON and headers,
nothing of files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from vax_pipeline.core.feeds.readers.headers import column_of, is_blank
from vax_pipeline.core.feeds.readers.source import as_arrow
from vax_pipeline.core.feeds.rejects import SENTENCES, Reason
from vax_pipeline.core.feeds.spec import Feed, header_key

# try: what is no JSON is an error, and a guard around it is not enough, since DuckDB moves common
# expressions out of a case.
PROBLEM = f"""
    case
        when try(json_type(text)) is null then '{Reason.MALFORMED_JSON}'
        when try(json_type(text)) <> 'OBJECT' then '{Reason.NOT_AN_OBJECT}'
        when contains(text, '\\u0000') then '{Reason.NUL_BYTE}'
    end
"""
KINDS = f"""
    select distinct {PROBLEM} as problem,
        case when problem is null then try(json_keys(text)) end as keys
    from documents
"""
# Asked first where something is bad: what is no JSON is an error for the other functions, and an error
# costs a hundred times as much as a look.
MALFORMED = f"""
    select seq, '{Reason.MALFORMED_JSON}' as reason_code from documents where not json_valid(text)
"""
BAD = f"""
    select seq, coalesce(problem, '{Reason.DUPLICATE_FIELD}') as reason_code
    from (select seq, {PROBLEM} as problem, try(json_keys(text)) as keys from documents)
    where problem is not null or list_contains(?::varchar[][], keys)
"""
DOCUMENTS: dict[str, pl.DataType] = {
    "seq": pl.Int64(),  # unique among the documents
    "line": pl.Int64(),
    "parent": pl.String(),  # key of the record it is nested in, or null
    "text": pl.String(),
}


@dataclass
class SeenKeys:
    """What the keys of a file's objects were, over all its blocks; `unknown` keeps their order."""

    columns: set[str]
    unknown: dict[str, None]


@dataclass(frozen=True)
class Objects:
    """Objects as rows: seq, line, parent, the feed's columns, extra, `parent_key`, `nested:<key>`.

    Attributes:
        documents: every text that was given, for those rejected later on.
        bad: seq and reason_code of those that are no proper object.
    """

    rows: pl.DataFrame
    documents: pl.DataFrame
    bad: pl.DataFrame

    @property
    def texts(self) -> pl.DataFrame:
        return self.documents.select("seq", pl.col("text").str.strip_chars_end("\r\n"))

    def rejects(self, *, is_child: bool) -> pl.DataFrame:
        sentences = {str(code): sentence for code, sentence in SENTENCES.items()}
        return self.bad.join(self.documents, on="seq").select(
            "line",
            pl.lit(is_child).alias("is_child"),
            "reason_code",
            pl.col("reason_code").replace_strict(sentences, return_dtype=pl.String).alias("reason"),
            pl.col("text").str.strip_chars_end("\r\n").alias("record"),
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
    documents: pl.DataFrame,
    seen: SeenKeys,
) -> Objects:
    """Read JSON texts, given as `DOCUMENTS`; adds their keys to `seen`."""
    bad = pl.DataFrame(schema={"seq": pl.Int64, "reason_code": pl.String})
    good = documents
    engine.register("documents", as_arrow(good))
    kinds = engine.execute(KINDS).fetchall()
    keys = _sort_keys(feed, children, [given for problem, given in kinds if problem is None])
    if keys.ambiguous or any(problem is not None for problem, _ in kinds):
        for query, parameters in ((MALFORMED, None), (BAD, [keys.ambiguous])):
            bad = pl.concat([bad, engine.sql(query, params=parameters).pl()])
            good = documents.join(bad, on="seq", how="anti")
            engine.register("documents", as_arrow(good))
    seen.columns.update(keys.columns)
    seen.unknown.update(dict.fromkeys(keys.unknown))
    rows = _rows(engine, feed, keys)
    engine.unregister("documents")
    return Objects(rows, documents, bad)


def unnest(
    engine: duckdb.DuckDBPyConnection, parents: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The elements of `nested` (json text) as documents; and what is given but is no list."""
    engine.register("parents", as_arrow(parents))
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
    ).pl()
    not_lists = engine.sql(
        "select line, nested as text from parents "
        "where nested is not null and json_type(nested) not in ('ARRAY', 'NULL')"
    ).pl()
    engine.unregister("parents")
    return documents, not_lists


def _sort_keys(feed: Feed, children: Mapping[str, Feed], lists: list[list[str]]) -> _Keys:
    nested = {header_key(key): key for key in children}
    found = _Keys({}, {}, [], [])
    meaning = {key: column_of(feed, key) for keys in lists for key in keys}
    for key, column in meaning.items():
        if column is not None:
            found.columns.setdefault(column, []).append(key)
        elif header_key(key) in nested:
            found.nested.setdefault(nested[header_key(key)], key)
        else:
            found.unknown.append(key)
    for keys in lists:
        meanings = [meaning[key] or key for key in keys]
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
    beside = [f"{extra} as extra", "null::varchar as marks"]
    query = f"""
        select seq, line, parent, {", ".join([*columns, *beside, *nested])}
        from (
            select seq, line, parent, text, json_extract_string(text, ?::varchar[]) as found
            from documents
        )
    """
    parameters: list[object] = []
    if keys.unknown:
        parameters.append(json.dumps(known))
    parameters += [_pointer(key) for key in keys.nested.values()]
    parameters.append([_pointer(key) for key in delivered])
    frame = engine.sql(query, params=parameters).pl()
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
