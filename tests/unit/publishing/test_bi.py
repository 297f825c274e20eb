"""bi.duckdb made from the release before holds what one made from scratch would hold."""

import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.crash import every_crash
from tests.unit.publishing.small_warehouse import (
    BY_DIFFERENCE,
    Small,
    assert_same_rows,
    assert_whole,
    small_warehouse,
)
from vax_pipeline.core import schemas
from vax_pipeline.core.changes import Account
from vax_pipeline.core.publishing import bi
from vax_pipeline.core.publishing.catalog import BI_TABLES
from vax_pipeline.core.publishing.difference import Limits
from vax_pipeline.core.settings import DBT_PROJECT_DIR

CHANGES = (
    "delete from $t where citizen_key = 'k3'",
    "insert into $t from $t where citizen_key = 'k1'",  # duplicates
    "delete from $t where rowid in (select max(rowid) from $t group by dose_id)",  # one of them
    "insert into $t select * replace ('N' || dose_id as dose_id) from $t where citizen_key = 'k2'",
    "update $t set tags = null where tags = []",
    "update $t set tags = [] where tags is null",
    "update $t set tags = ['a, b', 'c'] where tags = ['a', 'b, c']",
    "update $t set nested = [[1, 2]] where nested = [[1], [2]]",
    "update $t set shape = null where shape.a is null",
    "update $t set evidence = '{}' where citizen_key = 'k4'",
    "update $t set evidence = null where citizen_key = 'k5'",
    "update $t set injected_on = null where month(injected_on) = 10",
    "update $t set injected_on = injected_on + 40 where citizen_key = 'k6'",
    "update $t set share = null, dose_label_typed = '' where citizen_key = 'k0'",
    "update $t set citizen_id = '075190000999'",  # not published: changes nothing
    "create or replace table $t as select remark, * exclude (remark) from $t",
    "alter table $t add column more integer",
    "alter table $t alter share type varchar",
    "delete from $t",
    "",
)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    return small_warehouse(tmp_path, monkeypatch)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(CHANGES), st.sampled_from([BY_DIFFERENCE, Limits(0, 0.3)])),
        max_size=5,
    )
)
@examples(max_examples=40, deadline=None)
def test_after_any_changes_it_holds_the_rows_of_the_warehouse(
    steps: list[tuple[str, Limits]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        small = small_warehouse(Path(folder), patched)
        small.publish()
        for change, limits in steps:
            try:
                small.run(change)
            except duckdb.Error:
                continue  # does not fit what an earlier change left
            copy, made = small.publish(limits)
            assert copy.previous is not None
            assert_same_rows(small, made)
            of_parquet = small.connection.execute(
                f"select count(*) from read_parquet('{made.path}/parquet/fct_doses/*/*.parquet')"
                if list(made.path.glob("parquet/fct_doses/*/*"))
                else "select 0"
            ).fetchall()
            assert of_parquet == [(copy.rows["marts.fct_doses"],)]
        for path in small.settings.published.glob("releases/*"):
            assert_whole(path)
        small.connection.close()


def test_what_has_not_changed_is_not_written(small: Small) -> None:
    small.publish()
    small.run("update $t set remark = 'anders' where citizen_key = 'k3'")
    copy, made = small.publish()
    assert {name: change.kind for name, change in copy.tables.items()} == {
        "marts.fct_doses": "changed",
        "quality.findings": "same",
        "ops.rules": "same",
    }
    assert made.manifest[bi.FACTS]["moved"] == {"marts.fct_doses": 18}
    copy, made = small.publish()
    assert {change.kind for change in copy.tables.values()} == {"same"}
    assert made.manifest[bi.FACTS]["moved"] == {"marts.fct_doses": 18}


OF_TWO = Account(frozenset(), {"marts.fct_doses": "citizen_key in ('k1', 'k2')"})


@pytest.mark.parametrize(
    "change",
    [
        "delete from $t where citizen_key = 'k1'",
        "insert into $t from $t where citizen_key = 'k2'",
        "update $t set citizen_key = 'k2', remark = 'other' where citizen_key = 'k1'",
        "update $t set injected_on = injected_on + 40 where citizen_key in ('k1', 'k2')",
        "update $t set remark = remark",
        # More than was noted: another number of rows tells.
        "delete from $t where citizen_key in ('k2', 'k3')",
    ],
)
def test_where_it_is_known_which_rows_can_differ_the_others_are_not_read(
    small: Small, change: str
) -> None:
    small.publish()
    small.run(change)
    _, made = small.publish(account=OF_TWO)
    assert_same_rows(small, made)
    small.run("update $t set remark = 'unnoted' where citizen_key in ('k1', 'k5')")
    small.publish(account=OF_TWO)
    [(seen,)] = small.connection.execute(
        f"attach '{small.settings.published}/current/bi.duckdb' as made (read_only); "
        "select count(*) from made.marts.fct_doses where remark = 'unnoted' and citizen_key = 'k5'"
    ).fetchall()
    assert seen == 0


def test_a_table_of_which_much_has_moved_since_is_written_anew_in_order(small: Small) -> None:
    limits = Limits(small_rows=0, most_moved=0.5)
    small.publish(limits)
    kinds: list[str] = []
    for number in range(3):
        small.run(f"update $t set remark = '{number}' where citizen_key = 'k3'")
        kinds.append(small.publish(limits)[0].tables["marts.fct_doses"].kind)
    assert kinds == ["changed", "anew", "changed"]


def test_a_row_there_another_number_of_times_is_seen(small: Small) -> None:
    small.publish()
    small.run("insert into $t from $t where dose_id = 'D1'")
    small.run("insert into $t from $t where dose_id = 'D2'")
    _, made = small.publish()
    assert_same_rows(small, made)
    small.run("delete from $t where rowid = (select max(rowid) from $t where dose_id = 'D1')")
    small.run("insert into $t select distinct * from $t where dose_id = 'D2'")
    _, made = small.publish()
    assert_same_rows(small, made)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made.bi.write_bytes(b"no database"),
        lambda made: made.bi.write_bytes(made.bi.read_bytes()[:100_000]),
        lambda made: made.bi.write_bytes(
            b"".join((made.bi.read_bytes()[:12_288], b"\xff" * 600_000))
        ),
        lambda made: made.bi.unlink(),
    ],
    ids=["other", "short", "spoilt", "gone"],
)
def test_an_unreadable_release_is_not_built_on(small: Small, spoil: object) -> None:
    assert callable(spoil)
    _, first = small.publish()
    spoil(first)
    copy, made = small.publish()
    assert copy.previous is None
    assert copy.anew_because is not None
    assert_same_rows(small, made)


