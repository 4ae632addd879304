"""Self-check of the installation and of the machine: each line says what was looked at, whether it is well, and the remedy."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from kamengwatch import machine_faults
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import print_answer, tell_json
from kamengwatch.maintain.clock import newest_record
from store.china_time import SHANGHAI
from store.settings import settings

MIN_FREE_BYTES = 1 << 30
"""Below it `doctor` warns: a publication needs the size of one snapshot beside the last."""
NO_FREE_BYTES = 32 << 20
"""Below it nothing can be counted on any more."""


@dataclass(frozen=True)
class Finding:
    """One checked thing: state ok, warn (works without it) or bad."""

    what: str
    state: str
    detail: str
    remedy: str = ""


def data(config: Config) -> Iterator[Finding]:
    """Whether the data folder can be written, and how much room there is."""
    what = "数据目录 data folder"
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True)
        probe = config.data_dir / ".doctor"
        probe.write_bytes(bytes(65_536))
        probe.unlink()
    except OSError as error:
        yield Finding(
            what,
            "bad",
            f"{config.data_dir}: {error.strerror}",
            machine_faults.named(error) or "换目录或改权限 use --data-dir, or mend its permissions",
        )
        return
    free = shutil.disk_usage(config.data_dir).free
    state = "ok" if free >= MIN_FREE_BYTES else "warn" if free >= NO_FREE_BYTES else "bad"
    remedy = "" if state == "ok" else "磁盘将满 the disk is nearly full: 腾出空间 make room"
    yield Finding(what, state, f"{config.data_dir}, {free / 2**30:.2f} GiB free", remedy)


def database(config: Config) -> Iterator[Finding]:
    """Whether the database is this folder's, every page of it is whole, and it can be written at the moment."""
    from sqlalchemy import func, text
    from sqlalchemy.exc import DBAPIError

    from kamengwatch.maintain.integrity import database_faults
    from store.db.tables import Platform

    what = "数据库 database"
    try:
        with config.engine.connect() as connection:
            count = connection.execute(select(func.count()).select_from(Platform)).scalar_one()
            if connection.dialect.name == "sqlite":
                connection.execute(text("pragma busy_timeout=1000"))
                connection.rollback()
                connection.execute(text("begin immediate"))
                connection.rollback()
        broken = database_faults(config)
        config.check_database()
    except (UserError, DBAPIError) as error:
        remedy = machine_faults.named(error) or "检查 check --database"
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        yield Finding(what, "bad", said.removesuffix(remedy).rstrip("; "), remedy)
        return
    if broken:
        remedy = "从备份恢复 restore a backup: kamengwatch restore 备份 BACKUP --data-dir 新目录 NEW; 先看 see first: kamengwatch verify"
        yield Finding(what, "bad", "; ".join(broken[:3])[:400], remedy)
        return
    yield Finding(
        what, "ok", f"{config.engine.dialect.name}, {count} 个网站 sites, 每一页可读 every page is readable"
    )


def clock(config: Config) -> Iterator[Finding]:
    """Whether something we wrote down lies in the future: then the clock is wrong now, or was wrong then."""

    what = "时钟 clock"
    now = f"{config.now().astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if behind := newest_record(config):
        yield Finding(
            what,
            "bad",
            f"{now}，但{behind.zh}记在 but {behind.en} is dated {behind.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            "校准系统时钟 set the system's clock (timedatectl set-ntp true); 若现在的时钟对、当时的错了 if it is right now and was wrong then: "
            "kamengwatch publish --allow-older",
        )
    else:
        yield Finding(what, "ok", now)


def network(config: Config) -> Iterator[Finding]:
    """Whether no control page answered, or every source failed, last time: that is our own connection rather than all of them."""
    from kamengwatch.maintain.source_health import crawled
    from store.evidence.crawl_ledger import OWN_LINE

    asked = [r for r in crawled(config) if r["last_outcome"] is not None and r["health"] != "not_configured"]
    silent = [row for row in asked if (row["reason"] or "").startswith(OWN_LINE)]
    if silent:
        yield Finding(
            "对照网页 controls",
            "warn",
            f"上次采集时没有一个对照网页回应，是本机的网络中断，不对任何网站下结论 {silent[0]['source']}: {silent[0]['reason']}"[
                :300
            ],
            "检查本机的网络与 DNS check this machine's network and DNS; 对照网页由 KAMENGWATCH_CONTROLS 指定 names the controls",
        )
    failed = [row for row in asked if row["last_outcome"] == "failed"]
    if len(failed) >= 2 and len(failed) == len(asked):
        yield Finding(
            "网络 network",
            "warn",
            f"所有信息源上次都失败 every source failed last time: {failed[0]['reason']}"[:200],
            "检查本机的网络与 DNS check this machine's network and DNS; 恢复后会自动补采 what was missed is crawled afterwards",
        )


