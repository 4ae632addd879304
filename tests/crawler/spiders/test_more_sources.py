"""The smaller sources against the sandbox over real HTTP: what they bring, what a fault makes of them, what they never ask."""

from __future__ import annotations

import datetime as dt
import json
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from crawler.download.browser import available
from crawler.formats import blocklists as lists
from crawler.formats import github
from crawler.formats.heimao import SN_ZERO, of_poll
from crawler.heimao_feed import Poll
from crawler.spiders.screenshot import MASK, ScreenshotSpider
from kamengwatch.config import Config
from kamengwatch.pipeline.crawl import cards
from kamengwatch.pipeline.sandbox_market import Sandbox
from store.archive.warc import iterate
from store.db.engine import migrate, open_engine
from store.db.tables import Capture, Complaint, Counters, Mention, Penalty, Platform, Sighting
from store.evidence.crawl_ledger import finish_crawl, register_sources, start_crawl
from store.evidence.ingest import Ingest, import_records
from store.evidence.site_volume import Numbering, numbering
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command
from tests.support.programs.market_month import sandbox
from tests.support.programs.spider_replay import play

SOURCES = ("xiaofeibao", "rednet", "github_issues", "blocklists")
HOSTS = {"xiaofeibao": "xiaofeibao", "rednet": "rednet", "github_issues": "github", "blocklists": "lists"}


@dataclass(frozen=True)
class Harvest:
    ended: dict[str, Any]
    engine: Engine
    folder: Path
    log: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("market"), "--mall") as served:
        yield Sandbox(served.proxy)


@pytest.fixture
def engine(data_dir: Path, market: Sandbox) -> Iterator[Engine]:
    """A database that watches every shop of the market."""
    yield from watching(market, data_dir)


@pytest.fixture(scope="module")
def harvest(market: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvest]:
    """One crawl of all the sources on a day without faults: its events, its database and its folder."""
    folder = tmp_path_factory.mktemp("harvest")
    for engine in watching(market, folder):
        ended = crawl(market, folder, *SOURCES)
        yield Harvest(
            ended,
            engine,
            folder,
            {source: log(market, f"{name}.sandbox.test") for source, name in HOSTS.items()},
        )


def watching(market: Sandbox, folder: Path) -> Iterator[Engine]:
    """A database in `folder` that watches every shop; the market stands on a late day, without faults."""
    last = market.calendar()[1]
    market.set_now(
        dt.datetime.combine(last - dt.timedelta(days=3), dt.time(12), dt.timezone(dt.timedelta(hours=8)))
    )
    market._call("PUT", "/faults", {})
    engine = open_engine(f"sqlite:///{folder / 'k.db'}")
    migrate(engine)
    shops = [{"kind": "platform", "host": h["host"], "name": h["name"]} for h in market.hosts()]
    import_records(Ingest(engine, market.now(), accept_new=True), shops)
    yield engine
    engine.dispose()


def crawl(
    market: Sandbox, data: Path, *sources: str, hosts: tuple[str, ...] = (), key: str = "one"
) -> dict[str, Any]:
    """Run sources as one job; returns the last event of each."""
    command = [
        "crawler.run",
        "--now",
        market.now().isoformat(),
        "--key",
        key,
        "--data-dir",
        str(data),
    ]
    command += ["--database", f"sqlite:///{data / 'k.db'}", "--sandbox-proxy", market.proxy]
    command += [word for source in sources for word in ("--source", source)]
    command += [word for host in hosts for word in ("--host", host)]
    done = forked.run(command, os.environ)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    ended = {e["source"]: e for e in events if e["event"] == "crawl"}
    assert set(ended) == set(sources), done.stderr[-2000:]
    return ended


