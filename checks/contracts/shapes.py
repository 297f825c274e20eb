"""Shapes of typed values as regular expressions; an empty value always fits, absence is a finding.

The date forms are those that staging can read (`date_form` in the dbt project).
"""

_DAY = r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-](?:[0-9]{4}|[0-9]{2})"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_ZONE = r"Z|[+-][0-9]{2}:?(?:[0-9]{2})?"
_DATE_FORMS = (
    rf"{_DAY}(?:[T ]+{_CLOCK})?",
    rf"{_CLOCK} +{_DAY}",
    rf"[0-9]{{4}}[/.-][0-9]{{1,2}}[/.-][0-9]{{1,2}}(?:[T ]+{_CLOCK} ?(?:{_ZONE})?)?",
    r"(?:1[89]|20)[0-9]{2}(?:[/.-](?:0?[1-9]|1[0-2]))?",  # year, year and month
    r"(?:0?[1-9]|1[0-2])[/.-](?:1[89]|20)[0-9]{2}",
    r"-?[0-9]{8,13}",  # milliseconds since 1970, or yyyymmdd
    r"[1-9][0-9]{4}(?:[.,][0-9]+)?",  # days as Excel counts them
)


def shaped(*forms: str) -> str:
    """One of the forms and nothing else, surrounding spaces aside, or empty; any case."""
    return rf"(?i)^\s*(?:{'|'.join(('', *forms))})\s*$"


def one_of(*values: str) -> str:
    """One of these words."""
    return shaped(*values)


def several_of(*values: str) -> str:
    """Some of these words, separated by semicolons."""
    word = f"(?:{'|'.join(values)})"
    return shaped(rf"{word}(?:\s*;\s*{word})*\s*;?")


DATE = shaped(*_DATE_FORMS)
INSTANT = DATE
SEX = one_of("m", "f", "nam", "nữ", "nu", "male", "female", "1", "2", "0")
CITIZEN_ID = shaped("[0-9]{12}")
PREVIOUS_IDS = shaped("[0-9A-Z]{8,12}(?:\\s*;\\s*[0-9A-Z]{8,12})*")
# CCCD, CMND (leading zeros may be lost) or passport, with the separators people type.
ID_NUMBER = shaped(r"'?[0-9](?:[ .-]?[0-9]){7,11}", r"[A-Z]{1,3}[ -]?[0-9]{5,9}", r"[A-Z0-9]{6,12}")
PHONE = shaped(r"'?\+?[0-9(](?:[ .()-]?[0-9()]){7,14}")
UNIT_CODE = shaped("[0-9]{1,5}")
DISTRICT_CODE = shaped("[0-9]{1,3}")
PROVINCE_CODE = shaped("[0-9]{1,2}")
UNIT_OR_NATION = shaped("[0-9]{1,5}", "VN")
PROVINCE_OR_NATION = shaped("[0-9]{1,2}", "VN")
WHOLE_NUMBER = shaped(r"[0-9]+(?:[.,][0-9]{3})*(?:\.0+)?")
NUMBERS = shaped(r"[0-9]+(?:\s*[;,]\s*[0-9]+)*\s*;?")
EMAIL = shaped(r"[^\s@]+@[^\s@]+\.[^\s@]+")
REASON_CODES = shaped(r"R[0-9]{2}(?:\s*;\s*R[0-9]{2})*\s*;?")
