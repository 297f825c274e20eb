"""What blocks and what doesn't, shown with the real job on an instance of its own."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from checks.expectations import runner
from vax_pipeline.core import clock, home, warehouse
from vax_pipeline.core.feeds import gates
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.simulation import simulate
from vax_pipeline.defs.launch import JobRun, run_main_job
from vax_pipeline.defs.quality import expectations

FIRST, LAST = date(2021, 11, 7), date(2021, 12, 8)


@pytest.fixture
def settings(own_home: Path) -> Settings:
    settings = Settings()
    simulate(300, 7, LAST, settings.root)
    clock.freeze(settings.clock_file, clock.parse_instant("2021-12-08T08:00"))
    home.prepare(settings)
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
    return settings


def steps_of(run: JobRun) -> set[str]:
    return {step.name for step in run.steps}


def test_a_lost_raw_row_breaks_the_account_and_stops_dbt(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_load = gates.load_feed

    def load_and_lose_a_row(connection: duckdb.DuckDBPyConnection, *args, **kwargs):
        load = really_load(connection, *args, **kwargs)
        if load.feed == "doses":
            connection.execute(
                "delete from raw.doses where rowid = (select min(rowid) from raw.doses)"
            )
        return load

    monkeypatch.setattr(gates, "load_feed", load_and_lose_a_row)
    run = run_main_job(FIRST, LAST, {})
    assert not run.succeeded
    assert "check raw_doses_accounting on raw/doses failed" in run.failures
    assert "dbt_before_linking" not in steps_of(run)
    with warehouse.reader(settings) as connection:
        assert connection.execute(
            "select status, failed > 0, rule_id from quality.check_results "
            "where check_name = 'raw_doses_accounting'"
        ).fetchall() == [("failed", True, "FEED-006")]


def test_a_failed_mart_check_stops_publication_but_a_bad_file_does_not_stop_the_rest(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = settings.landing / "doses" / LAST.isoformat() / "broken.parquet"
    bad.write_bytes(b"PAR1 and nothing behind it")

    def double_a_dose_first(database: Path, suites, **kwargs):
        if any(suite.table == "fct_doses" for suite in suites):
            with warehouse.writer(settings) as connection:
                connection.execute(
                    "insert into marts.fct_doses select * from marts.fct_doses limit 1"
                )
        return runner.run_suites(database, suites, **kwargs)

    monkeypatch.setattr(expectations, "run_suites", double_a_dose_first)
    run = run_main_job(FIRST, LAST, {})
    assert not run.succeeded
    assert "check fct_doses_dose_id_unique on marts/fct_doses failed" in run.failures
    assert {"dbt_after_linking", "marts_expectations"} <= steps_of(run)
    assert "publish__bi" not in steps_of(run)
    with pytest.raises(release.NoReleaseError):
        release.current(settings)
    with warehouse.reader(settings) as connection:
        files = connection.execute(
            "select state, count(*) > 0 from raw.deliveries where feed = 'doses' group by 1 order by 1"
        ).fetchall()
    assert files == [("failed", True), ("loaded", True)]
