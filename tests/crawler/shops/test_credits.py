"""Makers of themes, technical support and comments are no contacts of a shop; what stands beside them is."""

from __future__ import annotations

import time

import pytest

from crawler.pages.shop_features import contact_values

OWN = '<a href="http://wpa.qq.com/msgrd?v=3&uin=3344556677">客服QQ</a>'
CREDITS = [
    '<p>Theme by <a href="https://t.me/themeauthor">@themeauthor</a></p>',
    '<p>Designed with love by <a href="https://t.me/themeauthor">x</a></p>',
    '<p><a href="https://t.me/themeauthor">主题作者</a></p>',
    '<p><a class="x" href="https://t.me/themeauthor"><span>模板设计</span></a></p>',
    '<p>本页由 <a href="https://t.me/themeauthor">某某</a> 提供技术支持</p>',
    '<p>由<a href="https://t.me/themeauthor">某某</a>强力驱动</p>',
    "<p>技术支持QQ：2211334455</p>",
    "<p>源码购买 QQ: 2211334455</p>",
    "<p>模板售后群：221133445</p>",
    "<p>网站建设：示例科技 电话：13912345678</p>",
    "<p>同款搭建联系 微信：maker_01</p>",
    "<!-- 主页 maker@themes.test t.me/themeauthor -->",
    "<script>\n/* written by maker@themes.test */\nvar a = 1;</script>",
    '<meta name="author" content="maker@themes.test">',
    "<!-- <script>var s; s.src='https://hm.baidu.com/hm.js?0123456789abcdef0123456789abcdef'</script> -->",
    '<p>程序作者统计 <script src="https://s4.cnzz.com/z.js?id=1276543210"></script></p>',
    '<a href="https://t.me/share/url?url=x">分享</a>',
    "<p>QQ：123456789</p>",
    "<p>QQ：10000</p>",
    "<p>电话：400-000-0000</p>",
    "<p>电话：13800138000</p>",
    "<p>邮箱：admin@admin.com，your@example.com</p>",
    '<script src="https://api.map.baidu.com/api?v=3.0&ak=Qwertyuiop0123456789asdf"></script>',
]


@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize("page", ["{credit}{own}", "{own}{credit}", "<div>{own}</div>{credit}<p>©</p>"])
def test_a_credit_is_no_contact_and_takes_none_away(credit: str, page: str) -> None:
    assert contact_values(page.format(credit=credit, own=f"<div>{OWN}</div>")) == {"qq": ["3344556677"]}


@pytest.mark.parametrize(
    "own",
    [
        "<p>本网站提供24小时服务，客服QQ：3344556677</p>",
        "<p>系统公告：如有问题请联系QQ：3344556677</p>",
        '<input type="file" accept="image/*"><p>QQ：3344556677</p><style>a{} /* x */</style>',
        "<script>$.ajax({accepts: '*/*'})</script><p>QQ：3344556677</p><script>/* y */</script>",
        "<!-- never closed <p>QQ：3344556677</p>",
        "<p>客服QQ：3344556677 | Powered by x</p>",
        "<p>显卡驱动 售后QQ：3344556677</p>",
    ],
)
def test_the_shops_own_contact_stays(own: str) -> None:
    assert contact_values(own) == {"qq": ["3344556677"]}


@pytest.mark.parametrize(
    "piece", ["<!--", " /*", "技术支持", "由", "<a 提供技术支持", '<meta name="author" ']
)
def test_a_page_made_to_be_slow_is_not(piece: str) -> None:
    begun = time.process_time()
    contact_values(piece * (400_000 // len(piece)))
    assert time.process_time() - begun < 5
