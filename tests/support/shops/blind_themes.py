"""Shop pages of twenty structures, retyped from how real shop softwares and page builders nest them, by someone who had not read the reader.

Each maker takes a source of chance and answers a whole page with the goods that are truly on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from random import Random

from tests.support.shops.blind_goods import (
    Item,
    Made,
    bare,
    by_category,
    goods,
    in_words,
    shell,
    thousands,
    without,
)

ALL = frozenset({"list", "stock", "sold"})


def router_cards(draw: Random) -> Made:
    """A single-page shop rendered: one link a card, the category twice, tags, old price crossed out."""
    made = goods(draw)
    without(made, "sold")
    cards = ""
    for i in made:
        old = f"<del>¥{thousands(i.list_price)}</del>" if i.list_price else ""
        tags = "".join(f"<span>{t}</span>" for t in draw.sample(["质保", "秒发", "可续费", "满100减5"], 2))
        cards += (
            f'<a class="product-card" href="/products/p-{i.number}"><div class="product-visual tone-1"><img src="/i/{i.number}.webp" alt="{i.html}">'
            f'<span>{i.category}</span><small>本店精选</small></div><div class="product-body"><div class="product-meta"><span>{i.category}</span>'
            f"<b><i></i> 库存 {i.stock}</b></div><h3>{i.html}</h3><p>{i.summary}</p>"
            f'<div class="tag-row">{tags}</div><div class="product-bottom"><div class="price"><strong>¥{thousands(i.price)}</strong>{old}</div>'
            '<span class="round-arrow"><svg></svg></span></div></div></a>'
        )
    tabs = "".join(f"<button>{name}</button>" for name, _ in by_category(made))
    body = f'<section class="marketplace"><div class="category-tabs"><button class="active">全部商品</button>{tabs}</div><div class="product-grid product-layout-grid">{cards}</div></section>'
    return Made(shell(draw, made, body), made, frozenset({"list", "stock"}))


def tabs_twice(draw: Random) -> Made:
    """Every good stands in the tab of all goods and again in the tab of its group; the name is a paragraph."""
    made = goods(draw)
    without(made, "sold", "list")

    def card(i: Item) -> str:
        link = f'href="/buy/{i.number}"' if i.stock else 'href="javascript:void(0);" onclick="sell_out_tip()"'
        out = "" if i.stock else '<div class="ribbon-gone">缺货</div>'
        return (
            f'<a {link} class="tile category{"" if i.stock else " ribbon-box"}">{out}<div class="tile-media"><img class="home-img" src="/l.gif" data-src="/{i.number}.png"></div>'
            f'<div class="tile-body"><p class="tile-name">{i.html}</p><div class="tile-meta"><span class="tile-price">￥<b>{i.price:.2f}</b></span>'
            f'<span class="tile-stock">库存 {i.stock}</span></div></div></a>'
        )

    panes = "".join(
        f'<div class="tab-pane" id="group-{n}"><div class="tiles">{"".join(map(card, group))}</div></div>'
        for n, (_, group) in enumerate(by_category(made), 1)
    )
    body = f'<div class="tab-content"><div class="tab-pane active" id="group-all"><div class="tiles">{"".join(map(card, made))}</div></div>{panes}</div>'
    return Made(shell(draw, made, body), made, frozenset({"stock"}))


def bootstrap_cards(draw: Random) -> Made:
    """Columns of cards with badges over the picture; sales but no stock, and 缺货 as one of the badges."""
    made = goods(draw)
    without(made, "list")
    cards = ""
    for i in made:
        gone = i.stock == 0
        i.stock, i.stock_class = None, "sold_out" if gone else "unknown"
        badge = '<span class="badge bg-danger fw-normal">缺货</span>' if gone else ""
        kind = draw.choice(("自动发货", "人工处理"))
        link = "javascript:void(0);" if gone else f"/buy/{i.number}"
        cards += (
            f'<div class="col"><div class="card h-100 border rounded-lg"><div class="position-relative bg-light"><a href="{link}" class="d-block h-100 p-3"><img src="/u/{i.number}.jpg" alt="{i.html}" class="img-fluid"></a>'
            f'<div class="position-absolute top-0 start-0 m-2"><span class="badge bg-success fw-normal">{kind}</span>{badge}</div></div>'
            f'<div class="card-body text-center"><a href="{link}" class="text-decoration-none text-dark"><h6 class="card-title mb-2 lh-sm">\n  {i.html}\n </h6></a>'
            f'<div class="text-muted small mb-2"><i class="fas fa-fire text-danger"></i> 销量: {i.sold_text}</div><div class="fw-bold text-primary">\n ¥{thousands(i.price)}\n</div></div></div></div>'
        )
    return Made(
        shell(draw, made, f'<div class="row row-cols-2 row-cols-md-4 g-3">{cards}</div>'),
        made,
        frozenset({"stock", "sold"}),
    )


def layui_table(draw: Random) -> Made:
    """One table, a row across all columns for each category, prices with 元 behind them."""
    made = goods(draw)
    without(made, "list", "sold")
    rows = ""
    for number, (name, group) in enumerate(by_category(made)):
        rows += f'<tr><td colspan="4" style="background-color:#5FB878;color:#fff;text-align:center">{name}</td></tr>'
        for i in group:
            rows += (
                f'<tr class="subclass{number}"><td><font color="black">{i.html}</font></td><td>{bare(i.price)}元</td><td>{i.stock}</td>'
                f'<td style="text-align:center"><a href="/trade/{i.number}.html" class="layui-btn layui-btn-danger">购买 <i class="layui-icon">&#xe654;</i></a></td></tr>'
            )
    head = "<tr><th>商品标题</th><th>价格</th><th>库存</th><th>操作</th></tr>"
    return Made(
        shell(
            draw,
            made,
            f'<div class="goods"><table class="layui-table"><thead>{head}</thead><tbody>{rows}</tbody></table></div>',
        ),
        made,
        frozenset({"stock"}),
    )


def tailwind_buttons(draw: Random) -> Made:
    """Cards that are buttons without a link, the name's first letter as a picture, 起 before some prices."""
    made = goods(draw)
    without(made, "list", "sold")
    in_words(draw, made)
    cards = ""
    for i in made:
        start = (
            '<span class="text-xs font-normal text-ink-400 mr-0.5">起</span>' if draw.random() < 0.3 else ""
        )
        code = (
            '<span class="px-1.5 py-0.5 text-[10px] bg-brand-50">可接码</span>' if draw.random() < 0.4 else ""
        )
        keep = (
            f'<div class="text-[11px] text-ink-400 mt-1">质保 {draw.choice((24, 72))} 小时</div>'
            if draw.random() < 0.5
            else ""
        )
        cards += (
            '<button class="card p-5 text-left bg-white border group"><div class="flex items-start justify-between gap-2 mb-3"><div class="flex items-start gap-3 min-w-0">'
            f'<div class="w-12 h-12 rounded-lg"><span class="absolute inset-0">{escape(i.name[0])}</span><img src="/c/{i.number}.png" alt=""></div>'
            f'<div class="min-w-0"><div class="font-semibold text-ink-900 line-clamp-2" title="{i.html}">{i.html}</div><div class="text-xs text-ink-500 mt-0.5">{i.summary}</div></div></div>'
            f'<div class="flex flex-col items-end">{code}</div></div><div class="flex items-end justify-between mt-2"><div><div class="text-2xl font-bold text-rose-600">{start}¥{i.price:.2f}</div>{keep}</div>'
            f'<div class="text-right"><div class="text-xs text-emerald-600">{i.word}</div></div></div><div class="mt-4 pt-3 border-t text-xs"><span>查看详情 / 下单</span><svg></svg></div></button>'
        )
    return Made(
        shell(draw, made, f'<div class="grid grid-cols-3 gap-4">{cards}</div>'), made, frozenset({"stock"})
    )


