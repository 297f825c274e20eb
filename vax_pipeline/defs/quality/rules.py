"""Each rule of the catalogue as an asset check: its findings against the thresholds of the rule pack.

Run alone they apply changed thresholds to the counts there are; Dagster keeps each check's history.
"""

from collections.abc import Iterator
from itertools import groupby

import dagster as dg

from checks.catalog import Rule
from checks.outcome import CheckOutcome
from checks.thresholds import check_name, province_of
from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.rule_checks import (
    checked_rules,
    judged_by_the_pack,
    replace_outcomes,
    verdict,
)
from vax_pipeline.core.settings import Settings
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.run import as_check_results


def _spec(rule: Rule) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check_name(rule.rule_id),
        asset=list(schemas.FINDINGS.asset_key),
        additional_deps=[list(schemas.RULE_COUNTS.asset_key)],
        description=f"{rule.title_en} / {rule.title_vi}",
        # As a warning it stops nothing; but what is published waits for it, and shows it.
        blocking=True,
        metadata={"engine": "sql", "rule_id": rule.rule_id, "source": rule.source},
    )


def _result(outcomes: list[CheckOutcome]) -> dg.AssetCheckResult:
    """Of one rule, the nation first."""
    [result] = as_check_results([verdict(outcomes)])
    over = [
        {
            "province": province_of(outcome),
            "failed": outcome.failed,
            "evaluated": outcome.evaluated,
            "threshold": outcome.threshold,
        }
        for outcome in outcomes[1:]
        if not outcome.passed
    ]
    # An alarm about the data, whatever the rule's severity: the run itself did its work.
    return result._replace(
        severity=dg.AssetCheckSeverity.WARN,
        metadata={**result.metadata, "provinces_over": dg.MetadataValue.json(over)},
    )


@dg.multi_asset_check(
    name="rules",
    specs=[_spec(rule) for rule in checked_rules()],
    can_subset=True,
    pool=POOL,
    required_resource_keys={HOME},
)
def rules(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Every rule, in the nation and in each province."""
    with warehouse.writer(Settings()) as connection:
        outcomes = judged_by_the_pack(connection)
        replace_outcomes(connection, outcomes)
    selected = {key.name for key in context.selected_asset_check_keys}
    for rule_id, of_rule in groupby(outcomes, key=lambda outcome: outcome.rule_id):
        if check_name(str(rule_id)) in selected:
            yield _result(list(of_rule))
