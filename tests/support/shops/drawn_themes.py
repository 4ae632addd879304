"""Shop pages of one kind of trap each, drawn from real software and themes: what stands before the goods, one good, what stands behind.

A good's template takes name, price (9.90), whole and cents, old (a higher price, crossed out by no mark), stock, sold, n from 1.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable

from tests.support.shops.unknown_themes import Item

_TABLE = (
    "<table><tr><th>序号</th><th>商品名称</th><th>{}</th><th>库存</th><th>上架时间</th><th>操作</th></tr>"
)
_CARDS: dict[str, tuple[str, str, str]] = {
    "regular price told by a class alone": (
        "<nav><a href=/cart><span>(0)</span> 购物车 ¥0.00</a></nav><div class=products>",
        '<div class=item><article class=miniature><h2 class=title><a href="/{n}.html">{name}</a></h2><div><span class=regular-price '
        'aria-label=原价>¥{old}</span><span class=discount>-20%</span><span class=price>¥{price}</span></div></article></div>',
        "</div>",
    ),
    "levels without a sign, each in a row of its own": (
        "<div class=wrap>",
        "<div class=gd><div class=h><em class=tag>热</em>{name}</div><ul><li>普通用户 <b>{price}</b></li><li>VIP会员 <b>{n}.01</b></li>"
        "<li>钻石代理 <b>{n}.00</b></li></ul><div>销量 {sold}　库存 {stock}</div></div>",
        "</div><p>交易额 ¥1,280,000.00</p>",
    ),
    "three kinds of one good": (
        "<div>",
        '<div class=shop-item><div class=t>{name}</div><span class=spec>体验版 ¥{price}</span><span class=spec>标准版 ¥{old}</span><a href="/s/{n}">去购买</a></div>',
        "</div>",
    ),
    "badges with price and stock inside the name's element": (
        "<div>",
        '<a href="/buy/{n}" class=list-group-item>{name}<span><span class="badge bg-danger">{price} 元</span><span class="badge">剩{stock}</span></span></a>',
        "</div>",
    ),
    "schema.org in attributes, a word before the number": (
        "<div>",
        '<div itemscope itemtype="https://schema.org/Product"><span itemprop=name>{name}</span><span itemprop=offers><meta itemprop=priceCurrency '
        'content=CNY><span itemprop=price content="{price}">惊喜{price}</span></span></div>',
        "</div>",
    ),
    "sign, yuan, point and cents as blocks": (
        "<div>",
        "<div class=nut-card><img><div class=r><div class=r__title>{name}</div><div class=r__price><div>¥</div><div>{whole}</div><div>.</div><div>{cents}</div></div>"
        "<span class=nut-tag>自营</span></div></div>",
        "</div>",
    ),
    "plans with a unit behind the price": (
        "<div>",
        "<div class=card><div class=card-header><h4>{name}</h4></div><div class=card-body><h1 class=card-title>¥{price}<small>/月</small></h1><ul><li>10 个用户"
        "</li><li>2 GB 存储</li></ul><button>立即开通</button></div></div>",
        "</div>",
    ),
    "a sum between elements": (
        "<ul>",
        '<li><form class=panel><a href="/{n}"><img></a><h3><a href="/{n}">{name}</a></h3>\n ¥{price}\n<input value=1><button>加入购物篮</button></form></li>',
        "</ul>",
    ),
    "yuan and cents in two blocks": (
        "<div>",
        "<div class=goods-card><img><div class=goods-card__title>{name}</div><div class=price><div class=symbol>¥</div><div class=pprice><div class=integer>{whole}"
        "</div><div class=decimal>.{cents}</div></div></div></div>",
        "</div>",
    ),
    "prices of levels only": (
        "<table><tr><th>编号</th><th>商品名称</th><th>面值</th><th>会员价</th><th>钻石价</th><th>库存</th></tr>",
        "<tr><td>{n}</td><td>{name}</td><td>{old}</td><td>{price}</td><td>{n}.00</td><td>充足</td></tr>",
        "</table>",
    ),
    "heads in a table of their own": (
        "<div><div><table><tr><th>商品</th><th>分类</th><th>单价(元)</th><th>库存</th></tr></table></div><div><table>",
        "<tr class=row><td>{name}</td><td>会员</td><td>{price}</td><td>{stock}</td></tr>",
        "</table></div></div>",
    ),
    "a price read again in what stands around it": (
        "<div>",
        '<dl><dt><a href="/g/{n}">{name}</a></dt><dd>官方直充，自助下单</dd><dd><span>售价 {price} 元</span><span>|</span>库存 {stock}<span>|</span>已售 {sold}</dd></dl>',
        "</div>",
    ),
    "a second title": (
        "<div>",
        "<uni-view class=item><uni-image></uni-image><uni-text class='title clamp'><span>{name}</span></uni-text><uni-text class=title2><span>直充 {n} 分钟到账</span>"
        "</uni-text><uni-text class=price><span>￥{price}</span></uni-text></uni-view>",
        "</div>",
    ),
    "the price is called original": (
        "<div>",
        "<div class=product><div class=product-title>{name}</div><div class=box><span class=price-original>￥{price}</span><span class=price-favour "
        'style="text-decoration: line-through">￥{old}</span></div></div>',
        "</div>",
    ),
    "the normal price before the special": (
        "<div>",
        '<div class=box><a href="/{n}"><img alt="{name}"></a><br><a href="/{n}">{name}</a><br><span class=normalprice>￥{old} </span>&nbsp;<span '
        "class=productSpecialPrice>￥{price}</span></div>",
        "</div>",
    ),
    "a remark in the link's title": (
        "<ul>",
        '<li><div class=p-price><em>￥</em><i>{price}</i></div><div class=p-name><a href="/{n}" title="下单 {n} 分钟到账，满百减五"><em>{name}</em><i '
        "class=promo-words>下单 {n} 分钟到账，满百减五</i></a></div></li>",
        "</ul>",
    ),
    "articles that are sold": (
        "<div class=posts-row>",
        '<article class=post><a href="/{n}.html"><img></a><h2><a href="/{n}.html">{name}</a></h2><a class=meta-pay>付费资源<span>￥</span>{price}</a><span>{n}天前</span></article>',
        "</div>",
    ),
    "a heading over the picture": (
        "<div>",
        '<div class=q-card><div class=q-img><div><img></div><div><div class="absolute-bottom text-h6">{name}</div></div></div><div><div class=text-caption>直充 {n} 分钟'
        '到账</div><div><div class="col text-h6">￥{price}</div><div class=col-auto>剩 {stock} 件</div></div></div></div>',
        "</div>",
    ),
    "goods that may be filtered": (
        "<div class=featured__filter>",
        '<div class=featured__item><div class=set-bg></div><div class=text><h6><a href="#">{name}</a></h6><h5>￥{price}</h5></div></div>',
        "</div>",
    ),
    "numbers as pictures, lines with pictures": (
        "<div>",
        "<p>{n}\ufe0f\u20e3 {name}<br>💰 价格：{price} 元<br>📦 库存：{stock}</p>",
        "</div>",
    ),
    "lines of plain text": ("<pre>", "{name}    {price}元\n", "</pre>"),
    "the price in a field": (
        "<div>",
        '<div class=row><div><label><input type=radio value={n}> {name}</label></div><div><input class="form-control price" value="{price}" readonly></div><button>购买</button></div>',
        "</div>",
    ),
    "points behind the price": (
        "<div>",
        "<div class=s><p>{name}</p><p><i>¥</i>{price}<em>送{n}50积分</em></p><p>{n} 条评价</p></div>",
        "</div>",
    ),
    "a sum for members behind the price": (
        "<div>",
        "<div class=gi><h4>{name}</h4><div><span class=p1>¥{price}</span><span class=p2><i>SVIP</i>¥{n}.00</span></div><span>仅剩{stock}</span></div>",
        "</div>",
    ),
    "dots up to the price": ("<h3>价格表</h3><ul>", "<li>{name} ……… {price}元</li>", "</ul>"),
    "microdata with a linked name": (
        "<ul>",
        '<li itemscope itemtype="http://schema.org/Product"><a itemprop=name href="/products/{n}">{name}</a><span itemprop=offers><span itemprop=price '
        'content="{price}">¥{price}</span></span></li>',
        "</ul>",
    ),
    "a date of release beside a picture": (
        "<div>",
        '<a href="/app/{n}" class=row><img><span class=title>{name}</span><span>2026 年 3 月 {n} 日</span><span>¥ {price}</span></a>',
        "</div>",
    ),
    "another unit in each third row": (
        "<table>",
        '<tr><td><font color=blue>{name}</font></td><td><b>{price}</b>元/{unit}</td><td><a href="buy.asp?id={n}">[购买]</a></td></tr>',
        "</table>",
    ),
    "a colon behind the sign": ("<div>", "<p><i>{n}.</i><span>{name}</span><span>￥：{price}</span><a href=#>购</a></p>", "</div>"),
    "lines of a text": ("<h1>今日价格</h1><p>", "{n}、{name} —— {price}元<br>", "</p>"),
    "a ranking that sells": (
        "<table><tr><th>排名</th><th>项目</th><th>价格(元)</th><th>销量</th></tr>",
        "<tr><td>{n}</td><td><i></i>{name}</td><td>{price}</td><td>{sold}</td></tr>",
        "</table>",
    ),
    "pictures for the signs": (
        "<div>",
        '<div class=r onclick="go({n})"><div class=a>{name}</div><div class=b>💰 {price} ｜ 📦 {stock} ｜ 🔥 {sold}</div></div>',
        "</div>",
    ),
    "name, remark and price as lines of one cell": (
        "<ul>",
        "<li><img><span><b>{name}</b><br><br>自动发货<br>￥{price}<br>4.5/5</span></li>",
        "</ul>",
    ),
    "a slide, a ranking and the list lead to the same goods": (
        '<div class=swiper><a href="/g/1" class=slide>限时抢购<span>¥{first}</span></a></div><div class=list>',
        '<div class=goods><a href="/g/{n}"><img></a><a class=title href="/g/{n}">{name}</a><span>¥{price}</span></div>',
        "</div>",
    ),
    "price before tax, sum of an empty basket": (
        "<button>0 件商品 - ￥0.00</button><div>",
        '<div class=thumb><h4><a href="/p?id={n}">{name}</a></h4><div class=price><span class=price-new>￥{price}</span> '
        "<span class=price-tax>税前：￥{n}.05</span></div></div>",
        "</div>",
    ),
    "fee of setting up, pieces said to be 可用": (
        "<div class=products>",
        '<div class=product><header><span>{name}</span><span class=qty>{stock} 可用</span></header><footer><span class=price>¥{price} CNY'
        '</span><br>月付<br><small>¥5.00 CNY 初装费</small><a href="/cart?pid={n}">立即订购</a></footer></div>',
        "</div>",
    ),
    "a sentence with a sum in every good": (
        "<div>",
        '<div class=item><div class=brand><a href="/goods/{n}">{name}</a></div><div class=intro>自动发货 低至9.9元起</div><div>{price}元</div></div>',
        "</div>",
    ),
    "yuan icon behind the number, levels and days": (
        "<div class=row>",
        '<div class=col><div id="product-{n}-name">{name}</div><div><p>{price}</p><i class="ti ti-currency-yuan"></i></div><div>Lv. 2</div>'
        '<div>等级</div><div>30 天</div><div>等级时长</div><a href="/order?id={n}">购买</a></div>',
        "</div>",
    ),
    "rows that are buttons and show a date": (
        "<div>",
        "<button class=row><span><span class=nm>{name}</span><span class=desc>下单后发送到邮箱</span><span><span>¥</span>{whole}<span>.{cents}"
        "</span></span><span><span>有货</span><span>2026-08-12</span></span></span></button>",
        "</div>",
    ),
    "space inside a price": (
        "<div>",
        "<div class=goods><img><div class=title>{name}</div><div class=box><div class=price> ¥<span>{whole} </span>.{cents} </div></div></div>",
        "</div>",
    ),
    "what each level of member pays, levels for sale above": (
        "<ul><li>开通VIP <b>¥30.00</b>/永久</li><li>开通至尊 <b>¥88.00</b>/永久</li></ul><ul>",
        "<li><span>{name}</span><span>库存充足</span><span class=jg>普通：<em>{price}</em> VIP：<em>{n}.01</em> 至尊：<em>{n}.00</em></span>"
        '<a href="/o/{n}">下单</a></li>',
        "</ul>",
    ),
    "letter of an icon font for the sign": (
        "<ul>",
        '<li class=product><p class=product-title>{name}</p><p class=product-price><i class=iconfont>&#xe601;</i>{price}</p></li>',
        "</ul>",
    ),
    "sign behind both prices, filter by price": (
        "<div class=filter><ol><li><a href='?price=-100'>¥0.00 - ¥99.99</a> 5</li><li><a href='?p=100-'>¥100.00 及以上</a> 7</li></ol></div><ul>",
        '<li><a href="/p/{n}"><div class=title>{name}</div></a><div class=price><del>{old}<span>¥</span></del> <ins>{price}<span>¥</span></ins></div></li>',
        "</ul>",
    ),
    "numbered lines of text": ("<div>", '<p>{n}. {name} —— {price}元 <a href="/b?id={n}">购买</a></p>', "</div>"),
    "badge in brackets": (
        _TABLE.format("单价(元)"),
        '<tr><td>{n}</td><td>{name}<font color=red>[热]</font></td><td>{price}</td><td>{stock}</td><td>-</td><td><a href="/b{n}">购买</a></td></tr>',
        "</table>",
    ),
    "two labelled prices in a column, a date in each row": (
        _TABLE.format("价格"),
        '<tr><td>{n}</td><td>{name}</td><td><div style="text-decoration: line-through">市场价：{old}</div><div>商城价：{price}</div></td>'
        '<td>{stock}</td><td>2026-08-12</td><td><a href="/b{n}">购买</a></td></tr>',
        "</table>",
    ),
    "converted to another currency beside it": (
        "<div>",
        '<div class=box><h4>{name}</h4><div><b>¥{price}</b><small>≈ 3.50 USDT</small></div><a href="/o/{n}">购买</a></div>',
        "</div>",
    ),
    "spans of time within a good": (
        "<div>",
        "<div class=plan><div class=plan-name>{name}</div><div><div><span>1个月</span><b>¥{price}</b></div><div><span>12个月</span><b>¥{old}</b>"
        '</div></div><a href="/p/{n}">选择套餐</a></div>',
        "</div>",
    ),
    "label before the name": ("<ul>", "<li><a><img></a><h3>商品名称：{name}</h3><p>商品价格：{price}</p></li>", "</ul>"),
    "price compared with": (
        "<div>",
        '<div class=gp><a href="/x-{n}"><div class=gp__title>{name}</div></a><div class=gp__price><div>¥{price}</div><div class=gp__price-compare>'
        "<span>以前 </span><span>¥{old}</span></div></div><button>立即购买</button></div>",
        "</div>",
    ),
}  # fmt: skip


def _cards(kind: str, goods: list[Item]) -> str:
    before, one, behind = _CARDS[kind]
    made = []
    for n, good in enumerate(goods, 1):
        price = f"{good.price:.2f}"
        whole, cents = price.split(".")
        made.append(one.format(name=html.escape(good.name), price=price, whole=whole, cents=cents, stock=good.stock,
                               old=f"{good.price * 2:.2f}", sold=good.sold, n=n, unit="张个件"[n % 3]))  # fmt: skip
    return before.replace("{first}", f"{goods[0].price:.2f}") + "".join(made) + behind


def _literal(goods: list[Item]) -> str:
    """Goods in a script's own literal: keys without quotes, single quotes."""
    rows = ",".join(f"{{id:{n},name:'{g.name}',price:{g.price},stock:1,}}" for n, g in enumerate(goods))
    return f"<div id=app></div><script>var config={{title:'满100减10'}};\nvar goodsList=[{rows}];</script>"


