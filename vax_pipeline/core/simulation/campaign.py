"""The campaign as the ministry ran it: products, licence dates, schedules, lots and their expiries.

The facts of docs/facts.md, written down here on their own: the simulator must not read the seeds of
the rules it is used to score.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.draws import Ints, day_number, stream
from vax_pipeline.core.simulation.provinces import Province


@dataclass(frozen=True)
class Product:
    """A licensed vaccine. Intervals in days.

    `interval` is what people kept to, `recommended` what was published, `hard_minimum` the shortest
    that can be right.
    """

    code: str
    names: tuple[str, ...]  # as typed; the first is used where a mistake must stay readable
    licensed_on: date
    primary_doses: int
    interval: tuple[int, int]
    recommended: tuple[int, int]
    hard_minimum: int
    share: float
    first_doses: tuple[date, date]
    minimum_age: int = 18
    first_used: date | None = None
    overfill: float = 0.1  # by how much a vial gives more doses than it counts for

    @property
    def first_used_on(self) -> date:
        """The first day of use where it is known to be later than the licence."""
        return self.first_used or self.licensed_on


PRODUCTS = (
    Product(
        "AZ",
        ("AstraZeneca", "Astra Zeneca", "COVID-19 Vaccine AstraZeneca", "AZD1222"),
        date(2021, 2, 1),
        2,
        (56, 84),
        (42, 84),
        28,
        0.42,
        (date(2021, 7, 5), date(2021, 9, 25)),
        overfill=0.2,
    ),
    Product(
        "PFIZER",
        ("Pfizer", "Comirnaty", "Pfizer-BioNTech", "pfizer"),
        date(2021, 6, 12),
        2,
        (21, 35),
        (21, 42),
        19,
        0.24,
        (date(2021, 7, 20), date(2021, 10, 31)),
        12,
        date(2021, 7, 1),
        overfill=0.2,
    ),
    Product(
        "MODERNA",
        ("Moderna", "Spikevax", "COVID-19 Vaccine Moderna"),
        date(2021, 6, 28),
        2,
        (28, 42),
        (28, 42),
        24,
        0.09,
        (date(2021, 7, 20), date(2021, 9, 30)),
        12,
        date(2021, 7, 1),
        overfill=0.2,
    ),
    Product(
        "SINOPHARM_BIBP",
        ("Sinopharm", "Vero Cell", "Vero-Cell", "BBIBP-CorV"),
        date(2021, 6, 3),
        2,
        (21, 30),
        (21, 42),
        19,
        0.11,
        (date(2021, 8, 5), date(2021, 10, 25)),
    ),
    Product(
        "ABDALA",
        ("Abdala", "ABDALA"),
        date(2021, 9, 17),
        3,
        (14, 18),
        (14, 28),
        12,
        0.12,
        (date(2021, 10, 25), date(2021, 10, 31)),
    ),
    Product(
        "SPUTNIK_V",
        ("Sputnik V", "Gam-COVID-Vac"),
        date(2021, 3, 23),
        2,
        (21, 45),
        (21, 90),
        19,
        0.01,
        (date(2021, 7, 10), date(2021, 9, 10)),
    ),
    Product(
        "HAYAT_VAX",
        ("Hayat-Vax", "Hayat Vax"),
        date(2021, 9, 10),
        2,
        (21, 30),
        (21, 42),
        19,
        0.02,
        (date(2021, 10, 1), date(2021, 10, 31)),
    ),
    # Licensed, and never sent: nobody got it, though now and then somebody typed it.
    Product(
        "JANSSEN",
        ("Janssen", "Johnson & Johnson"),
        date(2021, 7, 15),
        1,
        (0, 0),
        (0, 10**6),
        0,
        0.0,
        (date(2021, 8, 1), date(2021, 8, 2)),
        first_used=date(2022, 1, 26),
    ),
)
CODES = tuple(product.code for product in PRODUCTS)
AZ, PFIZER, MODERNA, SINOPHARM, ABDALA, SPUTNIK, HAYAT, JANSSEN = range(len(PRODUCTS))
MRNA = (PFIZER, MODERNA)

CAMPAIGN_START = date(2021, 3, 8)
EARLY_FIRST = (date(2021, 3, 10), date(2021, 5, 25))  # health workers
TEEN_START = date(2021, 10, 27)
TEEN_FIRST = (date(2021, 10, 28), date(2021, 11, 8))
BOOSTER_START = date(2021, 12, 1)
BOOSTER_THREE_MONTHS_FROM = date(2021, 12, 17)
AZ_TO_PFIZER_FROM = date(2021, 7, 27)

LOT_WINDOW_DAYS = 21
LOTS_A_WINDOW = 3
LOT_LIFE_DAYS = 110
FOREIGN_LOTS = 2  # per product: allocated to the neighbouring province only


@dataclass(frozen=True)
class Lots:
    """lots: lot, product, lot_number, starts (day), expiry (day), province, component. `index` finds one.

    index[product, window, k] is the row of the k-th lot opened in that window of the campaign.
    foreign[product, k] are rows of lots our province never received. Sputnik V comes as component 1 or 2,
    told by the lot; other products have none (0).
    """

    lots: pl.DataFrame
    index: Ints
    foreign: Ints


def window_of(day: Ints) -> Ints:
    """The lot window of each injection day (days since 1970-01-01)."""
    return np.maximum((day - day_number(CAMPAIGN_START)) // LOT_WINDOW_DAYS, 0)


def build_lots(province: Province, seed: int, until: date) -> Lots:
    """Lots of every product from its licence to the end, a few per window.

    Lots belong to the nation: with the nation's seed each province gets the same ones. Those that go
    astray are the province's own, or what strays here would be allocated there.
    """
    rng = stream(seed, "lots")
    windows = int(window_of(np.array([day_number(until)]))[0]) + 1
    index = np.zeros((len(PRODUCTS), windows, LOTS_A_WINDOW), dtype=np.int64)
    foreign = np.zeros((len(PRODUCTS), FOREIGN_LOTS), dtype=np.int64)
    rows: list[tuple[int, int, str, int, int, str, int]] = []
    for product in range(len(PRODUCTS)):
        serial = rng.permutation(900)
        for window in range(windows):
            starts = day_number(CAMPAIGN_START) + window * LOT_WINDOW_DAYS - 7
            for k in range(LOTS_A_WINDOW):
                index[product, window, k] = len(rows)
                component = 1 + k % 2 if product == SPUTNIK else 0
                number = _lot_number(product, int(serial[window * LOTS_A_WINDOW + k]), component)
                expiry = starts + LOT_LIFE_DAYS
                rows.append((len(rows), product, number, starts, expiry, province.code, component))
        for k in range(FOREIGN_LOTS):
            foreign[product, k] = len(rows)
            component = 1 + k % 2 if product == SPUTNIK else 0
            serial_no = int(serial[-1 - k - FOREIGN_LOTS * province.stream])
            number = _lot_number(product, serial_no, component)
            rows.append(
                (
                    len(rows),
                    product,
                    number,
                    day_number(CAMPAIGN_START) - 7,
                    day_number(until) + 60,
                    province.neighbour,
                    component,
                )
            )
    schema = ("lot", "product", "lot_number", "starts", "expiry", "province", "component")
    return Lots(pl.DataFrame(rows, schema=schema, orient="row"), index, foreign)


def _lot_number(product: int, serial: int, component: int) -> str:
    """Shapes as printed in 2021; letters that are taken for digits are left out."""
    plain = {
        AZ: ("ABV", 5000),
        MODERNA: ("", 939000),
        ABDALA: ("ABD", 211000),
        SPUTNIK: ("I" * component + "-", 470000),
        JANSSEN: ("XE", 390),
    }
    if product in plain:
        prefix, first = plain[product]
        return f"{prefix}{first + serial}"
    if product == PFIZER:
        return f"F{'ABCDEFGHKM'[serial % 10]}{8000 + serial}"
    if product == SINOPHARM:
        return f"202107{'ABCDEF'[serial % 6]}{1000 + serial}"
    return f"202109{'GH'[serial % 2]}{2000 + serial}"
