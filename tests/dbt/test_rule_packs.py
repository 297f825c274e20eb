"""The same histories under two rule packs: only the row of ops.run_context differs.

Each history is typed into the doses feed as a facility would, and runs through every model to the verdict
of marts.fct_doses. Expected verdicts are written down by hand from docs/facts.md.
"""

from datetime import datetime

import duckdb
import pytest

from tests.dbt.staged import insert_rows, run_dbt
from vax_pipeline.core import warehouse
from vax_pipeline.core.run_context import write_run_context
from vax_pipeline.core.settings import Settings

AS_OF = datetime.fromisoformat("2022-03-08T08:00:00+07:00")
BORN = "1980-05-01"
# dose: birth date, label, vaccine, injected on -> verdict and reason in vn_moh, in us_acip_2021
Dose = tuple[str, str, str, str, tuple[str, str | None], tuple[str, str | None]]
VALID = ("valid", None)
HISTORIES: dict[str, list[Dose]] = {
    "pfizer 21 days": [
        (BORN, "1", "Pfizer", "2021-09-01", VALID, VALID),
        (BORN, "2", "Pfizer", "2021-09-22", VALID, VALID),
    ],
    "pfizer within both graces": [
        (BORN, "1", "Pfizer", "2021-09-01", VALID, VALID),
        (BORN, "2", "Pfizer", "2021-09-20", VALID, VALID),
    ],
    "pfizer 17 days, the last of four days of grace": [
        (BORN, "1", "Pfizer", "2021-09-01", VALID, VALID),
        (BORN, "2", "Pfizer", "2021-09-18", ("not_valid", "interval_too_short"), VALID),
    ],
    "pfizer 16 days is early, and not repeated": [
        (BORN, "1", "Pfizer", "2021-09-01", VALID, VALID),
        (BORN, "2", "Pfizer", "2021-09-17", ("not_valid", "interval_too_short"),
         ("valid", "early_not_repeated")),
    ],
    "moderna 24 days": [
        (BORN, "1", "Moderna", "2021-09-01", VALID, VALID),
        (BORN, "2", "Moderna", "2021-09-25", VALID, VALID),
    ],
    "moderna 23 days": [
        (BORN, "1", "Moderna", "2021-09-01", VALID, VALID),
        (BORN, "2", "Moderna", "2021-09-24", ("not_valid", "interval_too_short"),
         ("valid", "early_not_repeated")),
    ],
    "twelve that day": [
        ("2009-09-01", "1", "Pfizer", "2021-09-01", ("not_valid", "too_young"), VALID),
    ],
    "twelve the day after": [
        ("2009-09-02", "1", "Pfizer", "2021-09-01", ("not_valid", "too_young"),
         ("not_valid", "too_young")),
    ],
    "seventeen and moderna": [
        ("2004-06-01", "1", "Moderna", "2021-11-01", VALID, ("not_valid", "too_young")),
    ],
    "janssen once": [
        (BORN, "1", "Janssen", "2022-01-26", VALID, VALID),
    ],
    "janssen twice": [
        (BORN, "1", "Janssen", "2021-09-01", VALID, VALID),
        (BORN, "2", "Janssen", "2021-11-01", ("not_valid", "beyond_schedule"),
         ("not_valid", "beyond_schedule")),
    ],
    "two mRNA products": [
        (BORN, "1", "Pfizer", "2021-07-01", VALID, VALID),
        (BORN, "2", "Moderna", "2021-08-01", ("not_valid", "products_not_combinable"), VALID),
    ],
    "two mRNA products, where unavoidable": [
        (BORN, "1", "Moderna", "2021-08-20", VALID, VALID),
        (BORN, "2", "Pfizer", "2021-09-20", VALID, VALID),
    ],
    "astrazeneca is not in the american pack": [
        (BORN, "1", "AstraZeneca", "2021-07-01", VALID, ("not_valid", "vaccine_unknown")),
        (BORN, "2", "AstraZeneca", "2021-09-01", VALID, ("not_valid", "vaccine_unknown")),
    ],
    "booster after six months": [
        (BORN, "1", "Pfizer", "2021-08-01", VALID, VALID),
        (BORN, "2", "Pfizer", "2021-08-22", VALID, VALID),
        (BORN, "nhắc lại 1", "Pfizer", "2022-02-22", VALID, ("not_valid", "beyond_schedule")),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("packs") / "home")
    rows = [
        {
            "source_record_id": record_id(history, number),
            "entered_at": f"{day} 10:00:00",
            "entry_mode": "at_session",
            "full_name": f"Nguyễn Văn {'ABCDĐEGHIK'[person % 10]}n{person}",
            "date_of_birth": born,
            "sex": "M",
            "id_number": f"B{1_000_000 + person}",
            "nationality": "VN",
            "dose_label": label,
            "vaccine_name": vaccine,
            "lot_number": "FF8841",
            "injected_at": day,
        }
        for person, (history, doses) in enumerate(HISTORIES.items())
        for number, (born, label, vaccine, day, _, _) in enumerate(doses)
    ]
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        stand_at(connection, settings)
        insert_rows(connection, "doses", rows)
    run_dbt(settings, "seed")
    run_dbt(settings, "run", "--select", "+fct_doses")
    return settings


def stand_at(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """The row of the run: the instant, and the pack of the settings."""
    write_run_context(connection, settings, run_id="test", as_of=AS_OF, known_as_of=AS_OF)


def record_id(history: str, number: int) -> str:
    return f"{history.replace(' ', '_').replace(',', '')}-{number + 1}"


def verdicts(settings: Settings) -> dict[str, tuple[str, str | None]]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select dose_id, verdict, verdict_reason from marts.fct_doses"
        ).fetchall()
    return {dose_id.removeprefix("platform:"): (verdict, why) for dose_id, verdict, why in rows}


def expected(pack: int) -> dict[str, tuple[str, str | None]]:
    return {
        record_id(history, number): (dose[4], dose[5])[pack]
        for history, doses in HISTORIES.items()
        for number, dose in enumerate(doses)
    }


@pytest.fixture(scope="module")
def vietnamese(home: Settings) -> dict[str, tuple[str, str | None]]:
    return verdicts(home)


def test_histories_are_judged_by_the_ministry_of_health(
    vietnamese: dict[str, tuple[str, str | None]],
) -> None:
    assert vietnamese == expected(0)


def test_the_same_histories_are_judged_by_the_pack_of_the_run(
    home: Settings, vietnamese: dict[str, tuple[str, str | None]]
) -> None:
    with warehouse.writer(home) as connection:
        stand_at(connection, home.model_copy(update={"rule_pack": "us_acip_2021"}))
    run_dbt(home, "run", "--select", "+fct_doses,tag:after_linking")
    assert verdicts(home) == expected(1)
    assert verdicts(home) != vietnamese
