"""Shops nobody wrote a parser for, made by someone who had not read the reader: their goods are read as a careful person would write them down."""

from __future__ import annotations

from random import Random

import pytest

from crawler.shops import generic
from crawler.shops.page import Found, Good, Page, stock_class
from tests.support.shops import observed_themes
from tests.support.shops.blind_goods import Item, Made
from tests.support.shops.blind_late_themes import LATE_THEMES
from tests.support.shops.blind_pages import EMPTY
from tests.support.shops.blind_themes import THEMES as FIRST_THEMES
from tests.support.shops.drawn_themes import DRAWN
from tests.support.shops.unknown_themes import THEMES, items

BLIND = {**FIRST_THEMES, **LATE_THEMES}
SEEDS = range(12)
ENOUGH = 0.97
"""Share of goods that must come back exact over the seeds of one theme."""


def read(html: str) -> list[Good]:
    """What the reader for unknown shops finds on one page."""
    page = Page("https://shop.example/", html)
    return generic.home(page).goods or generic.embedded_goods(page)


def differences(made: Made, found: list[Good]) -> list[str]:
    """One sentence for each way in which the page was read wrong."""
    wrong = []
    by_name: dict[str, list[Good]] = {}
    for good in found:
        by_name.setdefault(good.name, []).append(good)
    for item in made.goods:
        got = by_name.pop(item.name, [])
        if len(got) != 1:
            wrong.append(f"{item.name!r} ({item.price}) was read {len(got)} times")
            continue
        wrong += [f"{item.name!r}: {said}" for said in _wrong_in(item, got[0], made.shows)]
    wrong += [f"not on offer: {name!r} ({goods[0].price})" for name, goods in by_name.items()]
    return wrong


def _wrong_in(item: Item, good: Good, shows: frozenset[str]) -> list[str]:
    price = item.price if item.currency == "CNY" else None
    pairs: list[tuple[str, object, object]] = [("price", (price, item.currency), (good.price, good.currency))]
    if "list" in shows:
        pairs.append(("list price", item.list_price, good.list_price))
    if "stock" in shows:
        pairs.append(("stock class", item.stock_class, stock_class(good)))
        if item.stock is not None:
            pairs.append(("stock", item.stock, good.stock))
    if "sold" in shows:
        pairs.append(("sold", item.sold, good.sold))
    return [f"{what} is {meant}, read {got}" for what, meant, got in pairs if meant != got]


def measure(theme: str, seeds: range = SEEDS) -> tuple[int, int, list[str]]:
    """Goods of a theme over the seeds, how many of the readings were wrong, and how."""
    total, wrong = 0, []
    for seed in seeds:
        made = BLIND[theme](Random(f"{theme}:{seed}"))
        total += len(made.goods)
        wrong += [f"seed {seed}: {said}" for said in differences(made, read(made.html))]
    return total, len(wrong), wrong


@pytest.mark.parametrize("theme", BLIND)
def test_goods_of_a_theme_without_a_parser_are_exact(theme: str) -> None:
    total, wrong, said = measure(theme)
    assert 1 - wrong / total >= ENOUGH, f"{theme}: {wrong} of {total} wrong: " + "; ".join(said[:5])


@pytest.mark.parametrize("kind", EMPTY)
def test_a_page_without_goods_yields_none(kind: str) -> None:
    for seed in SEEDS:
        found = read(EMPTY[kind](Random(f"{kind}:{seed}")))
        assert not found, f"{kind}, seed {seed}: {[(g.name, g.price) for g in found[:4]]}"


if __name__ == "__main__":
    for name in BLIND:
        total, wrong, said = measure(name)
        print(f"{1 - wrong / total:6.1%}  {name}  ({wrong} of {total} wrong)  {said[:2]}")
    for name, maker in EMPTY.items():
        print(
            f"{sum(bool(read(maker(Random(f'{name}:{seed}')))) for seed in SEEDS):6d}  pages of {name} read as a shop"
        )


# Goods of themes nobody wrote a parser for: every name and price exact, in any of the forms real themes have.


