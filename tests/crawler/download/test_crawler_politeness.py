"""How a host is treated, proved on a real server with the real clock: what we ask, how often, and when we stop."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request

from crawler.download.handlers import GuardedHandler
from crawler.guard import NEVER
from crawler.pages.block_pages import place_of, wall_of
from crawler.run import spiders
from tests.support.programs import every_spider, forked
from tests.support.servers.polite_server import Answer, Visits, serving

GOODS = "<html><body>" + "".join(
    f'<li class="item"><a href="/p/{n}">商品{n}</a> ¥{n}.50 库存：{n}</li>' for n in range(1, 9)
)
HOME = (
    GOODS
    + '<a href="/terms">服务条款</a> <a href="/notice">公告</a> <a href="/contact">联系我们</a></body></html>'
)


def crawl(shops: Visits | list[Visits], *settings: str, unread: bool = False) -> list[dict[str, Any]]:
    """Run `scrapy crawl storefront` against local servers, as any Scrapy user would; returns the exported records.

    It has to end with 0, with `unread` with 1: a shop or a page of it was not read, which the errors name.
    """
    shops = shops if isinstance(shops, list) else [shops]
    out = Path(os.environ["KAMENGWATCH_DATA_DIR"]) / "out.jsonl"
    allowed = "GUARD_ALLOWED_HOSTS=" + ",".join(one.address for one in shops)
    named = [
        "SHOP_SCHEMES=http",
        "CONTROLS=http://127.0.0.1:9/",
        allowed,
        "AUTOTHROTTLE_START_DELAY=0.05",
        *settings,
    ]
    if not any(s.startswith("DOWNLOAD_DELAY=") for s in named):
        named.append("DOWNLOAD_DELAY=0.05")
    command = [
        "scrapy",
        "crawl",
        "storefront",
        "-a",
        "platform=" + ",".join(f"{one.address}:{one.port}" for one in shops),
        "-O",
        str(out),
    ]
    for setting in named:
        command += ["-s", setting]
    done = forked.run(command, os.environ)
    assert done.returncode == int(unread), done.stderr
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@contextmanager
def side_by_side(answers: list[Callable[[str], Answer]]) -> Iterator[list[Visits]]:
    """A server for each, at an address of its own, because a host is its address whatever the port."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(serving(answer, address=f"127.0.1.{n}"))
            for n, answer in enumerate(answers, 1)
        ]


def shop(robots: Answer) -> Any:
    def answer(path: str) -> Answer:
        if path == "/robots.txt":
            return robots
        return (
            200,
            "text/html; charset=utf-8",
            HOME if path == "/" else "<p>本店服务条款与公告的正文，共二十个字以上，特此说明。</p>",
        )

    return answer


@pytest.fixture(autouse=True)
def _folder(data_dir: Path) -> Path:
    return data_dir


TEXT = "text/plain"
#: seconds by which a busy machine may note one arrival late; the next one then seems that much too early
ARRIVAL = 0.2


def test_a_shop_without_robots_is_read_one_request_at_a_time_by_a_named_guest() -> None:
    with serving(shop((404, TEXT, "")), seconds=0.05) as visits:
        records = crawl(visits)
    assert visits.most_open == 1
    assert visits.paths[0] == "/robots.txt" and "/" in visits.paths and "/terms" in visits.paths
    assert all(agent.startswith("kamengwatch/") for agent in visits.agents)
    assert len([r for r in records if r["kind"] == "price"]) == 8


def test_what_robots_forbids_is_not_asked() -> None:
    with serving(shop((200, TEXT, "User-agent: *\nDisallow: /terms\nDisallow: /notice\n"))) as visits:
        crawl(visits)  # the shop itself was read: its terms are not
    assert "/" in visits.paths and "/contact" in visits.paths
    assert not {"/terms", "/notice"} & set(visits.paths)


def test_a_host_whose_robots_says_no_or_cannot_be_read_is_not_crawled() -> None:
    unreadable = [
        (500, TEXT, "error"),
        (503, TEXT, ""),
        (403, TEXT, "no"),
        (200, TEXT, "User-agent: *\nDisallow:\n".encode("utf-16")),
        (200, "text/html", "<html><body>请完成安全验证</body></html>"),
        (200, TEXT, "User-agent: kamengwatch\nDisallow: /\n"),
        (200, TEXT, "User-agent: *\nCrawl-delay: 3600\n"),
    ]
    with side_by_side([shop(robots) for robots in unreadable]) as shops:
        records = crawl(shops, unread=True)
    assert [set(visits.paths) for visits in shops] == [{"/robots.txt"}] * len(unreadable)
    assert not [r for r in records if r["kind"] in ("page", "price")]


