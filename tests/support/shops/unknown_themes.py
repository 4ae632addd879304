"""Shop pages of structures nobody wrote a parser for, in the forms real themes have, with made goods whose truth is known."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

NAMES = [
    "腾讯视频VIP月卡", "话费100元", "Q币 10个", "【自动发货】Steam 50元充值卡", "网易云音乐 年卡", "Office 2021 专业版密钥",
    "原神 创世结晶x60", "爱奇艺黄金会员 1个月", "百度网盘超级会员年卡", "Netflix 4K·1个月", "王者荣耀 点券 600", "京东E卡 100元", "美团外卖红包20元",
    "ChatGPT Plus 共享", "QQ超级会员 年卡", "饿了么会员季卡", "WPS会员365天", "PSN港服 50美元充值", "Apple ID 美区", "优酷会员（周卡）",
]  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One good as the shop has it."""

    name: str
    price: float
    former: float | None
    stock: int
    sold: int
    automatic: bool


def items(seed: int, most: int = 9) -> list[Item]:
    """Made goods, all different."""
    draw = random.Random(seed)
    chosen = draw.sample(NAMES, draw.randint(3, most))
    found = []
    for name in chosen:
        price = draw.choice(
            [
                draw.randint(1, 60) + draw.choice([0.0, 0.5, 0.8, 0.88, 0.99]),
                draw.randint(100, 3000) * 1.0,
                draw.randint(1000, 2999) + 0.5,
            ]
        )
        former = round(price * 1.4, 2) if draw.random() < 0.4 else None
        found.append(
            Item(
                name,
                round(price, 2),
                former,
                draw.choice([0, 0, 3, 35, 1200]),
                draw.randint(0, 30000),
                draw.random() < 0.7,
            )
        )
    return found


def _page(body: str, title: str = "星河数卡") -> str:
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><link rel="stylesheet" href="/a.css"></head><body>'
        '<nav class="navbar"><a href="/">首页</a><a href="/order">查询订单</a><a href="/login">登录</a></nav>'
        '<div class="notice"><h4>公告</h4><p>充值满100元送5元，满200减10。24小时自动发货，售后联系客服QQ：10000。</p></div>'
        f'{body}<footer class="footer"><p>© 2026 星河数卡 <a href="https://beian.miit.gov.cn/">粤ICP备2099000011号</a></p></footer></body></html>'
    )


def _way(item: Item) -> str:
    return "自动发货" if item.automatic else "人工处理"


def cards_with_badges(goods: list[Item]) -> str:
    cards = "".join(
        f'<div class="col"><div class="card h-100"><div class="position-relative"><a href="/buy/{n}"><img src="/i/{n}.png" alt="{g.name}"></a>'
        f'<div class="position-absolute"><span class="badge bg-success">{_way(g)}</span>{"" if g.stock else "<span class=badge>缺货</span>"}</div></div>'
        f'<div class="card-body text-center"><a href="/buy/{n}"><h6 class="card-title mb-2">{g.name}</h6></a><div class="text-muted small">销量: {g.sold}</div>'
        f'<div class="fw-bold text-primary">¥{g.price:,.2f}</div></div></div></div>'
        for n, g in enumerate(goods)
    )
    half = f'<div class="tab-pane" id="group-1"><div class="row">{cards}</div></div>'
    return _page(
        f'<div class="tab-content"><div class="tab-pane active"><div class="row">{cards}</div></div>{half}</div>'
    )


def link_cards(goods: list[Item]) -> str:
    return _page('<div class="avatar-grid">' + "".join(
        f'<a href="/buy/{n}" class="avatar-card category{"" if g.stock else " ribbon-box"}">{"" if g.stock else "<div class=avatar-sold-out>缺货</div>"}'
        f'<div class="avatar-card-media"><img src="/l.gif"></div><div class="avatar-card-body"><p class="avatar-card-name">{g.name}</p><div class="avatar-card-meta">'
        f'<span class="avatar-card-price">￥<b>{g.price}</b></span><span class="avatar-card-stock">库存 {g.stock}</span></div></div></a>'
        for n, g in enumerate(goods)) + "</div>")  # fmt: skip


