"""What turns a crawl red: counts outside the declared range, selectors that stop hitting, errors of our own, walls."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.crawler import Crawler
from scrapy.utils.project import get_project_settings
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select, text

from crawler.pages.mentions import Watched
from crawler.pages.site_name import site_name_of
from crawler.recording.health import collapsed, out_of_range, significantly_below
from crawler.run import spiders
from dashboard.presenters import site_search
from kamengwatch.config import Config, Failure
from kamengwatch.intake.assisted_lookup import assisted
from kamengwatch.intake.watchlist import add
from kamengwatch.pipeline.crawl import cards
from scoring.snapshot.reader import Snapshot
from store.db.tables import Alias
from store.evidence.crawl_ledger import Expected, register_sources, watched_platforms
from store.evidence.ingest import Ingest, import_records
from tests.support.programs.in_process_cli import command
from tests.support.programs.spider_replay import NOW, play

SPIDERS = spiders()
FIXTURES = Path(__file__).parents[2] / "fixtures"
GOODS = Expected(2, 50, selectors={"goods": 0.5})


@pytest.mark.parametrize("name", SPIDERS)
def test_every_source_declares_its_range_and_its_main_selectors(name: str) -> None:
    expected = SPIDERS[name].card.expected
    assert expected is not None, f"{name}: give its card expected=Expected(least, most, ...)"
    assert 0 <= expected.least <= expected.most < 10**8
    assert expected.selectors and all(0 < rate <= 1 for rate in expected.selectors.values())


@pytest.mark.parametrize("name", SPIDERS)
def test_a_spider_that_has_not_begun_can_be_looked_at(name: str) -> None:
    """`-O out.jsonl`: Scrapy's feed exporter reads every attribute of a spider before its first request."""
    crawler = Crawler(SPIDERS[name], get_project_settings())
    crawler.settings.set("KAMENGWATCH_NOW", NOW)
    spider = SPIDERS[name].from_crawler(crawler, platform="a.test")
    assert "card" in {key for key in dir(spider) if getattr(spider, key) is not None}


@pytest.mark.parametrize(("counted", "says"), [(1, "at least 2"), (51, "at most 50"), (2, None), (50, None)])
def test_a_count_outside_the_range_is_told_with_its_bound(counted: int, says: str | None) -> None:
    reason = out_of_range(GOODS, counted)
    assert (reason is None) if says is None else (says in reason and str(counted) in reason)


def test_a_selector_that_used_to_hit_and_does_not_has_collapsed() -> None:
    past = [{"goods:rainbow": [6, 6]}] * 4
    found = dict(collapsed(GOODS, {"goods:rainbow": [0, 6]}, past))
    assert "hit 0 of 6, usually" in found["goods:rainbow"]
    assert not dict(collapsed(GOODS, {"goods:rainbow": [0, 6]}, []))
    assert not dict(collapsed(GOODS, {"goods:rainbow": [5, 6]}, past))


def test_a_selector_below_its_declared_rate_fails_even_the_first_crawl() -> None:
    assert "at least 50%" in dict(collapsed(GOODS, {"goods": [3, 40]}, []))["goods"]
    assert not dict(collapsed(GOODS, {"goods": [0, 3]}, []))


@given(tried=st.integers(1, 3_000), rate=st.floats(0.01, 1.0), data=st.data())
def test_fewer_hits_are_never_less_suspect_and_the_usual_rate_never_is(
    tried: int, rate: float, data: st.DataObject
) -> None:
    hits = data.draw(st.integers(0, tried))
    if significantly_below(hits, tried, rate):
        assert hits < rate * tried
        assert all(significantly_below(fewer, tried, rate) for fewer in range(max(0, hits - 3), hits))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12), st.integers(0, 30))
