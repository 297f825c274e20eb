"""Whatever comes between runs, tables brought up to date hold what one build of it all holds."""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.command import vax_json
from tests.pipeline.conftest import Province, fresh_home
from tests.pipeline.killing import Killer
from tests.pipeline.meddling import Meddler
from tests.pipeline.stable import Stable
from tests.pipeline.test_kept import bi_hashes, is_full, run_at
from tests.tables import table_hashes
from vax_pipeline.core import clock

# From run to run: within a day, over midnight, over two of them.
HOURS = (2, 5, 20, 31)
KILLED = 0.4  # of the runs, and something comes before the next


@pytest.mark.slow
@pytest.mark.parametrize("history", range(4))
def test_tables_after_deliveries_at_random_are_those_made_anew(
    province: Province,
    stable: Stable,
    killer: Killer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    history: int,
) -> None:
    seed = int(os.environ.get("VAX_MEDDLING_SEED") or SystemRandom().randrange(10**6))
    with capsys.disabled():
        sys.stdout.write(f"\nVAX_MEDDLING_SEED={seed}\n")
    rng = Random(seed)
    home = fresh_home(province, tmp_path / "home")
    now = clock.parse_instant((home / "clock").read_text(encoding="utf-8").strip())
    assert stable.start(home, ()).status() == 0
    meddler = Meddler(home, rng)

    def come(now: datetime) -> None:
        meddler.decide(now - timedelta(minutes=1))
        assert meddler.meddle(now, now + timedelta(hours=24))

    for hours in rng.sample(HOURS, len(HOURS)):
        now += timedelta(hours=hours)
        (home / "clock").write_text(now.isoformat(), encoding="utf-8")
        come(now)
        if rng.random() < KILLED:
            killer.kill_anywhere(home, lambda: stable.start(home, ()), 40)
            come(now)  # what the killed run has loaded is told otherwise, or gone
        run_at(home, now.isoformat(), killer)
        assert not is_full(home)
    # What the last run asked of the police is in the ledger by now.
    assert stable.start(home, ()).status() == 0
    kept, published = table_hashes(home / "warehouse.duckdb"), bi_hashes(home)
    vax_json("run", "--full", "--home", home)

    assert is_full(home)
    assert table_hashes(home / "warehouse.duckdb") == kept
    assert bi_hashes(home) == published
