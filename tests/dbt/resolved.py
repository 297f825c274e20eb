"""Simulated people taken through the real loading, staging and linking, and no further."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from staged import run_dbt

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.landing import discover
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.feeds.places import LocalPlace
from vax_pipeline.core.feeds.settling import Settling
from vax_pipeline.core.identity.prediction import LinkReport, link_undecided
from vax_pipeline.core.link_evaluation import score_links
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.simulation import simulate

AS_OF = datetime(2021, 12, 8, 1, tzinfo=UTC)
UNTIL = date(2021, 12, 8)
NEEDED = ("facilities", "citizens", "doses", "complaints", "identity_results")
BEFORE = ("path:seeds", "+int_mentions__undecided", "+int_mention_records", "stg_identity_results")
AFTER = (
    "int_identity_answers", "int_mentions__answered", "int_person_decisions", "int_mentions__decided",
    "int_mentions__clustered", "int_unlinked_keys", "int_person_merges", "int_mentions__linked",
    "int_mentions__verified", "int_persons",
)  # fmt: skip
TESTS_APART = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def simulated(root: Path, people: int, seed: int, provinces: int = 1) -> Settings:
    """A home whose raw tables hold what linking needs of a simulation; truth lies in `out/truth`."""
    simulate(people, seed, UNTIL, root / "out", provinces=provinces)
    settings = Settings(home=root / "home", settle_seconds=0, memory_limit="4GB").at(
        landing=root / "out" / "landing"
    )
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        connection.execute(
            f"insert into {schemas.RUN_CONTEXT.sql} by name select 'test' as run_id, $at as as_of, "
            "$at as known_as_of, 'vn_moh' as rule_pack, true as is_full, "
            "$inner as pseudonym_ipad, $outer as pseudonym_opad",
            {"at": AS_OF, "inner": b"6" * 64, "outer": b"\\" * 64},
        )
        settling = Settling(0, settings.landing_seen)
        for feed in NEEDED:
            found = discover(LocalPlace(settings.landing), [feed], settling)
            days = {file.delivery_date for file in found.files}
            load_feed(
                connection, settings, FEEDS[feed], sorted(days), load_id="test", loaded_at=AS_OF
            )
    return settings


def resolve(settings: Settings, *more: str) -> LinkReport:
    """Both halves of dbt as far as the persons (and `more` models), and Splink between them."""
    run_dbt(settings, "build", "--select", *BEFORE, *TESTS_APART)
    with warehouse.writer(settings) as connection:
        report = link_undecided(connection)
    run_dbt(settings, "build", "--select", *AFTER, *more, *TESTS_APART)
    return report


def scores(settings: Settings, truth: Path) -> Mapping[str, Any]:
    """What `vax evaluate` says of the links."""
    with warehouse.reader(settings) as connection:
        return score_links(connection, truth)


def falls_short(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a health authority may not accept: the figures beyond their limits."""
    limits = {
        "false_link_rate": found["false_link_rate"] <= 0.0005,
        "recall_linked": found["recall_linked"] >= 0.97,
        "recall_with_review": found["recall_with_review"] >= 0.995,
        "twins_merged": found["twins_merged"] == 0,
        "status_accuracy": found["status_accuracy"] >= 0.99,
        "person_status_accuracy": found["person_status_accuracy"] >= 0.99,
    }
    return {name: found[name] for name, is_kept in limits.items() if not is_kept}
