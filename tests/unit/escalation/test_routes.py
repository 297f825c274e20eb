"""Which way a notice goes: by agency and level, by a file of routes, else into the home's folder."""

import json
from pathlib import Path

import pytest

from tests.unit.escalation.country import Country, after, clock
from tests.unit.escalation.hooks import web_hook
from vax_pipeline.core.escalation import routes
from vax_pipeline.core.escalation.channels import (
    DeliveryError,
    FileChannel,
    Notice,
    PausedError,
)
from vax_pipeline.core.escalation.routes import Route, Routes, RoutesError, channel_for, read_routes
from vax_pipeline.core.escalation.tick import tick


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