@pytest.mark.parametrize("theme", [*THEMES, *DRAWN])
def test_names_and_prices_are_exact(theme: str) -> None:
    for seed in range(12):
        goods = items(seed)
        page = Page("http://shop.test/", (THEMES | DRAWN)[theme](goods))
        found = generic.home(page).goods or generic.embedded_goods(page)
        assert {g.name: g.price for g in found} == {g.name: g.price for g in goods}, f"seed {seed}"


@pytest.mark.parametrize(
    ("said", "currency"),
    [("R$ 1.299,90", "BRL"), ("29,90 €", "EUR"), ("49.000đ", "VND"), ("฿99", "THB"), ("RM 12.50", "MYR"), ("kr 45,50", "XXX")],
)  # fmt: skip
def test_a_price_in_another_currency_has_no_figure_in_yuan(said: str, currency: str) -> None:
    cards = "".join(
        f"<li><a href=/p/{n}><h3>{name}</h3></a><span>{said}</span></li>"
        for n, name in enumerate(("视频月卡", "英雄联盟 RP 点 1000", "iTunes $10 礼品卡"))
    )
    found = generic.home(Page("http://shop.test/", f"<ul>{cards}</ul>")).goods
    assert [(g.name, g.price, g.currency) for g in found] == [
        (name, None, currency) for name in ("视频月卡", "英雄联盟 RP 点 1000", "iTunes $10 礼品卡")
    ]


@pytest.mark.parametrize("code", ["TRY", "php", "CHF", "kr"])
def test_data_in_a_currency_that_no_text_is_searched_for_is_in_no_yuan(code: str) -> None:
    rows = ",".join(
        f'{{"title":"{name}","price":{price},"original_price":{2 * price},"currency":"{code}"}}'
        for name, price in _HELD
    )
    found = read(f"<html lang=da><main>加载中</main><script>s = [{rows}]</script>")
    currency = "DKK" if code == "kr" else code.upper()
    assert [(g.price, g.list_price, g.currency) for g in found] == [(None, None, currency)] * len(_HELD)


def test_sums_in_sentences_are_no_goods_and_a_form_heads_no_list() -> None:
    article = "<article><p>一般来说会员月卡 15 元左右，年卡 128 元。</p><p>去年充了 300 元，只到账 200 元。</p></article>"
    assert not read(article)
    form = "<form><label>查询订单</label><input><p>请完成安全验证</p></form>"
    goods = "".join(f"<li><h3>会员{n}号</h3><b>￥{n}9.00</b></li>" for n in (1, 2, 3))
    assert len(read(f"{form}<ul>{goods}</ul>")) == 3


def test_prices_for_members_are_hidden_and_the_next_page_of_a_list_is_asked() -> None:
    card = "<div class=item><h4>Steam充值卡 {}元</h4><span class=price>登录可见</span></div>"
    hidden = generic.home(Page("https://shop.example/", "".join(card.format(n) for n in (50, 100, 200))))
    assert hidden.behind_login and not hidden.goods
    sold = Found(goods=[Good(f"会员{n}号", 9.9) for n in range(20)])
    pager = '<div class="page-content"><a href="/p/2">商品</a></div><ul class="pagination"><a href="?page=1">1</a>{}</ul>'
    for link, path in (
        ("?cat=3&page=2", "https://shop.example/?cat=3&page=2"),
        ("/page/2/", "https://shop.example/page/2/"),
    ):
        page = Page("https://shop.example/?cat=3", pager.format(f'<a href="{link}">下一页</a>'))
        assert [item.path for item in generic.more(page, sold)] == [path]
    shelves = '<a href="/category/{0}">视频会员</a><a href="/article/{0}">公告</a><a href="https://b.example/category/{0}">友链</a>'
    page = Page("https://shop.example/", "".join(shelves.format(n) for n in range(30)))
    assert [item.path for item in generic.more(page, Found())] == [
        f"https://shop.example/category/{n}" for n in range(10)
    ]
    assert not generic.more(
        Page("https://shop.example/?page=2", pager.format('<a href="?page=3">3</a>')), sold
    )


