"""Vietnamese personal names: weighted families, middles and givens, and how people misspell them.

Weights are rough shares of bearers; the point is that common names collide as they do in life.
"""

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.draws import Ints, weighted

FAMILIES = (  # noqa: SIM905
    "Nguyễn Trần Lê Phạm Huỳnh Hoàng Phan Võ Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trương Đoàn "
    "Lâm Mai Trịnh Hà Cao Lương Phùng Châu Tạ Thái Tô Đào Vương La Quách Lưu Điểu Chu Kiều"
).split()
FAMILY_WEIGHTS = [
    float(weight)
    for weight in [
        "382",
        "110",
        "95",
        "71",
        "51",
        "30",
        "45",
        "39",
        "28",
        "21",
        "20",
        "14",
        "13",
        "13",
        "10",
        "9",
        "8",
        "8",
        "7",
        "6",
        "6",
        "5",
        "5",
        "5",
        "4",
        "4",
        "4",
        "3",
        "3",
        "3",
        "3",
        "3",
        "2",
        "2",
        "2",
        "3",
        "2",
        "2",
    ]
]
MALE_MIDDLES = (
    "Văn|Hữu|Đức|Minh|Quốc|Thanh|Ngọc|Đình|Công|Xuân|Hoàng|Anh|Duy|Gia|Tấn|Trọng|Thành|"
    "Bảo|Quang|Nhật|Phúc|Tiến|Văn Minh|Hoàng Minh|Đức Anh|"
)
FEMALE_MIDDLES = (
    "Thị|Thị Ngọc|Thị Thanh|Thị Kim|Ngọc|Thị Mỹ|Thị Thu|Kim|Thị Hồng|Thanh|Thu|Mỹ|Bảo|"
    "Phương|Hồng|Thị Bích|Minh|Thùy|Khánh|Thị Tuyết|Diệu|Quỳnh|Thị Minh|Gia|Thị Phương|"
)
MALE_GIVENS = (  # noqa: SIM905
    "Hùng Dũng Cường Tuấn Anh Minh Nam Sơn Long Hải Hoàng Phúc Khang Bảo Huy Khoa Đạt Thắng "
    "Bình Tài Thành Trung Kiên Quân Hiếu Nghĩa Lộc Phong Tâm Vinh Đức Toàn Hòa Thịnh Tiến "
    "Phước Lâm Khánh Duy Trí Quang Việt Hậu Thuận Nhân Cảnh Chiến Tùng Linh Sang Thái Danh "
    "Hưng Luân Vũ Trường Thiện Kiệt Thông Khôi"
).split()
FEMALE_GIVENS = (  # noqa: SIM905
    "Hoa Lan Hương Mai Hạnh Thảo Trang Linh Ngân Nhung Hà Anh Thúy Yến Hằng Loan Nga Phượng "
    "Tuyết Vân Nhi My Châu Ngọc Trâm Trinh Quyên Diễm Thủy Hiền Thu Xuân Oanh Duyên Chi Vy "
    "Như Thư Hồng Liên Cúc Đào Bích Nguyệt Dung Kiều Tiên Phương Giang Lệ Hòa Thương Quỳnh "
    "Tâm Ánh Khuyên Liễu Mỹ Sương Hiếu"
).split()
FOREIGN_NAMES = (
    "Kim Min Jun|Lee Seo Yeon|Park Ji Hoon|Wang Wei|Li Na|Zhang Yong|Chen Chia Hao|"
    "Lin Yi Chun|Tanaka Hiroshi|Suzuki Yuki|Sato Kenji|John Carter|Mary Wilson|"
    "David Brown|Raj Kumar|Anil Sharma|Pedro Santos|Juan Cruz|Choi Eun Ji|Hwang Dong Hyun|"
    "Liu Yang|Huang Mei|Kobayashi Ken|Peter Novak"
)
FOREIGN_COUNTRIES = ("KR", "CN", "TW", "JP", "US", "IN", "PH")

# Spellings that mean the same, and readings that do not but are taken for each other.
TONE_VARIANTS = (
    ("Hòa", "Hoà"),
    ("Thúy", "Thuý"),
    ("Thùy", "Thuỳ"),
    ("Thủy", "Thuỷ"),
)
READINGS = (
    ("Bảo", "Bửu"),
    ("Mỹ", "Mĩ"),
    ("Phúc", "Phước"),
    ("Hoàng", "Huỳnh"),
    ("Vũ", "Võ"),
    ("Lý", "Lí"),
)
ACCENTS = (
    ("ễ", "ể"),
    ("ầ", "ấ"),
    ("ạ", "ậ"),
    ("ị", "ỉ"),
    ("ù", "ú"),
    ("ă", "â"),
    ("ương", "uơng"),
    ("ô", "o"),
    ("ả", "ã"),
    ("à", "á"),
    ("ê", "e"),
)


def _zipf(count: int) -> list[float]:
    return [1.0 / (rank + 6) for rank in range(count)]


def draw_names(rng: np.random.Generator, is_female: np.ndarray, families: Ints) -> pl.Series:
    """Full names, NFC, title case: family, middle (may be empty), given."""
    size = len(families)
    columns: dict[str, pl.Series] = {"family": pl.Series(FAMILIES).gather(families)}
    for part, male, female in (
        ("middle", MALE_MIDDLES.split("|"), FEMALE_MIDDLES.split("|")),
        ("given", MALE_GIVENS, FEMALE_GIVENS),
    ):
        men = pl.Series(male).gather(weighted(rng, _zipf(len(male)), size))
        women = pl.Series(female).gather(weighted(rng, _zipf(len(female)), size))
        columns[part] = women.zip_with(pl.Series(is_female), men)
    # A second given syllable is what keeps real name lists from collapsing into few names.
    doubled = rng.random(size) < 0.35
    extra = pl.Series(FEMALE_GIVENS + MALE_GIVENS).gather(
        rng.integers(0, len(FEMALE_GIVENS) + len(MALE_GIVENS), size)
    )
    columns["extra"] = extra.zip_with(pl.Series(doubled), pl.Series([""]).gather([0] * size))
    return (
        pl.DataFrame(columns)
        .select(pl.concat_str("family", "middle", "extra", "given", separator=" "))
        .to_series()
        .str.replace_all(r"\s+", " ")
        .alias("full_name")
    )


def draw_families(rng: np.random.Generator, size: int) -> Ints:
    return weighted(rng, FAMILY_WEIGHTS, size)


def first_swap(column: str, pairs: tuple[tuple[str, str], ...]) -> pl.Expr:
    """The text with the first applicable pair replaced once; unchanged when none applies."""
    expression = pl.col(column)
    for old, new in reversed(pairs):
        expression = (
            pl.when(pl.col(column).str.contains(old, literal=True))
            .then(pl.col(column).str.replace(old, new, literal=True))
            .otherwise(expression)
        )
    return expression
