"""The release in steps: the BI copy, the authorities' files, the citizens', then `current` moves.

The blocking checks on marts stand in front of the first step, the privacy check in front of the last.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from checks.outcome import CheckOutcome
from vax_pipeline.core import changes, check_results, clock, schemas, warehouse
from vax_pipeline.core.feeds import pending
from vax_pipeline.core.publishing import (
    authority,
    bi,
    checks_page,
    daily_report,
    disclosure,
    parquet,
    privacy,
    public_lookup,
    release,
    texts,
)
from vax_pipeline.core.publishing.catalog import BI_TABLES
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.worklists.catalog import WORKLISTS
from vax_pipeline.defs.living import HOME, POOL
from vax_pipeline.defs.run import FULL_TAG, OWNERS, as_check_results, run_instant

BI_KEY = dg.AssetKey(["publish", "bi"])
AUTHORITY_KEY = dg.AssetKey(["publish", "authority"])
CITIZENS_KEY = dg.AssetKey(["publish", "citizens"])
CURRENT_KEY = dg.AssetKey(["publish", "current"])
PRIVACY_CHECK = "release_holds_no_personal_data"


@dg.asset(
    key=BI_KEY,
    deps=[
        list(p.relation.asset_key)
        for p in BI_TABLES
        if p.relation != schemas.CHECK_RESULTS  # written by every check, an asset of none
    ],
    group_name="publish",
    owners=list(OWNERS),
    kinds={"duckdb", "parquet"},
    description="bi.duckdb (readable by DuckDB 1.4 and later) and parquet files, without names, id "
    "numbers and phones. Under construction until publish/current.",
    check_specs=[dg.AssetCheckSpec(PRIVACY_CHECK, asset=BI_KEY, blocking=True)],
    pool=POOL,
    required_resource_keys={HOME},
)
def bi_copy(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    settings = Settings()
    directory = release.begin(settings, context.run.run_id)
    is_full = context.run.tags.get(FULL_TAG) == "true"
    before = None if is_full else release.current_or_none(settings)
    with warehouse.writer(settings) as connection:
        # Of what Python writes the account is coarser than the rows.
        by_dbt = [p.relation for p in BI_TABLES if not isinstance(p.relation, schemas.Table)]
        released_by = before.manifest["run_id"] if before else ""
        account = changes.account_of(connection, by_dbt, released_by)
        copy = bi.write_bi(connection, directory / "bi.duckdb", before, account=account)
        search = privacy.find_personal_data(connection, copy)
        outcome = _privacy_outcome(search)
        check_results.record(
            connection, [outcome], run_id=context.run.run_id, as_of=run_instant(context)
        )
    carried = parquet.write_parquet(
        copy, directory / parquet.FOLDER, warehouse.engine_config(settings)
    )
    bi.keep_facts(copy, search.phrases)
    why = copy.anew_because
    yield dg.MaterializeResult(
        metadata={
            "made": f"from scratch: {why}" if why else "from the release before",
            "parquet_files_carried": carried,
            **{f"rows/{name}": count for name, count in copy.rows.items()},
            **{f"written/{name}": change.kind for name, change in copy.tables.items()},
        },
        check_results=list(as_check_results([outcome])),
    )


def _privacy_outcome(search: privacy.Search) -> CheckOutcome:
    leaks = search.leaks
    return CheckOutcome(
        check_name=PRIVACY_CHECK,
        engine="sql",
        rule_id=None,
        asset_key=tuple(BI_KEY.path),
        status="failed" if leaks else "passed",
        evaluated=search.columns,
        failed=len(leaks),
        threshold=0.0,
        severity="error",
        sample_ids=tuple(f"{leak.table}.{leak.column}" for leak in leaks)[:10],
        message="; ".join(f"{x.table}.{x.column}: {x.kind} in {x.rows} rows" for x in leaks),
    )


@dg.asset(
    key=AUTHORITY_KEY,
    deps=[
        BI_KEY,
        list(schemas.RECORD_EVIDENCE.asset_key),
        *(list(w.relation.asset_key) for w in WORKLISTS),
        *(list(source.asset_key) for source in daily_report.SOURCES),
    ],
    group_name="publish",
    owners=list(OWNERS),
    kinds={"excel"},
    description="For people: per province a workbook of worklists (authority/<province code>/"
    "worklists.xlsx) and the daily report (bao_cao_ngay.html), and a page on all checks "
    "(data_docs/index.html).",
    pool=POOL,
    required_resource_keys={HOME},
)
def authority_files(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    settings = Settings()
    directory = release.building_directory(settings, context.run.run_id)
    with warehouse.reader(settings) as connection:
        written = authority.write_workbooks(
            connection, directory / "authority", processes=settings.threads
        )
        reports = daily_report.write_reports(
            connection, directory / "authority", run_instant(context)
        )
        checks_page.write_checks_page(
            connection,
            settings,
            directory,
            run_id=context.run.run_id,
            as_of=run_instant(context),
        )
    return dg.MaterializeResult(
        metadata={
            "workbooks": len(written),
            "daily_reports": len(reports),
            "rows": sum(sum(sheets.values()) for sheets in written.values()),
        }
    )


@dg.asset(
    key=CITIZENS_KEY,
    deps=[
        AUTHORITY_KEY,
        list(schemas.PUBLIC_LOOKUP.asset_key),
        *(list(t.relation.asset_key) for t in texts.TEXTS),
        *(list(t.wordings[0].asset_key) for t in texts.TEXTS if t.wordings),
        list(schemas.PUBLIC_FIGURES.asset_key),
    ],
    group_name="publish",
    owners=list(OWNERS),
    kinds={"parquet", "csv"},
    description="For citizens: what the portal answers about a complaint (portal/public_lookup.parquet), "
    "the texts to send (authority/<province code>/tin_nhan_*.csv), and figures for everyone, small "
    "counts suppressed (public/*.csv).",
    pool=POOL,
    required_resource_keys={HOME},
)
def citizens_files(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    settings = Settings()
    directory = release.building_directory(settings, context.run.run_id)
    with warehouse.reader(settings) as connection:
        answers = public_lookup.write_public_lookup(connection, directory)
        listed = texts.write_texts(connection, directory / "authority")
        tables = disclosure.write_public(connection, directory)
    return dg.MaterializeResult(metadata={"answers": answers, "public_tables": tables, **listed})


@dg.asset(
    key=CURRENT_KEY,
    deps=[BI_KEY, AUTHORITY_KEY, CITIZENS_KEY],
    group_name="publish",
    owners=list(OWNERS),
    description="The release that readers and the escalation sensor see: `current` points to it.",
    pool=POOL,
    required_resource_keys={HOME},
)
def current_release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    settings = Settings()
    with warehouse.reader(settings) as connection:
        facts = {
            pending.MARKS: pending.loaded_marks(connection),
            "rule_pack": settings.rule_pack,
            "checks": check_results.totals(connection, context.run.run_id),
        }
    bi_facts = bi.take_facts(release.building_directory(settings, context.run.run_id))
    facts |= {"rows": bi_facts.pop("rows"), bi.FACTS: bi_facts}
    finished = release.finish(
        settings,
        context.run.run_id,
        as_of=run_instant(context),
        released_at=clock.now_on_the_wall(),
        facts=facts,
    )
    return dg.MaterializeResult(
        metadata={
            "release": dg.MetadataValue.path(str(finished.path)),
            "files": len(finished.manifest["files"]),
        }
    )