@pytest.mark.parametrize("theme", observed_themes.THEMES)
def test_stock_and_sales_are_those_of_the_page(theme: str) -> None:
    make, shown = observed_themes.THEMES[theme]
    for seed in range(6):
        goods = items(seed)
        page = Page("http://shop.test/", make(goods))
        found = {g.name: g for g in generic.home(page).goods or generic.embedded_goods(page)}
        assert {name: g.price for name, g in found.items()} == {g.name: g.price for g in goods}
        for good in goods:
            read = found[good.name]
            assert "stock" not in shown or read.stock == good.stock, good
            assert "sold" not in shown.split("sold out")[0] or read.sold == good.sold, good
            assert "sold out" not in shown or (read.stock == 0) == (good.stock == 0), good


_NAMED = {"Wallet Code $50": 12.5, "Gift Card €20": 1099.0, "Cloud Seats": 7.9, "腾云 ￥200 代金券": 66.0}


@pytest.mark.parametrize(
    "price",
    [
        "<p class=p><span class=price-new>{0}</span> <i class=tax>Ex Tax: {1}</i></p>",
        "<p class=p><span class=w>MSRP:</span> <span class=rrp>{2}</span></p><p class=q>From {0}</p>",
        "<p class='p with-list-price'>{0}* <span class=list-price>{2}*</span></p>",
        "<p class=p><b>{3}</b><span>{0}</span> <b>{3}</b><del>{2}</del></p>",
        "<p class=a>({1} / 1 piece)</p><p class=b>{0}</p>",
        "<p><i>Base price with tax: </i><i>{2}</i></p><p><i>Sales price: </i><i>{0}</i></p><p><i>Tax amount: </i><i>{1}</i></p>",
    ],
)
def test_a_sum_in_a_name_and_what_is_said_beside_a_price_are_no_prices(price: str) -> None:
    for sign, code in (("$", "USD"), ("¥", "CNY")):
        cards = "".join(
            f"<div class=card><a href=/p/{n}><h3>{name}</h3></a>"
            + price.format(*(f"{sign}{asked * times:,.2f}" for times in (1, 0.5, 2)), code)
            + "<button>Add to cart</button></div>"
            for n, (name, asked) in enumerate(_NAMED.items())
        )
        read_as = [(good.name, good.price, good.currency) for good in read(cards)]
        assert read_as == [(name, asked if code == "CNY" else None, code) for name, asked in _NAMED.items()]


def test_what_is_given_away_among_goods_costs_nothing() -> None:
    cards = "".join(
        f"<li><h4>教程第{n}课</h4><em>{price}</em><a href=/g/{n}>查看</a></li>"
        for n, price in enumerate(("¥9.90", "免费", "¥12.00", "免费"))
    )
    assert [good.price for good in read(f"<ul>{cards}</ul>")] == [9.9, 0, 12, 0]


@pytest.mark.parametrize(
    ("host", "page", "currency"),
    [("nyckel.se", "", "SEK"), ("shop.example", "<html lang=da>", "DKK"), ("shop.example", "<p>legg i handlekurv</p>", "NOK"),
     ("leyfi.is", "<html lang=is>", "ISK"), ("shop.example", "", "XXX"), ("shop.no", "<html lang=sv>", "XXX")],
)  # fmt: skip
def test_kr_is_of_the_country_that_all_signs_name_and_else_of_none(
    host: str, page: str, currency: str
) -> None:
    goods = "".join(f"<li><h4>Licens {n}</h4><b>{n}99 kr</b><a href=/k/{n}>+</a></li>" for n in (1, 2, 3))
    found = generic.home(Page(f"https://{host}/", f"{page}<ul>{goods}</ul>")).goods
    assert [(good.price, good.currency) for good in found] == [(None, currency)] * 3