def _spanned(goods: list[Item]) -> str:
    """A table whose categories span their goods' rows."""
    head = "<tr><th>分类</th><th>商品</th><th>价格</th><th>库存</th></tr>"
    rows = "".join(
        f"<tr>{f'<td rowspan={len(goods[n : n + 3])}>会员</td>' if n % 3 == 0 else ''}<td>{html.escape(g.name)}</td><td>{g.price:.2f}</td><td>7</td></tr>"
        for n, g in enumerate(goods)
    )
    return f"<table>{head}{rows}</table>"


def _parsed(goods: list[Item]) -> str:
    """JSON that a script holds as a text."""
    text = json.dumps({"items": _rows(goods, "title", "price")}, ensure_ascii=False)
    return (
        f"<div id=app></div><script>window.d = JSON.parse({json.dumps(text, ensure_ascii=False)});</script>"
    )


def _team_prices_first(goods: list[Item]) -> str:
    """The same goods for teams above the list, cheaper."""

    def card(good: Item, price: float, tag: str) -> str:
        return f"<div class=card><div class=title>{html.escape(good.name)}</div>{tag}<div class=price>¥{price:.2f}</div><img></div>"

    team = "".join(card(good, good.price * 0.8, "<span>2人成团</span>") for good in goods[:2])
    return f"<h3>团购专区</h3><div>{team}</div><h3>全部</h3><div>{''.join(card(g, g.price, '') for g in goods)}</div>"


