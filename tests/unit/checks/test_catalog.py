"""The catalog of rules is read whole or refused with the place of the fault."""

from datetime import date
from pathlib import Path

import pytest

from checks.catalog import CatalogError, Rule, load_rules

HEADER = (
    "rule_id,title_en,title_vi,severity,class,subject_type,owner,source,"
    "valid_from,valid_to,description_en"
)
VALID = {
    "rule_id": "SEQ-001",
    "title_en": "Interval too short",
    "title_vi": "Khoảng cách quá ngắn",
    "severity": "error",
    "class": "local",
    "subject_type": "dose",
    "owner": "facility",
    "source": "QĐ 3518/QĐ-BYT",
    "valid_from": "2021-07-08",
    "valid_to": "",
    "description_en": "The dose came before the minimum interval.",
}
SEEDED = Path(__file__).resolve().parents[3] / "dbt_project" / "seeds"


def catalog(tmp_path: Path, *rows: dict[str, str]) -> Path:
    """A rules.csv of valid rules; a test breaks one field."""
    path = tmp_path / "rules.csv"
    lines = [",".join((VALID | row).values()) for row in rows]
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_rule_is_read_with_its_dates(tmp_path: Path) -> None:
    (rule,) = load_rules(catalog(tmp_path, {}))
    assert rule == Rule(
        rule_id="SEQ-001",
        title_en="Interval too short",
        title_vi="Khoảng cách quá ngắn",
        severity="error",
        class_="local",
        subject_type="dose",
        owner="facility",
        source="QĐ 3518/QĐ-BYT",
        valid_from=date(2021, 7, 8),
        valid_to=None,
        description_en="The dose came before the minimum interval.",
    )
    assert rule.family == "SEQ"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("rule_id", "SEQ1"),
        ("rule_id", "SEQ-1"),
        ("severity", "fatal"),
        ("class", "global"),
        ("subject_type", "person"),
        ("valid_from", "07/2021"),
        ("title_vi", ""),
        ("owner", ""),
        ("source", ""),
    ],
)
def test_a_faulty_value_is_refused_with_its_place(tmp_path: Path, column: str, value: str) -> None:
    path = catalog(tmp_path, {}, {"rule_id": "SEQ-002", column: value})
    with pytest.raises(CatalogError, match=f"rules.csv, line 3: {column}"):
        load_rules(path)


def test_a_rule_id_is_never_reused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="never reused: SEQ-001"):
        load_rules(catalog(tmp_path, {}, {}))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text("rule_id,title_en\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="missing columns class, description_en"):
        load_rules(path)


def test_the_seeded_catalog_is_valid() -> None:
    paths = list(SEEDED.rglob("rules.csv"))
    assert len(paths) <= 1, "rules have one catalog"
    for path in paths:
        assert load_rules(path)
