"""What the probabilistic step may link, must leave to a person, and must leave behind."""

import datetime as dt
import json
import logging
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.identity.registry import add_citizen, add_mention, compare, empty_warehouse
from vax_pipeline.core import schemas
from vax_pipeline.core.identity.model import UntrainedModelError, read_model
from vax_pipeline.core.identity.prediction import LinkReport, link_undecided
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


def link(
    connection: duckdb.DuckDBPyConnection, model: Path = MODEL_PATH, **options: Any
) -> LinkReport:
    compare(connection)
    return link_undecided(connection, model, **options)


def candidates(connection: duckdb.DuckDBPyConnection, mention: str) -> str:
    return connection.execute(
        f"select candidates from {schemas.SPLINK_LINKS.sql} where mention_id = ?", [mention]
    ).fetchall()[0][0]


def vetoes_of_best(connection: duckdb.DuckDBPyConnection, mention: str) -> list[str]:
    return json.loads(candidates(connection, mention))[0]["vetoes"]


def decided(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str | None]]:
    rows = connection.sql(
        f"select mention_id, decision, citizen_id from {schemas.SPLINK_LINKS.sql}"
    ).fetchall()
    return {mention: (decision, citizen) for mention, decision, citizen in rows}


def test_typo_in_the_number_is_linked_when_all_else_agrees(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "typo", id_number="075085001243")

    report = link(connection)

    assert decided(connection) == {"typo": ("LINKED", AN)}
    assert (report.mentions, report.linked, report.unlinked) == (1, 1, 0)


