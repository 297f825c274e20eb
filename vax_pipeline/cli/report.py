"""The summary a health officer reads at the end of a run; labels in English and Vietnamese."""

from pathlib import Path
from typing import Any

from vax_pipeline.cli.output import results, table
from vax_pipeline.core.escalation.ledger import level_counts
from vax_pipeline.core.labels import RULES_CSV, vietnamese
from vax_pipeline.core.settings import Settings


def with_escalations(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The document with what the ledger holds, by level, before `checks`."""
    return {**document, "escalations": level_counts(settings)}


def print_run(
    document: dict[str, Any], settings: Settings, scores: dict[str, Any] | None = None
) -> None:
    """Print the figures of a run; with scores, findings show precision and recall."""
    if document["unchanged"]:
        results.print(
            "\n[green]✓[/green] Nothing has come since the last run and nothing has fallen due: "
            "its release stands (--full makes it anew)"
        )
        print_places(document["release"], settings)
        return
    books = document["accounting"]
    sign = "=" if books["closed"] else "≠"
    results.print(
        f"\n[bold]Records[/bold]  {books['records']:,} in {sign} {books['loaded']:,} loaded "
        f"+ {books['rejected']:,} rejected\n"
    )
    _print_counts(
        "People by verification status · tình trạng xác thực",
        "verification_status",
        document["people"],
    )
    _print_findings(document["findings"], scores)
    _print_counts(
        "Complaints by state · phản ánh theo trạng thái",
        "complaint_state",
        document["complaints"],
    )
    _print_counts("Clocks · thời hạn", "clock_state", document["clocks"])
    _print_counts(
        "Escalations by level · cảnh báo theo cấp", "escalation_level", document["escalations"]
    )
    checks = document["checks"]
    results.print(
        f"[bold]Checks[/bold]   {checks['passed']} passed, {checks['failed']} failed, "
        f"{checks['broken']} broken; {checks['rules_over']} rules over their threshold "
        "(vax thresholds --over)"
    )
    for failure in document["failures"]:
        results.print(f"[red]✗[/red] {failure}")
    print_places(document.get("release"), settings)


def print_places(release: str | None, settings: Settings) -> None:
    """Where the release, the notices and Dagster are found."""
    here = Path.cwd()

    def short(path: Path) -> str:
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    results.print()
    if release is None:
        results.print("[bold]Release[/bold]  none: the run stopped before publication")
    else:
        current = settings.current_release
        results.print(f"[bold]Release[/bold]  {short(current)}  (bi.duckdb, parquet/, authority/)")
        docs = current / "data_docs" / "index.html"
        results.print(f"[bold]Checks[/bold]   {short(docs)}")
    results.print(f"[bold]Notices[/bold]  {short(settings.outbox)}")
    results.print(
        f"[bold]Dagster[/bold]  VAX_HOME={short(settings.root)} make ui   "
        "→ http://127.0.0.1:3000  (lineage, checks, this run)"
    )
    results.print(
        f"[bold]Explain[/bold]  vax explain <record, complaint or citizen key> "
        f"--home {short(settings.root)}\n"
    )


def _print_counts(title: str, domain: str, counts: dict[str, int]) -> None:
    rows = [(value, vietnamese(domain, value), number) for value, number in counts.items()]
    table(title, ("", "", "number"), rows)


def _print_findings(found: dict[str, int], scores: dict[str, Any] | None) -> None:
    from checks.catalog import load_rules

    rules = {rule.rule_id: rule for rule in load_rules(RULES_CSV)}
    rows: list[tuple[Any, ...]] = []
    for rule_id in sorted(found.keys() | (scores or {}).keys()):
        rule = rules.get(rule_id)
        row: tuple[Any, ...] = (
            rule_id,
            rule.title_en if rule else "",
            rule.severity if rule else "",
            found.get(rule_id, 0),
        )
        if scores is not None:
            score = scores.get(rule_id, {})
            row += (score.get("planted"), score.get("precision"), score.get("recall"))
        rows.append(row)
    columns = ("rule", "what", "severity", "found")
    if scores is not None:
        columns += ("planted", "precision", "recall")
    table("Findings by rule · lỗi theo quy tắc", columns, rows)
