"""Vietnamese text as the 8-bit encodings write it, for tests: the reverse of what readers do."""

import unicodedata

from vax_pipeline.core.feeds.readers.vietnamese import TCVN3, TONES, VNI_LETTERS, VNI_MARKS

TCVN3_BYTES = {chr(meant): chr(written) for written, meant in TCVN3.items()}
VNI_BYTES = {chr(meant): chr(written) for written, meant in VNI_LETTERS.items()}
VNI_ACCENTS = {unicodedata.normalize("NFD", "a" + m)[1:]: w for w, m in VNI_MARKS.items()}


def in_windows_1258(text: str) -> bytes:
    """As Windows writes it: a letter with its tone where there is one, else the tone behind it."""
    return b"".join(_windows_1258(letter) for letter in unicodedata.normalize("NFC", text))


def in_tcvn3(text: str) -> bytes:
    """As the fonts .VnTime show it; capitals with a tone become small, their font makes them large."""
    letters = [TCVN3_BYTES.get(c, TCVN3_BYTES.get(c.lower(), c)) for c in text]
    return "".join(letters).encode("latin-1")


def in_vni(text: str) -> bytes:
    """As the fonts VNI-Times show it."""
    return "".join(_vni(letter) for letter in text).encode("latin-1")


def in_viqr(text: str) -> bytes:
    """As typed in e-mail before Unicode."""
    marks = {"\u0302": "^", "\u0306": "(", "\u031b": "+", "\u0301": "'", "\u0300": "`"}
    marks |= {"\u0309": "?", "\u0303": "~", "\u0323": "."}
    plain = text.replace("đ", "dd").replace("Đ", "DD")
    letters = [_split(letter) for letter in plain]
    return "".join(b + "".join(marks.get(m, m) for m in a + t) for b, a, t in letters).encode()


def _windows_1258(letter: str) -> bytes:
    try:
        return letter.encode("cp1258")
    except UnicodeEncodeError:
        base, accent, tone = _split(letter)
        if not tone:
            raise
        return unicodedata.normalize("NFC", base + accent).encode("cp1258") + tone.encode("cp1258")


def _vni(letter: str) -> str:
    if letter.isascii() or letter in "íÍìÌ":
        return letter
    if letter in VNI_BYTES:
        return VNI_BYTES[letter]
    base, accent, tone = _split(letter)
    horned = unicodedata.normalize("NFC", base + accent)
    if horned in VNI_BYTES:
        base, accent = VNI_BYTES[horned], ""
    written = VNI_ACCENTS[unicodedata.normalize("NFD", "a" + accent + tone)[1:]]
    return base + (written.upper() if letter.isupper() else written)


def _split(letter: str) -> tuple[str, str, str]:
    """The bare letter, its circumflex, breve or horn, and its tone."""
    base, *marks = unicodedata.normalize("NFD", letter)
    return (
        base,
        "".join(m for m in marks if m not in TONES),
        "".join(m for m in marks if m in TONES),
    )
