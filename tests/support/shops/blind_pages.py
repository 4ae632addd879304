"""Pages of shops and others on which nothing is on offer, though sums of money stand there: a reader must find no good in any of them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from random import Random

from tests.support.shops.blind_goods import AROUND, BRANDS, goods, shell


def login_wall(draw: Random) -> str:
    """The shop shows its goods to members only."""
    return shell(
        draw,
        [],
        '<form class="login-form"><h3>登录后查看商品</h3><input name="username" placeholder="账号"><input type="password"><button>登录</button><a href="/reg">注册立送 ¥2.00</a></form>',
        quiet=True,
    )


def empty_shop(draw: Random) -> str:
    """A shop with categories and no goods."""
    tabs = "".join(
        f'<li class="tab">{name}<small>共0种商品</small></li>' for name in ("影音", "游戏", "网盘")
    )
    return shell(
        draw,
        [],
        f'<ul class="tabs">{tabs}</ul><div class="empty"><img src="/e.svg"><p>暂无商品</p></div>',
        quiet=True,
    )


def blog(draw: Random) -> str:
    """Articles that tell prices."""
    made = "".join(
        f'<article class="post"><h2><a href="/a/{n}.html">{escape(b)}会员怎么买最便宜？年卡只要{n * 10 + 8}元</a></h2><p class="excerpt">今天聊聊{escape(b)}：官网月费 ¥{n + 15}.00，季卡 ¥{n * 3 + 40}.00……</p>'
        f'<div class="meta"><span>2026-0{n}-1{n}</span><span>阅读 {n}.{n}k</span><a href="/a/{n}.html">阅读全文</a></div></article>'
        for n, b in enumerate(draw.sample(BRANDS, 7), 1)
    )
    return shell(draw, [], f'<div class="posts">{made}</div>', quiet=True, title="橙子的博客")


def news_table(draw: Random) -> str:
    """A list of notices with dates, some with sums in their titles."""
    rows = "".join(
        f'<tr><td><a href="/news/{n}">关于第{n}期活动的公告：充{n}00元送{n}0元</a></td><td>2026-0{n}-03</td></tr>'
        for n in range(1, 9)
    )
    return shell(
        draw, [], f'<table class="news"><tr><th>标题</th><th>时间</th></tr>{rows}</table>', quiet=True
    )


def levels(draw: Random) -> str:
    """What membership costs and saves: levels are no goods of a shop that sells cards."""
    rows = "".join(
        f"<tr><td>{n}</td><td>累计充值满 {m} 元</td><td>{d} 折</td></tr>"
        for n, m, d in (
            ("普通会员", 0, 10),
            ("白银会员", 500, 9.8),
            ("黄金会员", 2000, 9.5),
            ("钻石会员", 9999, 9),
        )
    )
    return shell(
        draw,
        [],
        f"<h2>会员等级说明</h2><table><thead><tr><th>等级</th><th>升级条件</th><th>折扣</th></tr></thead><tbody>{rows}</tbody></table>",
        quiet=True,
    )


def recharge_page(draw: Random) -> str:
    """Sums to put on one's balance with what is given on top."""
    tiles = "".join(
        f'<div class="amount-item"><div class="amt">¥{n}</div><div class="gift">送 ¥{n // 10}</div></div>'
        for n in (10, 30, 50, 100, 300, 500)
    )
    return shell(
        draw, [], f'<h3>余额充值</h3><div class="amounts">{tiles}</div><button>确认充值</button>', quiet=True
    )


def coupon_centre(draw: Random) -> str:
    """Coupons to take."""
    cards = "".join(
        f'<div class="cp"><div class="cp-l"><em>¥</em><b>{n}</b></div><div class="cp-r"><h5>全场通用券</h5><p>满 {n * 10}.00 元可用</p><a href="/coupon/{n}">立即领取</a></div></div>'
        for n in (3, 5, 8, 10, 20)
    )
    return shell(draw, [], f'<div class="cps">{cards}</div>', quiet=True)


def bought_only(draw: Random) -> str:
    """Nothing but what stands around goods: lists of what others bought, coupons, levels, words searched for."""
    made = goods(draw)
    return shell(
        draw,
        made,
        "".join(part(draw, made) for part in AROUND) + '<p class="none">商品加载中</p>',
        quiet=True,
    )


def order_query(draw: Random) -> str:
    """A buyer's orders: bought, not on offer."""
    rows = "".join(
        f"<tr><td>20260{n}0112{n}455</td><td>{escape(b)}月卡</td><td>¥{n * 7}.00</td><td>已完成</td><td>2026-0{n}-01 12:0{n}</td></tr>"
        for n, b in enumerate(draw.sample(BRANDS, 6), 1)
    )
    return shell(
        draw,
        [],
        f'<h3>我的订单</h3><table class="orders"><thead><tr><th>订单号</th><th>商品</th><th>金额</th><th>状态</th><th>下单时间</th></tr></thead><tbody>{rows}</tbody></table>',
        quiet=True,
    )


def earnings(draw: Random) -> str:
    """A ranking of what promoters earned."""
    rows = "".join(
        f'<li class="rank"><i>{n}</i><span class="who">代理{draw.randint(100, 999)}**</span><b class="sum">¥{draw.uniform(100, 9000):,.2f}</b></li>'
        for n in range(1, 11)
    )
    return shell(draw, [], f'<h3>推广收益排行榜</h3><ol class="ranks">{rows}</ol>', quiet=True)


EMPTY: dict[str, Callable[[Random], str]] = {
    maker.__name__: maker
    for maker in (
        login_wall,
        empty_shop,
        blog,
        news_table,
        levels,
        recharge_page,
        coupon_centre,
        bought_only,
        order_query,
        earnings,
    )
}
