"""The one-page daily report of each province on its complaints (báo cáo ngày), as an html file.

`figures` reads the marts for all provinces at once, `chart` places the trend, `page` puts it in words.
"""

from vax_pipeline.core.publishing.daily_report.figures import SOURCES
from vax_pipeline.core.publishing.daily_report.page import FILE_NAME, render, write_reports

__all__ = ["FILE_NAME", "SOURCES", "render", "write_reports"]
