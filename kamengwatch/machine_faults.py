"""Faults of our own machine in one line: what broke (disk, database, its server), and what the operator does about it.

Only what is recognised is named; any other error stays what it is, so that a mistake of the code is never called a full disk.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

_AGAIN = "再运行同一条命令；已保存的不会丢 then run the same command again; what was kept is not lost"
_FULL = f"磁盘已满 the disk is full: 腾出空间 make room, {_AGAIN}"
_CLOSED = f"不可读写 cannot be read or written: 检查只读挂载与权限 check for a read-only mount and its owner, {_AGAIN}"
_DISK = f"磁盘读写出错 the disk failed or is full: 查看系统日志与剩余空间 look at the system's log and the space left, {_AGAIN}"
_LOCKED = f"数据库一直被另一个进程占用 another process holds the database: 等它结束 wait for it to end (kamengwatch doctor), {_AGAIN}"
_GONE = f"数据库连接中断或连不上 the database server is away: 确认 PostgreSQL 在运行 see that PostgreSQL runs, {_AGAIN}"
_DETACHED = (
    "这个月的表已分离 the table of this month was detached: 接回，或移出 attach it again, or move it out of the schema months "
    f"(docs/operating.md), {_AGAIN}"
)
_DAMAGED = (
    "数据库文件损坏 the database file is damaged: kamengwatch verify, 再 then kamengwatch restore 备份 BACKUP"
)

_NUMBERS = {
    errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EFBIG: _FULL, errno.EROFS: _CLOSED, errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED, errno.EIO: _DISK,
}  # fmt: skip
_WORDS = (
    (r"No space left on device|Disk quota exceeded|File too large|database or disk is full|could not extend file", _FULL),
    (r"Read-only file system|attempt to write a readonly database|read-only transaction", _CLOSED),
    (r"disk I/O error|Input/output error", _DISK),
    (r"database (table |schema )?is locked|lock timeout|deadlock detected", _LOCKED),
    (r'relation "[a-z]+_(\d{4}_\d\d|earlier|later)" already exists|no partition of relation', _DETACHED),
    (r"file is not a database|database disk image is malformed", _DAMAGED),
    (r"unable to open database file|PermissionError|Permission denied", _CLOSED),
    (
        r"server closed the connection|connection to server .* failed|terminating connection|the connection is closed"
        r"|database system is (shutting down|starting up)|connection refused|consuming input failed|SSL SYSCALL error",
        _GONE,
    ),
)  # fmt: skip
_OF_SNAPSHOTS = ("SnapshotError", "DamagedSnapshot", "NoSnapshot")
"""Errors whose text says which file of a published snapshot is damaged and what to do; by name, for they are imported late."""
_LIBRARIES = ("sqlite3", "sqlalchemy", "psycopg", "duckdb", "_duckdb", "pyarrow")
_EXTRAS = {
    "playwright": "browser", "scrapy_playwright": "browser", "procrastinate": "postgres", "psycopg": "postgres",
    "psycopg_binary": "postgres", "psycopg_pool": "postgres", "pyspark": "spark", "py4j": "spark",
}  # fmt: skip
"""Modules that only an extra brings."""
_PATH = re.compile(r"'([^']{1,300})'$")


def named(error: BaseException) -> str | None:
    """The line for an error one of whose causes is such a fault; None for every other error."""
    for one in _chain(error):
        if isinstance(one, ModuleNotFoundError) and (remedy := missing(one.name or "")):
            return remedy
        if isinstance(one, OSError) and one.errno in _NUMBERS:
            where = f"{one.filename}: " if isinstance(one.filename, str) else ""
            return where + _NUMBERS[one.errno]
        known = isinstance(one, OSError) or type(one).__module__.partition(".")[0] in _LIBRARIES
        if known and (found := said(str(one))):
            return found
    return next((str(one) for one in _chain(error) if type(one).__name__ in _OF_SNAPSHOTS), None)


def missing(module: str) -> str | None:
    """The line for a module that is not installed and that an extra brings; None for any other."""
    extra = _EXTRAS.get(module.partition(".")[0])
    return (
        f"缺少 {module} is not installed: 安装 install it with: pip install 'kamengwatch[{extra}]'"
        if extra
        else None
    )


def said(text: str) -> str | None:
    """The line for what another process last said about its error; None where it names no such fault."""
    for words, remedy in _WORDS:
        if re.search(words, text, re.IGNORECASE):
            path = _PATH.search(text.strip())
            return f"{path[1]}: {remedy}" if path else remedy
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it says it came of, nearest first; each once."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        original = getattr(one, "orig", None)
        one = one.__cause__ or (original if isinstance(original, BaseException) else None) or one.__context__
