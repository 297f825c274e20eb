"""`vax thresholds`: each rule's findings against what is tolerated; another limit applied at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption, settings_for
from vax_pipeline.cli.output import fail, notes, print_json, results, table

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome


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
    from checks.thresholds import ThresholdsError, province_of
    from vax_pipeline.cli.reading import reading, writing
    from vax_pipeline.core.rule_checks import judge_rules, provinces, replace_outcomes

    settings = settings_for(home)
    if file is not None and not file.is_file():
        fail(f"there is no file {file}")
    look = writing if apply else reading
    try:
        with look(settings) as connection:
            if province is not None and province not in (known := provinces(connection)):
                fail(f"nothing is known of a province '{province}': there are {', '.join(known)}")
            outcomes = judge_rules(connection, file)
            if apply:
                replace_outcomes(connection, outcomes)
    except ThresholdsError as error:
        fail(str(error))
    if apply:
        notes.print(
            f"recorded {len(outcomes)} outcomes in place of those of the last run. The next run judges by "
            "the pack again: limits to keep belong into its seed rule_thresholds.csv"
        )
    shown = [o for o in outcomes if province_of(o) == province and not (over and o.passed)]
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
    here = sum(not one.passed for one in shown)
    anywhere = len({one.rule_id for one in outcomes if not one.passed})
    results.print(
        f"{here} rules over their threshold here, {anywhere} with those of all other places"
    )


def _document(outcome: "CheckOutcome") -> dict[str, Any]:
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
