"""Our own outage judges nobody: whatever fails around us, no site is called down, closed or calm for it."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    CloseSpider,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)
from scrapy.http import HtmlResponse, TextResponse
from scrapy.utils.misc import load_object
from scrapy.utils.project import get_project_settings
from sqlalchemy import update
from twisted.python.failure import Failure

from crawler.control_pages import control_urls, unlike_control
from crawler.download.failures import classify_failure
from crawler.download.politeness import Unwelcome
from crawler.home_addresses import home_addresses
from crawler.pages.block_pages import probe_of_failure
from crawler.run import spiders
from crawler.source_spider import SourceSpider
from crawler.spiders.availability import AvailabilitySpider
from crawler.spiders.storefront import StorefrontSpider
from scoring.figures import figures_of
from scoring.tables.sentences import transition_reason
from scoring.warning.state_machine import CLOSED, STALE, STATES
from store.db.tables import Crawl
from store.evidence.crawl_ledger import OWN_LINE, Target
from store.settings import Settings
from tests.scoring.linkage.test_siblings import LAST, probes, sites
from tests.support.markets.judged_records import database, judged
from tests.support.markets.scoring import START, at, crawls
from tests.support.programs.spider_replay import NOW, CaseBooks

_SETTINGS = get_project_settings()
CONTROLS = ["http://one.test/", "http://two.test/robots.txt"]
SHOP = "<html><title>店</title><body>商品 9.9元</body></html>"


def no_name_server() -> Exception:
    error = CannotResolveHostError("x")
    error.__cause__ = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return error


def no_such_name() -> Exception:
    error = CannotResolveHostError("x")
    error.__cause__ = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return error


def robots_error(request: Request) -> Exception:
    answer = TextResponse(f"{request.url}robots.txt", status=500, body=b"error", request=request)
    return Unwelcome("robots.txt answered HTTP 500: not crawled", answer=answer)


def robots_late(request: Request) -> Exception:
    return Unwelcome("robots.txt could not be read: not crawled", DownloadTimeoutError("late"))


FATES: dict[str, Any] = {
    "up": lambda request: HtmlResponse(request.url, body=SHOP.encode(), request=request),
    "wall": lambda request: HtmlResponse(request.url, status=403, body=b"no", request=request),
    "gone": lambda request: no_such_name(),
    "refusing": lambda request: DownloadConnectionRefusedError("refused"),
    "robots 500": robots_error,
    "robots late": robots_late,
    "unresolved": lambda request: no_name_server(),
}
"""What asking a host leads to."""
OURS = [lambda request: no_name_server(), lambda request: DownloadTimeoutError("late"),
        lambda request: DownloadConnectionRefusedError("network is unreachable"),
        lambda request: HtmlResponse(request.url, body=b"<html><title>\xe7\x99\xbb\xe5\xbd\x95</title>portal</html>", status=511, request=request)]  # fmt: skip
"""What our own outage makes of every request."""


@dataclass
class World:
    """Hosts and their fates. `line` says for each request in turn which of OURS stands in its way (None: it passes)."""

    fates: dict[str, str]
    line: list[int | None] = field(default_factory=list)
    rest: int | None = None
    """The line after that."""
    controls: dict[str, bool] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Any:
        """A response or an error."""
        self.asked.append(request.url)
        ours = self.line.pop(0) if self.line else self.rest
        if ours is not None:
            return OURS[ours](request)
        if request.url in CONTROLS:
            up = self.controls.get(request.url, True)
            return TextResponse(request.url, body=b"hello", request=request) if up else no_such_name()
        fate = self.fates.get(str(urlsplit(request.url).hostname), "gone")
        return FATES[fate](request)


@dataclass
class Round:
    """What a spider made of a world."""

    books: CaseBooks
    records: list[dict[str, Any]]
    world: World

    @property
    def probes(self) -> dict[str, str]:
        """Host -> outcome."""
        return {r["host"]: r["outcome"] for r in self.records if r["kind"] == "probe"}


def play(world: World, cls: type[SourceSpider] = AvailabilitySpider, hosts: list[str] | None = None) -> Round:
    """Run a round, one request at a time."""
    chosen = _SETTINGS.copy()
    chosen.setdict(
        {"KAMENGWATCH_NOW": NOW, "SANDBOX_PROXY": "http://127.0.0.1:9", "SHOP_SCHEMES": ["http"], "CONTROLS": CONTROLS,
         "ICP_BASE": "http://icp.test"},
        priority="cmdline",
    )  # fmt: skip
    crawler = Crawler(cls, chosen)
    crawler.stats = load_object(chosen["STATS_CLASS"])(crawler)
    books = CaseBooks()
    named = hosts or [host for host in world.fates if not host.startswith("www.")]
    spider = cls.from_crawler(crawler, books=books, targets=[Target(0, h, None, (), None) for h in named])
    crawler.spider = spider
    records: list[dict[str, Any]] = []

    async def first() -> list[Request]:
        return [request async for request in spider.start()]

    queue, reason = asyncio.run(first()), "finished"
    try:
        while queue:
            queue.sort(key=lambda request: -request.priority)
            request = queue.pop(0)
            answer = world.answer(request)
            if isinstance(answer, Exception):
                failure = Failure(answer)
                failure.request = request  # type: ignore[attr-defined]
                outputs = spider.on_failure(failure)
            else:
                outputs = spider.on_page(answer, **request.cb_kwargs)
            for out in outputs:
                (queue if isinstance(out, Request) else records).append(out)
    except CloseSpider as closing:
        reason = closing.reason
    spider.closed(reason)
    return Round(books, records, world)


def test_without_a_control_nothing_is_asked_and_the_round_has_failed() -> None:
    for ours in range(len(OURS)):
        found = play(World({"a.test": "up", "b.test": "gone"}, rest=ours))
        assert found.books.end["outcome"] == "failed" and found.books.end["reason"].startswith(OWN_LINE)
        assert "one.test" in found.books.end["reason"] and "two.test" in found.books.end["reason"]
        assert not found.records and set(found.world.asked) == set(CONTROLS)


def test_an_outage_that_begins_in_the_middle_says_nothing_of_whoever_was_asked_then() -> None:
    found = play(World({"a.test": "up", "b.test": "up", "c.test": "up"}, [None, None], rest=0))
    assert found.probes == {"a.test": "ok"} and found.books.end["outcome"] == "failed"
    assert found.books.end["reason"].startswith(OWN_LINE)
    assert {found.books.hosts[host][0] for host in found.books.hosts} == {"ok", "failed"}


@pytest.mark.parametrize("silent", [[], CONTROLS[:1], CONTROLS[1:]])
def test_one_control_that_answers_is_enough_and_the_ledger_names_it(silent: list[str]) -> None:
    found = play(World({"a.test": "gone", "b.test": "refusing"}, controls=dict.fromkeys(silent, False)))
    assert found.probes == {"a.test": "down", "b.test": "down"} and found.books.end["outcome"] == "ok"
    answered = found.books.end["measured"]["controls"]["answered"]
    assert answered and not {urlsplit(url).hostname for url in silent} & set(answered)


def test_a_portal_in_place_of_the_control_is_no_answer() -> None:
    def answered(url: str, body: bytes, status: int = 200, asked: str = CONTROLS[1]) -> str | None:
        return unlike_control(HtmlResponse(url, body=body, status=status), asked)

    assert answered(CONTROLS[1], b"User-agent: *\nDisallow: /\n") is None
    assert answered(CONTROLS[1], b"<!DOCTYPE html><title>login</title>")
    assert answered(CONTROLS[0], b"hello", asked=CONTROLS[0]) is None
    assert answered(CONTROLS[0], b"", 302, CONTROLS[0]) and answered(CONTROLS[0], b"", 503, CONTROLS[0])
    assert answered("http://portal.test/", b"hello", asked=CONTROLS[0])


def test_there_are_several_independent_controls_by_default_and_only_their_robots_is_asked() -> None:
    urls = control_urls(Settings.model_fields["controls"].default.split(","))
    assert len({urlsplit(url).hostname for url in urls}) >= 3
    assert all(urlsplit(url).path == "/robots.txt" and url.startswith("https://") for url in urls)


def test_both_names_of_a_site_are_tried_before_it_is_down() -> None:
    found = play(World({"a.test": "gone", "www.a.test": "up", "b.test": "gone"}))
    assert found.probes == {"a.test": "ok", "b.test": "down"}
    assert {"http://www.a.test/", "http://www.b.test/"} <= set(found.world.asked)
    assert home_addresses("a.example", ["https", "http"]) == [
        "https://a.example/", "http://a.example/", "https://www.a.example/", "http://www.a.example/"]  # fmt: skip
    assert home_addresses("shop.a.example", ["https"]) == ["https://shop.a.example/"]
    assert home_addresses("192.0.2.7:8080", ["http"]) == ["http://192.0.2.7:8080/"]


@pytest.mark.parametrize("fate", ["robots 500", "robots late", "unresolved"])
@pytest.mark.parametrize("spider", [AvailabilitySpider, StorefrontSpider])
def test_a_failing_robots_or_name_server_leaves_the_site_unknown(
    fate: str, spider: type[SourceSpider]
) -> None:
    for other in ("gone", fate):
        found = play(World({"a.test": fate, "www.a.test": other}), spider)
        assert not found.probes and found.books.hosts["a.test"][0] == "failed"
        found = play(World({"a.test": "gone", "www.a.test": fate}), spider)
        assert not found.probes and found.books.hosts["a.test"][0] == "failed"


def test_a_shop_page_crawl_says_down_only_after_a_control() -> None:
    assert play(World({"a.test": "refusing"}), StorefrontSpider).probes == {"a.test": "down"}
    lost = play(World({"a.test": "refusing"}, controls=dict.fromkeys(CONTROLS, False)), StorefrontSpider)
    assert not lost.probes and lost.books.end["outcome"] == "failed"
    assert OWN_LINE in lost.books.hosts["a.test"][1]


def test_the_name_server_that_is_silent_is_told_from_the_name_that_is_not_there() -> None:
    assert (
        classify_failure(no_name_server())[1] == "dns_failed"
        and classify_failure(no_such_name())[1] == "dns_gone"
    )
    assert probe_of_failure("dns_failed") is None and probe_of_failure("robots_timeout") is None
    gone = probe_of_failure("dns_gone")
    assert gone is not None and gone["outcome"] == "down"
    assert classify_failure(Unwelcome("x", DownloadTimeoutError("late")))[1] == "robots_timeout"
    assert classify_failure(Unwelcome("x", no_such_name()))[1] == "dns_gone"


_host_fates = st.sampled_from(sorted(FATES))
_lines = st.lists(st.one_of(st.none(), st.none(), st.integers(0, len(OURS) - 1)), max_size=30)


@given(st.lists(_host_fates, min_size=1, max_size=5), st.lists(_host_fates, max_size=5), _lines,
       st.one_of(st.none(), st.integers(0, len(OURS) - 1)), st.booleans())  # fmt: skip
@settings(phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_no_order_of_outages_walls_and_robots_failures_improves_or_closes_anything(
    bare: list[str], www: list[str], line: list[int | None], rest: int | None, one_control: bool
) -> None:
    """An outage of ours is noticed where it stands in the way of a control too; here it ends only at a control that answers."""
    fates = {f"s{n}.test": fate for n, fate in enumerate(bare)}
    fates |= {f"www.s{n}.test": fate for n, fate in enumerate(www)}
    world = Lasting(fates, line, rest, dict.fromkeys(CONTROLS[:1], False) if one_control else {})
    found = play(world)
    for host, outcome in found.probes.items():
        names = {fates.get(host, "gone"), fates.get(f"www.{host}", "gone")}
        assert outcome != "down" or names <= {"gone", "refusing"}, (host, names)
        assert outcome not in ("ok", "slow") or "up" in names
        assert outcome != "refused" or "wall" in names
    if not any(outcome == "ok" for outcome, _ in found.books.hosts.values()):
        assert found.books.end["outcome"] != "ok"


class Lasting(World):
    """An outage of ours that has begun lasts until every control has been asked in vain."""

    def answer(self, request: Request) -> Any:
        """As World, but no outage ends before it was noticed."""
        if self.line and self.line[0] is not None:
            self.vain = {*getattr(self, "vain", ()), request.url} & set(CONTROLS)
            if self.vain < set(CONTROLS):
                self.line.insert(0, self.line[0])
            else:
                self.vain = set()
        return super().answer(request)


@pytest.mark.parametrize("name", sorted(spiders()))
@pytest.mark.parametrize("ours", [0, 1, 2])
def test_a_crawl_in_which_everything_failed_has_failed_whatever_the_source(name: str, ours: int) -> None:
    found = play(World({}, rest=ours), spiders()[name], ["a.test", "b.test"])
    assert found.books.end["outcome"] == "failed", found.books.end
    assert not found.records and not any(outcome == "ok" for outcome, _ in found.books.hosts.values())


# Whether a site is said to be closed: never from our probes alone without a control, or others that answered; in true numbers.


DOWN_FROM = 100
CONTROL = {"controls": {"answered": ["www.example.org"], "silent": {}}}


def rounds(measured: dict[str, Any] | None, tmp_path: Path, records: list[dict[str, Any]]) -> Any:
    """The judged market; `measured` is what its availability rounds say of their controls."""
    every = [*records, *crawls(range(LAST + 1)), *crawls(range(LAST + 1), source="availability")]
    engine = database(tmp_path, every)
    if measured is not None:
        with engine.begin() as connection:
            connection.execute(
                update(Crawl).where(Crawl.source_id == "availability").values(measured=measured)
            )
    return judged(engine, START + dt.timedelta(days=LAST))


def states(found: Any, host: str) -> Any:
    row = {s.host: i for i, s in enumerate(found.facts.sites)}[host]
    return found.warned.state[row]


@pytest.mark.parametrize(
    "hosts", [1, 2, pytest.param(3, marks=pytest.mark.soak), pytest.param(5, marks=pytest.mark.soak)]
)
def test_when_everything_we_watch_is_silent_nothing_is_closed_without_a_control(
    tmp_path: Path, hosts: int
) -> None:
    named = [f"{letter}.example" for letter in "abcde"[:hosts]]
    records = [*sites(named), *(p for host in named for p in probes(host, down_from=DOWN_FROM))]
    found = rounds(None, tmp_path / "without", records)
    assert not any((states(found, host) == CLOSED).any() for host in named)
    found = rounds(CONTROL, tmp_path / "with", records)
    for host in named:
        day = int(np.flatnonzero(states(found, host) == CLOSED)[0])
        assert DOWN_FROM + 7 <= day <= DOWN_FROM + 9
        said, _ = transition_reason(found, named.index(host), day, CLOSED)
        assert "对照网页能打开" in said[0] and "control page was reachable" in said[1]
        if hosts == 1:
            assert "其他" not in said[0] and "other sites" not in said[1]
        else:
            assert ("另外 1 个网站也打不开" if hosts == 2 else f"其他 {hosts - 1} 个网站都打不开") in said[0]


@pytest.mark.parametrize("up", [1, pytest.param(2, marks=pytest.mark.soak), 4])
def test_others_are_told_in_numbers_that_are_true(tmp_path: Path, up: int) -> None:
    named = ["a.example", *(f"{letter}.example" for letter in "bcde"[:up])]
    records = [*sites(named), *probes("a.example", down_from=DOWN_FROM)]
    for host in named[1:]:
        records += probes(host, down_from=LAST + 1)
    found = rounds(None, tmp_path, records)
    day = int(np.flatnonzero(states(found, "a.example") == CLOSED)[0])
    said, _ = transition_reason(found, 0, day, CLOSED)
    if up == 1:
        assert "另外 1 个网站能打开" in said[0] and "the 1 other site probed was reachable" in said[1]
    else:
        assert f"其他 {up} 个网站中有 {up} 个能打开" in said[0]
        assert f"{up} of the {up} other sites probed were reachable" in said[1]
    assert "对照" not in said[0]
    (others,) = [figure for figure in figures_of(said) if figure.name == "others_reached"]
    assert (others.n, others.of) == (up, up)


def test_days_on_which_no_round_was_good_move_no_state(tmp_path: Path) -> None:
    """A round that failed for want of a control leaves no probe: the states stay, and after a while they are stale."""
    named = ["a.example", "b.example"]
    records = [*sites(named)]
    for host in named:
        records += [p for p in probes(host) if p["observed_at"] < at(DOWN_FROM, 0)]
    failed = crawls(range(DOWN_FROM, LAST + 1), "failed", "availability")
    failed += crawls(range(DOWN_FROM, LAST + 1), "failed")
    records += crawls(range(DOWN_FROM), source="availability") + crawls(range(DOWN_FROM)) + failed
    found = judged(database(tmp_path, records), START + dt.timedelta(days=LAST))
    for host in named:
        seen = states(found, host)
        assert {STATES[s] for s in seen[DOWN_FROM:]} <= {STATES[seen[DOWN_FROM - 1]], "stale"}
        assert seen[LAST] == STALE
