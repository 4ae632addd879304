"""Self-check of the machine we run on: disk, database, clock and network, each with the remedy for what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from kamengwatch import faults
from kamengwatch.config import SHANGHAI, Config, UserError

MIN_FREE_BYTES = 1 << 30
"""Below it `doctor` warns: a publication needs the size of one snapshot beside the last."""
NO_FREE_BYTES = 32 << 20
"""Below it nothing can be counted on any more."""
MANY_MONTHS, LOCKS_WANTED = 120, 256
"""From so many months of a table on, a query that names no date needs this `max_locks_per_transaction` (docs/operating.md)."""


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
            faults.named(error) or "换目录或改权限 use --data-dir, or mend its permissions",
        )
        return
    free = shutil.disk_usage(config.data_dir).free
    state = "ok" if free >= MIN_FREE_BYTES else "warn" if free >= NO_FREE_BYTES else "bad"
    remedy = "" if state == "ok" else "磁盘将满 the disk is nearly full: 腾出空间 make room"
    yield Finding(what, state, f"{config.data_dir}, {free / 2**30:.2f} GiB free", remedy)


def database(config: Config) -> Iterator[Finding]:
    """Whether the database is this folder's, every page of it is whole, and it can be written at the moment."""
    from sqlalchemy import func, select, text
    from sqlalchemy.exc import DBAPIError

    from kamengwatch.keeping import database_faults
    from store.tables import Platform

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
        remedy = faults.named(error) or "检查 check --database"
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        yield Finding(what, "bad", said.removesuffix(remedy).rstrip("; "), remedy)
        return
    if broken:
        remedy = "从备份恢复 restore a backup: kamengwatch restore 备份 BACKUP --data-dir 新目录 NEW; 先看 see first: kamengwatch verify"
        yield Finding(what, "bad", "; ".join(broken[:3])[:400], remedy)
        return
    yield Finding(
        what, "ok", f"{config.engine.dialect.name}, {count} platforms, 每一页可读 every page is readable"
    )


def locks(config: Config) -> Iterator[Finding]:
    """Whether PostgreSQL may hold as many locks as its months will need. On SQLite there is nothing to look at."""
    from sqlalchemy import text

    from store.months import MONTHLY, attached

    if config.engine.dialect.name != "postgresql":
        return
    with config.engine.connect() as connection:
        months = max(len(attached(connection, table)) for table in MONTHLY)
        allowed = int(connection.execute(text("show max_locks_per_transaction")).scalar_one())
    short = months >= MANY_MONTHS and allowed < LOCKS_WANTED
    yield Finding(
        "数据库锁 database locks",
        "warn" if short else "ok",
        f"{months} 个月的表 months of tables, max_locks_per_transaction = {allowed}",
        f"在 postgresql.conf 里设 set max_locks_per_transaction = {LOCKS_WANTED} in it, 再重启 then restart PostgreSQL"
        if short
        else "",
    )


def clock(config: Config) -> Iterator[Finding]:
    """Whether something we wrote down lies in the future: then the clock is wrong now, or was wrong then."""
    from kamengwatch.wrong_clock import newest_record

    what = "时钟 clock"
    now = f"{config.now().astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if behind := newest_record(config):
        yield Finding(
            what,
            "bad",
            f"{now}，但{behind.zh}记在 but {behind.en} is dated {behind.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            "校准系统时钟 set the system's clock (timedatectl set-ntp true); 若当时的时钟错了，从那之前的备份恢复 "
            "if it was wrong then, restore a backup from before",
        )
    else:
        yield Finding(what, "ok", now)


def network(config: Config) -> Iterator[Finding]:
    """Whether no control page answered, or every source failed, last time: that is our own connection rather than all of them."""
    from kamengwatch.source_health import crawled
    from store.ledger import OWN_LINE

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
