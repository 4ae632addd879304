"""A month of the sandbox market, collected with walls, outages and redesigned pages on the way, beside what it served."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from protego import Protego

from kamengwatch.config import Config
from sandbox.market.market import Market, build_market
from sandbox.market.parameters import MarketParameters
from sandbox.market.stage import SOURCE_HOSTS
from sandbox.shops.door import of_shop, of_source
from sandbox.web.server import SOURCES
from tests.support.programs.market_month import Faults, Month, play, sandbox

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]  # a minute alone, four on a crowded machine
SMALL = {"platforms": 24, "days": 120, "complaints_per_day": 0.02, "decoys_per_day": 2.0}
FULL = {"platforms": 64, "days": 270, "complaints_per_day": 0.1, "decoys_per_day": 6.0}
ACTS = re.compile(
    r"order|search-order|mod=query|act=query|login|signin|register|/pay\b|submit\.php|captcha|cart|bill|secret"
)
"""Written again here, apart from crawler.guard: what no request may name."""
APART = {"whois.sandbox.test", "dns.sandbox.test"}
"""A registry's WHOIS and a name server: they have no robots.txt."""
AT_THE_DOOR = ("availability", "storefront", "channel")
"""Sources that ask for a shop's home page; pictures are not taken here."""
HEIMAO, REDNET = SOURCE_HOSTS["heimao"], SOURCE_HOSTS["rednet"]
WALLS = ("captcha", "rate_limit", "refuse", "down")


def shops(market: Market, software: str) -> list[str]:
    """Ordinary shops of one system whose robots.txt lets us in."""
    return [
        p.host
        for p in market.platforms
        if p.software == software
        and p.condition == "ordinary"
        and p.robots not in ("forbid_all", "html", "error")
    ]


def faults(market: Market) -> dict[int, Faults]:
    """What goes wrong at which visit."""
    walled = dict(zip(shops(market, "unicorn") + shops(market, "luna"), WALLS, strict=False))
    return {
        3: {"heimao": {"mode": "captcha"}},
        4: {
            "icp": {"mode": "error"},
            "rednet": {"mode": "layout"},
            **{host: {"mode": mode} for host, mode in walled.items()},
        },
        5: {host: {"mode": "layout"} for host in shops(market, "rainbow")},
        6: {"heimao": {"mode": "layout"}},
        7: {"heimao": {"mode": "rate_limit"}, "blocklists": {"mode": "error"}},
    }


