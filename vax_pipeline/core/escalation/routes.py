"""Which notice leaves by which channel: one URL for all, or a file of routes per agency and level.

The file is TOML, named by VAX_CHANNELS; the first route that fits a notice takes it:

    [[route]]
    agencies = ["BYT", "79*"]       # codes, * for any; absent: all
    levels = ["4", "5"]             # by the highest level told in the notice; absent: all
    url = "mailtos://vax:${SMTP_PASSWORD}@smtp.example.vn?to={email}"

    [[route]]
    url = "file"                    # the outbox folder

`${NAME}` is taken from the environment, so that no password lies in the file.
"""

import os
import re
import threading
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from vax_pipeline.core.escalation.channels import (
    AppriseChannel,
    Channel,
    DeliveryError,
    FileChannel,
    Notice,
    PausedError,
)
from vax_pipeline.core.settings import Settings

FILE = "file"
FAILURES_IN_A_ROW = 5  # then a service counts as down for the rest of the tick
_FROM_ENVIRONMENT = re.compile(r"\$\{(\w+)\}")


class RoutesError(ValueError):
    """The file of routes can't be followed. Its text never holds a URL."""


@dataclass
class Route:
    """A channel, for whom and for which levels; it pauses when its service seems to be down.

    A service that is down costs the patience of a connection for each notice. A few recipients that
    refuse theirs look the same from here, so a pause lasts a tick and is no attempt: in the next
    one those few wait for their own turn, and all others go out.
    """

    channel: Channel
    agencies: Sequence[str] = ("*",)
    levels: Sequence[str] = ("*",)
    _failed_in_a_row: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serves(self, recipient_code: str) -> bool:
        return any(fnmatchcase(recipient_code, pattern) for pattern in self.agencies)

    def takes(self, notice: Notice) -> bool:
        return self.serves(notice.recipient_code) and any(
            fnmatchcase(notice.level, pattern) for pattern in self.levels
        )

    def send(self, notice: Notice) -> None:
        if self._failed_in_a_row >= FAILURES_IN_A_ROW:
            raise PausedError("the channel failed several times in a row: it is asked again later")
        try:
            self.channel.send(notice)
        except DeliveryError:
            with self._lock:
                self._failed_in_a_row += 1
            raise
        with self._lock:
            self._failed_in_a_row = 0


@dataclass(frozen=True)
class Routes:
    """The channel of a home, made anew for each tick."""

    routes: Sequence[Route]

    def needs_email(self, recipient_code: str) -> bool:
        """Whether any route that may serve this recipient writes to its mailbox."""
        return any(
            route.serves(recipient_code) and route.channel.needs_email(recipient_code)
            for route in self.routes
        )

    def send(self, notice: Notice) -> None:
        for route in self.routes:
            if route.takes(notice):
                route.send(notice)
                return
        raise DeliveryError("no route of VAX_CHANNELS serves this recipient and level: add one")


def channel_for(settings: Settings) -> Channel:
    """The channel this home sends by.

    Raises:
        RoutesError: VAX_CHANNELS names a file that can't be read or followed.
    """
    if settings.channels is not None:
        return Routes(read_routes(settings.channels))
    if settings.channel_url:
        return Routes([Route(_channel(settings.channel_url))])
    return FileChannel()


def read_routes(file: Path) -> list[Route]:
    """The routes of a file, in order.

    Raises:
        RoutesError: there is no such file, or it is no list of routes.
    """
    try:
        rows = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).route
    except OSError as error:
        raise RoutesError(f"{file} can't be read: VAX_CHANNELS names a file of routes") from error
    except ValidationError as error:
        places = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
        raise RoutesError(f"{file}: {places} is missing, unknown or no text") from None
    except ValueError as error:
        raise RoutesError(f"{file} is no TOML: {error}") from None
    return [
        Route(_channel(_filled_in(f"{file}, route {number}", row.url)), row.agencies, row.levels)
        for number, row in enumerate(rows, start=1)
    ]


class _Row(BaseModel, extra="forbid"):
    url: str
    agencies: list[str] = ["*"]
    levels: list[str] = ["*"]


class _File(BaseModel, extra="forbid"):
    route: list[_Row] = Field(min_length=1)


def _filled_in(where: str, url: str) -> str:
    missing = [name for name in _FROM_ENVIRONMENT.findall(url) if name not in os.environ]
    if missing:
        raise RoutesError(f"{where}: set {', '.join(missing)} in the environment")
    return _FROM_ENVIRONMENT.sub(lambda found: os.environ[found[1]], url)


def _channel(url: str) -> Channel:
    return FileChannel() if url == FILE else AppriseChannel(url)
