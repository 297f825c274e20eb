"""Several provinces at once: each simulated in a process of its own, their files laid together.

Memory is that of the provinces simulated at the same moment, however many there are; the files depend on
the arguments alone, not on how many processes made them.
"""

import multiprocessing
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation.provinces import Province, choose_provinces
from vax_pipeline.core.simulation.simulate import SimulationSummary, simulate_province

_STREAMS = ".streams"


def simulate(
    people: int,
    seed: int,
    until: date,
    out: Path,
    *,
    provinces: int = 1,
    workers: int | None = None,
    on_progress: Callable[[str], None] | None = None,
    complaints: int | None = None,
    complaint_days: int = 30,
    is_clean: bool = False,
    is_plain: bool = False,
) -> SimulationSummary:
    """Writes `out/landing` and `out/truth`, replacing what an earlier call left there.

    One province lands as it is. With several, each file bears its province's code (`doses-77.csv.gz`)
    and the truth lies in `truth/<code>/`.

    Args:
        people: residents of 12 and over, of all provinces together, in equal shares.
        provinces: how many of the 63, from Đồng Nai on by code.
        workers: processes at a time; one per core unless given.
        complaints: how many in all; by default 8 % of the people.
        is_clean: without any fault or noise.
        is_plain: doses and complaints as csv.gz, a file a day and province.

    Raises:
        ValueError: too few people, too many provinces, or an `until` before boosters began.
    """
    chosen = choose_provinces(provinces)
    if len(chosen) == 1:
        return simulate_province(
            people,
            seed,
            until,
            out,
            province=chosen[0],
            on_progress=on_progress,
            complaints=complaints,
            complaint_days=complaint_days,
            is_clean=is_clean,
            is_plain=is_plain,
        )
    for folder in ("landing", "truth", _STREAMS):
        shutil.rmtree(out / folder, ignore_errors=True)
    shares = _shares(people, len(chosen))
    cases = _shares(complaints, len(chosen)) if complaints is not None else [None] * len(chosen)
    total = SimulationSummary(
        people, seed, until.isoformat(), f"{until.isoformat()}T08:00:00+07:00", doses_given=0
    )
    # Spawned, and one province a process: what polars took from the system goes back with it.
    with ProcessPoolExecutor(
        max_workers=workers or os.cpu_count() or 1,
        mp_context=multiprocessing.get_context("spawn"),
        max_tasks_per_child=1,
    ) as pool:
        running = {
            pool.submit(
                simulate_province,
                share,
                seed,
                until,
                out / _STREAMS / province.code,
                province=province,
                complaints=case,
                complaint_days=complaint_days,
                is_clean=is_clean,
                is_plain=is_plain,
            ): province
            for province, share, case in zip(chosen, shares, cases, strict=True)
        }
        for done, finished in enumerate(as_completed(running), 1):
            _add(total, finished.result())
            _lay_with_the_others(running[finished], out)
            if on_progress:
                on_progress(f"{done} of {len(chosen)} provinces")
    shutil.rmtree(out / _STREAMS)
    total.write(out / "truth")
    return total


def _shares(whole: int, parts: int) -> list[int]:
    return [whole * (part + 1) // parts - whole * part // parts for part in range(parts)]


def _add(total: SimulationSummary, part: SimulationSummary) -> None:
    total.doses_given += part.doses_given
    total.files += part.files
    total.rejects += part.rejects
    total.rows = dict(Counter(total.rows) + Counter(part.rows))
    total.planted = dict(sorted((Counter(total.planted) + Counter(part.planted)).items()))


def _lay_with_the_others(province: Province, out: Path) -> None:
    made = out / _STREAMS / province.code
    for file, name in _names(made / "landing", province):
        target = out / "landing" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
    truth = out / "truth" / province.code
    truth.parent.mkdir(exist_ok=True)
    (made / "truth").rename(truth)
    for table, column in (("rejects", "file"), ("findings", "subject_id")):
        rows = pl.read_parquet(truth / f"{table}.parquet")
        rows.with_columns(_files_bearing_code(column, province)).write_parquet(
            truth / f"{table}.parquet"
        )


def _files_bearing_code(column: str, province: Province) -> pl.Expr:
    """The column with its files renamed; what is no path of a file stays as it is."""
    return pl.col(column).str.replace(r"^(.*/[^/.]+)(\.[^/]+)$", f"${{1}}-{province.code}${{2}}")


def _names(landing: Path, province: Province) -> Iterator[tuple[Path, Path]]:
    for file in sorted(landing.glob("*/*/*")):
        yield file, _bearing_code(file.relative_to(landing), province)


def _bearing_code(name: Path, province: Province) -> Path:
    """doses/2021-11-08/doses.csv.gz -> doses/2021-11-08/doses-77.csv.gz"""
    stem, dot, extensions = name.name.partition(".")
    return name.with_name(f"{stem}-{province.code}{dot}{extensions}")