def test_a_page_in_the_place_of_robots_holds_no_rules_and_rules_with_comments_in_gbk_are_rules() -> None:
    page = (200, "text/html", "<!DOCTYPE html><html><body><div id='app'></div></body></html>")
    gbk = (200, TEXT, "# 禁止抓取条款\nUser-agent: *\nDisallow: /terms\n".encode("gbk"))
    with side_by_side([shop(page), shop(gbk)]) as (single_page, ruled):
        crawl([single_page, ruled])
    assert {"/", "/terms", "/notice"} <= set(single_page.paths)
    assert {"/", "/notice"} <= set(ruled.paths) and "/terms" not in ruled.paths


def test_crawl_delay_is_kept_even_where_our_own_delay_is_shorter() -> None:
    with serving(shop((200, TEXT, "User-agent: *\nCrawl-delay: 0.7\n"))) as visits:
        crawl(visits)
    assert visits.shortest_gap >= 0.7 - ARRIVAL


def test_our_own_delay_lies_between_requests() -> None:
    with serving(shop((404, TEXT, ""))) as visits:
        crawl(visits, "DOWNLOAD_DELAY=0.5", "DOWNLOAD_DELAY_JITTER=0")
    assert visits.shortest_gap >= 0.5 - ARRIVAL


def test_after_a_refusal_nothing_more_is_asked() -> None:
    def refusing(status: int) -> Callable[[str], Answer]:
        def answer(path: str) -> Answer:
            if path == "/":
                return (200, "text/html; charset=utf-8", HOME)
            return (404, TEXT, "") if path == "/robots.txt" else (status, TEXT, "no")

        return answer

    statuses = [401, 403, 407, 429]
    with side_by_side([refusing(status) for status in statuses]) as shops:
        crawl(shops, unread=True)
    for status, visits in zip(statuses, shops, strict=True):
        assert len([p for p in visits.paths if p not in ("/", "/robots.txt")]) == 1, status


def test_at_a_captcha_the_visit_ends_and_is_recorded_as_refused() -> None:
    captcha = "<html><title>安全验证</title><script src='//static.geetest.com/v4/gt4.js'></script>请完成安全验证</html>"
    with serving(
        lambda path: (404, TEXT, "") if path == "/robots.txt" else (200, "text/html; charset=utf-8", captcha)
    ) as visits:
        records = crawl(visits, unread=True)
    assert visits.paths == ["/robots.txt", "/"]
    assert [(r["kind"], r["outcome"], r["class"]) for r in records] == [("probe", "refused", "js_challenge")]


def test_a_busy_server_is_asked_again_at_most_once() -> None:
    with serving(
        lambda path: (404, TEXT, "") if path == "/robots.txt" else (502, TEXT, "bad gateway")
    ) as visits:
        records = crawl(visits, unread=True)
    assert visits.paths.count("/") == 2
    assert [(r["outcome"], r["class"]) for r in records] == [("down", "server_error")]


@pytest.mark.parametrize(
    "path",
    [
        "/order-search", "/search-order-by-sn", "/user/api/index/query?keywords=1", "/user/api/index/secret", "/user/api/index/pay",
        "/ajax.php?act=query", "/ajax.php?act=order&id=1", "/?mod=query", "/?mod=cart", "/login", "/user/login", "/frontLogin.htm",
        "/bill/123", "/create-order", "/submit.php?pid=1", "/mapi.php", "/pay/alipay/1", "/captcha.php", "/kaptcha", "/cart",
        "/api/v1/public/../orders", "/s#/record", "/api/complaint/store", "/api/votes/add", "/api/sms/send", "/register",
    ],
)  # fmt: skip
def test_buyers_pages_logins_captchas_and_payment_are_never_asked(path: str) -> None:
    if ".." in path:
        path = "/api/v1/orders"
    assert NEVER.search(path) or path.startswith("/api/complaint") and NEVER.search(path + "/"), path


@pytest.mark.parametrize(
    "path",
    ["/", "/buy/3", "/user/api/index/data", "/user/api/index/commodity?categoryId=1&page=1", "/ajax.php?act=getcount",
     "/ajax.php?act=gettool&cid=2", "/?mod=terms", "/product/get/?limit=20&page=1", "/api/v2/theme_list", "/api/shop/product",
     "/api/v1/public/products?page=1", "/api/company/info?couid=1", "/complaint/view/17399000011/?sld=0a", "/query/web?search=a.test"],
)  # fmt: skip
def test_public_lists_may_be_asked(path: str) -> None:
    assert not NEVER.search(path)


def test_a_shop_that_speaks_of_captchas_or_closures_is_a_shop() -> None:
    page = GOODS + "<script>initGeetest({})</script>" + "<p>公告：某店铺已被冻结的传闻不实。</p>" * 300
    assert wall_of(page.encode()) is None
    assert place_of(200, page) is None


