"""The main job: crawl what is due, rate, publish, serve; and the same against the market in a box."""

from __future__ import annotations

import datetime as dt
import socket
import time
from dataclasses import replace

from kamengwatch import crawling, judging, sandboxing, showing, taking_in, watching
from kamengwatch.config import SHANGHAI, Config, Failure, UserError, require_contact
from kamengwatch.progress import bar, say
from store.ledger import targets

VISIT_DAYS = 70
"""The sandbox run visits every platform weekly over this many last simulated days."""
VISIT_EVERY = 7


def run_due(config: Config) -> Failure | None:
    """Crawl every source that is due, then rate and publish; returns the failure of a crawl in which no source was healthy.

    Such a day is published too: that the sources fell silent has to be seen. Raises UserError when nothing is watched.
    """
    require_contact()
    config.check_database()
    if not targets(config.engine):
        raise UserError(
            config.say(
                "观察名单是空的；先 kamengwatch watch add 网址，或 kamengwatch run --sandbox 看演示",
                "nothing is watched; first kamengwatch watch add URL, or kamengwatch run --sandbox for a demonstration",
            )
        )
    taking_in.take_in(config)
    failed = None
    try:
        crawling.crawl(config, [], [], True, None, False)
    except Failure as error:
        failed = error
    judging.rate(config, None, "duckdb", False)
    judging.publish(config, False)
    showing.rank(config, 5, False)
    return failed


def run_sandbox(config: Config, seed: int) -> None:
    """Crawl the market in a box over real HTTP through its last simulated weeks, rate, publish, print the ranking.

    A killed run is taken up where it stopped: visits already finished are not repeated.
    """
    if watching.holds_real_platforms(config):
        raise UserError(
            config.say(
                f"{config.data_dir} 里有真实网站的数据；演示请用另一个目录：--data-dir data/demo",
                f"{config.data_dir} holds real sites; give the demonstration a folder of its own: --data-dir data/demo",
            )
        )
    begun = time.perf_counter()
    with sandboxing.started(seed) as market:
        config = _visits(config, market, seed)
    crawled = time.perf_counter()
    day = config.today().isoformat()
    judging.rate(config, day, "duckdb", False)
    judging.publish(config, False)
    showing.rank(config, 8, False)
    done = time.perf_counter()
    say(
        config.say(
            f"用时：采集 {crawled - begun:.0f} 秒，评级与发布 {done - crawled:.0f} 秒。数据来自演示市场，不是任何真实网站。",
            f"Took {crawled - begun:.0f} s to crawl, {done - crawled:.0f} s to rate and publish. Demonstration data, no real site.",
        )
    )


def _visits(config: Config, market: sandboxing.Sandbox, seed: int) -> Config:
    """Visit the market weekly; returns the configuration bound to its last day."""
    ends_on = market.calendar()[1]
    days = [
        ends_on - dt.timedelta(days=n) for n in range(VISIT_DAYS - VISIT_DAYS % VISIT_EVERY, -1, -VISIT_EVERY)
    ]
    moments = [dt.datetime.combine(day, dt.time(20), SHANGHAI).astimezone(dt.UTC) for day in days]
    config = replace(config, fixed_now=moments[0])
    shops = [(s["host"], s.get("name"), s.get("aliases", ())) for s in market.hosts()]
    watching.add_sites(config, shops, demo=True)
    pages = 0
    with bar(
        config.say("采集演示市场", "crawling the market"), len(moments) * len(shops) * len(crawling.cards())
    ) as progress:
        for moment in moments:
            market.set_now(moment)
            config = replace(config, fixed_now=moment)
            visit = crawling.Visit(
                f"sandbox-{seed}-{moment:%Y%m%d}", market.proxy, lambda host: progress.advance(1, host)
            )
            pages += crawling.visit(config, visit)
    say(
        config.say(
            f"{len(shops)} 个演示网站，{pages} 页。", f"{len(shops)} demonstration sites, {pages} pages."
        )
    )
    return config


def serve(config: Config, host: str, port: int) -> None:
    """Serve the dashboard until stopped; raises UserError when the port is taken."""
    from dashboard.server import serve as run

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"{host}:{port}: 端口不可用 the port cannot be used ({error.strerror}); 换一个 try --port 8600"
            ) from error
    say(
        config.say(
            f"网页：http://{host}:{port}（Ctrl+C 停止）", f"Dashboard: http://{host}:{port} (Ctrl+C stops it)"
        )
    )
    run(host, port, config.data_dir, config.now)
