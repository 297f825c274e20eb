"""Files that went wrong once, or may: each with what becomes of it, `corpus/expected.json`.

A new one goes into `corpus/`, `<what is the matter>[.<feed>].<format>`, with its line in that file.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from landing_home import Home, attestation, csv

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.readers import blocks

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CORPUS / "expected.json").read_text("utf-8"))


def outcome(home: Home, name: str) -> dict[str, Any]:
    """What became of a file that was loaded beside a good one; the account closes."""
    feed = next((feed for feed in FEEDS if f".{feed}." in name), "attestations")
    home.put(b"", name, feed).write_bytes((CORPUS / name).read_bytes())
    home.put(csv(attestation("GOOD")), "zz.csv")
    home.load(feed)
    if feed != "attestations":
        home.load()
    assert home.rows("select attestation_id from raw.attestations where file like '%zz.csv'") == [
        ("GOOD",)
    ]
    delivery = home.delivery(name, feed)
    says = ("state", "encoding", "records", "loaded", "children_loaded", "repaired_values")
    return {
        **{key: delivery[key] for key in says if delivery[key]},
        "rejects": [[line, code] for line, code in home.rejects()],
    }


def test_every_file_has_its_outcome_told() -> None:
    files = {path.name for path in CORPUS.iterdir()} - {"expected.json"}
    assert files == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_becomes_of_a_file(home: Home, name: str) -> None:
    assert outcome(home, name) == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name in EXPECTED if "encoding" not in name])
def test_it_becomes_the_same_in_small_blocks(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An encoding is told by its first block, so files of odd encodings are left out."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 120)
    known = {"encoding": None}  # what a file that fails later begins with
    assert outcome(home, name) | known == EXPECTED[name] | known
