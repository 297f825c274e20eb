"""Sending: failures, backoff, death and retry, standing in, strikes, kills at every point."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.unit.escalation.country import Country, Killed, after, clock, kill_at
from vax_pipeline.core.escalation import outbox
from vax_pipeline.core.escalation.auditor import audit
from vax_pipeline.core.escalation.channels import AppriseChannel, DeliveryError, Notice
from vax_pipeline.core.escalation.filing import sent_directory
from vax_pipeline.core.escalation.ledger import message_states
from vax_pipeline.core.escalation.outbox import BACKOFF_FIRST, BACKOFF_MOST
from vax_pipeline.core.escalation.tick import pending_fingerprint, tick


@dataclass
class Post:
    """A channel that remembers, and refuses the recipients it is told to."""

    by_email: bool = False
    refuses: set[str] = field(default_factory=set[str])
    taken: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    tried: int = 0

    def needs_email(self, recipient_code: str) -> bool:
        return self.by_email

    def send(self, notice: Notice) -> None:
        self.tried += 1
        if notice.recipient_code in self.refuses:
            raise DeliveryError("refused")
        self.taken.append((notice.recipient_code, notice.message_key))


def test_a_refused_message_waits_while_all_others_go_out(country: Country) -> None:
    country.publish(clock())
    post = Post(refuses={"F-1"})
    report = tick(country.settings, after(36), channel=post)
    assert (report.sending.sent, report.sending.dead) == (1, 0)
    assert country.states()["1"] == "pending"
    assert [recipient for recipient, _ in post.taken] == ["TTYT-1"]


def test_backoff_doubles_per_recipient_and_new_messages_wait_too(country: Country) -> None:
    country.publish(clock("C-1"), clock("C-2", starts_at=after(0.2)))
    post = Post(refuses={"F-1"})
    tick(country.settings, after(0), channel=post)
    early = tick(country.settings, after(0) + BACKOFF_FIRST - timedelta(seconds=1), channel=post)
    assert (post.tried, early.sending.skipped) == (1, 1)
    second = after(0.2)  # C-2 is due, and F-1 is tried once, with its oldest message
    report = tick(country.settings, second, channel=post)
    assert (post.tried, report.sending.skipped) == (2, 1)
    tick(country.settings, second + BACKOFF_FIRST * 2 - timedelta(seconds=1), channel=post)
    assert post.tried == 2
    post.refuses.clear()
    done = tick(country.settings, second + BACKOFF_FIRST * 2, channel=post)
    assert done.sending.sent == 2
    assert country.states("C-1") == country.states("C-2") == {"0": "sent"}


@pytest.fixture
def few_attempts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Give up after three, so that a death takes three ticks."""
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 3)
    return 3


def test_after_n_failures_a_message_is_dead_and_visible_until_retried(
    country: Country, few_attempts: int
) -> None:
    country.publish(clock())
    post = Post(refuses={"F-1"})
    at = after(0)
    for _ in range(few_attempts):
        assert message_states(country.settings)["dead"] == 0
        tick(country.settings, at, channel=post)
        at += BACKOFF_MOST
    assert message_states(country.settings)["dead"] == 1
    assert country.states()["0"] == "dead"
    key = country.ledger("messages")[0]["message_key"]

    tick(country.settings, after(35), channel=post)
    assert post.tried == few_attempts  # dead is dead until somebody asks
    assert pending_fingerprint(country.settings, after(35)) is None

    post.refuses.clear()
    retried = tick(country.settings, after(35.5), channel=post, retry_dead=True)
    assert (retried.sending.sent, retried.sending.dead) == (1, 0)
    assert post.taken == [("F-1", key)]
    assert country.states()["0"] == "sent"


def test_each_retry_is_a_change_the_sensor_sees(country: Country) -> None:
    country.publish(clock())
    post = Post(refuses={"F-1"})
    tick(country.settings, after(0), channel=post)
    assert pending_fingerprint(country.settings, after(0)) is None
    first = pending_fingerprint(country.settings, after(0) + BACKOFF_FIRST)
    tick(country.settings, after(0) + BACKOFF_FIRST, channel=post)
    second = pending_fingerprint(country.settings, after(1))
    assert None not in (first, second)
    assert first != second