def inline_styles(draw: Random) -> Made:
    """React without any class: everything told apart by style attributes; the shop's own sums stand above."""
    made = goods(draw)
    without(made, "list", "stock")
    cards = ""
    for i in made:
        cards += (
            '<button type="button" style="display:flex;flex-direction:column;border-radius:12px"><div style="aspect-ratio:1;background:#eef"><img style="width:100%" src="/g.png" alt=""></div>'
            f'<div style="padding:10px"><div style="font-size:14px;font-weight:600">{i.html}</div><div style="color:#d33;font-size:18px"><span style="font-size:12px">¥</span>{i.price:.2f}</div>'
            f'<div style="display:flex;color:#999;font-size:12px"><span style="flex:1">{i.category}</span><span>已售 {i.sold_text}</span></div></div></button>'
        )
    stats = "".join(
        f'<div style="text-align:center"><div style="font-weight:700">{v}</div><div style="color:#999">{k}</div></div>'
        for k, v in (("在售商品", len(made)), ("累计成交", "1.2万"), ("保证金", "¥10,190.88"))
    )
    kinds = "".join(
        f'<button type="button" style="padding:12px"><span style="display:block"><span style="font-weight:700">{k}</span><span style="color:#999">包含 {n} 件商品</span></span><span>{e}</span></button>'
        for k, n, e in (("数字卡密", len(made), "⚡️"), ("知识文章", 5, "☘️"), ("资源下载", 2, "💎"))
    )
    body = f'<div style="display:flex">{stats}</div><div style="display:grid">{kinds}</div><div style="display:grid;gap:8px">{cards}</div>'
    return Made(shell(draw, made, body), made, frozenset({"sold"}))


