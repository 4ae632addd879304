"""The main job: crawl what is due, rate, publish, serve; rate and publish alone; and the same against the market in a box."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from kamengwatch import console
from kamengwatch.config import Config, Failure, UserError, require_contact
from kamengwatch.console import Bar, bar, log_line, tell_json
from kamengwatch.intake import form_inbox, observing, watchlist
from kamengwatch.maintain.clock import clock_behind, confirm_clock
from kamengwatch.notify import delivery
from kamengwatch.pipeline import crawl, sandbox_market
from kamengwatch.pipeline.single_sites import day_in
from kamengwatch.pipeline.step_process import ended_by_signal, looking
from kamengwatch.read import verdicts
from store.china_time import SHANGHAI
from store.evidence.crawl_ledger import watched_platforms

if TYPE_CHECKING:
    from scoring.publish.publisher import WrongDay


def rate(
    config: Config,
    as_of: str | None,
    engine: str,
    as_json: bool,
    master: str | None = None,
    then_publish: bool = False,
) -> None:
    """Compute ratings and warnings up to a Shanghai day (default: today), in this process or on a Spark cluster."""
    from scoring.engine.backends import EngineError, EngineFailed, chosen
    from scoring.engine.rate import rate as run
    from scoring.fork_pool import ProcessLost

    config.check_database()
    now = config.now()
    day = day_in(config, as_of, now.astimezone(SHANGHAI).date())
    try:
        on = chosen(engine, master)
        with bar(config.say("评级", "rating")) as progress:
            rated = run(config.engine, config.data_dir, day, now, on, progress=progress.note)
    except EngineError as error:
        raise UserError(config.say(error.zh, error.en)) from error
    except (EngineFailed, ProcessLost) as error:
        raise Failure(config.say(error.zh, error.en)) from error
    console.event("rated", as_of=day.isoformat(), platforms=rated.platforms, folder=rated.folder.name)
    if as_json:
        tell_json({"as_of": day.isoformat(), "folder": rated.folder.name, "platforms": rated.platforms})
    else:
        next_zh, next_en = (
            ("", "") if then_publish else ("。下一步：kamengwatch publish", ". Next: kamengwatch publish")
        )
        log_line(
            config.say(
                f"已评级 {rated.platforms} 个网站，截至 {day}（方法 {rated.method_version}）{next_zh}",
                f"Rated {rated.platforms} site(s) as of {day} (method {rated.method_version}){next_en}",
            )
        )
    if then_publish:
        publish(config, as_json)


def publish(config: Config, as_json: bool, allow_older: bool = False) -> None:
    """Write the snapshot of the last rating and point `latest` at it; back to an earlier day only with `allow_older`."""
    from scoring.fork_pool import ProcessLost
    from scoring.publish.publisher import NothingRated, RatingDamaged, WrongDay
    from scoring.publish.publisher import publish as write
    from scoring.snapshot.signing import KeyUnusable

    config.check_database()
    behind = clock_behind(config)
    if behind and not allow_older:
        raise UserError(behind)
    try:
        with bar(config.say("发布", "publishing")) as progress:
            path = write(
                config.engine, config.data_dir, config.now(), progress=progress.note, allow_older=allow_older
            )
    except WrongDay as error:
        raise UserError(_wrong_day(config, error)) from error
    except KeyUnusable as error:
        raise UserError(str(error)) from error
    except ProcessLost as error:
        raise Failure(config.say(error.zh, error.en)) from error
    except RatingDamaged as error:
        raise Failure(
            config.say(
                f"rated/{error}: 评级文件被改动或缺失，没有发布；再运行 kamengwatch rate，它会重新写好",
                f"rated/{error}: files of the rating were changed or are missing, nothing was published; run kamengwatch rate again, which writes them anew",
            )
        ) from error
    except NothingRated as error:
        raise UserError(
            config.say(
                "还没有评级可发布；先运行 kamengwatch rate",
                "nothing is rated yet; run kamengwatch rate first",
            )
        ) from error
    if behind:
        confirm_clock(config)
    console.event("published", snapshot=path.name)
    if as_json:
        tell_json({"snapshot": path.name})
    else:
        log_line(config.say(f"已发布快照 {path.name}", f"Published snapshot {path.name}"))
    delivery.after_publish(config)


def _wrong_day(config: Config, error: WrongDay) -> str:
    if error.rated > error.today:
        return config.say(
            f"最近一次评级截至 {error.rated}，还没有到这一天（今天 {error.today}），没有发布；核对本机时钟，再运行 kamengwatch rate",
            f"the last rating is as of {error.rated}, a day to come (today is {error.today}): nothing was published; check this machine's clock, then run kamengwatch rate",
        )
    return config.say(
        f"最近一次评级截至 {error.rated}，早于已发布的 {error.published}，没有发布；先 kamengwatch rate，或确要退回：kamengwatch publish --allow-older",
        f"the last rating is as of {error.rated}, earlier than the published {error.published}: nothing was published; run kamengwatch rate first, or to go back on purpose: kamengwatch publish --allow-older",
    )


VISITS = (63, 49, 35, 28, 21, 14, 7, 0)
"""Days before the market's last on which the sandbox run visits it: a rating takes 30 days, and shows its change in 30 more."""


