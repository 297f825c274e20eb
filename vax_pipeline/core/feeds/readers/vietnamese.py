"""Whether words read as Vietnamese, under which encoding, and what the old ones look like.

A text read in its own encoding has accented words that are Vietnamese syllables; read in another one
it has not. That is the evidence by which `encodings` decides. TCVN3 and VNI are here to be known, not
to be converted: TCVN3 keeps half of its capitals in the font, which no text file has.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from types import MappingProxyType

# Fewer different words than this prove nothing.
MIN_WORDS = 3
MOST, FEW, MARGIN = 0.7, 0.4, 0.2

TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
STOPPED_TONES = ("\u0301", "\u0323")  # a syllable that ends in c, ch, p or t has sắc or nặng
ONSET = "ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx]"
NUCLEUS = (
    "iêu|yêu|oai|oao|oay|oeo|uây|uôi|uya|uyê|uyu|ươi|ươu|a[iouy]?|ă|â[uy]?|eo?|êu?|i[aê]?|iu|"
    "o[aăeio]?|ôi?|ơi?|u[aâêiôơy]?|ư[aiơu]?|yê?"
)
SYLLABLE = re.compile(f"(?:{ONSET})?(?:{NUCLEUS})(ch|c|p|t|m|ng|nh|n)?")

# What stands for which letter in TCVN 5712:1993 (VN3); of capitals it has only those without a tone.
TCVN3 = str.maketrans(
    "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢§£¤¥¦",
    "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ",
)
# VNI Windows writes the accents of a vowel as a letter behind it.
VNI_LETTERS = str.maketrans("æóòîôöñÆÓÒÎÔÖÑ", "ỉĩịỵơưđỈĨỊỴƠƯĐ")
VNI_MARKS = {
    "ù": "\u0301",
    "ø": "\u0300",
    "û": "\u0309",
    "õ": "\u0303",
    "ï": "\u0323",
    "â": "\u0302",
    "á": "\u0302\u0301",
    "à": "\u0302\u0300",
    "å": "\u0302\u0309",
    "ã": "\u0302\u0303",
    "ä": "\u0302\u0323",
    "ê": "\u0306",
    "é": "\u0306\u0301",
    "è": "\u0306\u0300",
    "ú": "\u0306\u0309",
    "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}
VNI = VNI_LETTERS | str.maketrans(VNI_MARKS | {k.upper(): v for k, v in VNI_MARKS.items()})
# VIQR (RFC 1456) writes them as signs of ASCII.
VIQR_MARKS = {"^": "\u0302", "(": "\u0306", "+": "\u031b", "'": "\u0301", "`": "\u0300"}
VIQR = str.maketrans(VIQR_MARKS | {"?": "\u0309", "~": "\u0303", ".": "\u0323"})
VIQR_WORD = re.compile(r"[A-Za-z^(+'`?~.]+")
VIQR_ACCENT = re.compile(r"[aeoAEO]\^|[ouOU]\+|[aA]\(")

# Words of a text in any of these; quotation marks and dashes of Windows-1252 are no part of them.
WORD = re.compile("[A-Za-z\u00a1-\u024f\u0300-\u036f\u1e00-\u1eff]+")


@lru_cache(maxsize=1 << 16)
def is_syllable(word: str) -> bool:
    """Whether a word is spelled as a Vietnamese syllable, in capitals or not."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    tones = [c for c in decomposed if c in TONES]
    base = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in TONES))
    spelled = SYLLABLE.fullmatch(base)
    if spelled is None or len(tones) > 1:
        return False
    return spelled[1] not in ("c", "ch", "p", "t") or tones[:1] in ([t] for t in STOPPED_TONES)


def read_tcvn3(text: str) -> str:
    """What a text meant whose TCVN3 bytes were taken for Latin letters."""
    return text.translate(TCVN3)


def read_vni(text: str) -> str:
    """What a text meant whose VNI bytes were taken for Latin letters."""
    return unicodedata.normalize("NFC", text.translate(VNI))


OLD_ENCODINGS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"tcvn3": read_tcvn3, "vni": read_vni}
)


def share(words: Collection[str]) -> float:
    """Which part of the words are Vietnamese syllables; 0 of none."""
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


def accented_words(text: str) -> set[str]:
    """The different words of a text, of some length, that hold ASCII letters and others."""
    words = {word for word in WORD.findall(text) if not word.isascii()}
    return {word for word in words if len(word) > 1 and any(c.isascii() for c in word)}


def old_encoding(text: str) -> str | None:
    """`tcvn3`, `vni` or `viqr` when a text, decoded without complaint, is really in one of these.

    Sheets and exports made with the fonts of that time hold its bytes as Latin letters: "NguyÔn".
    """
    words = accented_words(text)
    if len(words) < MIN_WORDS:
        return "viqr" if _is_viqr(text) else None
    if share(words) > FEW:
        return None
    shares = {name: share([read(w) for w in words]) for name, read in OLD_ENCODINGS.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= MOST else None


def _is_viqr(text: str) -> bool:
    words = {word for word in VIQR_WORD.findall(text) if VIQR_ACCENT.search(word)}
    read = [unicodedata.normalize("NFC", word.translate(VIQR)) for word in words]
    return len(words) >= MIN_WORDS and share(read) >= MOST
