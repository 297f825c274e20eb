"""`vax rules`: what is flagged; of one rule also its values, the document, who acts and how to correct."""

from typing import Annotated, Any

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption, optional_day, settings_for
from vax_pipeline.cli.output import fail, print_json, results


def rules(
    rule_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One rule, such as SEQ-003.")
    ] = None,
    pack: Annotated[
        str | None, typer.Option("--pack", help="Whose values to show. [VAX_RULE_PACK or vn_moh]")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", help="Values in force that day (YYYY-MM-DD). [home's clock]"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """The catalogue of rules, or one rule with its values over time."""
    from checks.rule_pack import UnknownPackError, require_pack
    from vax_pipeline.core import clock
    from vax_pipeline.core.labels import RULE_PACK_DIR
    from vax_pipeline.core.rules import UnknownRuleError, describe, listed

    settings = settings_for(home)
    in_force = optional_day(on) or clock.now(settings.clock_file).astimezone(clock.ICT).date()
    try:
        require_pack(RULE_PACK_DIR, pack or settings.rule_pack)
    except UnknownPackError as error:
        fail(str(error))
    if rule_id is None:
        known = listed()
        if as_json:
            print_json({"rules": known})
        else:
            for rule in known:
                _say(
                    f"{rule['rule_id']:9} {rule['severity']:6} {rule['class']:10} {rule['owner']:15} "
                    f"{rule['title_en']} / {rule['title_vi']}{_validity(rule)}"
                )
        return
    try:
        document = describe(rule_id, pack or settings.rule_pack, in_force)
    except UnknownRuleError as error:
        fail(str(error))
    if as_json:
        print_json(document)
    else:
        _print(document)


def _say(text: str) -> None:
    """A line as it is: nothing in it is markup, and a pipe gets it whole."""
    results.print(text, markup=False, highlight=False, soft_wrap=True)


def _validity(row: dict[str, Any]) -> str:
    """Empty for what always holds."""
    since, until = row["valid_from"], row["valid_to"]
    return "".join((f", from {since}" if since else "", f", to {until}" if until else ""))


def _print(document: dict[str, Any]) -> None:
    rule = document["rule"]
    for name, text in (
        (rule["rule_id"], f"{rule['title_en']} / {rule['title_vi']}"),
        ("flags", rule["description_en"]),
        ("says", rule["sentence_en"]),
        ("", rule["sentence_vi"]),
        ("severity", f"{rule['severity']}, {rule['class']}, about a {rule['subject_type']}"),
        ("rests on", rule["source"]),
        ("who acts", rule["owner"]),
        ("correct", rule["correction_en"]),
        ("", rule["correction_vi"]),
        ("valid", _validity(rule).removeprefix(", ")),
    ):
        _say(f"{name:9} {text}")
    for used, values in document["values"].items():
        _say(f"\n{used} of {document['pack']}, * in force on {document['on']}")
        for value in values:
            fields = ", ".join(f"{name} {text}" for name, text in value["fields"].items() if text)
            mark = "*" if value["is_in_force"] else " "
            _say(f"{mark} {fields}{_validity(value)} ({value['source']})")
