"""Data Docs of a run: GX's static pages, readable without a network and without personal data.

GX's pages load styles, scripts and pictures from eight foreign hosts and fill the index by script;
here all of that goes, a small style comes in, and the index is written anew. Imports GX: load late.
"""

# pyright: basic
# GX leaves most of its types open.

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.data_context.ephemeral_data_context import (
    EphemeralDataContext,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

from checks.expectations.offline_page import OFFLINE_STYLE, strip_foreign
from checks.expectations.translation import exception_messages, what_broke

SITE = "local"
# Everything else GX may put into a result can hold values of rows.
NUMBERS = (
    "element_count",
    "unexpected_count",
    "unexpected_percent",
    "missing_count",
    "missing_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
)


class NotOurDocsError(RuntimeError):
    """The folder for Data Docs holds something else."""


def build_data_docs(
    results: Sequence[ExpectationSuiteValidationResult],
    docs_dir: Path,
    run_at: datetime | None = None,
) -> Path:
    """Write the pages of one run into `docs_dir`, replacing those of the last; the index's path.

    Args:
        run_at: the instant shown on the pages; null takes GX's own clock.

    Raises:
        NotOurDocsError: `docs_dir` exists, is not empty and has no index.html.
    """
    if docs_dir.exists() and any(docs_dir.iterdir()) and not (docs_dir / "index.html").exists():
        raise NotOurDocsError(f"{docs_dir} holds other files: give Data Docs a folder of their own")
    building = docs_dir.with_name(f".{docs_dir.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    pages = _build_pages(results, building, run_at)
    for page in (*building.rglob("*.html"), *building.rglob("*.css")):
        page.write_text(strip_foreign(page.read_text(encoding="utf-8")), encoding="utf-8")
    for unused in (building / "static" / "images").glob("*.gif"):
        unused.unlink()  # 3 MB of how-to animations that no page here shows
    index = building / "index.html"
    index.write_text(_index_page(results, pages, building), encoding="utf-8")
    put_in_place(building, docs_dir)
    return docs_dir / "index.html"


def put_in_place(building: Path, docs_dir: Path) -> None:
    """Let the new pages take the place of the old; killed in between, none lie there half deleted."""
    old = docs_dir.with_name(f".{docs_dir.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if docs_dir.exists():
        docs_dir.rename(old)
    building.rename(docs_dir)
    shutil.rmtree(old, ignore_errors=True)


def _build_pages(
    results: Sequence[ExpectationSuiteValidationResult], site_dir: Path, run_at: datetime | None
) -> dict[str, Path]:
    """Let GX write its pages; the validation page of each suite."""
    context = gx.get_context(mode="ephemeral")
    _add_site(context, site_dir)
    run = RunIdentifier(run_name="run", run_time=run_at)
    for result in results:
        clean = scrubbed(result)
        clean.meta["run_id"] = run
        configs = [r.expectation_config for r in clean.results if r.expectation_config]
        context.suites.add(
            gx.ExpectationSuite(
                name=clean.suite_name, expectations=[c.to_domain_obj() for c in configs]
            )
        )
        identifier = ValidationResultIdentifier(
            expectation_suite_identifier=ExpectationSuiteIdentifier(name=clean.suite_name),
            run_id=run,
            batch_identifier="table",
        )
        context.validation_results_store.set(identifier, clean)
    context.build_data_docs(site_names=[SITE])
    found: dict[str, Path] = {}
    for result in results:
        folder = site_dir / "validations" / Path(*result.suite_name.split("."))
        found[result.suite_name] = next(folder.rglob("*.html"))
    return found


def _add_site(context: EphemeralDataContext, site_dir: Path) -> None:
    context.add_data_docs_site(
        site_name=SITE,
        site_config={
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,  # pyright: ignore[reportArgumentType]
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(site_dir),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )


def scrubbed(result: ExpectationSuiteValidationResult) -> ExpectationSuiteValidationResult:
    """A copy with numbers only: no values, no queries' rows, no database messages."""
    held = sum(1 for one in result.results if one.success)
    evaluated = len(result.results)
    return ExpectationSuiteValidationResult(
        success=held == evaluated,
        results=[_scrubbed_one(one) for one in result.results],
        suite_name=result.suite_name,
        # Counted again: GX counted before broken expectations were tried alone.
        statistics={
            "evaluated_expectations": evaluated,
            "successful_expectations": held,
            "unsuccessful_expectations": evaluated - held,
            "success_percent": 100.0 * held / evaluated if evaluated else None,
        },
        meta=dict(result.meta),
    )


def _scrubbed_one(result: ExpectationValidationResult) -> ExpectationValidationResult:
    messages = exception_messages(result)
    numbers = {k: v for k, v in (result.result or {}).items() if k in NUMBERS}
    if "unexpected_count" in numbers:
        numbers["observed_value"] = f"{numbers['unexpected_count']} rows"
    return ExpectationValidationResult(
        success=bool(result.success),
        expectation_config=result.expectation_config,
        result=numbers,
        meta=result.meta,
        exception_info={
            "raised_exception": bool(messages),
            "exception_message": what_broke(messages) if messages else None,
            "exception_traceback": "" if messages else None,
        },
    )


def _index_page(
    results: Sequence[ExpectationSuiteValidationResult], pages: Mapping[str, Path], root: Path
) -> str:
    rows: list[str] = []
    for result in results:
        link = pages[result.suite_name].relative_to(root).as_posix()
        held = sum(1 for one in result.results if one.success)
        state = "holds" if held == len(result.results) else "does not hold"
        rows.append(
            f'<tr><td><a href="{escape(link)}">{escape(result.suite_name)}</a></td>'
            f"<td>{state}</td><td>{held} of {len(result.results)}</td></tr>"
        )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Data Docs</title>'
        f"<style>{OFFLINE_STYLE}</style></head><body><h1>Data Docs</h1>"
        "<table><thead><tr><th>Table</th><th>State</th><th>Expectations that hold</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></body></html>\n"
    )
