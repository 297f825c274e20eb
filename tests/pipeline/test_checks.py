"""What all checkers of a run said: one page in the release, and thresholds that can be tried at once."""

import re
from pathlib import Path

import duckdb

from checks.catalog import load_rules
from tests.command import vax, vax_json
from tests.pipeline.conftest import Province
from vax_pipeline.core import check_results
from vax_pipeline.core.labels import RULES_CSV


def test_the_page_on_checks_needs_no_network_and_its_links_lead_somewhere(
    province: Province,
) -> None:
    docs = province.bi.parent / "data_docs"
    page = (docs / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|https?://", page)
    links = set(re.findall(r'href="([^"#]+)"', page))
    assert len(links) == 3
    assert all((docs / link).is_file() for link in links)
    for rule in load_rules(RULES_CSV):
        assert rule.subject_type == "delivery" or f"<b>{rule.rule_id}</b> {rule.title_vi}" in page


def tolerating_nothing(folder: Path) -> Path:
    """Thresholds by which every finding in a province is one too many."""
    file = folder / "limits.csv"
    file.write_text(
        "rule_id,level,place_code,most_subjects,most_share,source,pack,valid_from,valid_to\n"
        "*,province,*,0,,x,vn_moh,1900-01-01,9999-12-31\n",
        encoding="utf-8",
    )
    return file


def test_thresholds_are_laid_on_the_findings_there_are(province: Province, tmp_path: Path) -> None:
    home = ("--home", province.home)
    counted = {
        row["rule_id"]: row["found"]
        for row in vax_json("thresholds", *home)["rules"]
        if row["found"]
    }
    found = province.said["findings"]
    assert counted.items() >= {(r, n) for r, n in found.items() if not r.startswith("FEED")}
    nothing = tolerating_nothing(tmp_path)
    over = vax_json("thresholds", "--file", nothing, "--over", "--province", "75", *home)["rules"]
    assert {row["rule_id"] for row in over} <= counted.keys()
    assert len(over) > 50
    assert vax_json("thresholds", "--file", nothing, "--over", *home)["rules"] == []
    nothing.write_text("rule_id\n", encoding="utf-8")
    vax("thresholds", "--file", nothing, *home, expect=1)
    vax("thresholds", "--province", "HN", *home, expect=1)


def test_thresholds_applied_take_the_place_of_what_the_run_said(
    copy_of_province: Path, tmp_path: Path
) -> None:
    home = ("--home", copy_of_province)
    vax("thresholds", "--file", tolerating_nothing(tmp_path), *home)
    assert rules_over(copy_of_province) < 50
    vax("thresholds", "--file", tolerating_nothing(tmp_path), "--apply", *home)
    assert rules_over(copy_of_province) > 50


def rules_over(home: Path) -> int:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        [(run_id,)] = connection.execute("select run_id from ops.run_context").fetchall()
        return check_results.totals(connection, run_id)["rules_over"]