def icon_price(goods: list[Item]) -> str:
    return _page('<div class="row">' + "".join(
        f'<div class="col"><div class="card"><span class="badge bg-success"><i class="ali-icon">&#xe7db;</i>{_way(g)}</span><img alt="{g.name}" src="/x.png"><div class="card-body">'
        f'<h6 class="card-title text-truncate">{g.name}</h6><button type="button" class="btn btn-sm"><i class="ali-icon">&#xe703;</i><strong>{g.price:.2f}</strong></button>'
        f'<h6 class="mt-2"><small class="text-muted">库存：{g.stock}</small></h6><a href="/buy/{n}" class="btn btn-primary">立即购买</a></div></div></div>'
        for n, g in enumerate(goods)) + "</div>")  # fmt: skip


def product_grid(goods: list[Item]) -> str:
    return _page('<section class="hero"><h1>可信的数字商品</h1><p>支付即发</p></section><div class="product-grid">' + "".join(
        f'<a class="product-card" href="/products/p{n}"><div class="product-visual tone-{n % 4}"><img alt="{g.name}"><span>影音会员</span><small>精选</small></div>'
        f'<div class="product-body"><div class="product-meta"><span>影音会员</span><b><i></i> 库存 {g.stock}</b></div><h3>{g.name}</h3><p>官方直充，支付后系统自动处理，请填写正确账号</p>'
        f'<div class="tag-row"><span>秒发</span><span>质保</span></div><div class="product-foot"><strong><small>¥</small>{g.price:.2f}</strong><span>{g.sold} 人已购买</span></div></div></a>'
        for n, g in enumerate(goods)) + "</div>")  # fmt: skip


def table_with_heads(goods: list[Item]) -> str:
    rows = "".join(
        f'<tr><td>{n + 1}</td><td>{g.name}</td><td><span style="color:green">{_way(g)}</span></td><td><b>￥{g.price}</b></td><td>{g.stock}</td><td>{g.sold}</td><td><a href="/b/{n}" class="btn">购买</a></td></tr>'
        for n, g in enumerate(goods)
    )
    heads = "<tr><th>#</th><th>商品名称</th><th>类型</th><th>单价</th><th>库存</th><th>已售</th><th>操作</th></tr>"
    return _page(
        f'<div class="layui-card"><div class="layui-card-header">会员充值：</div><table class="layui-table"><thead>{heads}</thead><tbody>{rows}</tbody></table></div>'
    )


def table_of_numbers(goods: list[Item]) -> str:
    rows = "".join(
        f"<tr><td>{g.name}</td><td>{g.price:.2f}</td><td>{g.stock}</td><td><a href='/b/{n}'>下单</a></td></tr>"
        for n, g in enumerate(goods)
    )
    return _page(f"<table><tr><td>商品</td><td>价格</td><td>库存</td><td></td></tr>{rows}</table>")


def split_price(goods: list[Item]) -> str:
    def price(value: float) -> str:
        whole, part = f"{value:.2f}".split(".")
        return f'<span class="jg"><em>¥</em><b>{int(whole):,}</b>.<small>{part}</small></span>'

    return _page('<ul class="pd">' + "".join(
        f'<li class="pd-box"><p class="pd-nm">{g.name}<i class="hot">热</i></p>{price(g.price)}'
        + (f"<del>¥{g.former:,.2f}</del>" if g.former else "")
        + f"<p>已售 {g.sold} · 剩余 {g.stock} 件</p><a href='/x/{n}'>去购买</a></li>"
        for n, g in enumerate(goods)) + "</ul>")  # fmt: skip


def utility_classes(goods: list[Item]) -> str:
    return _page('<div class="grid grid-cols-2 gap-4">' + "".join(
        f'<div class="rounded-xl shadow p-4 hover:shadow-lg"><div class="flex justify-between"><span class="text-xs bg-green-100 px-2">{_way(g)}</span><span class="text-xs">库存：{g.stock}</span></div>'
        f'<div class="mt-2 text-base font-medium line-clamp-2">{g.name}</div><div class="mt-1 flex items-baseline"><span class="text-red-500 text-lg">¥{g.price}</span>'
        + (f'<span class="text-gray-400 line-through ml-2">¥{g.former}</span>' if g.former else "")
        + '</div><button class="mt-3 w-full bg-blue-500">立即购买</button></div>'
        for n, g in enumerate(goods)) + "</div>")  # fmt: skip


def hashed_classes(goods: list[Item]) -> str:
    return _page('<div class="css-1x2y3z">' + "".join(
        f'<div class="css-9ab{n}c"><div class="css-77ff0"><div class="css-a1">{g.name}</div><div class="css-b2">官方渠道 · 不支持退换</div></div><div class="css-c3"><div class="css-d4"><span>￥</span><span>{g.price:.2f}</span></div><div class="css-e5">销量{g.sold}</div></div></div>'
        for n, g in enumerate(goods)) + "</div>")  # fmt: skip


