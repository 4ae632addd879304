"""Deliver news: changes of the world to subscribers, each once; corrections to whoever got the error; silent sources to the operator.

A change our own method or a silent source caused is nobody's news. A message that could not be delivered is tried again after the
next publication; one that was delivered is in the ledger before the next goes out.

Only targets that ask for it (`sources = true`) hear of it: to a subscriber our own silence is no news about any site.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from typing import Any

from filelock import FileLock, Timeout

from dashboard.presenters.translations import plain, word
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import log_line, print_answer, tell_json
from kamengwatch.notify.subscribers import Event, Ledger, Target, targets
from kamengwatch.pipeline.run_log import Run, RunLedger
from scoring.snapshot.reader import Snapshot, SnapshotError
from store.china_time import SHANGHAI

RECENT = dt.timedelta(days=7)
"""Older changes are no news: a new target is not sent the past."""
SECONDS = 15.0
_CORRECTED = ("amended", "withdrawn")


def notify(config: Config, dry_run: bool, as_json: bool) -> None:
    """Tell every target what it was not told yet. Raises UserError without targets or snapshot, Failure when a delivery failed."""
    wanted = targets(config)
    if not wanted:
        raise UserError(
            config.say(
                "没有通知对象；写在数据目录的 notify.toml 里，格式见 docs/notify.md",
                "nobody to notify; name targets in notify.toml in the data folder, see docs/notify.md",
            )
        )
    done = _run(config, wanted, dry_run)
    if as_json:
        tell_json(done)
    else:
        for one in done:
            state = one["error"] or config.say(f"{len(one['events'])} 条", f"{len(one['events'])} told")
            print_answer(f"{one['target']}: {state}")
            for event in one["events"] if dry_run else ():
                print_answer(f"   {event}")
    failed = [one["target"] for one in done if one["error"]]
    if failed:
        raise Failure(
            f"{', '.join(failed)}: 没有送达，下次再试 not delivered; tried again after the next publication"
        )


def after_publish(config: Config) -> None:
    """The same after a publication, where somebody is to be notified; what goes wrong is said and stops nothing."""
    try:
        wanted = targets(config)
        done = _run(config, wanted, False) if wanted else []
    except UserError as error:
        log_line(f"通知 notify: {error}")
        return
    for one in done:
        if one["events"] or one["error"]:
            log_line(f"通知 notify {one['target']}: {one['error'] or len(one['events'])}")


def _run(config: Config, wanted: Sequence[Target], dry_run: bool) -> list[dict[str, Any]]:
    folder = config.data_dir / "notified"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=1):
            return _locked(config, wanted, dry_run, Ledger(folder))
    except Timeout as error:
        raise UserError("另一个通知正在进行 another notify is running; 稍后再试 try again later") from error


def _locked(config: Config, wanted: Sequence[Target], dry_run: bool, ledger: Ledger) -> list[dict[str, Any]]:
    try:
        snapshot = Snapshot(config.data_dir / "snapshots" / "latest")
        about = _about(snapshot)
        changes, corrections = _changes(snapshot, about, ledger), _corrections(snapshot)
    except (SnapshotError, OSError) as error:
        raise UserError(
            f"没有可读的快照 no readable snapshot: {error}; 先 first: kamengwatch publish"
        ) from error
    done = []
    for target in wanted:
        events = [] if about["demo"] and not target.demo else _for(target, changes, corrections, ledger)
        error = None if dry_run else deliver(config, target, events, about, ledger)
        named = [f"{e.on} {e.host} {e.zh if target.lang == 'zh' else e.en}" for e in events]
        done.append({"target": target.name, "events": named, "error": error})
    if about["as_of"] and not dry_run:
        ledger.note_look(about["as_of"], about["method"], config.now())
    return done


def deliver(
    config: Config, target: Target, events: Sequence[Event], about: dict[str, Any], ledger: Ledger
) -> str | None:
    """Deliver, a webhook event by event and a letter as a whole; returns why it failed, or None."""
    letters = [[event] for event in events] if target.webhook else [list(events)] if events else []
    send = post if target.webhook else mail
    for letter in letters:
        try:
            send(target, letter, about, config.now())
        except OSError as error:
            return str(error)[:120] or type(error).__name__
        for event in letter:
            ledger.note_told(target.name, event, config.now())
    return None


def _about(snapshot: Snapshot) -> dict[str, Any]:
    row = snapshot.rows(
        "select max(as_of) as as_of, max(method_version) as method, coalesce(bool_or(demo), false) as demo from ratings"
    )[0]
    return {**row, "snapshot": snapshot.id}


def _changes(snapshot: Snapshot, about: dict[str, Any], ledger: Ledger) -> list[Event]:
    """Recent changes the world caused. After a change of method only those later than the last look under the old one."""
    if about["as_of"] is None:
        return []
    since = about["as_of"] - RECENT
    if (until := ledger.told_until(about["method"])) is not None:
        since = max(since, until + dt.timedelta(days=1))
    rows = snapshot.rows(
        'select c.*, w.reason_zh, w.reason_en from changes c left join warnings w on c.host = w.host and c."on" = w."on" '
        'and c.what = \'warning_state\' and c."from" = w.from_state and c."to" = w.to_state '
        'where c.cause = \'world\' and c."on" >= ? order by c."on", c.host, c.what',
        [since],
    )
    return [
        Event("change", r["host"], r["on"], r["what"], r["from"] or "", r["to"] or "", *_words(r))
        for r in rows
    ]


def _words(row: dict[str, Any]) -> tuple[str, str]:
    said = []
    for lang in ("zh", "en"):
        sentence = row[f"sentence_{lang}"] or ""
        if row["what"] == "warning_state":
            before, after = (word(lang, "warning", row[key]) for key in ("from", "to"))
            sentence = (
                f"资金链状态：{before} → {after}。"
                if lang == "zh"
                else f"Cash-flow state: {before} → {after}."
            )
        said.append(plain(f"{sentence} {row[f'reason_{lang}'] or ''}".strip(), 400))
    return said[0], said[1]


def _corrections(snapshot: Snapshot) -> list[Event]:
    rows = snapshot.rows('select * from corrections order by "on", host')
    return [
        Event(
            "correction",
            r["host"],
            r["on"],
            hashlib.sha256(r["sentence_zh"].encode()).hexdigest()[:16],
            "",
            r["outcome"],
            plain(f"更正：{r['sentence_zh']}", 400),
            plain(f"Correction: {r['sentence_en']}", 400),
        )
        for r in rows
        if r["outcome"] in _CORRECTED
    ]


def _for(
    target: Target, changes: Sequence[Event], corrections: Sequence[Event], ledger: Ledger
) -> list[Event]:
    """What this target is to be told now."""
    mine = [e for e in changes if not target.hosts or e.host in target.hosts]
    owed = [e for e in corrections if ledger.heard_of(target.name, e.host)]
    return [e for e in (*owed, *mine) if not ledger.told(target.name, e)]


def post(target: Target, events: Sequence[Event], about: dict[str, Any], now: dt.datetime) -> None:
    """POST one event as JSON. `Kamengwatch-Signature: t=<unix>,v1=<hex>` is HMAC-SHA-256 of `<t>.<body>` under the target's secret."""
    (event,) = events
    body = json.dumps(_body(event, about), ensure_ascii=False, default=str).encode()
    stamp = str(int(now.timestamp()))
    signed = hmac.new((target.secret or "").encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "Kamengwatch-Event": _identity(event),
        "Kamengwatch-Signature": f"t={stamp},v1={signed.hexdigest()}",
    }
    asyncio.run(_posted(target.webhook or "", body, headers))