def old_table(draw: Random) -> Made:
    """An old ASP shop: a table of tables, four goods a row, no classes; sold out is a picture."""
    made = goods(draw)
    without(made, "sold")
    cells = []
    for i in made:
        gone = i.stock == 0
        i.stock, i.stock_class = None, "sold_out" if gone else "unknown"
        picture = (
            '<img src="images/quehuo.gif" alt="缺货">'
            if gone
            else f'<a href="buy.asp?id={i.number}"><img src="images/buy.gif" border="0" alt="购买"></a>'
        )
        old = f"市场价：<s>{bare(i.list_price)}元</s><br>" if i.list_price else ""
        cells.append(
            f'<td width="25%" align="center"><table width="100%" border="0"><tr><td align="center"><a href="show.asp?id={i.number}"><img src="pic/{i.number}.jpg" width="90"></a></td></tr>'
            f'<tr><td align="center"><a href="show.asp?id={i.number}">{i.html}</a></td></tr><tr><td align="center">{old}本站价：<font color="red"><b>{bare(i.price)}</b></font>元</td></tr>'
            f'<tr><td align="center">{picture}</td></tr></table></td>'
        )
    rows = "".join(f"<tr>{''.join(cells[n : n + 4])}</tr>" for n in range(0, len(cells), 4))
    return Made(
        shell(draw, made, f'<table width="960" cellpadding="4">{rows}</table>'),
        made,
        frozenset({"list", "stock"}),
    )


