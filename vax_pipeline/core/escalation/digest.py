"""The words and the worklist of one message. Pure: lines in, text out.

Complaint ids, levels, deadlines and counts only: a notice passes mail servers and phones, so
nothing of a citizen is in it. Vietnamese, with the subject's tail in English.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vax_pipeline.core.clock import ICT
from vax_pipeline.core.labels import vietnamese
from vax_pipeline.core.spreadsheets import safe

WORKLIST_COLUMNS = ("complaint_id", "kind", "clock", "level", "due_at", "hours_late")


@dataclass(frozen=True)
class Group:
    """The lines of one kind, clock and level in a message."""

    kind: str  # to | copy
    clock: str
    level: str
    after_hours: float
    complaints: int
    earliest_due_at: datetime


@dataclass(frozen=True)
class Letter:
    """All a message's words are made of."""

    message_key: str
    recipient_code: str
    recipient_name: str
    created_at: datetime
    groups: Sequence[Group]
    in_place_of: Sequence[str]  # codes without an address, for whom this recipient stands in
    waiting: int  # told of earlier, still open, not acknowledged


@dataclass(frozen=True)
class Line:
    """One row of the worklist."""

    complaint_id: str
    kind: str
    clock: str
    level: str
    due_at: datetime


def hours_late(due_at: datetime, at: datetime) -> float:
    """Hours between a level falling due and `at`, one decimal."""
    return round((at - due_at).total_seconds() / 3600, 1)


def write_subject(letter: Letter) -> str:
    """Count, highest level and day."""
    count = sum(group.complaints for group in letter.groups)
    top = top_level(letter)
    day = letter.created_at.astimezone(ICT).strftime("%d/%m/%Y %H:%M")
    return (
        f"[Tiêm chủng Covid-19] {count} phản ánh, cao nhất mức {top}, {day}"
        f" | {count} complaint(s), highest level {top}"
    )


def top_level(letter: Letter) -> str:
    """The highest level its recipient is addressed with, or told of by copy."""
    return max(letter.groups, key=lambda group: (group.kind == "to", group.after_hours)).level


def write_body(letter: Letter) -> str:
    """The letter; ends with its key, so that a person too can tell a resend."""
    addressed = [group for group in letter.groups if group.kind == "to"]
    copied = [group for group in letter.groups if group.kind == "copy"]
    at = letter.created_at.astimezone(ICT).strftime("%H:%M ngày %d/%m/%Y")
    parts = [f"Kính gửi: {letter.recipient_name} ({letter.recipient_code})", f"Tính đến {at}:"]
    if addressed:
        parts.append("\n".join(["Đề nghị đơn vị xử lý:", *_bullets(addressed, letter.created_at)]))
    if copied:
        heading = "Gửi để biết (đơn vị khác chịu trách nhiệm):"
        parts.append("\n".join([heading, *_bullets(copied, letter.created_at)]))
    if letter.waiting:
        parts.append(f"Nhắc lại: {letter.waiting} phản ánh đã báo trước đây chưa được tiếp nhận.")
    if letter.in_place_of:
        names = ", ".join(letter.in_place_of)
        parts.append(f"Thông báo này gửi thay cho {names}: đơn vị chưa có địa chỉ nhận.")
    parts.append(
        "Danh sách kèm theo (worklist.csv): mã phản ánh, mức, hạn, số giờ trễ;"
        " không có dữ liệu cá nhân."
    )
    parts.append(f"Mã thông báo: {letter.message_key}. Nhận hai lần cùng mã: chỉ xử lý một lần.")
    return "\n\n".join(parts) + "\n"


def write_worklist(path: Path, lines: Iterable[Line], at: datetime) -> None:
    """The csv, ready for Excel: BOM, Vietnamese time, no cell that acts as a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(WORKLIST_COLUMNS)
        for line in lines:
            local = line.due_at.astimezone(ICT).strftime("%Y-%m-%d %H:%M:%S")
            cells = (line.complaint_id, line.kind, line.clock, line.level, local)
            writer.writerow([*map(safe, cells), hours_late(line.due_at, at)])


def as_group(row: Mapping[str, object]) -> Group:
    """A group from a row of the outbox's count."""
    return Group(**row)  # pyright: ignore[reportArgumentType]


def _bullets(groups: Sequence[Group], at: datetime) -> list[str]:
    ordered = sorted(groups, key=lambda group: (-group.after_hours, group.clock, group.level))
    return [_bullet(group, at) for group in ordered]


def _bullet(group: Group, at: datetime) -> str:
    meaning = vietnamese("escalation_level", group.level)
    level = f"Mức {group.level}" + (f", {meaning}" if meaning else "")
    clock = vietnamese("clock", group.clock) or group.clock
    late = f"{hours_late(group.earliest_due_at, at):.1f}".replace(".", ",")
    return f"- {level} ({clock}): {group.complaints} phản ánh, lâu nhất đã {late} giờ ở mức này"
