"""The scheduler: APScheduler as the clock only. Each crawl is a subprocess; what is due is read from the crawl ledger.

So a killed scheduler loses nothing: whatever has no finished crawl within its cadence is simply due again.
"""

from __future__ import annotations

import subprocess
import sys

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger
from filelock import FileLock, Timeout
from rich.table import Table

from kamengwatch.config import SHANGHAI, Config, Failure, UserError
from kamengwatch.crawling import cards, plan
from kamengwatch.progress import say, tell

GRACE_SECONDS = 24 * 3600
CRAWL_SECONDS = 6 * 3600
"""A crawl that takes longer is stopped; its job stays due."""


def schedule(config: Config, list_: bool, run_now: str | None) -> None:
    """Run the scheduler until stopped, or list the plan, or run one source at once."""
    if list_:
        _list(config)
    elif run_now:
        if run_now not in {card.id for card in cards()}:
            raise UserError(
                f"{run_now}: 没有这个信息源 no such source; 可用 use {', '.join(c.id for c in cards())}"
            )
        if not _step(config, run_now):
            raise Failure(f"{run_now}: 采集未成功 the crawl did not succeed; 见 see kamengwatch sources")
    else:
        _run(config)


def _run(config: Config) -> None:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(config.data_dir / "schedule.lock", timeout=0):
            scheduler = BlockingScheduler(timezone=SHANGHAI)
            for entry in plan(config):
                scheduler.add_job(
                    _step,
                    IntervalTrigger(hours=entry.cadence_hours, timezone=SHANGHAI),
                    args=(config, entry.source),
                    id=entry.source,
                    next_run_time=max(entry.due_at, config.now()),
                    coalesce=True,
                    max_instances=1,
                    misfire_grace_time=GRACE_SECONDS,
                )
            say(config.say("定时采集已启动（Ctrl+C 停止）", "The scheduler is running (Ctrl+C stops it)"))
            _list(config)
            scheduler.start()
    except Timeout as error:
        raise UserError(
            f"{config.data_dir}: 已有一个定时进程在运行 a scheduler is already running here; 先停掉它 stop it first"
        ) from error


def _step(config: Config, source: str) -> bool:
    """Crawl one source, then rate and publish, each in a process of its own; False when the crawl failed."""
    done = _command(config, "crawl", source, "--due")
    return _command(config, "rate") and _command(config, "publish") and done


def _command(config: Config, *words: str) -> bool:
    command = [
        sys.executable,
        "-m",
        "kamengwatch",
        *words,
        "--data-dir",
        str(config.data_dir),
        "--lang",
        config.lang,
    ]
    if config.database:
        command += ["--database", config.database]
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, timeout=CRAWL_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _list(config: Config) -> None:
    table = Table(
        config.say("信息源", "source"),
        config.say("间隔", "every"),
        config.say("上次完成", "last finished"),
        config.say("下次", "next"),
    )
    for entry in plan(config):
        table.add_row(
            entry.source,
            _every(config, entry.cadence_hours),
            f"{entry.finished_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if entry.finished_at else "—",
            config.say("现在", "now")
            if entry.due_at <= config.now()
            else f"{entry.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        )
    tell(table)


def _every(config: Config, hours: float) -> str:
    if hours < 48:
        return config.say(f"{hours:g} 小时", f"{hours:g} h")
    return config.say(f"{hours / 24:g} 天", f"{hours / 24:g} days")
