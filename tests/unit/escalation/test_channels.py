"""Ways out of the house against real servers: a mail server, a web hook with its bad days, routes."""

import email.policy
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from tests.unit.escalation.country import Country, after, clock
from vax_pipeline.core.escalation import routes
from vax_pipeline.core.escalation.channels import (
    AppriseChannel,
    DeliveryError,
    FileChannel,
    Notice,
    PausedError,
)
from vax_pipeline.core.escalation.ledger import dead_messages
from vax_pipeline.core.escalation.outbox import BACKOFF_FIRST, BACKOFF_MOST, MAX_ATTEMPTS
from vax_pipeline.core.escalation.routes import Route, Routes, RoutesError, channel_for, read_routes
from vax_pipeline.core.escalation.tick import tick

PATIENCE_SECONDS = 20.0
Answer = Callable[[str], int | None]  # path -> status; None hangs until the server closes


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
        server.terminate()
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


@contextmanager
def web_hook(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """A server that answers as told, by path; yields its URL and the paths asked for."""
    asked: list[str] = []
    closing = threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            status = answer(self.path)
            if status is None:
                closing.wait(PATIENCE_SECONDS)
                return
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"json://127.0.0.1:{server.server_port}/{{recipient}}/{{message_key}}?rto=0.5&cto=0.5"
        yield url, asked
    finally:
        closing.set()
        server.shutdown()
        server.server_close()


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
    assert dead_messages(country.settings) == 1


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


# --- routes -------------------------------------------------------------------------------------


class Counted:
    """A channel that refuses whom it is told to, and counts how often it was asked."""

    def __init__(self, *refuses: str) -> None:
        self.refuses = set(refuses)
        self.asked: list[str] = []

    def needs_email(self, recipient_code: str) -> bool:
        return False

    def send(self, notice: Notice) -> None:
        self.asked.append(notice.recipient_code)
        if "*" in self.refuses or notice.recipient_code in self.refuses:
            raise DeliveryError("refused")


def notice(recipient: str = "F-1", level: str = "1") -> Notice:
    return Notice("key", recipient, None, level, "subject", "body", Path())


def routes_file(folder: Path, text: str) -> Path:
    file = folder / "channels.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_first_route_that_fits_agency_and_level_takes_the_notice() -> None:
    ministry, urgent, rest = Counted(), Counted(), Counted()
    way_out = Routes([Route(ministry, ["BYT"]), Route(urgent, levels=["4", "5"]), Route(rest)])
    for recipient, level in (("BYT", "5"), ("SYT-1", "5"), ("SYT-1", "3")):
        way_out.send(notice(recipient, level))
    assert (ministry.asked, urgent.asked, rest.asked) == (["BYT"], ["SYT-1"], ["SYT-1"])


def test_a_notice_that_no_route_serves_is_a_failure_not_a_silence() -> None:
    with pytest.raises(DeliveryError, match="add one"):
        Routes([Route(Counted(), ["79*"])]).send(notice("75-1"))


def test_a_service_that_fails_for_everyone_is_left_alone_until_the_next_tick(
    country: Country,
) -> None:
    many = routes.FAILURES_IN_A_ROW + 20
    country.agencies += [
        (f"X-{n:02}", "Trạm", "health", "commune", "commune_station", "TTYT-1", None)
        for n in range(many)
    ]
    country.publish(*(clock(f"C-{n}", handler_code=f"X-{n:02}") for n in range(many)))
    down = Counted("*")
    report = tick(country.settings, after(0), channel=Routes([Route(down)]))
    # Those already on their way when it was noticed are asked too, no others.
    assert len(down.asked) < many
    assert report.sending.skipped == many - len(down.asked)
    tried = [row for row in country.ledger("messages") if row["attempts"] > 0]
    assert len(tried) == len(down.asked)
    up = Counted()
    assert tick(country.settings, after(0), channel=Routes([Route(up)])).sending.sent == (
        many - len(down.asked)
    )


def test_a_pause_is_told_apart_from_a_refusal() -> None:
    route = Route(Counted("*"))
    for _ in range(routes.FAILURES_IN_A_ROW):
        with pytest.raises(DeliveryError) as refused:
            route.send(notice())
        assert not isinstance(refused.value, PausedError)
    with pytest.raises(PausedError):
        route.send(notice())


def test_a_success_in_between_starts_the_count_anew() -> None:
    route = Route(Counted("F-1"))
    for _ in range(routes.FAILURES_IN_A_ROW + 2):
        with pytest.raises(DeliveryError):
            route.send(notice("F-1"))
        route.send(notice("F-2"))


def test_a_file_of_routes_takes_its_passwords_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "secret")
    file = routes_file(
        tmp_path,
        """
        [[route]]
        agencies = ["BYT", "79*"]
        levels = ["5"]
        url = "mailtos://vax:${SMTP_PASSWORD}@smtp.example.vn?to={email}"
        [[route]]
        url = "file"
        """,
    )
    first, second = read_routes(file)
    assert (first.agencies, first.levels) == (["BYT", "79*"], ["5"])
    assert first.channel.needs_email("BYT")
    assert isinstance(second.channel, FileChannel)
    way_out = Routes([first, second])
    assert way_out.needs_email("79-001")
    assert not way_out.needs_email("75-001")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "route is missing"),
        ("[[route]]\nagencies = ['BYT']", "route.0.url is missing"),
        ("[[route]]\nurl = 'file'\nlevel = '5'", "route.0.level is missing, unknown"),
        ("[[route]]\nurl = 'json://u:secret@h'\nlevels = [5]", "route.0.levels.0"),
        ("[[route]]\nurl = 'json://${NOT_SET_ANYWHERE}'", "set NOT_SET_ANYWHERE"),
        ("[[route]\nurl = ", "no TOML"),
    ],
)
def test_a_wrong_file_of_routes_is_named_with_its_fault_and_without_its_urls(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(RoutesError) as caught:
        read_routes(routes_file(tmp_path, text))
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_home_sends_by_its_routes_else_by_its_url_else_into_its_folder(
    country: Country, tmp_path: Path
) -> None:
    plain = country.settings
    assert isinstance(channel_for(plain), FileChannel)
    by_url = channel_for(plain.model_copy(update={"channel_url": "json://h/"}))
    assert isinstance(by_url, Routes)
    file = routes_file(tmp_path, "[[route]]\nurl = 'file'")
    by_file = channel_for(plain.model_copy(update={"channels": file, "channel_url": "json://h/"}))
    assert isinstance(by_file, Routes)
    assert isinstance(by_file.routes[0].channel, FileChannel)


def test_what_a_route_carries_is_what_the_hook_gets(country: Country, tmp_path: Path) -> None:
    country.publish(clock())
    with web_hook(lambda _: 200) as (url, asked):
        file = routes_file(tmp_path, f"[[route]]\nagencies = ['F-*']\nurl = '{url}'\n"
                                     "[[route]]\nurl = 'file'")  # fmt: skip
        settings = country.settings.model_copy(update={"channels": file})
        report = tick(settings, after(36))
    assert report.sending.sent == 2
    (filed,) = country.mailbox("F-1")
    assert asked == [f"/F-1/{filed.name}"]
    assert json.loads((filed / "message.json").read_text())["message_key"] == filed.name
    assert len(country.mailbox("TTYT-1")) == 1
