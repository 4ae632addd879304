"""`evaluate`: seeded markets with known truth, taken in as anyone's evidence is, judged, and measured against every target.

A market's evidence goes through the real import (redaction, classification, copies); its database is kept below the data
directory and used again, so an interrupted run goes on where it stopped. Nothing here touches the user's own database.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kamengwatch.config import Config, UserError
from kamengwatch.console import bar, log_line, tell_json
from store.durable_files import write_whole

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from scoring.evaluation.measure import Market

WORLDS = ("first", "other")
TUNING_SEEDS = (*range(1, 6), *range(11, 14), *range(101, 110), 2001, 2002, 2003)
"""Markets with these seeds were looked at while the method was made; figures from them prove nothing."""
TEST_SEED = 2004
"""First opened for the finished method 2026.11.3, after 2001 to 2003 had shown what earlier states of it missed. Whoever tunes on what it shows adds it above and takes another."""
PLATFORMS, DAYS = 250, 540
QUICK = (24, 200)


@dataclass(frozen=True)
class Plan:
    """One market to play, take in and judge."""

    world: str
    seed: int
    platforms: int
    days: int
    folder: str
    rates_only: bool = False

    @property
    def name(self) -> str:
        """world-seed-size, as shown."""
        return f"{self.world}-{self.seed}-{self.platforms}x{self.days}"


def evaluate(
    config: Config,
    seeds: list[int],
    worlds: list[str],
    platforms: int,
    days: int,
    draws: int,
    as_json: bool,
    docs: Path | None,
    rates_only: bool = False,
) -> None:
    """Measure and print; with `docs` also write the page, with `rates_only` nothing but drop rates. Raises UserError for a world or size
    that cannot be."""
    plans = _plans(config, seeds, worlds, platforms, days, rates_only)
    markets = list(_measured(config, plans))
    from scoring.evaluation.report import as_dict, page, table
    from scoring.evaluation.targets import rate_rows, rows_of

    with bar(config.say("计算区间", "intervals")):
        rows = (rate_rows if rates_only else rows_of)(sorted(markets, key=lambda m: m.name), draws)
    about = {
        "markets": [p.name for p in plans],
        "platforms": sum(len(m.groups) for m in markets),
        "days": days,
        "tuning_seeds": sorted({*TUNING_SEEDS}),
        "tuned_on": sorted({*seeds} & {*TUNING_SEEDS}),
        "resamples": draws,
    }
    if docs is not None:
        docs.write_text(page(rows, about), "utf-8")
    if as_json:
        tell_json(as_dict(rows, about), indent=1)
    else:
        print(table(rows, about, config.lang))


def _plans(
    config: Config, seeds: list[int], worlds: list[str], platforms: int, days: int, rates_only: bool
) -> list[Plan]:
    for world in worlds:
        if world not in WORLDS:
            raise UserError(f"--markets {world}: 可用 use {', '.join(WORLDS)}")
    if platforms < 24 or days < 180:
        raise UserError(
            f"--platforms {platforms} --days {days}: 至少 24 个平台、180 天 at least 24 platforms and 180 days"
        )
    base = config.data_dir / "evaluation"
    made = _fingerprint()
    return [
        Plan(
            world, seed, platforms, days, str(base / f"{world}-{seed}-{platforms}x{days}-{made}"), rates_only
        )
        for seed in seeds
        for world in worlds
    ]


def _fingerprint() -> str:
    """What a kept market depends on: the generators and everything evidence passes on its way in."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for file in sorted((*root.glob("sandbox/**/*.py"), *root.glob("store/**/*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:10]


def _measured(config: Config, plans: list[Plan]) -> Iterator[Market]:
    """The measured markets as they are finished; at most one process a processor."""
    workers = max(1, min(len(plans), os.cpu_count() or 1))
    log_line(
        config.say(
            f"{len(plans)} 个市场，{workers} 个进程；500 个平台 × 540 天在两个空闲处理器上约需 6 分钟，已导入的市场会复用，约 2 分钟",
            f"{len(plans)} market(s) in {workers} process(es); 500 platforms × 540 days take about 6 minutes on two free processors; imported markets are used again, about 2 minutes",
        )
    )
    with bar(config.say("评测", "evaluating"), len(plans)) as progress:
        if workers == 1:
            for plan in plans:
                yield _market(plan)
                progress.advance(1, plan.name)
            return
        # Not forked: a library's threads that this process has started would be missing in the child, which waits for them for ever.
        fresh = multiprocessing.get_context("forkserver")
        with ProcessPoolExecutor(workers, mp_context=fresh) as pool:
            jobs = {pool.submit(_market, plan): plan for plan in plans}
            try:
                for job in as_completed(jobs):
                    yield job.result()
                    progress.advance(1, jobs[job].name)
            except BaseException:
                for job in jobs:
                    job.cancel()
                raise