def test_mention_of_somebody_who_is_not_in_the_registry_stays_unlinked(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(
        connection, "absent", "001099000001", "01001", name="đỗ tú", key="do tu",
        birth=dt.date(2001, 9, 9), phone="0399999999",
    )  # fmt: skip

    link(connection)

    assert decided(connection) == {"absent": ("UNLINKED", None)}


def test_mention_that_fits_both_twins_alike_is_left_to_a_person(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_citizen(connection, "075085001299", name="trần văn bảo lợi", key="tran van bao loi")
    add_mention(connection, "either", name="trần văn bảo lộ", key="tran van bao lo")

    link(connection)

    assert decided(connection)["either"][0] == "REVIEW"


@pytest.mark.parametrize(
    ("veto", "number", "fields"),
    [
        # Phone, commune and birth date of An, whose twin the registry does not hold.
        ("twin", "075085009876", {"name": "trần văn bảo thọ", "key": "tran van bao tho"}),
        ("twin", None, {"name": "trần văn hữu lộc", "key": "tran van huu loc"}),
        (
            "relative",
            "075085009876",
            {"name": "trần minh lộc", "key": "tran minh loc", "birth": dt.date(1985, 5, 17)},
        ),
        (
            "relative",
            "075085001243",  # a slip in the number, in the given name and in the birth date
            {"name": "trần văn bảo lợc", "key": "tran van bao locc", "birth": dt.date(1985, 3, 18)},
        ),
        ("own_number", "001085000001", {"birth": dt.date(1985, 3, 18)}),
        ("parent_or_child", None, {"birth": dt.date(2009, 3, 17)}),
        ("sex", AN, {"sex": "F", "birth": dt.date(1985, 3, 18)}),
        ("namesake", "001085000001", {"unit_code": "01001", "phone": "0399999999"}),
        ("namesake", "274811195", {"phone": "0399999999"}),  # of one commune, by another number
        (
            "relative",
            AN,
            {"name": "lê đức minh", "key": "le duc minh", "birth": dt.date(1961, 11, 2)},
        ),
    ],
)
def test_what_speaks_against_a_link_is_named_and_stops_it(
    connection: duckdb.DuckDBPyConnection, veto: str, number: str | None, fields: dict[str, Any]
) -> None:
    add_mention(connection, "doubtful", number, **fields)

    link(connection)

    assert decided(connection)["doubtful"][0] != "LINKED"
    assert veto in vetoes_of_best(connection, "doubtful")


@pytest.mark.parametrize(("number", "phone"), [(None, "0399999999"), ("274811195", "0912345678")])
def test_the_commune_stands_for_a_name_where_no_other_number_speaks_against_it(
    connection: duckdb.DuckDBPyConnection, number: str | None, phone: str
) -> None:
    add_mention(connection, "likely", number, phone=phone)

    link(connection)

    assert "namesake" not in vetoes_of_best(connection, "likely")


def test_who_died_before_the_injection_is_not_linked(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_citizen(
        connection, "075040000001", name="vũ cúc", key="vu cuc", sex="F",
        birth=dt.date(1940, 5, 5), deceased_on=dt.date(2021, 7, 1),
    )  # fmt: skip
    for mention, day in (("before", dt.date(2021, 6, 30)), ("after", dt.date(2021, 7, 2))):
        add_mention(
            connection, mention, "075040000010", name="vũ cúc", key="vu cuc", sex="F",
            birth=dt.date(1940, 5, 5), injected_on=day,
        )  # fmt: skip

    link(connection)

    assert {m: decision for m, (decision, _) in decided(connection).items()} == {
        "before": "LINKED",
        "after": "REVIEW",
    }
    assert vetoes_of_best(connection, "after") == ["dead_before_injection"]


def test_a_number_whose_holder_agrees_is_never_overridden(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """The holder has the birth date, An has everything else: two sure numbers."""
    add_citizen(connection, "075085007777", name="đỗ hữu tài", key="do huu tai", phone="0977777777")
    add_mention(connection, "torn", "075085007777")

    link(connection)

    assert decided(connection)["torn"][0] == "REVIEW"
    best = json.loads(candidates(connection, "torn"))[0]
    assert best["citizen_id"] != AN or "two_sure_ids" in best["vetoes"]


def test_number_of_somebody_else_does_not_win_over_name_and_birth(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "hits_another", id_number="075090000007")

    link(connection)

    assert decided(connection)["hits_another"] == ("LINKED", AN)


def test_a_common_name_says_less_than_a_rare_one(connection: duckdb.DuckDBPyConnection) -> None:
    for number in range(60):
        add_citizen(
            connection, f"0750950{number:05d}", name="nguyễn thị hoa", key="nguyen thi hoa",
            birth=dt.date(1951, 1, 1) + dt.timedelta(days=97 * number), sex="F",
            phone=f"097{number:07d}",
        )  # fmt: skip
    add_mention(connection, "rare")
    add_mention(
        connection, "common", name="nguyễn thị hoa", key="nguyen thi hoa", sex="F",
        birth=dt.date(1951, 1, 1), phone="0970000000",
    )  # fmt: skip

    link(connection)

    weights = {
        mention: json.loads(candidates(connection, mention))[0]["weights"]
        for mention in ("rare", "common")
    }
    assert weights["rare"]["name"] > weights["common"]["name"] + 3
    assert weights["rare"]["birth"] == weights["common"]["birth"]


def test_candidates_carry_a_weight_for_each_field_and_nothing_typed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "typo", id_number="075085001243")

    link(connection)

    row = connection.sql(f"select candidates from {schemas.SPLINK_LINKS.sql}").fetchall()[0]
    best = json.loads(row[0])[0]
    assert best["citizen_id"] == AN
    assert set(best["weights"]) == set(comparison_names())
    assert best["weights"]["birth"] > 5
    assert "075085001243" not in row[0] and "loc" not in row[0]


def test_twice_gives_the_same_rows_without_scoring_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        f"insert into {schemas.SPLINK_LINKS.sql} (mention_id, decision) values ('old', 'LINKED')"
    )
    add_mention(connection, "typo", id_number="075085001243")

    first = link(connection)
    rows = connection.sql(f"from {schemas.SPLINK_LINKS.sql}").fetchall()
    again = link(connection)

    assert (first.scored, first.kept) == (1, 0)
    assert (again.scored, again.kept) == (0, 1)
    assert connection.sql(f"from {schemas.SPLINK_LINKS.sql}").fetchall() == rows
    assert [row[0] for row in rows] == ["typo"]


@pytest.mark.parametrize(
    ("change", "scored"),
    [
        ("update {citizens} set phone = '0988888888' where citizen_id = '075085001234'", 1),
        ("update {mentions} set unit_code = '01001' where mention_id = 'typo'", 1),
        # A citizen one of the mentions could be, and one that neither could.
        (
            "insert into {citizens} by name select * replace ('075085001244' as citizen_id) "
            "from {citizens} where citizen_id = '075085001234'",
            1,
        ),
        (
            "insert into {citizens} by name select * replace ('001001000001' as citizen_id, "
            "date '2001-02-03' as birth_on, date '2001-02-03' as birth_first_on, "
            "date '2001-02-03' as birth_last_on, 'lạ kỳ' as name_exact_key, 'la ky' as name_key) "
            "from {citizens} where citizen_id = '075085001234'",
            0,
        ),
    ],
)
def test_only_what_a_change_concerns_is_scored_again_and_as_a_full_rebuild_would(
    connection: duckdb.DuckDBPyConnection, change: str, scored: int
) -> None:
    add_mention(connection, "typo", id_number="075085001243")
    add_mention(
        connection, "hoa", "075090000099", name="nguyễn thị hoa 7", key="nguyen thi hoa 7",
        birth=dt.date(1950, 1, 1) + dt.timedelta(days=97 * 7), sex="F", phone="0980000007",
    )  # fmt: skip
    link(connection)
    connection.execute(
        change.format(
            citizens=schemas.INT_CITIZENS.sql, mentions=schemas.INT_MENTIONS_UNDECIDED.sql
        )
    )

    report = link(connection)
    by_day = connection.sql(f"from {schemas.SPLINK_LINKS.sql} order by all").fetchall()
    full = link(connection, everything=True)

    assert report.scored == scored
    assert full.scored == 2
    assert connection.sql(f"from {schemas.SPLINK_LINKS.sql} order by all").fetchall() == by_day


def test_another_model_scores_everything_again(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    add_mention(connection, "typo", id_number="075085001243")
    link(connection)
    content = json.loads(MODEL_PATH.read_text(encoding="utf-8"))
    content["thresholds"]["link"] = 1.1  # beyond reach
    stricter = tmp_path / "model.json"
    stricter.write_text(json.dumps(content), encoding="utf-8")

    report = link(connection, stricter)

    assert report.scored == 1
    assert decided(connection)["typo"] == ("REVIEW", AN)


@pytest.mark.parametrize("with_mention", [True, False])
def test_empty_registry_and_no_mentions_are_no_error(with_mention: bool) -> None:
    connection = empty_warehouse()
    if with_mention:
        add_mention(connection, "alone", id_number=AN)
    else:
        add_citizen(connection, AN)

    report = link(connection)

    assert decided(connection) == ({"alone": ("UNLINKED", None)} if with_mention else {})
    assert report.linked == 0


def test_nothing_of_splink_stays_in_the_warehouse_and_the_schema_is_unchanged(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_mention(connection, "typo", id_number="075085001243")
    compare(connection)
    every = "select database_name, schema_name, table_name from duckdb_tables() order by all"
    tables = connection.sql(every).fetchall()
    place = connection.sql("select current_database(), current_schema()").fetchall()

    link(connection)

    assert connection.sql(every).fetchall() == tables
    assert connection.sql("select current_database(), current_schema()").fetchall() == place
    assert connection.sql("from duckdb_views() where not internal").fetchall() == []


def test_nothing_personal_is_logged(
    connection: duckdb.DuckDBPyConnection, caplog: pytest.LogCaptureFixture
) -> None:
    add_mention(connection, "typo", id_number="075085001243")
    messages: list[str] = []

    with caplog.at_level(logging.DEBUG):
        link(connection, on_progress=messages.append)

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
        link(connection, broken)

    assert list(decided(connection)) == ["old"]


def test_committed_model_says_where_it_comes_from() -> None:
    model = read_model(MODEL_PATH)

    assert {"trained_on", "data"} <= set(model.recipe)
    assert model.prior(98_000_000) < model.prior(50_000)
