"""The clock of a home: `wall`, or frozen at an instant, so that opening an old demo escalates nothing.

The only module that may ask the machine what time it is on behalf of the pipeline.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from vax_pipeline.core.files import write_whole

ICT = ZoneInfo("Asia/Ho_Chi_Minh")
WALL = "wall"


def parse_instant(text: str) -> datetime:
    """An instant in UTC from ISO 8601 text; without a zone it is Asia/Ho_Chi_Minh.

    Raises:
        ValueError: the text is no ISO 8601 instant.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=ICT)
    return instant.astimezone(UTC)


def freeze(clock_file: Path, instant: datetime) -> None:
    """Stop this home's clock at `instant` (UTC)."""
    clock_file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(clock_file, instant.astimezone(UTC).isoformat() + "\n")


def is_frozen(clock_file: Path) -> bool:
    return clock_file.exists() and clock_file.read_text(encoding="utf-8").strip() != WALL


def now(clock_file: Path) -> datetime:
    """What time it is for this home, UTC."""
    if is_frozen(clock_file):
        return parse_instant(clock_file.read_text(encoding="utf-8").strip())
    return now_on_the_wall()


def now_on_the_wall() -> datetime:
    """The machine's time, UTC, whatever a home's clock says: when a release was written."""
    return datetime.now(UTC)


def today_on_the_wall() -> date:
    """The machine's date in Vietnam, whatever a home's clock says: which partitions exist by now."""
    return datetime.now(ICT).date()