def woo_list(draw: Random) -> Made:
    """WooCommerce: bdi, ins and del with sentences for screen readers, stars, ranges, an outofstock class."""
    made = goods(draw)
    without(made, "sold")
    cards = ""
    for i in made:
        gone = i.stock == 0
        i.stock, i.stock_class = None, "sold_out" if gone else "unknown"

        def money(value: float) -> str:
            return f'<span class="woocommerce-Price-amount amount"><bdi><span class="woocommerce-Price-currencySymbol">&yen;</span>{thousands(value)}</bdi></span>'

        if i.list_price:
            price = (
                f'<del aria-hidden="true">{money(i.list_price)}</del> <span class="screen-reader-text">原价为：&yen;{thousands(i.list_price)}。</span>'
                f'<ins aria-hidden="true">{money(i.price)}</ins><span class="screen-reader-text">当前价格为：&yen;{thousands(i.price)}。</span>'
            )
        elif draw.random() < 0.3:
            price = f"{money(i.price)} &ndash; {money(i.price * 3)}"
        else:
            price = money(i.price)
        stars = (
            '<div class="star-rating" role="img" aria-label="评分 4.80 / 5"><span style="width:96%">评分 <strong class="rating">4.80</strong> / 5</span></div>'
            if draw.random() < 0.4
            else ""
        )
        sale = '<span class="onsale">促销！</span>' if i.list_price else ""
        button = (
            f'<a href="/product/{i.number}/" class="button">阅读更多</a>'
            if gone
            else f'<a href="?add-to-cart={i.number}" class="button add_to_cart_button" aria-label="加入购物车：{i.html}">加入购物车</a>'
        )
        cards += (
            f'<li class="product type-product post-{i.number} {"outofstock" if gone else "instock"} product_cat-{i.number % 3}"><a href="/product/{i.number}/" class="woocommerce-LoopProduct-link">{sale}'
            f'<img width="300" src="/wp/{i.number}.jpg" alt=""><h2 class="woocommerce-loop-product__title">{i.html}</h2>{stars}<span class="price">{price}</span></a>{button}</li>'
        )
    return Made(
        shell(
            draw,
            made,
            f'<p class="woocommerce-result-count">显示所有 {len(made)} 个结果</p><ul class="products columns-4">{cards}</ul>',
        ),
        made,
        frozenset({"list", "stock"}),
    )


def uni_page(draw: Random) -> Made:
    """A uni-app page of a phone: uni-view everywhere, whole yuan and cents in different elements."""
    made = goods(draw)
    without(made, "stock")
    cards = ""
    for i in made:
        whole, cents = f"{i.price:.2f}".split(".")
        old = (
            f'<uni-text class="line-price"><span>¥{i.list_price:.2f}</span></uni-text>'
            if i.list_price
            else ""
        )
        label = (
            f'<uni-view class="tag">{draw.choice(("热卖", "新品", "限时"))}</uni-view>'
            if draw.random() < 0.5
            else ""
        )
        cards += (
            f'<uni-view class="goods-item"><uni-image class="pic"><div style="background-image:url(/x.png)"></div><img src="/x.png"></uni-image><uni-view class="info">'
            f'<uni-view class="title">{label}<uni-text><span>{i.html}</span></uni-text></uni-view><uni-view class="row"><uni-view class="money"><uni-text class="unit"><span>￥</span></uni-text>'
            f'<uni-text class="int"><span>{whole}</span></uni-text><uni-text class="dec"><span>.{cents}</span></uni-text>{old}</uni-view><uni-text class="sale"><span>已售{i.sold_text}</span></uni-text></uni-view></uni-view></uni-view>'
        )
    tabs = "".join(
        f'<uni-view class="tab"><uni-text><span>{n}</span></uni-text></uni-view>'
        for n, _ in by_category(made)
    )
    return Made(
        shell(
            draw,
            made,
            f'<uni-page-body><uni-view class="tabs">{tabs}</uni-view><uni-view class="list">{cards}</uni-view></uni-page-body>',
        ),
        made,
        frozenset({"list", "sold"}),
    )


