"""What a crawl finds of a site's name and operator: it reaches the searches of complaint boards, the ratings and the look-up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from crawler.pages.mentions import Watched
from crawler.pages.site_name import site_name_of
from dashboard.presenters import site_search
from kamengwatch.config import Config
from kamengwatch.pipeline.crawl import cards
from scoring.snapshot.reader import Snapshot
from store.db.tables import Alias
from store.evidence.crawl_ledger import register_sources, watched_platforms
from store.evidence.ingest import Ingest, import_records
from tests.support.programs.in_process_cli import command

NOW = dt.datetime(2026, 3, 30, 4, tzinfo=dt.UTC)
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
    at = (NOW - dt.timedelta(days=day)).isoformat()
    return {
        "kind": "page",
        "source": "storefront",
        "host": host,
        "observed_at": at,
        "role": "home",
        "text": "点卡 9.90 元",
    } | more


def filing(host: str, entity: str, nature: str = "企业") -> dict[str, object]:
    return {"kind": "filing", "source": "icp", "provider": "miit", "host": host, "observed_at": (NOW - dt.timedelta(days=3)).isoformat(),
            "found": True, "number": "粤ICP备2099000001号-1", "entity": entity, "nature": nature, "domain": host}  # fmt: skip


@pytest.fixture
def config(data_dir: Path) -> Config:
    config = Config(data_dir, fixed_now=NOW)
    register_sources(config.engine, cards())
    return config


def taken_in(config: Config, *records: dict[str, object]) -> None:
    saved = import_records(Ingest(config.engine, NOW, accept_new=True), records)
    assert not saved.refused, saved.refused


def test_a_site_added_by_its_address_is_searched_by_the_name_its_page_gives(config: Config) -> None:
    taken_in(
        config,
        {"kind": "platform", "host": "a.example"},
        {"kind": "platform", "host": "b.example", "name": "手工店名"},
    )
    taken_in(config, page("a.example", 9, site_name="云合卡盟"), page("b.example", 9, site_name="页面店名"))
    taken_in(
        config,
        page("a.example", 8, site_name="云合卡盟春节特惠"),
        page("a.example", 7, site_name="客服13800138000"),
    )
    a, b = watched_platforms(config.engine)
    assert (a.name, b.name) == ("云合卡盟", "手工店名") and b.aliases == ("页面店名",)
    assert Watched([a, b]).names(9) == ["云合卡盟", "手工店名"], "what the boards are searched for"
    with config.engine.connect() as connection:
        told = connection.execute(select(Alias.text, Alias.source)).all()
    assert set(told) == {
        ("云合卡盟", "storefront"),
        ("云合卡盟春节特惠", "storefront"),
        ("页面店名", "storefront"),
    }


def test_the_operator_a_crawl_finds_is_rated_published_and_found(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = ("filed.example", "footer.example", "person.example", "told.example")
    taken_in(config, *({"kind": "platform", "host": h} for h in hosts[:3]))
    taken_in(config, {"kind": "platform", "host": "told.example", "operator": "丁科技有限公司", "uscc": USCC})
    signs = {"credit_codes": [USCC]}
    taken_in(
        config, filing("filed.example", "甲科技有限公司"), page("filed.example", 2, company="别家科技有限公司", signs=signs),
        page("footer.example", 2, company="乙网络有限公司"), filing("person.example", "王小明", "个人"),
        filing("told.example", "戊科技有限公司"),
    )  # fmt: skip
    monkeypatch.setenv("KAMENGWATCH_NOW", NOW.isoformat())
    for words in (("rate",), ("publish",)):
        command(capsys, *words, "--data-dir", config.data_dir)
    snapshot = Snapshot.latest(config.data_dir)
    named = {r["host"]: (r["operator"], r["operator_uscc"]) for r in snapshot.rows("select * from ratings")}
    assert named == {
        "filed.example": ("甲科技有限公司", USCC), "footer.example": ("乙网络有限公司", None),
        "person.example": (None, None), "told.example": ("丁科技有限公司", USCC),
    }  # fmt: skip

    def found(asked: str) -> list[str]:
        return [row["host"] for row in site_search.find(snapshot, asked).matches]

    assert found("甲科技有限公司") == found("甲科技") == ["filed.example"]
    assert found(USCC) == ["filed.example", "told.example"] and found("王小明") == []
    assert "filed.example" in command(capsys, "check", "甲科技有限公司", "--data-dir", config.data_dir).out


def test_sites_the_registry_gives_to_one_company_are_a_family(config: Config) -> None:
    from scoring.engine.load_market import load_dataset
    from scoring.linkage.operators import families
    from scoring.observations.disk_columns import Scratch

    taken_in(config, *({"kind": "platform", "host": f"{n}.example"} for n in "abcdef"))
    taken_in(config, {"kind": "platform", "host": "g.example", "operator": "甲科技有限公司"})
    taken_in(
        config, filing("a.example", "甲科技有限公司"), filing("b.example", "甲科技有限公司"), filing("c.example", "乙科技有限公司"),
        filing("d.example", "王小明", "个人"), filing("e.example", "王小明", "个人"), page("f.example", 2, company="甲科技有限公司"),
    )  # fmt: skip
    facts = load_dataset(config.engine, NOW.date(), Scratch(config.data_dir))
    assert [[facts.sites[at].host for at in sites] for sites in families(facts)] == [
        ["a.example", "b.example", "g.example"]
    ]