def run_due(config: Config) -> Failure | None:
    """Crawl every source that is due, then rate and publish; returns the failure of a crawl in which no source was healthy.

    Such a day is published too: that the sources fell silent has to be seen. Raises UserError when nothing is watched.
    """
    require_contact()
    config.check_database()
    if not watched_platforms(config.engine):
        raise UserError(
            config.say(
                "观察名单是空的；先 kamengwatch watch add 网址，或 kamengwatch run --sandbox 看演示",
                "nothing is watched; first kamengwatch watch add URL, or kamengwatch run --sandbox for a demonstration",
            )
        )
    form_inbox.take_in(config)
    observing.take_inbox(config)
    failed = None
    try:
        crawl.crawl(config, [], [], True, None, False)
    except Failure as error:
        failed = error
    rate(config, None, "duckdb", False)
    publish(config, False)
    verdicts.rank(config, 5, False)
    return failed


def run_sandbox(config: Config, seed: int, then: Callable[[Config], None] = lambda config: None) -> None:
    """Crawl the market in a box over real HTTP through its last simulated weeks, rate, publish, print the ranking; then `then`.

    A killed run is taken up where it stopped: visits already finished are not repeated. While `then` serves, the market goes on
    playing on its last day, and sites nobody watches are looked at on request.
    """
    if watchlist.holds_real_platforms(config):
        raise UserError(
            config.say(
                f"{config.data_dir} 里有真实网站的数据；演示请用另一个目录：--data-dir data/demo",
                f"{config.data_dir} holds real sites; give the demonstration a folder of its own: --data-dir data/demo",
            )
        )
    with ended_by_signal(), sandbox_market.started(seed) as market:
        config = _play(config, market, seed)
        with looking(config, market.proxy):
            then(config)


def _play(config: Config, market: sandbox_market.Sandbox, seed: int) -> Config:
    """The visits, the rating and its publication; returns the configuration bound to the market's last day."""
    begun = time.perf_counter()
    config = _visits(config, market, seed)
    crawled = time.perf_counter()
    day = config.today().isoformat()
    rate(config, day, "duckdb", False)
    publish(config, False)
    verdicts.rank(config, 8, False)
    done = time.perf_counter()
    log_line(
        config.say(
            f"用时：采集 {crawled - begun:.0f} 秒，评级与发布 {done - crawled:.0f} 秒。数据来自演示市场，不是任何真实网站。",
            f"Took {crawled - begun:.0f} s to crawl, {done - crawled:.0f} s to rate and publish. Demonstration data, no real site.",
        )
    )
    return config


def _tell_host(progress: Bar, day: str, host: str) -> None:
    progress.note(f"{day} {host}")


def _visits(config: Config, market: sandbox_market.Sandbox, seed: int) -> Config:
    """Visit the market on the days of VISITS; returns the configuration bound to its last day."""
    ends_on = market.calendar()[1]
    days = [ends_on - dt.timedelta(days=before) for before in VISITS]
    moments = [dt.datetime.combine(day, dt.time(20), SHANGHAI).astimezone(dt.UTC) for day in days]
    config = replace(config, fixed_now=moments[0])
    shops = market.hosts()
    pages = 0
    with bar(config.say("采集演示市场", "crawling the market"), len(moments)) as progress:
        for moment in moments:
            market.set_now(moment)
            config = replace(config, fixed_now=moment)
            # A site is watched once it is there: before that nobody could have named it.
            open_now = [(s["host"], s.get("name"), s.get("aliases", ())) for s in market.hosts()]
            watchlist.add_sites(config, open_now, demo=True)
            day = f"{moment.astimezone(SHANGHAI):%m-%d}"
            visit = crawl.Visit(
                f"sandbox-{seed}-{moment:%Y%m%d}", market.proxy, partial(_tell_host, progress, day)
            )
            pages += crawl.visit(config, visit)
            progress.advance()
            if moment in moments[-3:]:
                sandbox_market.look_from_the_second_place(config, market)
            if moment == moments[-2]:
                sandbox_market.hand_in_reports(config, shops[-1]["host"])
    codes = sandbox_market.say_what_became(config)
    log_line(
        config.say(
            f"演示线索的查询码（在网页“提交线索”页可查进度）：{'、'.join(codes)}",
            f"Codes of the played reports, to be looked up on the report page: {', '.join(codes)}",
        )
    )
    log_line(
        config.say(
            f"{len(shops)} 个演示网站，{pages} 页。", f"{len(shops)} demonstration site(s), {pages} page(s)."
        )
    )
    return config


def serve(config: Config, host: str, port: int) -> None:
    """Serve the dashboard until stopped; raises UserError when the port is taken."""
    from dashboard.server import serve as run
    from kamengwatch.review import report_life

    with contextlib.suppress(OSError):  # where nothing can be written, reports are taken in without a code
        report_life.make_key(config.data_dir)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"{host}:{port}: 端口不可用 the port cannot be used ({error.strerror}); 换一个 try --port 8600"
            ) from error
    log_line(
        config.say(
            f"网页：http://{host}:{port}（Ctrl+C 停止）", f"Dashboard: http://{host}:{port} (Ctrl+C stops it)"
        )
    )
    run(host, port, config.data_dir, config.now)
