"""The rules and the checkers alone, measured on a home after the whole job.

The floor is one window per person over the records the rules read, written: whoever says anything about
a history must at least put it in order. Rules are dbt's models of findings; the checkers are pandera over
raw, Great Expectations over their tables, and dbt's tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from checks.outcome import CheckOutcome
from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.benchmark.steps import Steps
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.contract_run import BATCH_ROWS, ContractRun
from vax_pipeline.core.settings import Settings

RULES = ("path:models/quality",)
TESTS = ("test_type:data",)


@dataclass
class RulesRun:
    """Seconds of each part, one entry a round; outcomes of the checkers, of the last round."""

    floor: list[float] = field(default_factory=list[float])
    rules: list[float] = field(default_factory=list[float])
    checkers: list[float] = field(default_factory=list[float])
    outcomes: dict[str, int] = field(default_factory=dict[str, int])
    steps: Steps = field(default_factory=Steps)


def measure(
    settings: Settings,
    rounds: int,
    contract: Callable[[str, pl.DataFrame], list[CheckOutcome]],
    expectations: Callable[[Settings], list[CheckOutcome]],
) -> RulesRun:
    """Floor, rules and checkers in turn, `rounds` times.

    Args:
        contract: pandera's word on a feed's rows, as the job gives it.
        expectations: Great Expectations' word on the whole warehouse.
    """
    run = RulesRun()
    for _ in range(rounds):
        run.floor.append(run.steps.timed("floor", lambda: _floor(settings)))
        run.rules.append(run.steps.dbt(settings, "run", RULES))
        spent = run.steps.timed("pandera", lambda: _pandera(settings, run, contract))
        spent += run.steps.timed("gx", lambda: _count(run, "gx", expectations(settings)))
        run.checkers.append(spent + run.steps.dbt(settings, "test", TESTS))
    return run


def _floor(settings: Settings) -> None:
    with warehouse.writer(settings) as connection:
        connection.execute(
            "create or replace table floor_ordered as select *, row_number() over "
            "(partition by citizen_key order by injected_on, entered_at) as floor_position "
            f"from {schemas.INT_DOSES_DEDUPLICATED.sql}"
        )


def _pandera(
    settings: Settings,
    run: RulesRun,
    contract: Callable[[str, pl.DataFrame], list[CheckOutcome]],
) -> None:
    contracts = ContractRun(contract)
    with warehouse.reader(settings) as connection:
        for feed in FEEDS.values():
            rows = connection.sql(f"from {feed.raw_table.sql}").to_arrow_reader(BATCH_ROWS)
            for batch in rows:
                contracts.add(contracts.check(feed.name, pl.DataFrame(batch)))
    _count(run, "pandera", list(contracts.merged()))


def _count(run: RulesRun, engine: str, outcomes: list[CheckOutcome]) -> None:
    run.outcomes[engine] = len(outcomes)
    run.outcomes[f"{engine} broken"] = sum(outcome.status == "broken" for outcome in outcomes)
