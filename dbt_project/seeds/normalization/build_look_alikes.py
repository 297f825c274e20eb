"""Write the seed of characters that look like plain ones: `python .../build_look_alikes.py`.

Most rows are Unicode's own compatibility forms (NFKC): full width, mathematical alphabets, circled and
raised letters. The rest are letters that NFKC leaves alone although a reader can't tell them apart.
"""

import csv
import sys
import unicodedata
from pathlib import Path

# typed: plain, by why they are met. The first two kinds are frequent and tried before the others.
BY_HAND = {
    "d-bar": ("ÐƉðɖ", "ĐĐđđ"),  # Icelandic eth, African D: old Vietnamese fonts and phones
    "apostrophe": ("’ʼ‘ʻ´`′ˈ", "'" * 8),  # Ê Đê and H'Mông names
    "small capitals": ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ABCDEFGHIJKLMNOPRSTUVWYZ"),
    "Cyrillic": ("АВЕІКМНОРСТУХаеіорсух", "ABEIKMHOPCTYXaeiopcyx"),
    "Greek": ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo"),
    "Latin": ("ıɑɡ", "iag"),
    "dash": ("–—−‐‑‒", "-" * 6),
}
COMMON = ("d-bar", "apostrophe")


def compatibility_forms() -> list[tuple[str, str]]:
    """Characters whose NFKC form is one printable ASCII character, and which NFC keeps."""
    found: list[tuple[str, str]] = []
    for code in range(128, sys.maxunicode + 1):
        letter = chr(code)
        plain = unicodedata.normalize("NFKC", letter)
        if (
            len(plain) == 1
            and "!" <= plain <= "~"
            and unicodedata.normalize("NFC", letter) == letter
        ):
            found.append((letter, plain))
    return found


def main() -> int:
    rows = {letter: (plain, "NFKC", "false") for letter, plain in compatibility_forms()}
    for reason, (typed, plain) in BY_HAND.items():
        for letter, meant in zip(typed, plain, strict=True):
            rows[letter] = (meant, reason, str(reason in COMMON).lower())
    target = Path(__file__).parent / "look_alikes.csv"
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("letter", "plain", "reason", "is_common"))
        writer.writerows((letter, *rest) for letter, rest in sorted(rows.items()))
    sys.stdout.write(f"{len(rows)} characters\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