def element_cards(draw: Random) -> Made:
    """element-ui cards with tags inside the title and 元/个 behind the price."""
    made = goods(draw)
    without(made, "list")
    cards = ""
    for i in made:
        tag = (
            f'<span class="el-tag el-tag--danger el-tag--mini">{draw.choice(("自动", "人工", "爆款"))}</span>'
        )
        gone = '<button disabled class="el-button is-disabled"><span>已售罄</span></button>'
        button = (
            '<button class="el-button el-button--primary"><span>立即购买</span></button>' if i.stock else gone
        )
        cards += (
            f'<div class="el-col el-col-8"><div class="el-card is-hover-shadow"><div class="el-card__body"><div class="goods-title">{tag} {i.html}</div><div class="goods-desc">{i.summary}</div>'
            f'<div class="goods-row"><span class="goods-price">{i.price:.2f} 元/个</span><span class="goods-left">剩余 {i.stock} 件</span><span>已售：{i.sold_text}</span></div>{button}</div></div></div>'
        )
    return Made(
        shell(draw, made, f'<div class="el-row" style="margin:-10px">{cards}</div>'),
        made,
        frozenset({"stock", "sold"}),
    )


def antd_list(draw: Random) -> Made:
    """ant-design: whole and cents of a statistic in two spans, a thousands comma in the first."""
    made = goods(draw)
    without(made, "list", "sold")
    rows = ""
    for i in made:
        whole, cents = thousands(i.price).split(".")
        rows += (
            f'<li class="ant-list-item"><div class="ant-list-item-meta"><div class="ant-list-item-meta-avatar"><span class="ant-avatar">{escape(i.category[0])}</span></div><div class="ant-list-item-meta-content">'
            f'<h4 class="ant-list-item-meta-title"><a href="/item/{i.number}">{i.html}</a></h4><div class="ant-list-item-meta-description">{i.summary}</div></div></div>'
            f'<ul class="ant-list-item-action"><li><span class="ant-tag ant-tag-blue">库存：{i.stock}</span><em class="ant-list-item-action-split"></em></li><li><div class="ant-statistic"><div class="ant-statistic-content"><span class="ant-statistic-content-prefix">¥</span>'
            f'<span class="ant-statistic-content-value"><span class="ant-statistic-content-value-int">{whole}</span><span class="ant-statistic-content-value-decimal">.{cents}</span></span></div></div></li></ul></li>'
        )
    return Made(
        shell(
            draw, made, f'<div class="ant-list ant-list-split"><ul class="ant-list-items">{rows}</ul></div>'
        ),
        made,
        frozenset({"stock"}),
    )


def flat_definitions(draw: Random) -> Made:
    """No element holds one good: heading, price and button follow one another under the same parent."""
    made = goods(draw)
    without(made, "list", "sold")
    flat = "".join(
        f'<dt><a href="/goods/{i.number}.html">{i.html}</a></dt><dd class="p">售价：<b>{i.price:.2f}</b> 元</dd><dd class="k">库存：{i.stock} 张</dd><dd class="b"><a href="/goods/{i.number}.html">购买</a></dd>'
        for i in made
    )
    return Made(shell(draw, made, f'<dl class="card-list">{flat}</dl>'), made, frozenset({"stock"}))


def option_shop(draw: Random) -> Made:
    """Goods are the options of a select box: name, price and stock in one line of text."""
    made = goods(draw)
    without(made, "list", "sold")
    groups = "".join(
        f'<optgroup label="{name}">'
        + "".join(
            f'<option value="{i.number}" price="{i.price:.2f}">{i.html} - {i.price:.2f}元 (库存：{i.stock})</option>'
            for i in group
        )
        + "</optgroup>"
        for name, group in by_category(made)
    )
    body = (
        f'<form class="form-horizontal"><div class="form-group"><label>选择商品</label><select name="tid" class="form-control"><option value="0">请选择商品</option>{groups}</select></div>'
        '<div class="form-group"><label>商品价格</label><input name="need" readonly></div><div class="form-group"><label>购买数量</label><input name="num" value="1"></div><input type="submit" value="立即购买"></form>'
    )
    return Made(shell(draw, made, body), made, frozenset({"stock"}))


