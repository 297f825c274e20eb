"""A province's figures as a page: Vietnamese, on one sheet, nothing fetched, nothing run."""

from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import jinja2

from vax_pipeline.core import clock
from vax_pipeline.core.labels import vietnamese
from vax_pipeline.core.publishing.daily_report import chart
from vax_pipeline.core.publishing.daily_report.figures import (
    COHORT_DAYS,
    TREND_DAYS,
    Figures,
    read_figures,
)

FILE_NAME = "bao_cao_ngay.html"
_FOLDER = Path(__file__).parent


def write_reports(
    connection: duckdb.DuckDBPyConnection, directory: Path, as_of: datetime
) -> list[str]:
    """One report per province, `directory/<province code>/bao_cao_ngay.html`; returns the codes."""
    provinces = read_figures(connection, as_of)
    for figures in provinces:
        folder = directory / figures.province_code
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).write_text(render(figures), encoding="utf-8")
    return [figures.province_code for figures in provinces]


def render(figures: Figures) -> str:
    """The page, whole."""
    today = figures.as_of.astimezone(clock.ICT)
    first = today.date() - timedelta(days=TREND_DAYS - 1)
    return _template().render(
        province=figures.province_name or "Chưa rõ tỉnh, thành phố",
        as_of=today.strftime("%H:%M %d/%m/%Y"),
        figures=figures,
        cohorts=figures.rows("days")[-COHORT_DAYS:],
        trend=chart.place(figures.rows("days"), first, today.date()),
        rule_from=figures.rule_from,
        count=count,
        hours=hours,
        share=share,
        day=_day,
        age=age,
        state_vi=_state,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("report.html.j2")


def count(number: int | None) -> str:
    """As Vietnamese writes it: 12.345."""
    return f"{number or 0:,}".replace(",", ".")


def hours(number: float | None) -> str:
    """Hours with one decimal, `12,5`; empty when there are none."""
    if number is None:
        return ""
    return f"{number:,.1f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def share(part: int | None, whole: int | None) -> str:
    """A percentage, `97,5 %`; a dash when there is nothing to take it of."""
    return f"{100 * (part or 0) / whole:.1f} %".replace(".", ",") if whole else "–"


def age(from_hours: int | None, to_hours: int | None, rule_from: date) -> str:
    """A band of hours since receipt, in words; those received before the rule have none."""
    if from_hours is None:
        return f"Tiếp nhận trước {_day(rule_from)}"
    if to_hours is None:
        return f"Từ {from_hours} giờ trở lên"
    return f"{from_hours} – dưới {to_hours} giờ"


def _state(code: str) -> str:
    return vietnamese("complaint_state", code) or code


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
