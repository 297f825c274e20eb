"""`vax status`: how a home stands."""

from typing import Any

from rich.markup import escape

from vax_pipeline.cli.options import HomeOption, JsonOption, settings_for
from vax_pipeline.cli.output import fail, print_json, results, table

WARNINGS_SHOWN = 20


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Deliveries, freshness, open complaints by clock, last release, dead messages."""
    from vax_pipeline.core.publishing.release import NoReleaseError
    from vax_pipeline.core.status import status as read_status

    try:
        document = read_status(settings_for(home))
    except NoReleaseError as error:
        fail(str(error))
    if as_json:
        print_json(document)
        return
    feeds = document["deliveries"]["feeds"]
    table(
        "Deliveries",
        ("feed", "newest", "files", "quarantined"),
        [(f, str(s["newest"]), s["files"], s["quarantined"]) for f, s in feeds.items()],
    )
    _print_warnings(document["deliveries"]["warnings"])
    table("Clocks", ("state", "number"), list(document["clocks"].items()))
    release = document["release"]
    results.print(f"[bold]Release[/bold]  {release['path']}  as of {_local(release['as_of'])}")
    results.print(f"[bold]Dead messages[/bold]  {document['dead_messages']}")


def _local(instant: str) -> str:
    """As clocks in Vietnam show it."""
    from vax_pipeline.core import clock

    return f"{clock.parse_instant(instant).astimezone(clock.ICT):%Y-%m-%d %H:%M} (ICT)"


def _print_warnings(warnings: list[dict[str, Any]]) -> None:
    """A line for the delivery, which must stay whole to be found, and one for what is wrong."""
    if not warnings:
        return
    results.print("[bold]Deliveries to look at · đợt giao dữ liệu cần xem lại[/bold]")
    for warning in warnings[:WARNINGS_SHOWN]:
        delivery = escape(warning["subject"])
        results.print(f"{warning['rule_id']}  {delivery}", soft_wrap=True)
        results.print(f"          [dim]{warning['title_en']} · {warning['title_vi']}[/dim]")
    if len(warnings) > WARNINGS_SHOWN:
        results.print(f"and {len(warnings) - WARNINGS_SHOWN} more: see quality.findings")
    results.print()
