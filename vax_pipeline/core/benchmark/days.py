"""The landing folder of a nation at work: what came before, then a day's deliveries, then a complaint file.

The files stay where they were simulated; a home gets second names of them (hard links), so that the last
deliveries can land when the tables of all others stand.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

DOSES = "doses"
COMPLAINTS = ("complaints", "complaint_doses", "complaint_attachments", "complaint_events")
# Of the bytes: late deliveries come in wordier formats, so it is some 2 of 90 million doses, as near as whole
# deliveries come to it.
DAY_SHARE = 0.04


@dataclass
class HeldBack:
    """Files that land later, below the landing folder: of a day, and of the next morning's complaints."""

    day: list[Path] = field(default_factory=list[Path])
    complaints: list[Path] = field(default_factory=list[Path])


def hold_back(landing: Path) -> HeldBack:
    """The last dose deliveries until a day's share is reached, and the last two of complaints.

    The simulator's days are smaller than a day of the campaign was, so several make one.
    """
    held = HeldBack()
    for feed in COMPLAINTS:
        days = sorted(folder for folder in (landing / feed).glob("*") if folder.is_dir())
        held.complaints += _files(landing, days[-1:])
        held.day += _files(landing, days[-2:-1])
    deliveries = sorted(folder for folder in (landing / DOSES).glob("*") if folder.is_dir())
    sizes = {folder: sum(file.stat().st_size for file in folder.iterdir()) for folder in deliveries}
    share = 0.0
    while share < DAY_SHARE and len(deliveries) > 1:
        last = deliveries.pop()
        held.day += _files(landing, [last])
        share += sizes[last] / sum(sizes.values())
    return held


def lay_out(landing: Path, where: Path, held: HeldBack) -> None:
    """Second names below `where` for all files that are not held back."""
    later = {*held.day, *held.complaints}
    everything = [file.relative_to(landing) for file in landing.rglob("*") if file.is_file()]
    land(landing, where, [file for file in everything if file not in later])


def land(landing: Path, where: Path, files: list[Path]) -> None:
    """These files arrive."""
    for file in files:
        (where / file).parent.mkdir(parents=True, exist_ok=True)
        os.link(landing / file, where / file)


def _files(landing: Path, folders: list[Path]) -> list[Path]:
    return [file.relative_to(landing) for folder in folders for file in sorted(folder.iterdir())]
