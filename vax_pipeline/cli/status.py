"""`vax status`: how a home stands."""

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
    warnings = document["deliveries"]["warnings"]
    table(
        "Deliveries to look at · đợt giao dữ liệu cần xem lại",
        ("rule", "what", "", "delivery"),
        [
            (w["rule_id"], w["title_en"], w["title_vi"], w["subject"])
            for w in warnings[:WARNINGS_SHOWN]
        ],
    )
    if len(warnings) > WARNINGS_SHOWN:
        results.print(f"and {len(warnings) - WARNINGS_SHOWN} more: see quality.findings\n")
    table("Clocks", ("state", "number"), list(document["clocks"].items()))
    release = document["release"]
    results.print(f"[bold]Release[/bold]  {release['path']}  as of {release['as_of']}")
    results.print(f"[bold]Dead messages[/bold]  {document['dead_messages']}")
