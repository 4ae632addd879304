"""The scheduler's plan as people and programs read it, and the sources a person has paused."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rich.table import Table

from kamengwatch.config import Config
from kamengwatch.console import print_answer, tell_json
from kamengwatch.pipeline.crawl import Planned, plan
from store.china_time import SHANGHAI
from store.durable_files import write_whole


def paused(config: Config) -> set[str]:
    """The sources a person has paused."""
    file = config.data_dir / "paused-sources.txt"
    return set(file.read_text("utf-8").split()) if file.is_file() else set()


def set_paused(config: Config, source: str, on: bool) -> None:
    """Pause a source, or take it up again; kept in the data folder."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    kept = paused(config) | {source} if on else paused(config) - {source}
    file = config.data_dir / "paused-sources.txt"
    write_whole(file, "".join(f"{name}\n" for name in sorted(kept)).encode())


def show_plan(config: Config, as_json: bool) -> None:
    """Print when each source is due, and which are paused."""
    stopped, now = paused(config), config.now()
    planned = plan(config, now)
    if as_json:
        tell_json([_as_dict(entry, stopped, now) for entry in planned])
        return
    table = Table(
        config.say("信息源", "source"),
        config.say("间隔", "every"),
        config.say("上次完成", "last finished"),
        config.say("下次", "next"),
    )
    for entry in planned:
        table.add_row(
            entry.source,
            _every(config, entry.cadence_hours),
            f"{entry.finished_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if entry.finished_at else "—",
            config.say("已暂停", "paused") if entry.source in stopped else _next(config, entry, now),
        )
    print_answer(table)


def _next(config: Config, entry: Planned, now: dt.datetime) -> str:
    if entry.due_at <= now:
        return config.say("现在", "now")
    told = f"{entry.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if entry.blocked < 2:
        return told
    return told + config.say(
        f"（连续 {entry.blocked} 次被拒，放慢）", f" (blocked {entry.blocked} time(s), slowed down)"
    )


def _every(config: Config, hours: float) -> str:
    if hours < 48:
        return config.say(f"{hours:g} 小时", f"{hours:g} h")
    return config.say(f"{hours / 24:g} 天", f"{hours / 24:g} day(s)")


def _as_dict(entry: Planned, stopped: set[str], now: dt.datetime) -> dict[str, Any]:
    return {
        "source": entry.source,
        "cadence_hours": entry.cadence_hours,
        "last_finished": entry.finished_at.isoformat() if entry.finished_at else None,
        "next_due": entry.due_at.isoformat(),
        "due": entry.due_at <= now,
        "paused": entry.source in stopped,
        "blocked_in_a_row": entry.blocked,
    }