def test_neither_is_one_that_other_code_made(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.publish()
    monkeypatch.setattr(bi, "made_by", lambda: "another version")
    copy, made = small.publish()
    assert copy.anew_because == "other code made it"
    assert made.manifest[bi.FACTS]["made_by"] == "another version"
    assert small.publish()[0].anew_because is None


def test_the_first_one_and_a_full_one_are_made_from_scratch(small: Small) -> None:
    assert small.publish()[0].previous is None
    assert small.publish()[0].previous is not None
    copy, made = small.publish(is_full=True)
    assert copy.previous is None
    assert_same_rows(small, made)


def test_a_file_with_much_free_space_is_not_built_on(small: Small) -> None:
    small.run(
        "insert into $t select * exclude (range) replace (uuid()::varchar as remark) from $t, range(20000)"
    )
    small.publish()
    small.run("delete from $t where length(remark) = 36")
    copy, grown = small.publish()
    assert copy.anew_because is None
    copy, made = small.publish()
    assert copy.anew_because == "it holds too much free space"
    assert made.bi.stat().st_size < grown.bi.stat().st_size / 2
    assert_same_rows(small, made)


def test_a_table_that_is_replaced_takes_the_place_of_its_old_rows(small: Small) -> None:
    small.run(
        "insert into $t select * exclude (range) replace (uuid()::varchar as remark) from $t, range(5000)"
    )
    _, first = small.publish()
    for number in range(3):
        small.run(f"update $t set share = {number}")
        copy, last = small.publish(None)
        assert copy.tables["marts.fct_doses"].kind == "anew"
    assert last.bi.stat().st_size < 1.5 * first.bi.stat().st_size


def test_a_run_killed_on_the_way_leaves_the_release_it_built_on_as_it_was(small: Small) -> None:
    _, first = small.publish()
    small.run("delete from $t where citizen_key = 'k3'")
    small.build()  # and no `finish`: the next one clears it away
    assert_whole(first.path)
    copy, made = small.publish()
    assert copy.previous is not None
    assert_same_rows(small, made)
    assert len(list(made.path.parent.iterdir())) == 2


def test_killed_at_any_step_every_release_is_whole_and_the_next_is_as_it_should_be(
    small: Small,
) -> None:
    small.publish()
    small.run("update $t set remark = 'anders' where injected_on = date '2021-10-05'")
    warehouse = small.path
    small.connection.close()

    def publish() -> None:
        small.connection = duckdb.connect(str(warehouse))
        assert small.publish()[0].previous is not None

    for _ in every_crash(publish):
        small.releases += 1
        for path in small.settings.published.glob("releases/[!.]*"):
            assert_whole(path)
    small.connection = duckdb.connect(str(warehouse))
    small.releases += 1
    assert_same_rows(small, small.publish()[1])


def test_the_order_of_a_table_written_by_difference_keeps_a_lookup_short(small: Small) -> None:
    """New rows lie in order at its end: what was in order before is as it was."""
    small.publish()
    small.run("insert into $t select * replace ('A' || dose_id as dose_id) from $t")
    _, made = small.publish()
    with duckdb.connect(str(made.bi), read_only=True) as copied:
        ids = [
            r[0] for r in copied.execute(f"select dose_id from {schemas.FCT_DOSES.sql}").fetchall()
        ]
    assert ids == sorted(ids[:60]) + sorted(ids[60:])


def test_what_is_published_is_a_table() -> None:
    """A view has no places of rows, and would be worked out more than once."""
    models = {
        path.stem: path.read_text(encoding="utf-8") for path in DBT_PROJECT_DIR.rglob("*.sql")
    }
    views = [p.name for p in BI_TABLES if "materialized='view'" in models.get(p.relation.name, "")]
    assert views == []