def test_an_outcome_known_before_sending_strikes_the_line(country: Country) -> None:
    country.publish(clock("C-1"), clock("C-2"))
    post = Post(refuses={"F-1", "TTYT-1"})
    tick(country.settings, after(36), channel=post)
    country.publish(clock("C-1", met_at=after(37)), clock("C-2"))
    post.refuses.clear()
    report = tick(country.settings, after(38), channel=post)
    assert report.settled == {"struck": 1, "jumped": 1}
    assert country.states("C-1")["1"] == "struck"
    assert country.states("C-2")["1"] == "sent"
    (letter,) = country.mailbox("F-1")
    worklist = (letter / "worklist.csv").read_text(encoding="utf-8-sig")
    assert "C-2" in worklist
    assert "C-1" not in worklist


def test_a_message_with_every_line_struck_is_never_sent(country: Country) -> None:
    country.publish(clock())
    post = Post(refuses={"F-1", "TTYT-1"})
    tick(country.settings, after(36), channel=post)
    country.publish(clock(met_at=after(37)))
    post.refuses.clear()
    tick(country.settings, after(48), channel=post)
    assert post.taken == []
    assert {row["state"] for row in country.ledger("messages")} == {"struck"}


def test_a_struck_level_is_told_after_all_when_its_outcome_is_taken_back(
    country: Country,
) -> None:
    country.publish(clock())
    post = Post(refuses={"F-1", "TTYT-1"})
    tick(country.settings, after(36), channel=post)
    country.publish(clock(met_at=after(37)))
    tick(country.settings, after(38), channel=post)
    assert country.states()["1"] == "struck"
    country.publish(clock())
    post.refuses.clear()
    tick(country.settings, after(39), channel=post)
    assert country.states()["1"] == "sent"
    assert sorted(recipient for recipient, _ in post.taken) == ["F-1", "TTYT-1"]
    assert len(country.ledger()) == 2
    assert audit(country.settings).failed == 0


def test_a_level_is_sent_when_one_of_its_addressees_was_told(country: Country) -> None:
    country.publish(clock())
    post = Post(refuses={"TTYT-1"})
    tick(country.settings, after(48), channel=post)
    assert country.states()["2"] == "sent"
    states = {row["recipient_code"]: row["state"] for row in country.ledger("messages")}
    assert states == {"TTYT-1": "pending", "CDC-1": "sent", "F-1": "sent"}


def test_a_recipient_without_address_falls_to_its_parent_and_the_letter_says_so(
    country: Country,
) -> None:
    country.publish(clock(handler_code="F-2"))
    post = Post(by_email=True)
    tick(country.settings, after(0), channel=post)
    assert [recipient for recipient, _ in post.taken] == ["TTYT-1"]
    (letter,) = country.mailbox("TTYT-1")
    assert "thay cho F-2" in (letter / "body.txt").read_text(encoding="utf-8")
    (row,) = country.ledger()
    assert row["recipient_code"] == "F-2"


def test_in_the_file_channel_every_registered_unit_has_a_mailbox(country: Country) -> None:
    country.publish(clock(handler_code="F-2"))
    tick(country.settings, after(0))
    (letter,) = country.mailbox("F-2")
    assert "thay cho" not in (letter / "body.txt").read_text(encoding="utf-8")


def test_an_unknown_code_falls_to_the_next_one_up(country: Country) -> None:
    country.publish(clock(handler_code="F-404"))
    tick(country.settings, after(0))
    (letter,) = country.mailbox("TYT-1")
    assert "thay cho F-404" in (letter / "body.txt").read_text(encoding="utf-8")


def test_a_chain_of_unknown_codes_ends_at_the_ministry(country: Country) -> None:
    nobody = {name: "X-404" for name in clock() if name.startswith("chain_")}
    country.publish(clock(handler_code="X-404", **nobody))
    tick(country.settings, after(0))
    assert country.mail() == {"BYT": 1}


