"""`rate --platform` and `publish --platform`: a few sites in seconds. It imports little, because its start would be most of it."""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import gc
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

from kamengwatch import console
from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line, tell_json
from store.china_time import SHANGHAI
from store.text.query import parse_query
from store.text.safe_text import plain


class _NoPandas(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


@contextlib.contextmanager
def _quick_imports() -> Iterator[None]:
    """Import without pandas, which pyarrow loads (0.4 s) only to ask whether a list is one of its arrays, and without collecting
    garbage that imports do not make (0.2 s). pyarrow asks once; who imports pandas later gets it."""
    hidden = _NoPandas()
    sys.meta_path.insert(0, hidden)
    gc.disable()
    try:
        import pyarrow

        pyarrow.array([0])
        yield
    finally:
        gc.freeze()  # nor is any of it looked through again: a few sites make little garbage
        atexit.register(gc.unfreeze)  # or libraries complain at the end of what they think was never let go
        gc.enable()
        sys.meta_path.remove(hidden)


def rate(
    config: Config,
    platforms: Sequence[str],
    as_of: str | None,
    engine: str,
    master: str | None,
    as_json: bool,
    then_publish: bool = False,
) -> None:
    """Rate these sites again, against what the last full rating kept of the sector; `then_publish` spares a second start."""
    with _quick_imports():
        from scoring.engine.sector_context import ContextUnusable
        from scoring.engine.single_sites import UnknownSites, rate_sites

    if engine != "duckdb" or master:
        raise UserError(
            "--platform: 只在本机运行 runs in this process only; 去掉 leave out --engine, --master"
        )
    config.check_database()
    hosts = _hosts(platforms)
    today = config.now().astimezone(SHANGHAI).date()
    day = day_in(config, as_of, today) if as_of else None
    try:
        folder, until = rate_sites(config.engine, config.data_dir, hosts, today, config.now(), day)
    except UnknownSites as error:
        first = error.hosts[0]
        raise UserError(
            config.say(
                f"{error}: 不在观察名单里，没有评级；先 kamengwatch watch add {first}",
                f"{error}: not watched, nothing was rated; first kamengwatch watch add {first}",
            )
        ) from error
    except ContextUnusable as error:
        raise UserError(config.say(error.zh, error.en)) from error
    console.event("rated", as_of=until.isoformat(), platforms=len(set(hosts)), folder=folder.name)
    named = " ".join(f"--platform {host}" for host in hosts[:5])
    next_zh, next_en = (
        ("", "")
        if then_publish
        else (f"。下一步：kamengwatch publish {named}", f". Next: kamengwatch publish {named}")
    )
    if as_json:
        tell_json({"as_of": until.isoformat(), "sites": sorted(set(hosts)), "platforms": len(set(hosts))})
    else:
        log_line(
            config.say(
                f"已单独评级 {len(set(hosts))} 个网站，截至 {until}{next_zh}",
                f"Rated {len(set(hosts))} site(s) singly as of {until}{next_en}",
            )
        )
    if then_publish:
        publish(config, platforms, as_json)


def publish(config: Config, platforms: Sequence[str], as_json: bool) -> None:
    """Publish the single ratings of these sites, everything else as in the snapshot before."""
    with _quick_imports():
        from kamengwatch.maintain.clock import check_clock
        from kamengwatch.notify import delivery
        from scoring.publish.partial import NotPartial, publish_sites
        from scoring.snapshot.signing import KeyUnusable

    config.check_database()
    check_clock(config)
    try:
        path = publish_sites(config.engine, config.data_dir, _hosts(platforms), config.now())
    except NotPartial as error:
        raise UserError(config.say(error.zh, error.en)) from error
    except KeyUnusable as error:
        raise UserError(str(error)) from error
    console.event("published", snapshot=path.name)
    if as_json:
        tell_json({"snapshot": path.name})
    else:
        log_line(config.say(f"已发布快照 {path.name}", f"Published snapshot {path.name}"))
    delivery.after_publish(config)


def _hosts(platforms: Sequence[str]) -> list[str]:
    hosts = [parse_query(text).host for text in platforms]
    for text, host in zip(platforms, hosts, strict=True):
        if not host:
            raise UserError(
                f"--platform {plain(text, 60)}: 里面没有网址 no web address in it; 例 e.g. shop.example"
            )
    return [host for host in hosts if host]


def day_in(config: Config, text: str | None, today: dt.date) -> dt.date:
    """The day that --as-of names (default: today); raises UserError for what is no day, or one to come."""
    if text is None:
        return today
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"--as-of {text}: 不是日期 not a date; 例 e.g. 2026-11-15") from error
    if day.year == dt.MAXYEAR:
        raise UserError(f"--as-of {text}: 没有下一天 no such day can end; 例 e.g. {today}")
    if day > today:
        raise UserError(
            config.say(
                f"--as-of {day}: 还没有到这一天（今天 {today}），没有评级；请给出今天或更早的日期",
                f"--as-of {day} lies in the future (today is {today}), nothing was rated; give today or an earlier day",
            )
        )
    return day