def panels_of_one(draw: Random) -> Made:
    """Every category is a panel, most hold a single good; the price is a badge at the right."""
    made = goods(draw, low=5, high=9)
    without(made, "list", "sold")
    in_words(draw, made)
    panels, rest = "", list(made)
    while rest:
        group, rest = (rest[:2], rest[2:]) if draw.random() < 0.25 else (rest[:1], rest[1:])
        rows = "".join(
            f'<a class="list-group-item" href="/p?id={i.number}"><span class="badge">￥{bare(i.price)}</span><span class="label label-info">{i.word}</span> {i.html}</a>'
            for i in group
        )
        panels += f'<div class="panel panel-default"><div class="panel-heading"><h3 class="panel-title">{draw.choice(("影音", "游戏", "办公", "网盘", "社交"))}专区</h3></div><div class="list-group">{rows}</div></div>'
    return Made(shell(draw, made, f'<div class="col-md-9">{panels}</div>'), made, frozenset({"stock"}))


def member_table(draw: Random) -> Made:
    """Columns for what each kind of member pays: what anybody pays is the first of them."""
    made = goods(draw)
    without(made, "list", "sold")
    rows = "".join(
        f'<tr><td>{n}</td><td><a href="/buy-{i.number}">{i.html}</a></td><td>{i.price:.2f}</td><td>{i.price * 0.9:.2f}</td><td>{i.price * 0.8:.2f}</td><td>{i.stock}</td><td><a class="btn" href="/buy-{i.number}">下单</a></td></tr>'
        for n, i in enumerate(made, 1)
    )
    head = "<tr><th>序号</th><th>商品名称</th><th>零售价</th><th>VIP价</th><th>代理价</th><th>库存</th><th>操作</th></tr>"
    return Made(
        shell(
            draw,
            made,
            f'<table class="table table-striped"><thead>{head}</thead><tbody>{rows}</tbody></table>',
        ),
        made,
        frozenset({"stock"}),
    )


def coin_shop(draw: Random) -> Made:
    """An English page that takes USDT or dollars: no price in yuan is on it."""
    made = goods(draw)
    without(made, "list", "sold")
    dollars = draw.random() < 0.5
    cards = ""
    for i in made:
        i.currency = "USD" if dollars else "USDT"
        price = f"${thousands(i.price)}" if dollars else f"{bare(i.price)} USDT"
        gone = i.stock == 0
        if gone:
            i.stock, i.stock_class = None, "sold_out"
        left = (
            '<span class="pill red">Sold out</span>'
            if gone
            else f'<span class="pill">{i.stock} in stock</span>'
        )
        cards += f'<article class="item"><header><h4>{i.html}</h4>{left}</header><p>{i.summary}</p><footer><strong>{price}</strong><a href="/checkout/{i.number}">Buy now</a></footer></article>'
    return Made(
        shell(draw, made, f'<section class="items">{cards}</section>', quiet=True), made, frozenset({"stock"})
    )


def wholesale_rows(draw: Random) -> Made:
    """Rows with a ladder of prices for more pieces and a limit of pieces an order."""
    made = goods(draw)
    without(made, "list")
    rows = ""
    for i in made:
        ladder = (
            f'<div class="ws"><span>10件起 ¥{i.price * 0.95:.2f}</span><span>100件起 ¥{i.price * 0.9:.2f}</span></div>'
            if draw.random() < 0.6
            else ""
        )
        rows += (
            f'<div class="g-row"><div class="g-img"><img src="/1.png"></div><div class="g-main"><div class="g-name"><a href="/d/{i.number}">{i.html}</a><em class="hot">HOT</em></div><div class="g-sub">限购 1-{draw.randint(5, 99)} 件</div>{ladder}</div>'
            f'<div class="g-side"><div class="g-price">单价 <b>¥{i.price:.2f}</b></div><div class="g-stock">库存 {i.stock} · 销量 {i.sold_text}</div><a class="g-buy" href="/d/{i.number}">去购买</a></div></div>'
        )
    return Made(shell(draw, made, f'<div class="g-list">{rows}</div>'), made, frozenset({"stock", "sold"}))


