"""Names, id numbers and phones stay in the warehouse and in the files of the authorities."""

import json
import sqlite3
from pathlib import Path

import duckdb
import pytest

from tests.command import ROOT
from tests.pipeline.conftest import Province
from tests.pipeline.searching import People, people_of, texts_of


@pytest.fixture(scope="module")
def people(province: Province) -> People:
    """Those of the province, but for the few whose names stand in the examples of the project."""
    everyone = people_of(province.home / "warehouse.duckdb")
    examples = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "dbt_project").rglob("*")
        if path.suffix in {".sql", ".yml", ".csv", ".md"} and "target" not in path.parts
    )
    of_examples = everyone.told_by({"examples": examples}).get("examples", set())
    assert len(of_examples) < 0.05 * len(everyone.names)
    return People(everyone.names - of_examples, everyone.numbers - of_examples)


def test_nothing_a_run_writes_elsewhere_tells_who_someone_is(
    province: Province, people: People
) -> None:
    """Logs, events and metadata of Dagster, dbt's files, Data Docs, notices, bi.duckdb, parquet."""
    assert len(people.names) > 1000
    assert len(people.numbers) > 1000
    texts = dict(texts_of(province.home))
    for part in ("dagster/", "dbt/", "data_docs/", "outbox/", "published/", "ledger.db"):
        assert any(file.startswith(part) for file in texts), part
    texts["what vax demo said"] = json.dumps(province.said, ensure_ascii=False)
    telling = {file: len(found) for file, found in people.told_by(texts).items()}
    assert telling == {}


def test_the_search_finds_a_person_however_it_is_written(tmp_path: Path) -> None:
    people = People(frozenset({"trần thị hòa"}), frozenset({"075190000101", "0912345678"}))
    (tmp_path / "run.log").write_text('{"who": "Tr\\\\u1ea7n Th\\u1ecb Hòa"}')
    (tmp_path / "docs.html").write_text("<td>TR&#7846;N TH&#7882; H&Ograve;A</td>")
    with sqlite3.connect(tmp_path / "events.db") as events:
        events.execute("create table events as select 'id 075190000101 not found' as message")
    with duckdb.connect(str(tmp_path / "bi.duckdb")) as bi:
        bi.execute("create table people as select 912345678 as rows_read, '0912345678' as called")
        bi.execute(f"copy people to '{tmp_path}/people.parquet'")
    (tmp_path / "hash.txt").write_text("a075190000101f 0.0912345678 10912345678")
    (tmp_path / "authority").mkdir()
    (tmp_path / "authority" / "worklist.csv").write_text("Trần Thị Hòa")
    assert people.told_by(dict(texts_of(tmp_path))) == {
        "run.log": {"trần thị hòa"},
        "docs.html": {"trần thị hòa"},
        "events.db": {"075190000101"},
        "bi.duckdb": {"0912345678"},
        "people.parquet": {"0912345678"},
    }
