"""One frozen settings object, read from the environment (`VAX_*`) or given by the command line.

Everything a run leaves behind lies under `home`; the properties below are the only place that
spells its layout. Nothing is created here.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
LOCAL_URL = "file://"
DEMO_PSEUDONYM_KEY = "vax-demo-key-not-for-real-data"


class Settings(BaseSettings):
    """Where a home lies and within which limits it runs. An unknown VAX_ENV raises."""

    model_config = SettingsConfigDict(env_prefix="VAX_", frozen=True, extra="ignore")

    env: Literal["dev", "test", "prod"] = "dev"
    home: Path = Path(".vax")
    # A folder, or an fsspec URL, which may hold a password: hence secret.
    landing_url: SecretStr | None = Field(default=None, validation_alias="VAX_LANDING")
    memory_limit: str = "10GB"
    threads: int = Field(default_factory=lambda: os.cpu_count() or 2)
    pseudonym_key: SecretStr = SecretStr(DEMO_PSEUDONYM_KEY)
    settle_seconds: int = 30
    keep_releases: int = 5
    rule_pack: str = "vn_moh"
    # May hold a password too.
    ledger_at: SecretStr | None = Field(default=None, validation_alias="VAX_LEDGER_URL")
    channel_url: str | None = None
    channels: Path | None = None
    operator_url: str | None = None

    @property
    def root(self) -> Path:
        """The home, absolute: Dagster and dbt run with other working directories."""
        return self.home.expanduser().resolve()

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def landing_at(self) -> str:
        """Where deliveries land: an absolute path, or a URL. For `places`, not for people to see."""
        given = self.landing_url.get_secret_value() if self.landing_url else ""
        if is_url(given):
            return given
        folder = Path(given.removeprefix(LOCAL_URL)) if given else self.root / "landing"
        return str(folder.expanduser().resolve())

    @property
    def landing(self) -> Path:
        """The landing folder, for who writes into it on this machine.

        Raises:
            ValueError: deliveries land elsewhere.
        """
        if is_url(self.landing_at):
            raise ValueError("VAX_LANDING is a URL: a folder of this machine is needed here")
        return Path(self.landing_at)

    @property
    def landing_seen(self) -> Path:
        """Files without a usable time, as the last look through the landing place saw them."""
        return self.root / "landing_seen.json"

    @property
    def has_own_landing(self) -> bool:
        """Whether the landing folder belongs to the home, and so may be created with it."""
        return not (self.landing_url and self.landing_url.get_secret_value())

    @property
    def lock_file(self) -> Path:
        """Locked by the run that works on the home; holds its process id."""
        return self.root / ".lock"

    @property
    def temp(self) -> Path:
        return self.root / "tmp"

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def current_release(self) -> Path:
        """The symlink that moves when a release is complete and checked."""
        return self.published / "current"

    @property
    def dbt_target(self) -> Path:
        """What dbt leaves of a run: compiled SQL, results, its log."""
        return self.root / "dbt"

    @property
    def data_docs(self) -> Path:
        """Data Docs of the last run of each group of expectations; a release takes a copy."""
        return self.root / "data_docs"

    @property
    def ledger_url(self) -> str:
        """Where decisions and notices are written once. For `Ledger`, not for people to see."""
        given = self.ledger_at.get_secret_value() if self.ledger_at else ""
        return given or f"sqlite:///{self.root / 'ledger.db'}"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def clock_file(self) -> Path:
        return self.root / "clock"

    def at(self, home: Path | None = None, landing: str | Path | None = None) -> "Settings":
        """A copy for another home or landing place; null keeps what is set."""
        changes: dict[str, Path | SecretStr] = {}
        if home is not None:
            changes["home"] = home
        if landing is not None:
            changes["landing_url"] = SecretStr(str(landing))
        return self.model_copy(update=changes)

    def with_own_landing(self) -> "Settings":
        """A copy whose deliveries land in the home, whatever the environment says."""
        return self.model_copy(update={"landing_url": None})

    @property
    def outlets(self) -> dict[str, str | None]:
        """The ways out of the home, by variable; null where there is none."""
        return {
            "VAX_LEDGER_URL": self.ledger_at.get_secret_value() if self.ledger_at else None,
            "VAX_CHANNEL_URL": self.channel_url,
            "VAX_CHANNELS": str(self.channels) if self.channels else None,
            "VAX_OPERATOR_URL": self.operator_url,
        }

    def with_own_outlets(self) -> "Settings":
        """A copy that keeps its ledger and its notices in the home: what is made up must not leave it."""
        return self.model_copy(
            update=dict.fromkeys(("ledger_at", "channel_url", "channels", "operator_url"))
        )


def is_url(place: str) -> bool:
    """Whether a landing place is for fsspec to reach; `file://` names a folder of this machine."""
    return "::" in place or ("://" in place and not place.startswith(LOCAL_URL))
