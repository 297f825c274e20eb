"""The rules and the checkers alone, measured on a home after the whole job.

The floor is one window per person over the records the rules read, written: whoever says anything about
a history must at least put it in order. Rules are dbt's models of findings; the checkers are pandera over
raw, Great Expectations over their tables, and dbt's tests.
"""

from dataclasses import dataclass, field

import polars as pl

from checks.contracts import validate
from checks.expectations import run_suites
from checks.expectations.groups import GROUPS
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
    """Seconds of each part, one entry a round; what pandera and Great Expectations said in all."""

    floor: list[float] = field(default_factory=list[float])
    rules: list[float] = field(default_factory=list[float])
    checkers: list[float] = field(default_factory=list[float])
    outcomes: list[CheckOutcome] = field(default_factory=list[CheckOutcome])
    steps: Steps = field(default_factory=Steps)

    @property
    def checks(self) -> int:
        """How many checks there are."""
        return len({outcome.check_name for outcome in self.outcomes})

    @property
    def broken(self) -> int:
        """How many of them could not run: what they cost says nothing."""
        return len({o.check_name for o in self.outcomes if o.status == "broken"})


def measure(settings: Settings, rounds: int) -> RulesRun:
    """Floor, rules and checkers in turn, `rounds` times."""
    run = RulesRun()
    for _ in range(rounds):
        run.floor.append(run.steps.timed("floor", lambda: _floor(settings)))
        run.rules.append(run.steps.dbt(settings, "run", RULES))
        spent = run.steps.timed("pandera", lambda: run.outcomes.extend(_pandera(settings)))
        spent += run.steps.timed("gx", lambda: run.outcomes.extend(_expectations(settings)))
        run.checkers.append(spent + run.steps.dbt(settings, "test", TESTS))
    return run


def _floor(settings: Settings) -> None:
    with warehouse.writer(settings) as connection:
        connection.execute(
            "create or replace table floor_ordered as select *, row_number() over "
            "(partition by citizen_key order by injected_on, entered_at) as floor_position "
            f"from {schemas.INT_DOSES_DEDUPLICATED.sql}"
        )


def _pandera(settings: Settings) -> tuple[CheckOutcome, ...]:
    """The contracts on all that is in raw, in the batches in which it is loaded."""
    contracts = ContractRun(validate)
    with warehouse.reader(settings) as connection:
        for feed in FEEDS.values():
            rows = connection.sql(f"from {feed.raw_table.sql}").to_arrow_reader(BATCH_ROWS)
            for batch in rows:
                contracts.add(contracts.check(feed.name, pl.DataFrame(batch)))
    return contracts.merged()


def _expectations(settings: Settings) -> list[CheckOutcome]:
    """All suites, in the groups in which the job runs them."""
    config = warehouse.engine_config(settings)
    return [
        outcome
        for suites in GROUPS.values()
        for outcome in run_suites(settings.warehouse, suites, config=config)
    ]