def recommended_first(draw: Random) -> Made:
    """A strip of recommended goods in another markup, then the whole list with the same goods."""
    made = goods(draw)
    without(made, "sold", "stock")
    strip = "".join(
        f'<div class="swiper-slide"><a href="/g/{i.number}"><img src="/b.png"><span class="rec-name">{i.html}</span><span class="rec-price">¥{i.price:.2f}</span></a></div>'
        for i in draw.sample(made, 3)
    )
    rows = "".join(
        f'<li><a href="/g/{i.number}"><i class="dot"></i><span class="n">{i.html}</span></a><span class="p"><small>¥</small>{i.price:.2f}'
        + (f"<s>¥{i.list_price:.2f}</s>" if i.list_price else "")
        + "</span></li>"
        for i in made
    )
    return Made(
        shell(
            draw,
            made,
            f'<h2>店长推荐</h2><div class="swiper-wrapper">{strip}</div><h2>全部商品</h2><ul class="rows">{rows}</ul>',
        ),
        made,
        frozenset({"list"}),
    )


def next_data(draw: Random) -> Made:
    """A Next.js page whose goods stand only in the JSON the page itself carries."""
    made = goods(draw)
    listed = [
        {
            "categoryName": name,
            "goods": [
                {
                    "id": i.number,
                    "goodsName": i.name,
                    "price": f"{i.price:.2f}",
                    "originalPrice": f"{i.list_price:.2f}" if i.list_price else None,
                    "stock": i.stock,
                    "sales": i.sold,
                    "cover": f"/c/{i.number}.png",
                }
                for i in group
            ],
        }
        for name, group in by_category(made)
    ]
    data = {
        "props": {
            "pageProps": {
                "shop": {"name": "小铺", "balance": "0.00"},
                "categories": listed,
                "coupons": [{"name": "新人券", "amount": "5.00"}],
            }
        },
        "page": "/",
    }
    island = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return Made(
        shell(
            draw,
            made,
            f'<div id="__next"><div class="loading">加载中…</div></div><script id="__NEXT_DATA__" type="application/json">{island}</script>',
            quiet=True,
        ),
        made,
        ALL,
    )


def modal_cards(draw: Random) -> Made:
    """Cards with a tooltip that repeats the name, a heart, a percentage off and 到手价 before the price."""
    made = goods(draw)
    without(made, "stock")
    cards = ""
    for i in made:
        off = (
            f'<span class="off">-{round(100 - 100 * i.price / i.list_price)}%</span><span class="was">原价 ¥{thousands(i.list_price)}</span>'
            if i.list_price
            else ""
        )
        cards += (
            f'<div class="pd" data-id="{i.number}"><div class="pd-cover" title="{i.html}"><img src="/z.jpg" alt="{i.html}"><span class="fav">♡ {draw.randint(1, 300)}</span></div>'
            f'<div class="pd-t" data-tip="{i.html}"><span class="self">自营</span>{i.html}</div><div class="pd-p"><span class="lab">到手价</span><span class="cur">¥{thousands(i.price)}</span>{off}</div><div class="pd-s">{i.sold_text}人付款</div></div>'
        )
    return Made(shell(draw, made, f'<div class="pds">{cards}</div>'), made, frozenset({"list", "sold"}))


THEMES: dict[str, Callable[[Random], Made]] = {
    maker.__name__: maker
    for maker in (
        router_cards,
        tabs_twice,
        bootstrap_cards,
        layui_table,
        tailwind_buttons,
        inline_styles,
        old_table,
        woo_list,
        uni_page,
        element_cards,
        antd_list,
        flat_definitions,
        option_shop,
        panels_of_one,
        member_table,
        coin_shop,
        wholesale_rows,
        recommended_first,
        next_data,
        modal_cards,
    )
}