QUEUE_LATE = dt.timedelta(hours=6)
"""A job that has waited longer has nobody who does it."""
MENDED = {(3, 11): 13, (3, 12): 11, (3, 13): 4}
"""Of each line of Python the first release in which tarfile's CVE-2025-4517 and its kin of 2025 are mended."""
Check = Callable[[Config], Iterator[Finding]]


def doctor(config: Config, as_json: bool) -> None:
    """Run every check; raises Failure (exit 1) when something is bad."""
    config.check_folder()
    found = [finding for check in CHECKS for finding in _looked(check, config)]
    if as_json:
        tell_json([asdict(f) for f in found])
    else:
        marks = {"ok": "●", "warn": "◆", "bad": "▲"}
        for f in found:
            print_answer(f"{marks[f.state]} {f.what}: {f.detail}" + (f"  → {f.remedy}" if f.remedy else ""))
    bad = [f.what for f in found if f.state == "bad"]
    if bad:
        raise Failure("、".join(bad))


def _looked(check: Check, config: Config) -> Iterator[Finding]:
    """What a check finds; one that cannot look is silent: the database, which it needs, has a line of its own."""
    with contextlib.suppress(UserError, DBAPIError):
        yield from check(config)


def _present_rules(config: Config) -> Iterator[Finding]:
    from kamengwatch.maintain.reread import outdated

    seen, old = outdated(config)
    if seen:
        yield Finding(
            "规则 rules",
            "warn" if old else "ok",
            f"抽查 looked at {seen} 条投诉 complaints, 现行规则读法不同 read otherwise by the present rules: {old}",
            "运行 run: kamengwatch reread" if old else "",
        )


def _python(config: Config) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    mended = MENDED.get(sys.version_info[:2], 0)
    if sys.version_info[2] < mended:
        wanted = f"{sys.version_info[0]}.{sys.version_info[1]}.{mended}"
        detail = f"{version}: 有已公开的漏洞 has published vulnerabilities (CVE-2025-4517 …)"
        yield Finding("Python", "warn", detail, f"升级到 update to Python ≥ {wanted}, 再 then make setup")
    else:
        yield Finding("Python", "ok", version)


def _browser(config: Config) -> Iterator[Finding]:
    from crawler.download.browser import STARTS_WITHIN, executable, starts

    path = executable()
    if path is None:
        detail = "没有 none: 需要 JavaScript 的页面读不到 pages that need JavaScript are not read"
        yield Finding("浏览器 browser", "warn", detail, "运行 run: make browser")
    elif reason := starts(path):
        remedy = "重新安装 install again: make browser; 内存不足时关闭其他程序 when memory is short, close other programs"
        detail = f"{path}: {STARTS_WITHIN:g} 秒内启动不了 does not start: {reason}"
        yield Finding("浏览器 browser", "bad", detail, remedy)
    else:
        yield Finding("浏览器 browser", "ok", path)


def _contact(config: Config) -> Iterator[Finding]:
    contact = settings().contact
    yield Finding(
        "联系方式 contact",
        "ok" if contact else "warn",
        contact or "没有 none: 真实网站不采集 no real site is crawled",
        "" if contact else "运行 run: kamengwatch init",
    )


def _icp(config: Config) -> Iterator[Finding]:
    from crawler.download.api_key import sent_in_clear

    what, given = "备案查询 filing query", settings()
    if not given.icp_base:
        remedy = "设置 set KAMENGWATCH_ICP_BASE, 或导入 or import filings"
        yield Finding(what, "warn", "未配置 not configured: 备案状态为未知 filings stay unknown", remedy)
    elif sent_in_clear(given.icp_base, given.icp_key, given.icp_provider):
        detail = "http:// 会明文发送密钥，因此不查询 would send the key in clear, so nothing is asked"
        yield Finding(what, "bad", detail, "改用 use https:// in KAMENGWATCH_ICP_BASE")
    else:
        yield Finding(what, "ok", "已配置 configured")


def _snapshot(config: Config) -> Iterator[Finding]:
    from scoring.snapshot.integrity import integrity_errors
    from scoring.snapshot.reader import Snapshot, SnapshotError

    try:
        snapshot = Snapshot.latest(config.data_dir)
        wrong = [fault for folder in snapshot.folders for fault in integrity_errors(folder)]
    except (SnapshotError, OSError) as error:
        yield Finding(
            "快照 snapshot", "warn", str(error), "运行 run: kamengwatch rate && kamengwatch publish"
        )
        return
    yield Finding(
        "快照 snapshot",
        "bad" if wrong else "ok",
        f"{snapshot.id}, as of {snapshot.manifest.get('as_of')}"
        + (f": {', '.join(wrong[:3])}" if wrong else ""),
        "重新发布 publish again: kamengwatch publish" if wrong else "",
    )


