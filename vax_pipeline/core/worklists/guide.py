# pyright: basic
# xlsxwriter has no type stubs.
"""The first sheet of a workbook: for whom it is, what to do, by when, and how to send it back."""

from collections.abc import Sequence
from typing import Any

from vax_pipeline.core.worklists.spec import Worklist

_HOW = (
    "Chỉ điền các cột có tiêu đề màu vàng. Các cột khác để đối chiếu: sửa ở đó không làm thay đổi dữ liệu.",
    "Ô có danh sách thì chọn trong danh sách. Ngày giờ ghi ngày/tháng/năm giờ:phút, ví dụ 08/12/2021 14:30.",
    "Dòng chưa làm thì để trống các cột màu vàng: dòng đó được coi là chưa trả lời.",
    "Được sắp xếp và lọc. Không đổi tên cột, không thêm hoặc bỏ cột, không chép dòng này đè lên dòng khác.",
    "Muốn sửa câu trả lời đã gửi: sửa trong tệp, giữ nguyên ngày giờ, rồi gửi lại; lần sau thay lần trước.",
    "Tệp có thông tin cá nhân: chỉ gửi tệp .xlsx này về nơi đã giao, không chuyển cho người khác, không gửi "
    "qua mạng xã hội.",
)
_WIDTH = 90  # characters
_LINE = 16  # points
_NOT_RETURNED = "không gửi lại"


def write_guide(
    workbook: Any,
    page: Any,
    code: str,
    name: str,
    as_of: str,
    worklists: Sequence[tuple[Worklist, int, int | None]],
) -> None:
    """Write the guide of a workbook that holds these worklists, so many rows of each, of so many in all."""
    bold = workbook.add_format({"bold": True, "valign": "top"})
    plain = workbook.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 34)
    page.set_column(1, 1, _WIDTH)
    page.set_column(2, 2, 46)
    page.set_landscape()
    lines = [
        ("Danh sách công việc", f"{code} {name}".strip(), ""),
        ("Lập lúc", as_of, ""),
        *(("Cách điền" if n == 0 else "", text, "") for n, text in enumerate(_HOW)),
        ("Trang", "Việc cần làm", "Nơi nhận đặt tệp vào"),
        *(
            (worklist.title, f"{worklist.task}{_beyond(rows, in_all)}", _place(worklist))
            for worklist, rows, in_all in worklists
        ),
    ]
    for row, (left, text, right) in enumerate(lines):
        is_heading = left == "Trang"
        page.set_row(row, _LINE * -(-len(text) // _WIDTH))
        page.write_string(row, 0, left, bold)
        page.write_string(row, 1, text, bold if is_heading else plain)
        page.write_string(row, 2, right, bold if is_heading else plain)


def _beyond(rows: int, in_all: int | None) -> str:
    """That there are more than these rows, and who has them."""
    if in_all is None or in_all <= rows:
        return ""
    shown, total = (f"{number:,}".replace(",", ".") for number in (rows, in_all))
    return (
        f" Trang này chỉ có {shown} dòng cần làm trước nhất trong tổng số {total} dòng; mỗi đơn vị được giao "
        "danh sách đầy đủ của mình (vax export --owner)."
    )


def _place(worklist: Worklist) -> str:
    if worklist.returns is None:
        return _NOT_RETURNED
    return f"landing/{worklist.returns.feed}/<năm-tháng-ngày>/"
