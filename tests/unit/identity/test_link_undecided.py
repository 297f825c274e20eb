"""What the probabilistic step may link, must leave to a person, and must leave behind."""

import datetime as dt
import json
import logging
from pathlib import Path

import duckdb
import pytest

from tests.unit.identity.registry import add_citizen, add_mention, empty_warehouse
from vax_pipeline.core import schemas
from vax_pipeline.core.identity.model import UntrainedModelError, read_model
from vax_pipeline.core.identity.prediction import link_undecided
from vax_pipeline.core.identity.settings import MODEL_PATH, comparison_names

AN = "075085001234"


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse()
    add_citizen(connection, AN)
    # Fillers, so that the prior is that of a commune and not of a family.
    for number in range(200):
        add_citizen(
            connection,
            f"0750900{number:05d}",
            name=f"nguyễn thị hoa {number}",
            key=f"nguyen thi hoa {number}",
            birth=dt.date(1950, 1, 1) + dt.timedelta(days=97 * number),
            sex="F",
            phone=f"098{number:07d}",
        )
    return connection


def decided(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str | None]]:
    rows = connection.sql(
        f"select mention_id, decision, citizen_id from {schemas.SPLINK_LINKS.sql}"
    ).fetchall()
    return {mention: (decision, citizen) for mention, decision, citizen in rows}


def test_typo_in_the_number_is_linked_when_all_else_agrees(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "typo", id_number="075085001243")

    report = link_undecided(connection)

    assert decided(connection) == {"typo": ("LINKED", AN)}
    assert (report.mentions, report.linked, report.unlinked) == (1, 1, 0)


def test_number_of_somebody_else_does_not_win_over_name_and_birth(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "hits_another", id_number="075090000007")

    link_undecided(connection)

    assert decided(connection)["hits_another"][1] == AN


def test_mention_of_somebody_who_is_not_in_the_registry_stays_unlinked(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(
        connection, "absent", "001099000001", "01001", name="đỗ tú", key="do tu",
        birth=dt.date(2001, 9, 9), phone="0399999999",
    )  # fmt: skip

    link_undecided(connection)

    assert decided(connection) == {"absent": ("UNLINKED", None)}


def test_twin_who_is_not_in_the_registry_is_not_linked_to_the_other(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(
        connection,
        "twin",
        id_number="075085009876",
        name="trần văn bảo thọ",
        key="tran van bao tho",
    )

    link_undecided(connection)

    assert decided(connection)["twin"][0] != "LINKED"


def test_mention_that_fits_both_twins_alike_is_left_to_a_person(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_citizen(connection, "075085001299", name="trần văn bảo lợi", key="tran van bao loi")
    add_mention(connection, "either", name="trần văn bảo", key="tran van bao")

    link_undecided(connection)

    assert decided(connection)["either"][0] == "REVIEW"


def test_another_sex_and_another_birth_date_together_are_never_linked(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "sex", id_number=AN, sex="F", birth=dt.date(1985, 3, 18))

    link_undecided(connection)

    assert decided(connection)["sex"][0] == "REVIEW"


def test_relative_with_the_same_number_and_phone_is_not_the_person(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(
        connection, "relative", id_number=AN, name="lê đức minh", key="le duc minh",
        birth=dt.date(1961, 11, 2),
    )  # fmt: skip

    link_undecided(connection)

    assert decided(connection)["relative"][0] != "LINKED"


def test_candidates_carry_a_weight_for_each_field_and_nothing_typed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "typo", id_number="075085001243")

    link_undecided(connection)

    row = connection.sql(f"select candidates from {schemas.SPLINK_LINKS.sql}").fetchall()[0]
    best = json.loads(row[0])[0]
    assert best["citizen_id"] == AN
    assert set(best["weights"]) == set(comparison_names())
    assert best["weights"]["birth"] > 5
    assert "075085001243" not in row[0] and "loc" not in row[0]


def test_twice_gives_the_same_rows_and_replaces_what_was_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        f"insert into {schemas.SPLINK_LINKS.sql} (mention_id, decision) values ('old', 'LINKED')"
    )
    add_mention(connection, "typo", id_number="075085001243")

    link_undecided(connection)
    first = connection.sql(f"from {schemas.SPLINK_LINKS.sql}").fetchall()
    link_undecided(connection)

    assert connection.sql(f"from {schemas.SPLINK_LINKS.sql}").fetchall() == first
    assert [row[0] for row in first] == ["typo"]


@pytest.mark.parametrize("with_mention", [True, False])
def test_empty_registry_and_no_mentions_are_no_error(with_mention: bool) -> None:
    connection = empty_warehouse()
    if with_mention:
        add_mention(connection, "alone", id_number=AN)
    else:
        add_citizen(connection, AN)

    report = link_undecided(connection)

    assert decided(connection) == ({"alone": ("UNLINKED", None)} if with_mention else {})
    assert report.linked == 0


def test_nothing_of_splink_stays_in_the_warehouse_and_the_schema_is_unchanged(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "typo", id_number="075085001243")
    before = connection.sql("select database_name, schema_name, table_name from duckdb_tables()")
    tables = before.fetchall()
    place = connection.sql("select current_database(), current_schema()").fetchall()

    link_undecided(connection)

    after = connection.sql("select database_name, schema_name, table_name from duckdb_tables()")
    assert after.fetchall() == tables
    assert connection.sql("select current_database(), current_schema()").fetchall() == place
    assert connection.sql("from duckdb_views() where not internal").fetchall() == []


def test_nothing_personal_is_logged(
    connection: duckdb.DuckDBPyConnection, caplog: pytest.LogCaptureFixture
) -> None:
    add_mention(connection, "typo", id_number="075085001243")
    messages: list[str] = []

    with caplog.at_level(logging.DEBUG):
        link_undecided(connection, on_progress=messages.append)

    said = caplog.text + " ".join(messages)
    assert not any(text in said for text in ("075085001243", AN, "bao loc", "0912345678"))


def test_model_without_a_level_is_refused_and_nothing_is_written(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = json.loads(MODEL_PATH.read_text(encoding="utf-8"))
    del content["parameters"]["birth"]["day_month_swap"]
    broken = tmp_path / "model.json"
    broken.write_text(json.dumps(content), encoding="utf-8")
    connection.execute(
        f"insert into {schemas.SPLINK_LINKS.sql} (mention_id, decision) values ('old', 'LINKED')"
    )
    add_mention(connection, "typo", id_number="075085001243")

    with pytest.raises(UntrainedModelError, match="day_month_swap"):
        link_undecided(connection, broken)

    assert list(decided(connection)) == ["old"]


def test_committed_model_says_where_it_comes_from() -> None:
    model = read_model(MODEL_PATH)

    assert {"trained_on", "data"} <= set(model.recipe)
    assert model.prior(98_000_000) < model.prior(50_000)