def test_a_crawl_like_those_before_it_never_collapses(past: list[tuple[int, int]], now: int) -> None:
    history = [{"entry": [min(pair), max(pair)]} for pair in past]
    usual = sum(min(pair) for pair in past) / max(1, sum(max(pair) for pair in past))
    assert not dict(collapsed(GOODS, {"entry": [-(-int(usual * now + 1) // 1), now + 1]}, history))


def played(tmp_path: Path, source: str, case: str, change: Any) -> dict[str, Any]:
    """A recorded case with its exchanges changed."""
    folder = FIXTURES / source / case
    recorded = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    change(recorded)
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "case.json").write_text(json.dumps(recorded, ensure_ascii=False), encoding="utf-8")
    return play(SPIDERS[source], tmp_path)


def test_an_error_of_our_own_code_fails_the_crawl_and_names_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> Any:
        raise KeyError("amount")
        yield

    monkeypatch.setattr(SPIDERS["heimao"], "read_feed", breaks)
    result = played(tmp_path, "heimao", "normal", lambda case: None)
    assert result["outcome"] == "failed" and "KeyError: 'amount'" in result["reason"]


def test_a_wall_where_an_answer_was_expected_is_blocked_not_changed(tmp_path: Path) -> None:
    wall = "<html><title>安全验证</title><p>请完成安全验证</p></html>"

    def walled(case: dict[str, Any]) -> None:
        for exchange in case["exchanges"]:
            for key in ("json", "file", "hex", "body"):
                exchange.pop(key, None)
            exchange["body"] = wall

    result = played(tmp_path, "rednet", "normal", walled)
    assert result["outcome"] == "blocked", result["reason"]


# Assisted look-ups: a page on loopback plays registry and person; only an answer about the domain asked is kept.


HOST = "shop.example"
PATH = "/icpproject_query/api/icpAbbreviateInfo/queryByCondition"
_PERSON = """<script>
const ask = (name, after) => setTimeout(() => fetch("%s", {method: "POST", body: JSON.stringify({unitName: name})}), after);
%s
</script>"""


def registry(answers: dict[str, Any], queries: list[str]) -> ThreadingHTTPServer:
    """A page that asks `queries` one after another by itself, and the answers it gets."""
    asks = "".join(f'ask("{name}", {500 + 300 * n});' for n, name in enumerate(queries))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send("text/html; charset=utf-8", _PERSON % (PATH, asks))

        def do_POST(self) -> None:
            posted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send("application/json", json.dumps(answers[posted["unitName"]], ensure_ascii=False))

        def _send(self, media_type: str, body: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def rows(*found: dict[str, Any]) -> dict[str, Any]:
    return {"code": 200, "success": True, "params": {"list": list(found), "total": len(found)}}


def look_up(config: Config, server: ThreadingHTTPServer, seconds: float = 20) -> None:
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        assisted(config, ["icp"], [HOST], True, page_url=url, headless=True, seconds=seconds)
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def config(data_dir: Path, browser_path: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    pytest.importorskip("playwright")
    monkeypatch.setenv("CHROMIUM", browser_path)
    made = Config(data_dir=data_dir)
    add(made, [HOST], None)
    return made


def test_the_persons_answer_is_archived_and_kept_and_others_are_not(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {
        "domain": "other.example",
        "serviceLicence": "粤ICP备2099000009号-1",
        "natureName": "企业",
        "unitName": "乙科技有限公司",
    }
    mine = {
        "domain": HOST,
        "serviceLicence": "粤ICP备2099000001号-1",
        "natureName": "个人",
        "unitName": "王小明",
    }
    failed = {"success": False, "code": 429, "msg": "您目前访问频次过高"}
    server = registry({"other.example": rows(other), "www.shop.example": failed, HOST: rows(mine)},
                      ["other.example", "www.shop.example", HOST])  # fmt: skip
    look_up(config, server)
    printed = capsys.readouterr()
    assert json.loads(printed.out) == [{"host": HOST, "state": "filed", "number": "粤ICP备2099000001号-1"}]
    assert "429" in printed.err and "继续等待" in printed.err
    with config.engine.connect() as connection:
        query = "select f.found, f.number, f.nature, f.entity, c.url from filing f join capture c on c.id = f.capture_id"
        kept = connection.execute(text(query)).all()
    assert len(kept) == 1 and tuple(kept[0])[:4] == (1, "粤ICP备2099000001号-1", "个人", None)
    archive = b"".join(gzip.decompress(path.read_bytes()) for path in config.archive_dir.glob("*.gz"))
    assert b"2099000001" in archive
    assert "王小明".encode() not in archive and b"2099000009" not in archive


def test_an_empty_list_about_the_domain_asked_is_not_filed(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    look_up(config, registry({HOST: rows()}, [HOST]))
    assert json.loads(capsys.readouterr().out)[0]["state"] == "not_filed"


def test_no_answer_leaves_the_filing_unknown(config: Config) -> None:
    with pytest.raises(Failure, match="未知"):
        look_up(config, registry({"other.example": rows()}, ["other.example"]), seconds=1.5)
    with config.engine.connect() as connection:
        assert connection.execute(text("select count(*) from filing")).scalar_one() == 0


def test_without_a_display_it_says_so_in_one_line_and_offers_the_import(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    command(capsys, "watch", "add", HOST)
    said = command(capsys, "crawl", "icp", "--assisted", "--platform", HOST, expect=2).err
    assert "显示器" in said and "kamengwatch import --template icp" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [("heimao", "--platform", HOST), ("icp",), ("icp", "--platform", "nobody.example")]
)
def test_what_cannot_be_looked_up_is_named(
    words: tuple[str, ...], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = command(capsys, "crawl", *words, "--assisted", expect=2).err
    assert ("nobody.example" if "nobody.example" in words else "--assisted") in said


# What a crawl finds of a site's name and operator: it reaches the searches of complaint boards, the ratings and the look-up.


NAMED_AT = dt.datetime(2026, 3, 30, 4, tzinfo=dt.UTC)
USCC = "91350100M000100Y43"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("<title>云合卡盟 - 24小时自助下单</title>", "云合卡盟"),
        ("<title>首页 | 云合卡盟</title>", "云合卡盟"),
        ("<title>自动发卡平台 - 首页</title>", None),
        ("<title>卡盟</title>", None),
        ("<title>shop.example.com</title>", None),
        ("<title>404 Not Found</title>", None),
        ("<title>站点维护中</title>", None),
        ("<title>商品列表</title><meta property='og:site_name' content='星河数卡'>", "星河数卡"),
        ("<title>Nova Keys | Powered by dujiaoka</title>", "Nova Keys"),
        ("<title>全网最低价格的游戏点卡充值平台欢迎您的光临二十四小时营业</title>", None),
        ("<title>kamifaka-frontend</title>", None),
        ("<title>独角数卡 自动发卡</title>", None),
        ("", None),
    ],
)
def test_a_name_is_what_tells_one_shop_from_others(head: str, name: str | None) -> None:
    assert site_name_of(LexborHTMLParser(f"<html><head>{head}</head><body>x</body></html>")) == name


def page(host: str, day: int, **more: object) -> dict[str, object]:
    at = (NAMED_AT - dt.timedelta(days=day)).isoformat()
    return {
        "kind": "page",
        "source": "storefront",
        "host": host,
        "observed_at": at,
        "role": "home",
        "text": "点卡 9.90 元",
    } | more


def filing(host: str, entity: str, nature: str = "企业") -> dict[str, object]:
    return {"kind": "filing", "source": "icp", "provider": "miit", "host": host, "observed_at": (NAMED_AT - dt.timedelta(days=3)).isoformat(),
            "found": True, "number": "粤ICP备2099000001号-1", "entity": entity, "nature": nature, "domain": host}  # fmt: skip


@pytest.fixture
def named_sources(data_dir: Path) -> Config:
    config = Config(data_dir, fixed_now=NAMED_AT)
    register_sources(config.engine, cards())
    return config


def taken_in(named_sources: Config, *records: dict[str, object]) -> None:
    saved = import_records(Ingest(named_sources.engine, NAMED_AT, accept_new=True), records)
    assert not saved.refused, saved.refused


def test_a_site_added_by_its_address_is_searched_by_the_name_its_page_gives(named_sources: Config) -> None:
    taken_in(
        named_sources,
        {"kind": "platform", "host": "a.example"},
        {"kind": "platform", "host": "b.example", "name": "手工店名"},
    )
    taken_in(
        named_sources, page("a.example", 9, site_name="云合卡盟"), page("b.example", 9, site_name="页面店名")
    )
    taken_in(
        named_sources,
        page("a.example", 8, site_name="云合卡盟春节特惠"),
        page("a.example", 7, site_name="客服13800138000"),
    )
    a, b = watched_platforms(named_sources.engine)
    assert (a.name, b.name) == ("云合卡盟", "手工店名") and b.aliases == ("页面店名",)
    assert Watched([a, b]).names(9) == ["云合卡盟", "手工店名"], "what the boards are searched for"
    with named_sources.engine.connect() as connection:
        told = connection.execute(select(Alias.text, Alias.source)).all()
    assert set(told) == {
        ("云合卡盟", "storefront"),
        ("云合卡盟春节特惠", "storefront"),
        ("页面店名", "storefront"),
    }


def test_the_operator_a_crawl_finds_is_rated_published_and_found(
    named_sources: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = ("filed.example", "footer.example", "person.example", "told.example")
    taken_in(named_sources, *({"kind": "platform", "host": h} for h in hosts[:3]))
    taken_in(
        named_sources,
        {"kind": "platform", "host": "told.example", "operator": "丁科技有限公司", "uscc": USCC},
    )
    signs = {"credit_codes": [USCC]}
    taken_in(
        named_sources, filing("filed.example", "甲科技有限公司"), page("filed.example", 2, company="别家科技有限公司", signs=signs),
        page("footer.example", 2, company="乙网络有限公司"), filing("person.example", "王小明", "个人"),
        filing("told.example", "戊科技有限公司"),
    )  # fmt: skip
    monkeypatch.setenv("KAMENGWATCH_NOW", NAMED_AT.isoformat())
    for words in (("rate",), ("publish",)):
        command(capsys, *words, "--data-dir", named_sources.data_dir)
    snapshot = Snapshot.latest(named_sources.data_dir)
    named = {r["host"]: (r["operator"], r["operator_uscc"]) for r in snapshot.rows("select * from ratings")}
    assert named == {
        "filed.example": ("甲科技有限公司", USCC), "footer.example": ("乙网络有限公司", None),
        "person.example": (None, None), "told.example": ("丁科技有限公司", USCC),
    }  # fmt: skip

    def found(asked: str) -> list[str]:
        return [row["host"] for row in site_search.find(snapshot, asked).matches]

    assert found("甲科技有限公司") == found("甲科技") == ["filed.example"]
    assert found(USCC) == ["filed.example", "told.example"] and found("王小明") == []
    assert (
        "filed.example"
        in command(capsys, "check", "甲科技有限公司", "--data-dir", named_sources.data_dir).out
    )


def test_sites_the_registry_gives_to_one_company_are_a_family(named_sources: Config) -> None:
    from scoring.engine.load_market import load_dataset
    from scoring.linkage.operators import families
    from scoring.observations.disk_columns import Scratch

    taken_in(named_sources, *({"kind": "platform", "host": f"{n}.example"} for n in "abcdef"))
    taken_in(named_sources, {"kind": "platform", "host": "g.example", "operator": "甲科技有限公司"})
    taken_in(
        named_sources, filing("a.example", "甲科技有限公司"), filing("b.example", "甲科技有限公司"), filing("c.example", "乙科技有限公司"),
        filing("d.example", "王小明", "个人"), filing("e.example", "王小明", "个人"), page("f.example", 2, company="甲科技有限公司"),
    )  # fmt: skip
    facts = load_dataset(named_sources.engine, NAMED_AT.date(), Scratch(named_sources.data_dir))
    assert [[facts.sites[at].host for at in sites] for sites in families(facts).values()] == [
        ["a.example", "b.example", "g.example"],
        ["c.example"],
    ]