def month_of(folder: Path, size: dict[str, float], days: list[int]) -> Month:
    market = build_market(MarketParameters(**size))
    options = [word for name, value in size.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    with sandbox(folder, *options) as control:
        return play(control, Month(Config(folder / "data"), market), days, faults(market))


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    yield month_of(tmp_path_factory.mktemp("month"), SMALL, list(range(29, 62, 4)))


def every_complaint_is_there_once(month: Month) -> None:
    complaints, market = month.market.complaints, month.market
    numbers = {complaints.number(i): i for i in range(len(complaints))}
    shown = {n for e in month.log if e["host"] == HEIMAO for n in e.get("shown", ())}
    watched = {host for (host,) in month.rows("SELECT host FROM platform WHERE status = 'watched'")}
    whose = {
        n: market.platforms[i].host for n, at in numbers.items() if (i := int(complaints.platform[at])) >= 0
    }
    about = {n: whose[n] for n in shown if whose.get(n) in watched}
    stored = month.rows(
        "SELECT c.source_key, p.host FROM complaint c LEFT JOIN platform p ON p.id = c.platform_id WHERE c.source_id = 'heimao'"
    )
    assert len(stored) == len({number for number, _ in stored}), "a complaint is there twice"
    kept = dict(stored)
    assert not set(about) - set(kept), "complaints that were shown are lost"
    assert {n: kept[n] for n in about} == about, "a complaint stands under another platform"
    assert not {n for n, host in stored if host and n not in about}, "a stranger's complaint under a platform"
    first = min(numbers[n] for n in shown)
    last = market.parameters.day_at(month.moments[-1])
    filed = {complaints.number(i) for i in range(first, len(complaints)) if complaints.filed[i] <= last}
    assert {n for n in filed if whose.get(n) in watched} <= set(kept), "lost while the source was out"


def every_message_is_there_once(month: Month) -> None:
    from sandbox.sources.complaint_boards import FIRST

    market = month.market
    shown = {n for e in month.log if e["host"] == REDNET and not e["fault"] for n in e.get("shown", ())}
    hosts = {n: market.platforms[int(market.complaints.platform[int(n) - FIRST])].host for n in shown}
    stored = month.rows(
        "SELECT c.source_key, p.host FROM complaint c LEFT JOIN platform p ON p.id = c.platform_id WHERE c.source_id = 'rednet'"
    )
    assert len(stored) == len(dict(stored)), "a message is there twice"
    watched = {host for (host,) in month.rows("SELECT host FROM platform WHERE status = 'watched'")}
    assert {n: host for n, host in stored if host} == {n: h for n, h in hosts.items() if h in watched}


def test_no_complaint_is_lost_none_is_there_twice_none_under_another_platform(month: Month) -> None:
    every_complaint_is_there_once(month)
    every_message_is_there_once(month)
    wrong = month.rows("SELECT count(*) FROM price WHERE platform_id IS NULL OR price < 0")
    assert wrong == [(0,)]


def test_each_source_fault_is_reported_as_what_it_is(month: Month) -> None:
    told = {
        (3, "heimao"): ("blocked", "js_challenge"),
        (4, "icp"): ("failed", "HTTP 503"),
        (4, "rednet"): ("failed", "unexpected answer"),
        (6, "heimao"): ("failed", "unexpected answer"),
        (7, "heimao"): ("blocked", "HTTP 429"),
        (7, "blocklists"): ("failed", "HTTP 503"),
    }
    amiss = {
        (visit, source): outcome
        for visit, by_source in month.outcomes.items()
        for source, outcome in by_source.items()
        if outcome[0] != "ok"
    }
    # The query service fails one query in twenty-five of itself, now and then as a wall does.
    walls = {where for where in set(amiss) - set(told) if where[1] == "icp"}
    assert all(amiss[where] == ("blocked", "stopped at a waf_block page") for where in walls)
    assert set(amiss) - walls == set(told)
    for where, (outcome, words) in told.items():
        assert amiss[where][0] == outcome and words in (amiss[where][1] or ""), (where, amiss[where])


def test_each_shop_fault_is_reported_as_what_it_is(month: Month) -> None:
    expected = {"captcha": ("blocked", "js_challenge"), "rate_limit": ("blocked", "HTTP 429"),
                "refuse": ("blocked", "HTTP 403"), "down": ("failed", "connection")}  # fmt: skip
    walled = {h: f["mode"] for h, f in faults(month.market)[4].items() if h.endswith(".test")}
    assert len(walled) >= 3
    for host, mode in walled.items():
        outcome, reason = month.hosts[4]["storefront", host]
        assert (outcome, expected[mode][1] in (reason or "")) == (expected[mode][0], True), (mode, reason)
        assert month.hosts[3]["storefront", host][0] == month.hosts[5]["storefront", host][0] == "ok"


def goods_of(month: Month, host: str, day: str) -> set[str]:
    query = "SELECT product FROM price JOIN platform p ON p.id = platform_id WHERE p.host = :host AND substr(observed_at, 1, 10) = :day"
    return {name for (name,) in month.rows(query, host=host, day=day)}


def test_a_shop_in_a_layout_nobody_has_seen_is_read_by_its_structure_or_said_to_have_failed(
    month: Month,
) -> None:
    before, changed = (str(month.moments[visit].date()) for visit in (4, 5))
    read = 0
    for host in shops(month.market, "rainbow"):
        goods = {day: goods_of(month, host, day) for day in (before, changed)}
        outcome = month.hosts[5]["storefront", host][0]
        assert outcome in ("ok", "failed") and month.hosts[6]["storefront", host][0] in ("ok", "failed")
        if outcome == "ok":
            read += 1
            assert len(goods[before] & goods[changed]) >= 0.9 * len(goods[before]) > 0, host
    assert read


def test_a_changed_layout_turns_only_its_own_source(month: Month) -> None:
    healthy = {source for source, row in month.sources[2].items() if row["health"] == "ok"}
    assert {"heimao", "storefront", "rednet", "availability", "icp"} <= healthy
    turned = {
        visit: {source for source in healthy if month.sources[visit][source]["last_outcome"] != "ok"}
        for visit in (5, 6, 8)
    }
    assert not {"storefront", "heimao"} & turned[5]
    assert turned[6] - {"icp"} == {"heimao"}
    assert turned[8] - {"icp"} == set()


def requests_by_visit(month: Month) -> dict[tuple[str, str], list[dict]]:
    """The pages asked; a TLS handshake (CONNECT) is none and has no robots.txt."""
    visits = defaultdict(list)
    for entry in (e for e in month.log if e["method"] != "CONNECT"):
        visits[entry["simulated"], entry["host"]].append(entry)
    return visits


def test_the_request_log_shows_a_named_guest_one_at_a_time_who_asks_nothing_of_buyers(month: Month) -> None:
    assert {e["host"] for e in month.log if e["concurrency"] > 1} <= APART
    assert {e["method"] for e in month.log} <= {"GET", "POST", "CONNECT"}
    assert all(e["agent"].startswith("kamengwatch/") for e in month.log if e["method"] != "CONNECT")
    asked = {f"{e['path']}?{e['query']}" for e in month.log}
    assert not [path for path in asked if ACTS.search(path)]


def test_nothing_is_asked_that_robots_forbids_and_robots_comes_first(month: Month) -> None:
    rules = {}
    for host in {host for _, host in requests_by_visit(month)}:
        answer = (
            of_source(host) if host in SOURCES else of_shop(month.market.by_host[host.removeprefix("www.")])
        )
        readable = answer.status_code == 200 and "text/plain" in answer.headers["content-type"]
        rules[host] = Protego.parse(bytes(answer.body).decode() if readable else "")
    for (_, host), entries in requests_by_visit(month).items():
        assert entries[0]["path"] == "/robots.txt", host
        pages = [e for e in entries if e["path"] != "/robots.txt"]
        robots = [e.get("status") for e in entries if e["path"] == "/robots.txt"]
        assert not pages or set(robots) <= {200, 404}, (host, robots)
        for entry in pages:
            url = f"http://{host}{entry['path']}" + (f"?{entry['query']}" if entry["query"] else "")
            assert rules[host].can_fetch(url, "kamengwatch"), url


def test_after_a_refusal_nothing_more_is_asked_of_the_host(month: Month) -> None:
    """Each of the spiders that visit a shop may meet its wall once; a source has one spider."""
    for (_, host), entries in requests_by_visit(month).items():
        most = 1 if host in SOURCES else len(AT_THE_DOOR)
        pages = [e for e in entries if e["path"] != "/robots.txt"]
        refused = [e for e in pages if e.get("status") in (401, 403, 429) or e["fault"] == "captcha"]
        assert len(refused) <= most, (host, Counter(e["path"] for e in refused))
        if refused:
            assert entries[-1] in refused or host not in SOURCES


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_full_month_of_the_market(tmp_path: Path, record_property: pytest.RecordProperty) -> None:
    """64 shops, thirty daily visits, the same faults: nothing lost, nothing twice, everything told."""
    month = month_of(tmp_path, FULL, list(range(200, 231)))
    every_complaint_is_there_once(month)
    every_message_is_there_once(month)
    assert {e["host"] for e in month.log if e["concurrency"] > 1} <= APART
    (complaints,) = month.rows("SELECT count(*) FROM complaint")[0]
    record_property("requests", len(month.log))
    record_property("complaints", complaints)