def member_prices(goods: list[Item]) -> str:
    return _page('<div class="goods-list">' + "".join(
        f'<div class="goods-item"><div class="goods-title">{g.name}</div><div class="tags"><span class="tag">{_way(g)}</span><span class="tag">质保30天</span></div><div>售价：<span>￥{g.price}</span></div>'
        f'<div>会员价：<span>￥{g.price * 0.9:.2f}</span></div><div>10件起：￥{g.price * 0.8:.2f}</div>'
        + (f"<div>原价：<span>￥{g.former}</span></div>" if g.former else "")
        + f"<div>库存：{'充足' if g.stock > 100 else g.stock}</div><a class='btn' href='/g/{n}'>购买</a></div>"
        for n, g in enumerate(goods)) + "</div>")  # fmt: skip


def old_tables(goods: list[Item]) -> str:
    rows = "".join(
        f'<tr bgcolor="#fff"><td width="60%"><img src="i.gif"><a href="show.asp?id={n}"><font color="blue">{g.name}</font></a></td><td align="center"><font color="red">{g.price}元</font></td><td>库存({g.stock})</td><td><a href="buy.asp?id={n}"><img src="buy.gif" alt="购买"></a></td></tr>'
        for n, g in enumerate(goods)
    )
    return _page(f'<table width="760"><tr><td><table width="100%">{rows}</table></td></tr></table>')


def by_category(goods: list[Item]) -> str:
    """Each category holds one good, under a heading of its own."""
    return _page("".join(
        f'<div class="category"><h2 class="cate-title">第{n + 1}类专区</h2><div class="list"><div class="one"><div class="tt">{g.name}</div><div class="pp">¥ {g.price}</div><div class="kc">库存 {g.stock}</div></div></div></div>'
        for n, g in enumerate(goods)))  # fmt: skip


def definition_lists(goods: list[Item]) -> str:
    return _page("".join(
        f'<dl><dt><a href="/item/{n}" title="{g.name}">{g.name[:6]}…</a></dt><dd>价格：<strong>{g.price:.2f}</strong> 元</dd><dd>{"<span class=soldout>售罄</span>" if not g.stock else "现货"}</dd></dl>'
        for n, g in enumerate(goods)))  # fmt: skip


def from_price(goods: list[Item]) -> str:
    return _page('<div class="shop-list">' + "".join(
        f'<div class="shop-item"><a href="/p/{n}"><div class="img"></div><div class="info"><div class="name"><span class="label">新品</span>{g.name}</div><div class="desc">下单秒到，支持多规格</div>'
        f'<div class="price"><span class="unit">￥</span>{g.price:,.2f}<span class="qi">起</span></div><div class="bottom"><span>月销 {g.sold / 10000:.1f}万</span></div></div></a></div>'
        for n, g in enumerate(goods)) + "</div>")  # fmt: skip


def script_data(goods: list[Item]) -> str:
    import json

    rows = [
        {
            "id": n,
            "gd_name": g.name,
            "actual_price": f"{g.price:.2f}",
            "in_stock": g.stock,
            "sales_volume": g.sold,
        }
        for n, g in enumerate(goods)
    ]
    return _page(
        f'<div id="app"></div><script>var title="公告", goodsMsg = {json.dumps([{"gp_name": "会员", "goods": rows}])};</script>'
    )


def structured(goods: list[Item]) -> str:
    import json

    listed = {"@context": "https://schema.org", "@type": "ItemList", "itemListElement": [
        {"@type": "ListItem", "position": n, "item": {"@type": "Product", "name": g.name, "offers": {"@type": "Offer", "price": g.price, "priceCurrency": "CNY", "availability": "https://schema.org/InStock" if g.stock else "https://schema.org/OutOfStock"}}}
        for n, g in enumerate(goods)]}  # fmt: skip
    return _page(f'<script type="application/ld+json">{json.dumps(listed)}</script><div id="root"></div>')


THEMES: dict[str, Callable[[list[Item]], str]] = {
    theme.__name__: theme
    for theme in (cards_with_badges, link_cards, icon_price, product_grid, table_with_heads, table_of_numbers, split_price, utility_classes,
                  hashed_classes, member_prices, old_tables, by_category, definition_lists, from_price, script_data, structured)
}  # fmt: skip
