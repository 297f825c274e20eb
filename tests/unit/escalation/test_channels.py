"""Ways out of the house against real servers: a mail server, a web hook with its bad days."""

import email.policy
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from tests.unit.escalation.country import Country, after, clock
from tests.unit.escalation.hooks import PATIENCE_SECONDS, web_hook
from vax_pipeline.core.escalation.channels import (
    AppriseChannel,
)
from vax_pipeline.core.escalation.ledger import message_states
from vax_pipeline.core.escalation.outbox import BACKOFF_FIRST, BACKOFF_MOST, MAX_ATTEMPTS
from vax_pipeline.core.escalation.tick import tick

# --- mail ---------------------------------------------------------------------------------------


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """An SMTP server in a process of its own, and the maildir it fills."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    maildir = tmp_path / "maildir"
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}",
               "-c", "aiosmtpd.handlers.Mailbox", str(maildir)]  # fmt: skip
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
        yield port, maildir
    finally:
        server.kill()  # asked to end, it has been seen to go on: its letters are on disk anyway
        server.wait()


def _wait_for(attempt: Callable[[], None]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            attempt()
        except OSError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.05)
        else:
            return


def letters(maildir: Path) -> list[EmailMessage]:
    found = [
        cast(EmailMessage, email.message_from_bytes(p.read_bytes(), policy=email.policy.default))
        for p in sorted(maildir.glob("new/*"))
    ]
    return sorted(found, key=lambda letter: str(letter["To"]))


def test_a_mail_has_a_vietnamese_subject_the_key_and_the_worklist(
    country: Country, mail_server: tuple[int, Path]
) -> None:
    port, maildir = mail_server
    url = (
        f"mailto://127.0.0.1:{port}?from=vax@example.vn&to={{email}}&mode=insecure"
        "&+X-Message-Key={message_key}"
    )
    country.publish(clock())
    report = tick(country.settings, after(36), channel=AppriseChannel(url))
    assert report.sending.sent == 2
    to_facility, to_district = letters(maildir)
    assert "f1@example.vn" in str(to_facility["To"])
    assert "tt@example.vn" in str(to_district["To"])
    assert str(to_facility["Subject"]).startswith("[Tiêm chủng Covid-19] 1 phản ánh, cao nhất mức")
    (filed,) = country.mailbox("F-1")
    assert to_facility["X-Message-Key"] == filed.name
    body = to_facility.get_body(("plain",))
    assert body is not None
    assert "Đề nghị đơn vị xử lý" in body.get_content()
    (attached,) = to_facility.iter_attachments()
    assert attached.get_filename() == "worklist.csv"
    content = attached.get_payload(decode=True)
    assert content == (filed / "worklist.csv").read_bytes()


def test_without_a_mail_server_the_notice_waits_and_is_sent_once_it_is_back(
    country: Country, mail_server: tuple[int, Path]
) -> None:
    port, maildir = mail_server
    away = AppriseChannel("mailto://127.0.0.1:9?from=vax@example.vn&to={email}&mode=insecure")
    back = AppriseChannel(
        f"mailto://127.0.0.1:{port}?from=vax@example.vn&to={{email}}&mode=insecure"
    )
    country.publish(clock())
    assert tick(country.settings, after(0), channel=away).sending.sent == 0
    report = tick(country.settings, after(0) + BACKOFF_FIRST, channel=back)
    assert report.sending.sent == 1
    assert len(letters(maildir)) == 1


# --- a web hook with its bad days ---------------------------------------------------------------


def test_a_hook_that_refuses_hangs_and_recovers_gets_each_notice_under_one_key(
    country: Country,
) -> None:
    bad_days: Iterator[int | None] = iter([500, None, 503])
    country.publish(clock())
    with web_hook(lambda _: next(bad_days, 200)) as (url, asked):
        at = after(0)
        outcomes: list[int] = []
        for _ in range(4):
            outcomes.append(tick(country.settings, at, channel=AppriseChannel(url)).sending.sent)
            at += BACKOFF_MOST
    assert outcomes == [0, 0, 0, 1]
    assert len(asked) == 4
    assert len(set(asked)) == 1  # recipient and key are the same each time
    assert country.states()["0"] == "sent"


def test_a_hook_that_never_recovers_ends_dead_and_visible(country: Country) -> None:
    country.publish(clock())
    with web_hook(lambda _: 500) as (url, asked):
        for attempt in range(MAX_ATTEMPTS + 2):  # all before the next level falls due
            tick(country.settings, after(4 * attempt), channel=AppriseChannel(url))
    assert len(asked) == MAX_ATTEMPTS
    assert message_states(country.settings)["dead"] == 1


def test_a_recipient_whose_service_hangs_delays_nobody(country: Country) -> None:
    """F-1 comes first and is answered only once the other two were: one after the other, they
    would never be."""
    others = threading.Semaphore(0)
    in_time: list[bool] = []

    def answer(path: str) -> int:
        if path.startswith("/F-1/"):
            in_time.append(all(others.acquire(timeout=PATIENCE_SECONDS) for _ in range(2)))
        else:
            others.release()
        return 200

    country.publish(clock("C-1"), clock("C-2", handler_code="F-2"))
    with web_hook(answer) as (url, _):
        patient = AppriseChannel(url.replace("rto=0.5", f"rto={PATIENCE_SECONDS}"))
        report = tick(country.settings, after(36), channel=patient)
    assert in_time == [True]
    assert report.sending.sent == 3