_HELD = [("星河月卡", 9.9), ("云朵季卡", 25), ("极光年卡", 1288.5)]
_ROWS = ",".join(f'{{"title":"{name}","price":{price}}}' for name, price in _HELD)
_ESCAPED = f'["$","div",{{"rows":[{_ROWS}]}}]'.replace('"', '\\"')
_PLACES = ",".join(f'{{"title":{2 * n + 4},"price":{2 * n + 5}}}' for n in range(3))
_VALUES = ",".join(f'"{name}",{price}' for name, price in _HELD)


@pytest.mark.parametrize(
    "held",
    [
        f'<script>x.push([1,"7:{_ESCAPED[:40]}"])</script><script>x.push([1,"{_ESCAPED[40:]}"])</script>',
        f"<script>run({{data:{{busy:false,list:[{_ROWS}]}},methods:{{buy:function(id){{go(id)}}}}}})</script>",
        f"<div x-data='{{ open: false, list: [{_ROWS}] }}'></div>",
        f'<script type="application/json">[{{"rows":1}},{_PLACES},{_VALUES}]</script>',
        "<script>"
        + "".join(f'a.push({{"title":"{n}","price":"{p}","id":1,"image":"/i.png"}});' for n, p in _HELD)
        + "</script>",
        "<script>s = {goods:{"
        + ",".join(f'"{i}":{{"title":"{n}","price":{p}}}' for i, (n, p) in enumerate(_HELD))
        + "}}</script>",
    ],
    ids=["pieces of a stream", "beside code", "in an attribute", "by place", "one by one", "by number"],
)
def test_goods_in_data_that_a_page_holds_and_never_shows(held: str) -> None:
    assert [(good.name, good.price) for good in read(f"<main>加载中</main>{held}")] == _HELD


_SOLD = [("喜马拉雅年卡", 168.0), ("Steam $20 充值码", 139.9), ("网盘 88元活动卡", 26.5), ("点券100", 9.6)]
_CELLS = {
    "goods side by side": "<table>{}</table>".format(
        "".join(
            f"<tr>{''.join(cell.format(name, price) for name, price in half)}</tr>"
            for half in (_SOLD[:2], _SOLD[2:])
            for cell in (
                "<td><img src=x></td>",
                "<td><a href=/g>{0}</a></td>",
                "<td>优惠价：<b>{1}</b> 元</td>",
            )
        )
    ),
    "cents raised": "".join(
        f"<div class=k><p>{name}</p><p><small>￥</small>{int(price)}<sup>{round(price % 1 * 100):02d}</sup></p></div>"
        for name, price in _SOLD
    ),
    "one kind of button": "".join(
        f"<div class=k><img alt='{name}'><button>¥{price} {said}</button></div>"
        for (name, price), said in zip(_SOLD, ("立即购买", "立即购买", "等通知", "立即购买"), strict=True)
    ),
    "a former sum of unknown class": "".join(
        f"<div class=k><h4>{name}</h4><p><i>¥{price}</i><u>¥{price * 2}</u></p></div>"
        for name, price in _SOLD
    ),
    "a tab that is not shown": "<ul class=pane>{}{}</ul><ul class=pane style='display:none'>{}{}</ul>".format(
        *(f"<li><a href=/g/{n}>{name}</a><b>¥{price}</b></li>" for n, (name, price) in enumerate(_SOLD))
    ),
    "prices in attributes": "".join(
        f"<shop-item item-name='{name}' item-price='{price}'></shop-item>" for name, price in _SOLD
    ),
    "several kinds of a good": "<script>var d = [{}]</script>".format(
        ",".join(
            f'{{"title":"{name}","skus":[{{"price":{price * 3}}},{{"price":{price}}}]}}'
            for name, price in _SOLD
        )
    ),
}


