"""`vax thresholds`: each rule's findings against what is tolerated; another limit applied at once."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption, settings_for
from vax_pipeline.cli.output import fail, notes, print_json, results, table


def thresholds(
    province: Annotated[
        str | None, typer.Option("--province", help="Of one province, by code. [the nation]")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", help="Try other thresholds, in the form of the seed rule_thresholds.csv."
        ),
    ] = None,
    over: Annotated[bool, typer.Option("--over", help="Only rules over their threshold.")] = False,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Put the outcomes in place of those of the last run."),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Each rule's findings of the last run against the thresholds. Nothing is computed again."""
    from checks.thresholds import ThresholdsError
    from vax_pipeline.cli.reading import reading
    from vax_pipeline.core.rule_checks import judge_rules

    settings = settings_for(home)
    if file is not None and not file.is_file():
        fail(f"there is no file {file}")
    try:
        with reading(settings) as connection:
            outcomes = judge_rules(connection, file)
    except ThresholdsError as error:
        fail(str(error))
    if apply:
        _apply(settings, file)
    suffix = f"_{province}" if province else ""
    shown = [
        outcome
        for outcome in outcomes
        if outcome.check_name == _name(outcome) + suffix and not (over and outcome.passed)
    ]
    if as_json:
        print_json({"place": province or "VN", "rules": [_document(one) for one in shown]})
        return
    table(
        f"province {province}" if province else "nation",
        ("rule", "severity", "found", "of", "share", "tolerated", "state"),
        [
            (
                one.rule_id,
                one.severity,
                f"{one.failed:,}",
                f"{one.evaluated:,}",
                f"{one.ratio:.2%}",
                f"{one.threshold:.2%}",
                "holds" if one.passed else "over",
            )
            for one in shown
        ],
    )
    exceeded = sum(not one.passed for one in shown)
    elsewhere = sum(not one.passed for one in outcomes) - exceeded
    results.print(f"{exceeded} rules over their threshold here, {elsewhere} elsewhere")


def _name(outcome: Any) -> str:
    from checks.thresholds import check_name

    return check_name(outcome.rule_id)


def _apply(settings: Any, file: Path | None) -> None:
    """Record anew, under the run whose counts they are."""
    from vax_pipeline.core import check_results, warehouse
    from vax_pipeline.core.home import held
    from vax_pipeline.core.rule_checks import judge_rules, last_run

    with held(settings), warehouse.writer(settings) as connection:
        outcomes = judge_rules(connection, file)
        run_id, as_of = last_run(connection)
        check_results.record(connection, outcomes, run_id=run_id, as_of=as_of)
    notes.print(
        f"recorded {len(outcomes)} outcomes for the run {run_id}; the next release shows them"
    )


def _document(outcome: Any) -> dict[str, Any]:
    return {
        "rule_id": outcome.rule_id,
        "severity": outcome.severity,
        "status": outcome.status,
        "found": outcome.failed,
        "evaluated": outcome.evaluated,
        "ratio": outcome.ratio,
        "threshold": outcome.threshold,
        "message": outcome.message,
    }
