"""`vax people`: an officer says who somebody is, sees what that changes, and can take it back."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption, settings_for
from vax_pipeline.cli.output import fail, notes, print_json, results, table

if TYPE_CHECKING:
    import duckdb

    from vax_pipeline.core.people.decisions import Decision
    from vax_pipeline.core.settings import Settings

    Plan = Callable[[duckdb.DuckDBPyConnection, list[dict[str, Any]]], Decision]

people = typer.Typer(
    no_args_is_help=True,
    help="Say who somebody is: link, unlink or merge, shown before it is accepted, reversible.",
)
ByOption = Annotated[str, typer.Option("--by", help="Who decides: a name or an account.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, without names and numbers.")]
AcceptOption = Annotated[
    bool, typer.Option("--accept", help="Write it down; without this it is only shown.")
]
RevealOption = Annotated[
    bool, typer.Option("--reveal", help="Show names, birth dates and id numbers.")
]
RecordArgument = Annotated[
    str, typer.Argument(metavar="RECORD_ID", help="A record like platform:123, or a complaint id.")
]


@people.command()
def link(
    record_id: RecordArgument,
    citizen_key: Annotated[str, typer.Argument(metavar="CITIZEN_KEY", help="Whom it is.")],
    by: ByOption,
    why: WhyOption,
    accept: AcceptOption = False,
    reveal: RevealOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """The person of a record is this citizen, whatever the fields say."""
    from vax_pipeline.core.people.decisions import plan_link

    _decide(
        _settings_of(home), lambda connection, _: plan_link(connection, record_id, citizen_key),
        by, why, accept=accept, reveal=reveal, as_json=as_json,
    )  # fmt: skip


@people.command()
def unlink(
    record_id: RecordArgument,
    by: ByOption,
    why: WhyOption,
    accept: AcceptOption = False,
    reveal: RevealOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """The person of a record is not whom it is held to be."""
    from vax_pipeline.core.people.decisions import plan_unlink

    _decide(
        _settings_of(home), lambda connection, _: plan_unlink(connection, record_id),
        by, why, accept=accept, reveal=reveal, as_json=as_json,
    )  # fmt: skip


@people.command()
def merge(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The person that goes.")],
    into_key: Annotated[str, typer.Argument(metavar="INTO_KEY", help="The person that stays.")],
    by: ByOption,
    why: WhyOption,
    accept: AcceptOption = False,
    reveal: RevealOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Two people are one. A citizen stays before a person without one; of two such the older key."""
    from vax_pipeline.core.people.decisions import plan_merge

    _decide(
        _settings_of(home),
        lambda connection, standing: plan_merge(connection, standing, key, into_key),
        by, why, accept=accept, reveal=reveal, as_json=as_json,
    )  # fmt: skip