def _archive(config: Config) -> Iterator[Finding]:
    newest = sorted((config.data_dir / "archive").glob("*.warc.gz"), key=lambda p: p.stat().st_mtime)[-3:]
    torn = [path.name for path in newest if not _whole(path)]
    if torn:
        remedy = "断电或中断留下半条记录；此前的页面都在 the pages before it are whole: kamengwatch verify"
        yield Finding("存证 archive", "warn", f"读不完 cannot be read to the end: {', '.join(torn)}", remedy)
    else:
        yield Finding("存证 archive", "ok", f"最近 {len(newest)} 个文件完整 newest files whole")


def _whole(path: Path) -> bool:
    """Whether every gzip member of the file can be read."""
    try:
        with gzip.open(path) as stream:
            while stream.read(1 << 20):
                pass
    except (EOFError, OSError, zlib.error):
        return False
    return True


def _sources(config: Config) -> Iterator[Finding]:
    from kamengwatch.maintain.source_health import crawled
    from kamengwatch.pipeline.scheduler import paused

    resting = paused(config)
    if resting:
        remedy = f"恢复 resume: kamengwatch schedule --resume {min(resting)}"
        yield Finding("暂停 paused", "warn", ", ".join(sorted(resting)), remedy)
    rows = list(crawled(config))
    ill = [
        f"{r['source']} ({r['health']})" for r in rows if r["health"] not in ("ok", "never", "not_configured")
    ]
    unset = [
        f"{r['source']} ({(r['reason'] or '').partition(': ')[2]})"
        for r in rows
        if r["health"] == "not_configured"
    ]
    if unset:
        yield Finding("未配置的信息源 sources not configured", "ok", ", ".join(unset))
    yield Finding(
        "信息源 sources",
        "warn" if ill else "ok",
        ", ".join(ill) if ill else "没有出问题的 none in trouble",
        "看原因 why: kamengwatch sources" if ill else "",
    )
    late = [r for r in rows if r["overdue_since"]]
    if late:
        told = ", ".join(
            f"{r['source']} ({_days(config, r)}, 应每 due every {r['cadence_hours']:g} h)" for r in late
        )
        remedy = f"看原因 why: kamengwatch sources; 立即采集 crawl now: kamengwatch schedule --run-now {late[0]['source']}"
        yield Finding("过期的信息源 stale sources", "warn", told, remedy)


def _days(config: Config, row: dict[str, Any]) -> str:
    if row["last_ok_at"] is None:
        return "从未成功 never a good crawl"
    days = (config.now() - row["last_ok_at"]).total_seconds() / 86_400
    return f"{days:.1f} 天前 days ago"


def _steps(config: Config) -> Iterator[Finding]:
    from kamengwatch.pipeline.run_log import RunLedger

    runs = RunLedger(config.data_dir).last(20)
    if not runs:
        return
    newest = {run["words"]: run for run in reversed(runs) if run["run"] != "alert"}
    bad = [run for run in newest.values() if run["exit"]]
    yield Finding(
        "定时任务 scheduled steps",
        "warn" if bad else "ok",
        "; ".join(f"{r['words']}: {r['said'] or r['exit']}" for r in bad) or f"{len(runs)} looked at",
        "单独再跑一次 run it by hand: kamengwatch " + bad[0]["words"] if bad else "",
    )


def _queue(config: Config) -> Iterator[Finding]:
    """On PostgreSQL: whether somebody does the jobs that wait for the workers."""
    from kamengwatch.pipeline.deferred_crawls import workers

    if config.engine.dialect.name != "postgresql" or (queue := workers().standing(config)) is None:
        return
    waits = ", ".join(f"{name} {n}" for name, n in queue.waiting.items()) or "0"
    told = f"工作进程 workers {queue.workers}, 等待 waiting {waits}, 在做 running {queue.running}, 一天内放弃 given up within a day {queue.given_up}"
    late = queue.oldest is not None and config.now() - queue.oldest > QUEUE_LATE
    if queue.waiting and not queue.workers:
        yield Finding("任务队列 queue", "bad", told, "启动 start: kamengwatch worker")
    elif late:
        remedy = "增加工作进程 start more: kamengwatch worker; 队列 queue browser: kamengwatch worker crawl browser"
        yield Finding(
            "任务队列 queue",
            "warn",
            f"{told}, 最早的等了 the oldest waits since {queue.oldest:%Y-%m-%d %H:%M}Z",
            remedy,
        )
    else:
        remedy = "原因见工作进程的日志 the workers' logs say why"
        yield Finding(
            "任务队列 queue", "warn" if queue.given_up else "ok", told, remedy if queue.given_up else ""
        )


CHECKS: tuple[Check, ...] = (
    _present_rules,
    _python,
    data,
    database,
    clock,
    network,
    _browser,
    _contact,
    _icp,
    _snapshot,
    _archive,
    _sources,
    _steps,
    _queue,
)
