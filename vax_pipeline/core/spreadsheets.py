"""What all files for Excel share: text stays text, and no sheet is longer than Excel reads."""

import re
from pathlib import Path
from typing import Any

MAX_SHEET_ROWS = 1_000_000  # Excel ends at 1,048,576
MAX_CELL = 32_767  # characters
TEXT = 49  # Excel's own number of the format "@"
HEADER = {"bold": True, "bg_color": "#DCE6F1", "text_wrap": True}
# A cell that starts with one of these may run as a formula, in Excel or where it is pasted next.
_STARTS_FORMULA = "[=+\\-@\t\r\n＝＋－＠]"
_WOULD_RUN = re.compile(f"'*{_STARTS_FORMULA}")
MADE_SAFE = f"^'+{_STARTS_FORMULA}"  # as a pattern for columns


def workbook_options(path: Path) -> dict[str, Any]:
    """For xlsxwriter: nothing that was typed becomes a formula, a link or a number.

    Its rows wait for their place in files; they lie beside the workbook, so that a killed writer leaves
    nothing of them elsewhere.
    """
    return {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula. Undone by `original`, and only there."""
    return f"'{text}" if _WOULD_RUN.match(text) else text


def original(text: str) -> str:
    """The text that `safe` was given."""
    return text[1:] if re.match(MADE_SAFE, text) else text