@people.command()
def undo(
    decision_id: Annotated[
        int, typer.Argument(metavar="DECISION_ID", help="See `vax people list`.")
    ],
    by: ByOption,
    why: WhyOption,
    accept: AcceptOption = False,
    reveal: RevealOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a decision back; it stays in the list, with who took it back, when and why."""
    from vax_pipeline.cli.reading import reading
    from vax_pipeline.core import clock
    from vax_pipeline.core.people.decisions import (
        DecisionRefusedError,
        revoke_decision,
        standing_decision,
        standing_decisions,
    )

    _need(by, why)
    settings = _settings_of(home)
    try:
        decision = standing_decision(settings, decision_id)
    except DecisionRefusedError as error:
        fail(str(error))
    before = standing_decisions(settings)
    after = [row for row in before if row["decision_id"] != decision_id]
    with reading(settings) as connection:
        effect = _effect(connection, settings, before, after, reveal=reveal)
    if accept:
        at = clock.now(settings.clock_file)
        try:
            revoke_decision(settings, decision_id, revoked_by=by, why=why, at=at)
        except DecisionRefusedError as error:
            fail(str(error))
    _tell({"decision": decision, "undone": True, "accepted": accept, **effect}, as_json=as_json)


@people.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every decision, with who made it, when and why, and who took it back.

    --json: {"decisions": [{"decision_id", "kind", "mention_id", "record_id", "from_key", "into_key",
    "decided_by", "why", "decided_at", "revoked_at", "revoked_by", "revoked_why"}]}
    """
    from vax_pipeline.core.people.decisions import all_decisions

    found = all_decisions(_settings_of(home))
    if as_json:
        print_json({"decisions": found})
        return
    shown = [
        (
            row["decision_id"], row["kind"], row["record_id"] or row["from_key"],
            row["into_key"] or row["from_key"], row["decided_by"], row["decided_at"], row["why"],
            f"by {row['revoked_by']}: {row['revoked_why']}" if row["revoked_at"] else "",
        )
        for row in found
    ]  # fmt: skip
    table("Decisions", ("no.", "kind", "who", "whom", "by", "at", "why", "taken back"), shown)
    if not found:
        results.print("No decisions.")


def _settings_of(home: HomeOption) -> "Settings":
    """Of a home that is there: to look for a ledger would make one."""
    settings = settings_for(home)
    if not settings.root.is_dir():
        fail(f"{settings.root} is not there: give the home of a run")
    return settings


def _decide(
    settings: "Settings",
    plan: "Plan",
    by: str,
    why: str,
    *,
    accept: bool,
    reveal: bool,
    as_json: bool,
) -> None:
    from vax_pipeline.cli.reading import reading
    from vax_pipeline.core import clock
    from vax_pipeline.core.people.decisions import (
        DecisionRefusedError,
        standing_decisions,
        write_decision,
    )

    _need(by, why)
    before = standing_decisions(settings)
    try:
        with reading(settings) as connection:
            decision = plan(connection, before)
            supposed = {**decision.as_row(), "decision_id": _next(before)}
            effect = _effect(connection, settings, before, [*before, supposed], reveal=reveal)
    except DecisionRefusedError as error:
        fail(str(error))
    at = clock.now(settings.clock_file)
    number = write_decision(settings, decision, decided_by=by, why=why, at=at) if accept else None
    said = {
        "decision_id": number,
        **decision.as_row(),
        "decided_by": by,
        "why": why,
        "decided_at": at,
    }
    if decision.is_turned:
        notes.print(
            "The keys are taken the other way round: a citizen's, else the older one, stays."
        )
    _tell({"decision": said, "undone": False, "accepted": accept, **effect}, as_json=as_json)


def _effect(
    connection: "duckdb.DuckDBPyConnection",
    settings: "Settings",
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    *,
    reveal: bool,
) -> dict[str, Any]:
    from vax_pipeline.core.explain import masked
    from vax_pipeline.core.people.effect import effect_of
    from vax_pipeline.core.what_if import NotCompiledError

    try:
        effect = effect_of(connection, settings, before=before, after=after)
    except NotCompiledError as error:
        fail(str(error))
    return effect if reveal else masked(effect)


def _need(by: str, why: str) -> None:
    if not by.strip() or not why.strip():
        fail("a decision needs who makes it (--by) and why (--why)")


def _next(decisions: list[dict[str, Any]]) -> int:
    return 1 + max((row["decision_id"] for row in decisions), default=0)


def _tell(document: dict[str, Any], *, as_json: bool) -> None:
    """The decision, both people, their doses side by side, and what is found otherwise.

    --json: {"decision": {"decision_id" (null until accepted), "kind", "record_id", "mention_id", "from_key",
    "into_key", "decided_by", "why", "decided_at"}, "undone": bool, "accepted": bool,
    "people": {"before": [...], "after": [...]}, "doses": [{"record_id", ..., "before": {...},
    "after": {...}, "changed": bool}], "findings": {"appear": [...], "vanish": [...]}}
    """
    if as_json:
        print_json(document)
        return
    for side, title in (("before", "People now"), ("after", "People then")):
        columns = ("key", "citizen", "status", "mentions", "name", "born", "sex", "number")
        table(title, columns, [tuple(row.values()) for row in document["people"][side]])
    table(
        "Doses",
        ("record", "date", "vaccine", "lot", "facility", "now", "then"),
        [
            (
                dose["record_id"], dose["injected_on"], dose["vaccine_code"], dose["lot_number"],
                dose["facility_code"], _dose(dose["before"]),
                _dose(dose["after"]) if dose["changed"] else "the same",
            )
            for dose in document["doses"]
        ],
    )  # fmt: skip
    table(
        "Findings that appear or vanish",
        ("", "rule", "severity", "about", "id"),
        [
            (what, row["rule_id"], row["severity"], row["subject_type"], row["subject_id"])
            for what in ("appear", "vanish")
            for row in document["findings"][what]
        ],
    )
    decision = document["decision"]
    if not document["accepted"]:
        results.print("Shown only: add --accept to write it down.")
    elif document["undone"]:
        results.print(f"Decision {decision['decision_id']} is taken back with the next `vax run`.")
    else:
        results.print(f"Decision {decision['decision_id']} takes effect with the next `vax run`.")


def _dose(said: dict[str, Any]) -> str:
    """Whose it is, its place and label, and whether it counts."""
    whose = str(said["citizen_key"])[:8]
    if said["dose_id"] is None or said["history_position"] is None:
        return f"{whose} no dose"
    if said["duplicate_rule"] and said["is_behind"]:
        return f"{whose} duplicate of {said['dose_id']} ({said['duplicate_rule']})"
    slot = f"{said['slot_type']} {said['slot_no']}" if said["slot_type"] else "no place"
    verdict = (
        said["verdict"] if said["verdict"] == "valid" else f"not valid: {said['verdict_reason']}"
    )
    return f"{whose} no. {said['history_position']}, {slot} (typed: {said['typed']}), {verdict}"
