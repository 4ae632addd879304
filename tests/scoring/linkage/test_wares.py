"""Titles of the same goods become one ware, titles of different goods never do; prices are compared by ware."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.observations.product_names import ware
from tests.support.markets.judged_records import database, judged

SAME = [
    ("腾讯视频会员月卡", "【秒发】腾讯视频VIP会员 1个月", "★特价★ 腾讯视频会员（31天）", "腾讯视频会员一个月", "腾讯视频会员|月卡|自动发货"),
    ("网易云音乐季卡", "网易云音乐 3个月", "[热卖]网易云音乐90天"),
    ("优酷年卡", "优酷 1年", "优酷365天 官方正品", "优酷十二个月"),
    ("某某点券100点", "某某点券 100点【自动发货】", "某某点券１００点"),
    ("加速器周卡", "加速器7天"),
    ("优酷双月卡", "优酷 2个月"),
]  # fmt: skip
DIFFERENT = [
    ("腾讯视频会员月卡", "腾讯视频会员季卡", "腾讯视频会员年卡", "腾讯视频会员", "腾讯体育会员月卡", "腾讯视频svip月卡"),
    ("爱奇艺黄金会员月卡", "爱奇艺星钻会员月卡"),
    ("话费50元直充", "话费50元卡密", "话费100元直充", "话费5元直充"),
    ("某某点券100点", "某某点券1000点"),
    ("手游60+6点券", "手游606点券", "手游60点券"),
    ("钱包充值5.5刀", "钱包充值55刀"),
    ("hotmail邮箱", "mail邮箱"),
    ("★★★", "自动发货"),
]  # fmt: skip


@pytest.mark.parametrize("titles", SAME, ids=lambda titles: titles[0])
def test_dressing_does_not_make_other_goods(titles: tuple[str, ...]) -> None:
    assert len({ware(title) for title in titles}) == 1


@pytest.mark.parametrize("titles", DIFFERENT, ids=lambda titles: titles[0])
def test_brand_tier_amount_period_and_way_of_delivery_are_the_goods(titles: tuple[str, ...]) -> None:
    assert len({ware(title) for title in titles}) == len(titles)


@given(st.text(min_size=1, max_size=60))
def test_every_title_names_something(title: str) -> None:
    assert ware(title)


@given(
    st.integers(1, 9_999), st.integers(1, 9_999), st.sampled_from(["点", "元", "个", "钻", "q币", "g流量"])
)
def test_amounts_are_never_confused(a: int, b: int, unit: str) -> None:
    assert (ware(f"某某充值{a}{unit}") == ware(f"【热卖】某某 充值 {b}{unit}")) == (a == b)


def test_a_price_is_low_beside_the_same_goods_under_other_titles(tmp_path: Path) -> None:
    shown = {"a.test": ("腾讯视频会员月卡", 20.0), "b.test": ("【秒发】腾讯视频VIP会员 1个月", 21.0), "c.test": ("腾讯视频会员31天", 19.0),
             "d.test": ("★特价★ 腾讯视频会员一个月", 8.0), "e.test": ("腾讯体育会员月卡", 8.0)}  # fmt: skip
    records = [
        {"kind": "price", "source": "storefront", "host": host, "observed_at": f"2026-04-{day}T12:00:00+08:00", "product": title, "price": price}
        for host, (title, price) in shown.items()
        for day in range(10, 31)
    ]  # fmt: skip
    found = judged(database(tmp_path, records), dt.date(2026, 4, 30))
    _, finding = found.found["price_anomaly"]
    said = {site.host: finding.say(i)[1] for i, site in enumerate(found.facts.sites)}
    assert (
        said["d.test"].startswith("Prices are on average about 5")
        and "below the peers' median" in said["d.test"]
    )
    assert said["a.test"] == "Prices are near or above the peers' median."
    assert said["e.test"] == "No products to compare with peers."