@pytest.mark.parametrize(
    ("total", "goods"),
    [
        ("合计：¥168.00", [("墨竹年卡", 168.0)]),
        ("应付金额 168.00 元，手续费：¥0.00", [("墨竹年卡", 168.0)]),
        ("我的购物车共 1 件商品，合计：¥168.00", []),
    ],
)
def test_what_an_order_comes_to_hides_no_good_and_a_basket_is_none(
    total: str, goods: list[tuple[str, float]]
) -> None:
    page = (
        f"<div><h1>墨竹年卡</h1><p>现价 <b>¥168.00</b> <s>¥240.00</s></p><p>库存 25</p><p>{total}</p></div>"
    )
    assert [(good.name, good.price) for good in read(f"<body>{page}</body>")] == goods


@pytest.mark.parametrize("kind", _CELLS)
def test_goods_are_read_where_they_stand_in_unusual_ways(kind: str) -> None:
    assert [(good.name, good.price) for good in read(f"<body>{_CELLS[kind]}</body>")] == _SOLD


def test_words_of_trade_in_traditional_letters_mean_the_same_and_names_stay_as_written() -> None:
    cards = "".join(
        f"<div class=c><div>{name}</div><p>原價 ¥{price * 2}</p><p>特價 ¥{price}</p><span>庫存：7</span></div>"
        for name, price in (("視頻會員月卡", 9.5), ("遊戲點數卡", 88), ("雲端硬碟年卡", 128))
    )
    assert [(g.name, g.price, g.list_price, g.stock) for g in read(f"<body>{cards}</body>")] == [
        ("視頻會員月卡", 9.5, 19, 7), ("遊戲點數卡", 88, 176, 7), ("雲端硬碟年卡", 128, 256, 7)]  # fmt: skip


def test_an_article_that_compares_prices_sells_nothing() -> None:
    rows = "".join(f"<tr><td>{name}</td><td>{price}元/月</td></tr>" for name, price in _SOLD)
    page = f'<head><meta property="og:type" content="article"></head><body><table>{rows}</table><a rel=next>下一篇：50元以内的耳机</a></body>'
    assert not read(page)


@pytest.mark.parametrize(
    ("host", "page", "currency"),
    [("a.example", "", "USD"), ("a.tw", "", "TWD"), ("a.example", "<html lang=zh-HK>", "HKD"), ("a.com.sg", "<p>USD accepted</p>", "USD"),
     ("a.example", "<p>All prices in AUD</p>", "AUD")],
)  # fmt: skip
def test_a_dollar_is_of_the_country_that_all_signs_name_and_else_of_the_usa(
    host: str, page: str, currency: str
) -> None:
    goods = "".join(f"<li><h4>Key {n}</h4><b>${n}9</b><a href=/k/{n}>+</a></li>" for n in (1, 2, 3))
    found = generic.home(Page(f"https://{host}/", f"{page}<ul>{goods}</ul>")).goods
    assert [(good.price, good.currency) for good in found] == [(None, currency)] * 3


def test_categories_are_looked_into_beside_a_few_goods_and_links_to_the_goods_are_not() -> None:
    goods = "".join(f'<li><a href="/c/g{n}">会员{n}号</a><b>¥{n}9</b></li>' for n in (1, 2, 3))
    page = Page(
        "https://shop.example/", f'<a href="/c/1">影视</a><a href="/goods/7">新品</a><ul>{goods}</ul>'
    )
    assert [item.path for item in generic.more(page, generic.home(page))] == ["https://shop.example/c/1"]
    shelf = Page("https://shop.example/c/1", f'<ul>{goods}</ul><p class=pages><a href="/c/1/p2">2</a></p>')
    assert [item.path for item in generic.lists(shelf, "category 1")[1]] == ["https://shop.example/c/1/p2"]


@pytest.mark.parametrize(
    "said", ["<em>({} 可用)</em>", "({} Available)", "<small>[库存：{}件]</small>", "（{}件可售）"]
)
def test_the_stock_in_brackets_behind_a_name_is_no_part_of_it(said: str) -> None:
    names = ("墨竹年卡", "合租号（5人可用）", "键鼠授权 (3 台)")
    forms = "".join(
        f"<div class=package-info><form><h2><small>{n}.</small> {name} {said.format(n * 4)}</h2><p>自动开通</p>"
        f"<div class=onetimeprice>¥{n}9.50元 一次性</div><input type=submit value=立即订购></form></div>"
        for n, name in enumerate(names, 1)
    )
    assert [(good.name, good.price, good.stock) for good in read(f"<body>{forms}</body>")] == [
        (name, n * 10 + 9.5, n * 4) for n, name in enumerate(names, 1)
    ]