async def _posted(url: str, body: bytes, headers: dict[str, str]) -> None:
    import aiohttp

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            status = response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise OSError(type(error).__name__) from None
    if not 200 <= status < 300:
        raise OSError(f"HTTP {status}")


def mail(target: Target, events: Sequence[Event], about: dict[str, Any], now: dt.datetime) -> None:
    """Send one letter through apprise, oldest event first, each with its date first."""
    from apprise import Apprise, NotifyFormat

    zh = target.lang == "zh"
    lines = [f"{e.on} {e.host} {e.zh if zh else e.en}" for e in events]
    demo = ("【演示数据】" if zh else "[demonstration data] ") if about["demo"] else ""
    first = f"{events[0].on} {events[0].host}"
    title = f"{demo}{first}" + (
        "" if len(events) == 1 else f" 等 {len(events)} 条" if zh else f" and {len(events) - 1} more"
    )
    sender = Apprise()
    if not sender.add(target.apprise or ""):
        raise OSError("apprise does not understand the address")
    if not sender.notify(body="\n".join(lines), title=title, body_format=NotifyFormat.TEXT):
        raise OSError("apprise could not deliver")


def _body(event: Event, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "on": event.on,
        "id": _identity(event),
        "type": event.kind,
        "host": event.host,
        "what": event.what,
        "from": event.before,
        "to": event.after,
        "sentence": {"zh": event.zh, "en": event.en},
        **about,
    }


def _identity(event: Event) -> str:
    return hashlib.sha256(f"{event.key}|{event.on}".encode()).hexdigest()[:32]


def overdue(config: Config, paused: set[str]) -> Iterator[tuple[dt.datetime, Event]]:
    """(since when, event) of every source that is late and that nobody paused."""
    from kamengwatch.maintain.source_health import (
        crawled,  # leads to all importers; a publication asks for none
    )

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
                f"Source {row['source']} is stale: last good {last}, due every {every} h. {why}",
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
        log_line(f"通知 notify: {error}")


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
                    log_line(f"通知 notify {target.name}: {error}")
    except Timeout:
        return  # Another notification is under way; the next crawl tells it.
