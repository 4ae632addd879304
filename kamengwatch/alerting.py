"""Tells the operator when a source has brought nothing good for longer than its declared cadence allows; each outage once.

Only targets that ask for it (`sources = true`) hear of it: to a subscriber our own silence is no news about any site.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from filelock import FileLock, Timeout

from kamengwatch.config import SHANGHAI, Config, UserError
from kamengwatch.notifying import deliver
from kamengwatch.progress import say
from kamengwatch.runs import Run, RunLedger
from kamengwatch.source_health import crawled
from kamengwatch.subscribers import Event, Ledger, Target, targets


def overdue(config: Config, paused: set[str]) -> Iterator[tuple[dt.datetime, Event]]:
    """(since when, event) of every source that is late and that nobody paused."""
    for row in crawled(config):
        since: dt.datetime | None = row["overdue_since"]
        if since is None or row["source"] in paused:
            continue
        good: dt.datetime | None = row["last_ok_at"]
        last = f"{good.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if good else "—"
        every, why = f"{row['cadence_hours']:g}", row["reason"] or row["last_outcome"] or ""
        yield (
            since,
            Event(
                "source", row["source"], since.astimezone(SHANGHAI).date(), "health", "ok", "stale",
                f"信息源 {row['source']} 已过期：上次成功 {last}，应每 {every} 小时一次。{why}",
                f"Source {row['source']} is stale: last good {last}, due every {every} hours. {why}",
            ),
        )  # fmt: skip


def alert(config: Config, runs: RunLedger, paused: set[str]) -> None:
    """Write each new outage into the run ledger and tell the targets that ask for it; what cannot be told is said, and stops nothing."""
    late = list(overdue(config, paused))
    known = {(line["words"], line["started_at"]) for line in runs.last(1_000)}
    for since, event in late:
        run = Run("alert", f"stale {event.host}", since, config.now(), 1, event.zh)
        if (run.words, run.begun) not in known:
            runs.add(run)
    try:
        wanted = [target for target in targets(config) if target.sources]
        if wanted and late:
            _tell(config, wanted, [event for _, event in late])
    except (UserError, OSError) as error:
        say(f"通知 notify: {error}")


def _tell(config: Config, wanted: list[Target], events: list[Event]) -> None:
    folder = config.data_dir / "notified"
    folder.mkdir(parents=True, exist_ok=True)
    about = {"snapshot": None, "as_of": None, "method": None, "demo": False}
    try:
        with FileLock(folder / ".lock", timeout=1):
            ledger = Ledger(folder)
            for target in wanted:
                news = [event for event in events if not ledger.told(target.name, event)]
                if error := deliver(config, target, news, about, ledger):
                    say(f"通知 notify {target.name}: {error}")
    except Timeout:
        return  # Another notification is under way; the next crawl tells it.