def test_without_any_register_the_message_ends_up_dead_not_lost(
    country: Country, few_attempts: int
) -> None:
    country.agencies = [("A", "A", "police", "commune", "police", None, None)]
    country.facilities = [("F", "F", None, None)]
    country.publish(clock())
    at = after(0)
    for _ in range(few_attempts):
        tick(country.settings, at)
        at += BACKOFF_MOST
    assert country.states()["0"] == "dead"


def test_who_is_both_addressed_and_copied_gets_one_line(country: Country) -> None:
    country.publish(clock(handler_code=None, chain_commune_station=None))
    tick(country.settings, after(36))  # handler falls to the district centre, which is also copied
    kinds = [(r["recipient_code"], r["kind"]) for r in country.ledger("message_lines")]
    assert kinds == [("TTYT-1", "to")]


@pytest.mark.parametrize(
    "point", ["evaluated", "recording", "recorded", "prepared", "delivered", "filed", "marked"]
)
def test_killed_anywhere_nothing_is_lost_and_a_resend_carries_the_same_key(
    country: Country, point: str
) -> None:
    country.publish(clock("C-1"), clock("C-2", handler_code="F-2"))
    post = Post()
    with pytest.raises(Killed):
        tick(country.settings, after(36), channel=post, faults=kill_at(point))
    tick(country.settings, after(36.1), channel=post)
    tick(country.settings, after(36.2), channel=post)
    keys = {row["message_key"] for row in country.ledger("messages")}
    assert {key for _, key in post.taken} == keys
    assert len(keys) == 3
    again = [sent for sent in post.taken if post.taken.count(sent) > 1]
    assert bool(again) is (point == "delivered")  # the one instant that can't be told apart
    assert country.mail() == {"F-1": 1, "F-2": 1, "TTYT-1": 1}
    assert country.states("C-1")["1"] == country.states("C-2")["1"] == "sent"
    assert audit(country.settings).failed == 0


@pytest.mark.parametrize("code", ["../../etc", "a/b", "..", ".prepared"])
def test_a_recipient_code_never_leaves_the_outbox(tmp_path: Path, code: str) -> None:
    directory = sent_directory(tmp_path, code, "key")
    assert directory.resolve() == directory
    assert directory.parent.parent == tmp_path
    assert directory.parent != tmp_path / ".prepared"


@contextmanager
def web_hook(status: int) -> Iterator[tuple[str, list[bytes]]]:
    received: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received.append(self.path.encode() + b"\n" + self.rfile.read(length))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.server_port}/{{recipient}}/{{message_key}}", received
    finally:
        server.shutdown()
        server.server_close()


def test_apprise_url_carries_recipient_key_body_and_worklist(country: Country) -> None:
    country.publish(clock())
    with web_hook(200) as (url, received):
        tick(country.settings, after(0), channel=AppriseChannel(url))
    ((path, _, payload),) = [post.partition(b"\n") for post in received]
    (letter,) = country.mailbox("F-1")
    assert path.decode() == f"/F-1/{letter.name}"
    document = json.loads(payload)
    assert "Kính gửi" in document["message"]
    assert document["attachments"][0]["filename"] == "worklist.csv"


def test_a_service_that_answers_with_an_error_is_a_failure(country: Country) -> None:
    country.publish(clock())
    with web_hook(503) as (url, received):
        report = tick(country.settings, after(0), channel=AppriseChannel(url))
    assert len(received) == 1
    assert report.sending.sent == 0
    assert country.states()["0"] == "pending"
    assert country.mail() == {}


def test_errors_of_a_channel_never_show_its_url(tmp_path: Path) -> None:
    (tmp_path / "worklist.csv").write_text("")
    notice = Notice("key", "F-1", "f1@example.vn", "1", "subject", "body", tmp_path)
    with pytest.raises(DeliveryError) as caught:
        AppriseChannel("nonsense://user:secret@{email}").send(notice)
    assert "secret" not in str(caught.value)
    assert AppriseChannel("mailto://x?to={email}").needs_email("F-1")
    assert not AppriseChannel("json://host/").needs_email("F-1")
