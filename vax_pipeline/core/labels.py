"""Words for codes, Vietnamese and English, from the seed that the marts use too."""

import csv
from functools import cache
from pathlib import Path

from vax_pipeline.core.settings import DBT_PROJECT_DIR

LABELS_CSV = DBT_PROJECT_DIR / "seeds" / "complaints" / "labels.csv"
RULE_PACK_DIR = DBT_PROJECT_DIR / "seeds" / "rule_pack"
RULES_CSV = RULE_PACK_DIR / "rules.csv"


def vietnamese(domain: str, code: str) -> str:
    """The label of a code; empty when the seed has none."""
    return _labels(LABELS_CSV, "label_vi").get((domain, code), "")


def english(domain: str, code: str) -> str:
    """The same in English."""
    return _labels(LABELS_CSV, "label_en").get((domain, code), "")


def labels_of(domain: str) -> dict[str, str]:
    """The Vietnamese labels of a domain by code, in the order of the seed."""
    labels = _labels(LABELS_CSV, "label_vi")
    return {code: label for (known, code), label in labels.items() if known == domain}


@cache
def _labels(path: Path, language: str) -> dict[tuple[str, str], str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {(row["domain"], row["code"]): row[language] for row in csv.DictReader(stream)}