def log(market: Sandbox, host: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"{market.proxy}/log?host={host}", headers={"Host": "control.sandbox.test"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [json.loads(line) for line in answer.read().decode().splitlines()]


def test_each_brings_what_the_market_shows(harvest: Harvest) -> None:
    ended, engine = harvest.ended, harvest.engine
    assert {source: (e["outcome"], e["reason"]) for source, e in ended.items()} == dict.fromkeys(
        SOURCES, ("ok", None)
    )
    with engine.connect() as connection:
        counters = connection.execute(
            select(Counters.valid_total, Counters.completed_total, Counters.platform_id)
        ).all()
        complaints = connection.execute(
            select(Complaint.platform_id, Complaint.status, Complaint.replied_at, Complaint.text)
        ).all()
        hits = connection.execute(
            select(Platform.host, Penalty.category, Penalty.reason).join(
                Platform, Platform.id == Penalty.platform_id
            )
        ).all()
    assert len(counters) > 5 and all(
        c.valid_total >= c.completed_total >= 0 and c.platform_id for c in counters
    )
    assert len(complaints) > 10 and all(c.platform_id for c in complaints)
    assert {c.status for c in complaints} == {"open", "replied"}
    assert all((c.replied_at is not None) == (c.status == "replied") for c in complaints)
    assert hits and {h.category for h in hits} == {"列入公开名单"}
    measured = ended["github_issues"]["measured"]["software"]
    assert set(measured) == {"dujiaoka", "acg_faka", "zfaka", "card_system", "kamifaka"}
    assert all(0 < row["drops"] < row["issues"] and row["complete"] for row in measured.values())


def test_who_wrote_never_reaches_the_disk(harvest: Harvest) -> None:
    kept = b"".join(
        found.payload for path in (harvest.folder / "archive").glob("*.warc.gz") for _, found in iterate(path)
    )
    for word in ("demo-user-", "网友", "user_name", "nickname", 'comment"', "mobile"):
        assert word.encode() not in kept, word


def test_a_second_crawl_adds_nothing_and_asks_for_less(market: Sandbox, harvest: Harvest) -> None:
    market.set_now(market.now() + dt.timedelta(days=1))
    again = crawl(market, harvest.folder, "rednet", "blocklists", key="two")
    assert again["rednet"]["requests"] < harvest.ended["rednet"]["requests"] / 2
    with harvest.engine.connect() as connection:
        kept = connection.execute(select(func.count()).select_from(Penalty)).scalar_one()
    assert kept == harvest.ended["blocklists"]["records"]


@pytest.mark.parametrize(
    ("mode", "outcome"), [("captcha", "blocked"), ("rate_limit", "blocked"), ("truncated", "failed")]
)
def test_a_fault_is_told_as_what_it_is(
    market: Sandbox, engine: Engine, data_dir: Path, mode: str, outcome: str
) -> None:
    paths = {"xiaofeibao": "/brand", "rednet": "/front", "github_issues": "/repos", "blocklists": "/lists"}
    market._call("PUT", "/faults", {source: {"mode": mode, "path": path} for source, path in paths.items()})
    ended = crawl(market, data_dir, *SOURCES)
    assert {s: e["outcome"] for s, e in ended.items()} == dict.fromkeys(SOURCES, outcome), [
        e["reason"] for e in ended.values()
    ]
    with engine.connect() as connection:
        for table in (Counters, Complaint, Penalty):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_only_what_a_guest_may_ask(harvest: Harvest) -> None:
    for asked in harvest.log.values():
        assert asked and max(line["concurrency"] for line in asked) == 1
        assert all(line["agent"].startswith("kamengwatch/") for line in asked)
        assert not [line for line in asked if line["path"].startswith(("/v6.5.1", "/admin"))]


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_pictures_are_kept_beside_their_pages(market: Sandbox, engine: Engine, data_dir: Path) -> None:
    some = [h["host"] for h in market.hosts()][:6]
    ended = crawl(market, data_dir, "screenshot", hosts=tuple(some))
    with engine.connect() as connection:
        pictures = connection.execute(
            select(Capture.url, Capture.payload_sha256, Capture.platform_id).where(
                Capture.media_type == "image/png"
            )
        ).all()
    assert ended["screenshot"]["measured"]["pictures"] == len(pictures) >= 1
    held = {
        found.sha256: found.payload
        for path in (data_dir / "archive").glob("*.warc.gz")
        for _, found in iterate(path)
    }
    for picture in pictures:
        payload = held[picture.payload_sha256]
        assert payload.startswith(b"\x89PNG") and len(payload) < 2 * 1024 * 1024 and picture.platform_id
        width = int.from_bytes(payload[16:20], "big")
        assert width == 1280


@pytest.mark.browser
def test_contact_numbers_are_masked_before_the_picture(browser_path: str) -> None:
    from playwright.sync_api import sync_playwright

    pictured = {
        "电话 13912345678": "电话 139●●●●●●●●",
        "客服QQ：123456789": "客服QQ：●●●●●●",
        "微信号 abc_12345": "微信号 ●●●●●●",
        "邮箱 someone@mail.test": "邮箱 ●●●●●●",
        "440101199001011234": "●●●●●●●●",
    }
    kept = (
        "粤公网安备44010302000001号 粤ICP备2022901148号-1",
        "QQ超级会员月卡 16.31元 销量:10043",
        "2026-03-02 12:00 库存 329 统一社会信用代码 91110108321713271Q",
    )
    seen = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for shown in (*pictured, *kept):
            page = browser.new_page()
            page.set_content(f"<p>{shown}</p>")
            page.evaluate(MASK)
            seen[shown] = page.inner_text("p")
            page.close()
        browser.close()
    assert seen == pictured | {text: text for text in kept}


def test_without_a_browser_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.spiders.screenshot.available", lambda: False)
    played = play(ScreenshotSpider, Path(__file__).parents[2] / "fixtures" / "screenshot" / "normal")
    assert played["outcome"] == "failed" and "browser" in played["reason"] and not played["asked"]


@pytest.mark.parametrize(
    ("entry", "host", "covered"),
    [
        ("||a.test^", "a.test", True),
        ("||a.test^", "shop.a.test", True),
        ("||shop.a.test^", "a.test", False),
        ("0.0.0.0 a.test", "a.test", True),
        ("0.0.0.0 a.test", "shop.a.test", False),
        ("0.0.0.0 www.a.test", "a.test", True),
        ("*.a.test", "shop.a.test", True),
        ("a.test", "shop.a.test", False),
        ("https://a.test/x?id=1", "a.test", True),
        ("||a.test/only/this", "a.test", False),
        ("||a.test^$domain=b.test", "a.test", False),
        ("||com.cn^", "shop.com.cn", False),
        ("||b.test^\n@@||b.test^", "b.test", False),
        ("a.test.evil.test", "a.test", False),
    ],
)
def test_an_entry_covers_what_its_notation_says(entry: str, host: str, covered: bool) -> None:
    assert (lists.read_list(f"{entry}\nfiller.test\n").entry_for(host) is not None) is covered


def test_a_list_is_kept_without_paths_and_reads_the_same(real_data: Path) -> None:
    for name in ("global_anti_scam_org_pihole.txt", "taiwan165.adguard.txt"):
        text = (real_data / "domains" / "scam" / name).read_text(encoding="utf-8")
        read = lists.read_list(text)
        kept = lists.read_list(lists.keep(text))
        assert read.entries > 10_000 and (read.exact, read.below) == (kept.exact, kept.below)
    assert "someone" not in lists.keep("https://a.test/?mail=someone@b.test\n")


@pytest.mark.parametrize(
    ("title", "body", "kind", "version"),
    [
        ("支付成功后订单待支付", "版本：v2.0.6，异步通知收不到", "payment_not_synced", "2.0.6"),
        ("付款后不发卡", "version 3.15", "stuck", "3.15"),
        ("升级后订单丢失", "", "record_lost", None),
        ("掉单", "acg-faka V3.6.0", "unspecified", "3.6.0"),
        ("建议增加防掉单", "v1.2.3", None, "1.2.3"),
        ("安装报错 500", "php 8.1.2 系统", None, None),
        ("样式错位", "192.168.1.1", None, None),
    ],
)
def test_what_an_issue_tells_of(title: str, body: str, kind: str | None, version: str | None) -> None:
    assert (github.drop_of(title, body), github.version_of(title, body)) == (kind, version)


@pytest.mark.real_data
def test_the_played_statistics_have_the_documented_shape(market: Sandbox, real_data: Path) -> None:
    market._call("PUT", "/faults", {})
    sample = json.loads(
        (real_data / "complaints/fixtures_constructed/xfb_brand_statistics.json").read_text(encoding="utf-8")
    )

    def asked(number: int) -> dict[str, Any]:
        address = f"{market.proxy}/brand/getBrandStatistics?brand_id={number}&type=all"
        with urllib.request.urlopen(
            urllib.request.Request(address, headers={"Host": "xiaofeibao.sandbox.test"}), timeout=30
        ) as answer:
            return json.load(answer)

    played = [answer for n in range(20_000, 20_448, 14) if (answer := asked(n))["code"] == 200]
    assert played
    for answer in played:
        assert answer.keys() == sample.keys() and answer["data"].keys() == sample["data"].keys()
        assert type(answer["data"]["total"]) is int and isinstance(answer["data"]["solve_rate"], int | float)


def test_places_elsewhere_bring_what_weighs_nothing(harvest: Harvest, market: Sandbox) -> None:
    """Indexes of web archives and a forum: answers of "nothing" count, members are nowhere, and no complaint is made of a mention."""
    with harvest.engine.connect() as connection:
        complaints = connection.scalar(select(func.count()).select_from(Complaint))
    ended = crawl(market, harvest.folder, "archives", "forums")
    assert {source: end["outcome"] for source, end in ended.items()} == {"archives": "ok", "forums": "ok"}
    with harvest.engine.connect() as connection:
        found = connection.execute(select(Sighting.provider, Sighting.count, Sighting.first_on)).all()
        said = connection.execute(
            select(
                Mention.by,
                Mention.title,
                Mention.text,
                Mention.kinds,
                Mention.platform_id,
                Mention.said_at,
                Mention.seen_at,
            )
        ).all()
        assert connection.scalar(select(func.count()).select_from(Complaint)) == complaints
    assert {row.provider for row in found} == {"wayback", "commoncrawl"}
    assert {bool(row.count) for row in found} == {True, False} and all(
        bool(r.count) == bool(r.first_on) for r in found
    )
    people = [m for m in said if m.by == "people"]
    assert people and all(m.text is None and m.platform_id and "<em>" not in m.title for m in people)
    old = [m for m in said if m.by == "site"]
    assert {m.title[:5] for m in old} == {"存档的首页"[:5], "存档的条款"[:5]} and any(
        "ICP备" in m.title for m in old
    )
    assert {kind for m in old for kind in m.kinds} == {"balance_lapses", "refund_to_balance"}
    assert max(m.said_at for m in old) < market.now() - dt.timedelta(days=119), "dated when it stood there"
    assert min(m.seen_at for m in old) > market.now() - dt.timedelta(days=2), "and known from today on"
    for file in (harvest.folder / "archive").glob("archives-*.warc.gz"):
        assert b"13800138000" not in b"".join(capture.payload for _, capture in iterate(file))
    for file in (harvest.folder / "archive").glob("forums-*.warc.gz"):
        kept = b"".join(capture.payload for _, capture in iterate(file))
        assert "付款后没发货".encode() in kept and b"user" not in kept and b"QQ 10001" not in kept


# The numbering of a whole complaint site: what its polls saw of it, and what is told of that.


T0 = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def polled(config: Config, *polls: tuple[float, str, int, int], whole: bool = True) -> None:
    """Polls that ended so many hours after T0: their outcome, how many numbers were given since the last good one, how many were seen."""
    for hours, outcome, numbers, seen in polls:
        at = T0 + dt.timedelta(hours=hours)
        state = start_crawl(config.engine, f"heimao:{hours}:{whole}", "heimao", at, whole_source=whole)
        measured = (
            {"window_from": 1, "window_numbers": numbers, "window_seen": seen}
            if numbers
            else {"companies": {}}
        )
        finish_crawl(config.engine, state.id, at, outcome, measured=measured)


def test_what_was_seen_of_the_numbering_is_told_on_status_and_cards(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 880,000 numbers of a week 16,500 were seen: a blocked poll, one of single sites and one long ago count for nothing."""
    until = T0 + dt.timedelta(days=10)
    config = Config(data_dir, fixed_now=until)
    register_sources(config.engine, cards())
    shop = {"kind": "platform", "host": "a.example", "name": "甲卡盟", "opened_on": "2024-03-01"}
    import_records(Ingest(config.engine, until, accept_new=True), [shop])
    polled(
        config,
        (1, "ok", 10**6, 10**6),
        (100, "ok", 440_000, 8_000),
        (120, "blocked", 999, 999),
        (150, "ok", 0, 0),
        (200, "ok", 440_000, 8_500),
    )
    polled(config, (210, "ok", 50, 50), whole=False)
    with config.engine.connect() as connection:
        found = numbering(connection, "heimao", until)
        assert found == Numbering(16_500, 880_000) and numbering(connection, "rednet", until) is None
        assert numbering(connection, "heimao", T0) is None
    monkeypatch.setenv("KAMENGWATCH_NOW", until.isoformat())
    for words in (("rate",), ("publish",)):
        command(capsys, *words, "--data-dir", data_dir)
    told = json.loads(command(capsys, "sources", "--json", "--data-dir", data_dir).out)
    rows = {row["source"]: row.get("numbering") for row in told}
    assert rows["heimao"] == {"seen": 16_500, "numbers": 880_000, "share": 0.01875} and rows["rednet"] is None
    assert "1.9%" in command(capsys, "check", "a.example", "--data-dir", data_dir).out
    latest = (data_dir / "snapshots" / "latest").resolve()
    shown = {r["source"]: r for r in pq.read_table(latest / "sources.parquet").to_pylist()}
    assert (shown["heimao"]["numbers_seen"], shown["heimao"]["numbers_given"]) == (16_500, 880_000)
    assert shown["rednet"]["numbers_given"] is None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    numbers=st.sets(st.integers(1, 20_000), min_size=1, max_size=60), gap=st.integers(61, 10**5), per_day=st.integers(0, 10**5)
)  # fmt: skip
def test_coverage_is_a_share_and_the_daily_figure_finds_the_rate(
    numbers: set[int], gap: int, per_day: int
) -> None:
    sn = {SN_ZERO + 10**7 + n for n in numbers}
    passed = dt.timedelta(minutes=gap)
    before = {
        "sn_max": max(sn) - round(per_day * (passed / dt.timedelta(days=1))),
        "polled_at": T0.isoformat(),
    }
    poll = of_poll(sn, before, T0 + passed)
    assert poll["coverage"] is None or 0 <= poll["coverage"] <= 1
    assert poll["window_numbers"] == max(sn) - before["sn_max"] and poll["window_seen"] <= len(sn)
    assert poll["site_number"] == max(sn) - SN_ZERO
    assert abs(poll["site_per_day"] - per_day) <= dt.timedelta(days=1) / passed
    assert of_poll(sn, {}, T0)["site_per_day"] is None


RUN = [SN_ZERO + 51_000_000 + 2 * n for n in range(40)]


@pytest.mark.parametrize("stray", [SN_ZERO + 5, RUN[0] - 400_000, RUN[-1] + 10**9])
def test_one_number_far_away_spoils_no_figure(stray: int) -> None:
    """A pinned complaint of last year, or a number misread: the window is that of all the others."""
    before = {"sn_max": RUN[0] - 21, "polled_at": T0.isoformat()}
    poll = of_poll([stray, *RUN], before, T0 + dt.timedelta(minutes=20))
    assert (poll["sn_max"], poll["window_seen"], poll["window_numbers"], poll["old_numbers"]) == (
        RUN[-1],
        40,
        99,
        1,
    )
    assert poll["coverage"] == round(40 / 99, 6)
    again = of_poll(RUN, {"sn_max": RUN[-1] + 10**9}, T0)
    assert again["sn_max"] == RUN[-1], "a number misread once does not make all later ones old"


def test_a_poll_ends_at_what_it_knows_and_not_at_one_old_number() -> None:
    poll = Poll({}, RUN[10], [])
    assert not poll.reached(poll.take([RUN[39], RUN[3], RUN[38]])), "one old number"
    assert not poll.reached(poll.take([RUN[39], RUN[38]])), "the page was pushed down by new ones"
    assert poll.reached(poll.take([RUN[10], RUN[9]]))
    fresh = Poll({}, 0, [])
    assert not fresh.reached(fresh.take(RUN))
    assert [fresh.reached(fresh.take(RUN)) for _ in range(2)] == [False, True], "a page that never changes"