# Every spider, found not listed, is the same guest: robots.txt first, Crawl-delay on the real clock, one at a time, and a stop.


DELAY, JITTER = 3.0, 1.25
"""Seconds; without Crawl-delay 0.05 would be kept. A crowded machine stamps an arrival late: one spider alone is held to the
full delay in test_crawler_politeness.py."""
SPIDERS = [name for name in spiders() if name != "screenshot"]
"""The pictures are taken by a browser; its spider has tests of its own."""
PAGE = (
    "<html><body>"
    + "".join(f"<li>商品{n} ¥{n}.50 库存：{n}</li>" for n in range(1, 9))
    + '<a href="/terms">服务条款</a>'
)
CAPTCHA = "<html><title>安全验证</title><p>请拖动滑块完成验证</p></html>"
VARIANTS: dict[str, Answer] = {
    "delay": (200, "text/html; charset=utf-8", PAGE),
    "401": (401, "text/plain", "no"),
    "403": (403, "text/plain", "no"),
    "429": (429, "text/plain", "no"),
    "captcha": (200, "text/html; charset=utf-8", CAPTCHA),
}


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Visits]:
    """What each spider's own servers saw, by `<spider>/<variant>`."""
    return run_all(str(tmp_path_factory.mktemp("data")))


def run_all(data_dir: str) -> dict[str, Visits]:
    """Run every spider once, each against a server of its own for each variant."""
    robots = (200, "text/plain", f"User-agent: *\nCrawl-delay: {DELAY}\nDisallow: /secret\n")
    with ExitStack() as stack:
        seen = {
            f"{name}/{variant}": stack.enter_context(
                serving(lambda path, said=said: robots if path == "/robots.txt" else said, seconds=0.02)
            )
            for name in SPIDERS
            for variant, said in VARIANTS.items()
        }
        ports = {key: visit.port for key, visit in seen.items()}
        environment = os.environ | {"KAMENGWATCH_DATA_DIR": data_dir}
        crawls = forked.process(every_spider.main, ports, environment, data_dir)
        crawls.join(240)
        assert crawls.exitcode == 0, (Path(data_dir) / "err").read_text("utf-8")[-2_000:]
        return seen


@pytest.mark.parametrize("name", SPIDERS)
def test_robots_comes_first_crawl_delay_is_kept_and_one_is_asked_at_a_time(
    visits: dict[str, Visits], name: str
) -> None:
    for variant in VARIANTS:
        visit = visits[f"{name}/{variant}"]
        assert len(visit.paths) >= 2, (
            f"{name} asked nothing: give its address to tests/support/programs/every_spider.py"
        )
        assert visit.paths[0] == "/robots.txt" and visit.most_open == 1
        assert all(agent.startswith("kamengwatch/") for agent in visit.agents)
        assert visit.shortest_gap >= DELAY - JITTER


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v != "delay"])
@pytest.mark.parametrize("name", SPIDERS)
def test_after_a_refusal_or_a_captcha_nothing_more_is_asked(
    visits: dict[str, Visits], name: str, variant: str
) -> None:
    assert len([path for path in visits[f"{name}/{variant}"].paths if path != "/robots.txt"]) == 1


# The distance between two requests counts from when the first truly left, not from when it was planned.


@pytest.mark.parametrize(("jitter", "least"), [(0.0, 0.4), (0.5, 0.2)])
def test_a_request_that_left_late_holds_the_next_one_back(jitter: float, least: float) -> None:
    handler = GuardedHandler.__new__(GuardedHandler)
    slots = {"a.example": SimpleNamespace(delay=0.4, jitter=jitter)}
    handler._crawler = SimpleNamespace(engine=SimpleNamespace(downloader=SimpleNamespace(slots=slots)))  # type: ignore[assignment]

    async def left_then_asked() -> float:
        handler.sent = {"a.example": time.monotonic()}
        await handler._keep_distance(Request("https://a.example/next"))
        return time.monotonic() - handler.sent["a.example"]

    assert asyncio.run(left_then_asked()) >= least - 0.01


def test_a_host_that_was_not_asked_yet_is_asked_at_once() -> None:
    handler = GuardedHandler.__new__(GuardedHandler)
    handler.sent = {"a.example": time.monotonic() + 3600}
    slots = {"b.example": SimpleNamespace(delay=3600.0, jitter=0.0)}
    handler._crawler = SimpleNamespace(engine=SimpleNamespace(downloader=SimpleNamespace(slots=slots)))  # type: ignore[assignment]
    asyncio.run(asyncio.wait_for(handler._keep_distance(Request("https://b.example/")), 30))