def _rows(goods: list[Item], name: str, price: str) -> list[dict[str, object]]:
    return [{"id": n, name: g.name, "cat_name": "会员", price: f"{g.price:.2f}", "market_price": "9999.00", "vip_price": "0.01"}
            for n, g in enumerate(goods)]  # fmt: skip


def _state(goods: list[Item]) -> str:
    """Keys of another system, and a banner with a price before the goods."""
    state = {
        "banner": [{"title": "充值返利", "price": "100.00"}],
        "list": _rows(goods, "goods_name", "shop_price"),
    }
    return f"<div id=app></div><script>window.__STATE__={json.dumps(state, ensure_ascii=False)};</script>"


def _attribute(goods: list[Item]) -> str:
    """A component is handed its goods in an attribute."""
    rows = html.escape(json.dumps(_rows(goods, "name", "price"), ensure_ascii=False))
    return f'<div id=app><shop-home :products="{rows}"></shop-home></div>'


def _priced_objects(goods: list[Item]) -> str:
    """Prices with their currency, in the smallest unit, and names in several languages."""
    rows = [{"title": {"zh-CN": g.name, "en": "x"}, "prices": {"price": f"{g.price * 100:.0f}", "currency_code": "CNY", "currency_minor_unit": 2}} for g in goods]  # fmt: skip
    return f'<div id=__next></div><script type="application/json">{json.dumps({"products": rows})}</script>'


def _called(goods: list[Item]) -> str:
    """A function is called with the goods, their prices in 分."""
    rows = [{"goodsTitle": g.name, "salePriceFen": round(g.price * 100)} for g in goods]
    return f"<div id=r></div><script>render({json.dumps({'code': 0, 'rows': rows}, ensure_ascii=False)});</script>"


DRAWN: dict[str, Callable[[list[Item]], str]] = {
    **{kind: (lambda goods, kind=kind: _cards(kind, goods)) for kind in _CARDS},  # type: ignore[misc]
    "team prices above the list": _team_prices_first,
    "keys of another system": _state,
    "data in an attribute": _attribute,
    "a literal of a script": _literal,
    "categories that span their rows": _spanned,
    "a text that is parsed": _parsed,
    "prices that are objects": _priced_objects,
    "what a function is called with": _called,
}