@pytest.mark.parametrize(
    ("word", "stock"), [("告罄", "sold_out"), ("已抢光", "sold_out"), ("即将告罄", "low")]
)
def test_a_button_may_say_in_other_words_that_nothing_is_left(word: str, stock: str) -> None:
    cards = "".join(
        f"<div class=card><div id=product-{n}-name>{name}</div><div><p class=fw-bold>{n}8</p><i class=currency-yuan></i></div>"
        f"<ul><li>30 天</li><li>不限制</li></ul><a class=btn>{word if n == 2 else '购买'}</a></div>"
        for n, name in enumerate(("基础版 月付", "标准版 月付", "旗舰版 年付"), 1)
    )
    goods = read(f"<body>{cards}</body>")
    assert [(good.name, good.price) for good in goods] == [
        ("基础版 月付", 18),
        ("标准版 月付", 28),
        ("旗舰版 年付", 38),
    ]
    assert [stock_class(good) for good in goods] == ["unknown", stock, "unknown"]


@pytest.mark.parametrize(
    "rows",
    [
        [("美元", "7.12"), ("港币", "0.91"), ("欧元", "7.75")],
        [("贵州茅台", "1688.00"), ("宁德时代", "188.50"), ("比亚迪", "255.10")],
        [("主胜", "1.85"), ("平局", "3.40"), ("客胜", "4.20")],
    ],
)
def test_names_beside_numbers_that_nothing_calls_a_price_are_no_goods(rows: list[tuple[str, str]]) -> None:
    table = "".join(f"<tr><td>{name}</td><td>{number}</td></tr>" for name, number in rows)
    assert read(f"<title>今日行情</title><body><table>{table}</table></body>") == []
    assert len(read(f"<body><table>{table}</table><p>付款后自动发货</p></body>")) == len(rows)


@pytest.mark.parametrize("between", [" / ", " = ", " => ", "；", " > ", "～"])
def test_what_stands_between_an_options_name_and_its_price_is_no_part_of_the_name(between: str) -> None:
    rows = "".join(
        f"<option value={n}>{name}{between}{n}.50元 库存{n}</option>"
        for n, name in enumerate(("月卡", "季卡"), 3)
    )
    found = read(f"<form action=/order><select name=gid><option>请选择</option>{rows}</select></form>")
    assert [(good.name, good.price, good.stock) for good in found] == [("月卡", 3.5, 3), ("季卡", 4.5, 4)]


def test_a_good_may_be_called_a_balance_and_a_sum_of_an_order_is_none() -> None:
    names = ("Epic 余额 5美元", "Uplay 余额 9美元", "点卡", "月卡")
    cards = "".join(f"<div class=c><b>{name}</b><p>{n}.50元</p></div>" for n, name in enumerate(names, 30))
    found = read(
        f"<div>{cards}<div class=c><b>账户余额</b><p>80.00元</p></div><div class=c><b>订单合计</b><p>90.00元</p></div></div>"
    )
    assert [good.name for good in found] == list(names)


@pytest.mark.parametrize("head", ["现存", "存货", "可售", "库存"])
def test_a_column_of_pieces_is_known_by_its_heading(head: str) -> None:
    rows = "".join(
        f"<tr><td>{name}</td><td>{n}.00</td><td>{n}</td></tr>"
        for n, name in enumerate(("月卡", "季卡", "年卡"), 4)
    )
    found = read(f"<table><tr><th>品名</th><th>单价(元)</th><th>{head}</th></tr>{rows}</table>")
    assert [(good.name, good.price, good.stock) for good in found] == [
        ("月卡", 4, 4),
        ("季卡", 5, 5),
        ("年卡", 6, 6),
    ]