def _market(plan: Plan) -> Market:
    """Play, take in, judge and measure one market; then once more with its healthy shops bombed."""
    from dataclasses import replace

    from scoring.evaluation.ground_truth import truth_of
    from scoring.evaluation.measure import attack_outcome, measure, measure_rates

    folder = Path(plan.folder)
    engine, truth = _kept(plan, folder)
    if plan.rates_only:
        known = _facts(engine, truth)
        engine.dispose()
        return measure_rates(plan.name, known, truth_of(truth, known))
    before = _judged(engine, truth)
    engine.dispose()
    found = measure(plan.name, before, truth_of(truth, before.facts))
    attacked, starts = _attacked(plan, folder, truth)
    after = _judged(attacked, truth)
    attacked.dispose()
    shift = _first_day(truth) - before.facts.first_day
    at = {host: day + shift for host, day in starts.items()}
    return replace(found, attacked=attack_outcome(before, after, at))


def _first_day(truth: dict[str, Any]) -> int:
    import datetime as dt

    from scoring.observations.day_index import day_number

    return day_number(dt.date.fromisoformat(truth["starts_on"]))


def _judged(engine: Engine, truth: dict[str, Any]) -> Any:
    from scoring.rating.assessment import assess

    return assess(_facts(engine, truth))


def _facts(engine: Engine, truth: dict[str, Any]) -> Any:
    """What is known of a market at its end, with the figures of its population."""
    import datetime as dt

    from scoring.engine.load_market import load_dataset
    from scoring.features.population import fit_population_priors

    facts = load_dataset(engine, dt.date.fromisoformat(truth["ends_on"]))
    return facts.fitted(fit_population_priors(facts))


def _kept(plan: Plan, folder: Path) -> tuple[Engine, dict[str, Any]]:
    """The market's database and truth, made unless a finished one lies there."""
    truth_file = folder / "truth.json"
    if not truth_file.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        evidence = folder / "market.jsonl"
        truth = _play(plan, evidence)
        _take_in(folder, evidence, truth["ends_on"]).dispose()
        evidence.unlink()
        # The truth comes last: where it lies, the rest is whole.
        write_whole(truth_file, json.dumps(truth, ensure_ascii=False).encode())
    from store.db.engine import default_url, open_engine

    return open_engine(default_url(folder)), json.loads(truth_file.read_text("utf-8"))


def _play(plan: Plan, evidence: Path) -> dict[str, Any]:
    """Write the market's evidence and return its truth, without what evaluation does not read."""
    from sandbox.market.parameters import drawn

    size: dict[str, Any] = {
        "seed": plan.seed,
        "platforms": plan.platforms,
        "days": plan.days,
        "unknown": drawn(plan.seed),
    }
    if plan.world == "other":
        from sandbox.evidence import other_evidence
        from sandbox.evidence.other_market import OtherMarket, OtherParameters

        other = OtherMarket(OtherParameters(**size))
        other_evidence.write_evidence(other, evidence)
        return dict(other.truth())
    from sandbox.evidence.evidence import write_evidence
    from sandbox.market.market import build_market
    from sandbox.market.parameters import MarketParameters

    market = build_market(MarketParameters(**size))
    write_evidence(market, evidence)
    truth = market.truth()
    return {k: truth[k] for k in ("seed", "starts_on", "ends_on", "days", "platforms")}


def _take_in(folder: Path, evidence: Path, ends_on: str) -> Engine:
    """Import a file as `kamengwatch import` does, into the market's own database; raises ValueError for a refused line."""
    import datetime as dt

    from kamengwatch.pipeline.crawl import cards
    from store.db.engine import default_url, migrate, open_engine
    from store.evidence.crawl_ledger import register_sources
    from store.evidence.ingest import Ingest, import_lines

    engine = open_engine(default_url(folder))
    migrate(engine)
    register_sources(engine, cards())
    now = dt.datetime.fromisoformat(f"{ends_on}T23:59:59+08:00")
    ingest = Ingest(engine, now, accept_new=True, demo=True)
    with evidence.open("rb") as stream:
        for _, saved in import_lines(ingest, stream):
            if saved.refused:
                raise ValueError(f"{evidence.name}: {saved.refused[0]}")
    return engine


def _attacked(plan: Plan, folder: Path, truth: dict[str, Any]) -> tuple[Engine, dict[str, int]]:
    """A copy of the market's database with false complaints about some healthy shops, and the day each attack begins."""
    from sandbox.evidence.attack import plan as targets
    from sandbox.evidence.attack import write_attack
    from store.db.engine import default_url, open_engine

    starts = targets(truth, plan.seed)
    copy = folder / "attacked"
    done = copy / "done"
    if not done.is_file():
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        source = open_engine(default_url(folder))
        with source.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(_file_of(copy)),))
        source.dispose()
        evidence = copy / "attack.jsonl"
        write_attack(truth, starts, plan.seed, evidence)
        _take_in(copy, evidence, truth["ends_on"]).dispose()
        done.touch()
    return open_engine(default_url(copy)), starts


def _file_of(folder: Path) -> Path:
    """Where the embedded database of a data folder lies."""
    from sqlalchemy.engine import make_url

    from store.db.engine import default_url

    return Path(str(make_url(default_url(folder)).database))
