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
DEMO_PSEUDONYM_KEY = "vax-demo-key-not-for-real-data"


class Settings(BaseSettings):
    """Where a home lies and within which limits it runs. An unknown VAX_ENV raises."""

    model_config = SettingsConfigDict(env_prefix="VAX_", frozen=True, extra="ignore")

    env: Literal["dev", "test", "prod"] = "dev"
    home: Path = Path(".vax")
    landing_dir: Path | None = Field(default=None, validation_alias="VAX_LANDING")
    memory_limit: str = "10GB"
    threads: int = Field(default_factory=lambda: os.cpu_count() or 2)
    pseudonym_key: SecretStr = SecretStr(DEMO_PSEUDONYM_KEY)
    settle_seconds: int = 30
    keep_releases: int = 5
    rule_pack: str = "vn_moh"
    channel_url: str | None = None

    @property
    def root(self) -> Path:
        """The home, absolute: Dagster and dbt run with other working directories."""
        return self.home.expanduser().resolve()

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def landing(self) -> Path:
        return (self.landing_dir or self.root / "landing").expanduser().resolve()

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
    def data_docs(self) -> Path:
        """Data Docs of the last run of each group of expectations; a release takes a copy."""
        return self.root / "data_docs"

    @property
    def ledger_url(self) -> str:
        return os.environ.get("VAX_LEDGER_URL", f"sqlite:///{self.root / 'ledger.db'}")

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def clock_file(self) -> Path:
        return self.root / "clock"

    def at(self, home: Path | None = None, landing: Path | None = None) -> "Settings":
        """A copy for another home or landing folder; null keeps what is set."""
        changes: dict[str, Path] = {}
        if home is not None:
            changes["home"] = home
        if landing is not None:
            changes["landing_dir"] = landing
        return self.model_copy(update=changes)
