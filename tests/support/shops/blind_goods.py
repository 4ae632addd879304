"""Goods with known truth for shop pages made by someone who had not read the reader, and what stands around goods on such pages.

Everything is invented. Names carry what real ones carry: brackets, sums, emoji, counters' words, versions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from random import Random

BRANDS = [
    "云雀视频",
    "蓝鲸音乐",
    "小鹿阅读",
    "极光网盘",
    "青鸟游戏",
    "星图AI",
    "海豚加速",
    "白桃邮箱",
    "松果社区",
    "橙子学习",
    "Lumio",
    "Vantix",
    "Northpad",
    "Qwillo",
    "Zephyra",
    "Kestrel",
]
NAMES = (
    "{b}会员 月卡",
    "【自动发货】{b} 年卡 12个月",
    "🔥{b}·4K独享｜30天",
    "{b} 充值卡 {n}元面值",
    "{b}礼品卡（{n}元）拍下即发",
    "{b}[成品号] 带邮箱 质保7天",
    "{b} 美区 ${m} 礼品卡",
    "{b}季卡 直充 {n}Q币",
    "{b} v{m}.0.1 正式版授权码",
    "{b} 库存号 老号满三年",
    "{b}-{m}G 流量包 24小时到账",
    "{b} 新号★未实名★可改密",
    "「{b}」独享车位 1/5",
    "{b} Plus 账号 +1({n})",
    "{b} 话费{n}元 慢充 9.5折",
    "{b} Pro 1 Month Key",
    "{b}终身VIP【不限设备】",
    "{b}体验卡：{m}天",
)
CATEGORIES = [
    "影音会员",
    "游戏点卡",
    "邮箱账号",
    "网盘服务",
    "办公软件",
    "话费流量",
    "社交账号",
    "学习资料",
    "AI",
    "工具",
]
SUMMARIES = (
    "付款后自动发卡，请及时修改密码",
    "拍前请看说明，非质量问题不退",
    "满100元减5元，批量请联系",
    "支持续费，独享稳定",
)


@dataclass
class Item:
    """One good as the shop means it: what a careful person would write down from the page."""

    name: str
    price: float
    list_price: float | None = None
    stock: int | None = None
    word: str = ""
    """The site's own word for its stock, shown in place of a number."""
    stock_class: str = "unknown"
    sold: int | None = None
    sold_text: str = ""
    currency: str = "CNY"
    category: str = ""
    number: int = 0
    summary: str = ""

    @property
    def html(self) -> str:
        """The name as it stands in a page."""
        return escape(self.name)


@dataclass
class Made:
    """A page and what is on offer in it; `shows` names what else than names and prices stands there."""

    html: str
    goods: list[Item]
    shows: frozenset[str] = field(default_factory=frozenset)


_WORDS = (
    ("库存充足", "in_stock"),
    ("现货", "in_stock"),
    ("库存紧张", "low"),
    ("即将售罄", "low"),
    ("缺货", "sold_out"),
    ("已售罄", "sold_out"),
)


def goods(draw: Random, *, low: int = 6, high: int = 18, top: float = 400.0) -> list[Item]:
    """Goods of one shop, in the order of their categories, every name once."""
    made: list[Item] = []
    for number in range(draw.randint(low, high)):
        while True:
            name = draw.choice(NAMES).format(
                b=draw.choice(BRANDS), n=draw.choice((10, 20, 30, 50, 100, 500)), m=draw.randint(1, 9)
            )
            if name not in {item.name for item in made}:
                break
        price = round(draw.choice((draw.uniform(0.5, 9.9), draw.uniform(10, 99), draw.uniform(100, top))), 2)
        if draw.random() < 0.12:
            price = round(draw.uniform(1000, 18999), 2)
        item = Item(name, price, number=draw.randint(1, 90) * 100 + number, summary=draw.choice(SUMMARIES))
        if draw.random() < 0.35:
            item.list_price = round(price * draw.uniform(1.2, 3), 2)
        item.stock = draw.choice((0, draw.randint(1, 5), draw.randint(6, 90), draw.randint(100, 5000)))
        item.stock_class = "sold_out" if not item.stock else "low" if item.stock <= 5 else "in_stock"
        item.sold = draw.choice((0, draw.randint(1, 99), draw.randint(100, 9999)))
        item.sold_text = str(item.sold)
        if draw.random() < 0.25:
            tenths = draw.randint(11, 990)
            item.sold, item.sold_text = (
                tenths * 1000,
                f"{tenths / 10:g}{draw.choice(('万', 'w', 'W', '万+'))}",
            )
        made.append(item)
    sets = draw.sample(CATEGORIES, draw.randint(2, 4))
    for item in made:
        item.category = draw.choice(sets)
    made.sort(key=lambda item: sets.index(item.category))
    return made


def in_words(draw: Random, made: list[Item]) -> None:
    """The shop tells its stock by words and never by numbers."""
    for item in made:
        item.stock = None
        item.word, item.stock_class = draw.choice(_WORDS)


def without(made: list[Item], *kinds: str) -> None:
    """The shop does not show these: `stock`, `sold`, `list`."""
    for item in made:
        if "stock" in kinds:
            item.stock, item.word, item.stock_class = None, "", "unknown"
        if "sold" in kinds:
            item.sold, item.sold_text = None, ""
        if "list" in kinds:
            item.list_price = None


def by_category(made: list[Item]) -> list[tuple[str, list[Item]]]:
    """The goods of each category, in order."""
    names = list(dict.fromkeys(item.category for item in made))
    return [(name, [item for item in made if item.category == name]) for name in names]


def thousands(value: float) -> str:
    """12,999.00 as most softwares print it."""
    return f"{value:,.2f}"


def bare(value: float) -> str:
    """9.9 as PHP prints a float."""
    return f"{value:g}" if value < 1000 else f"{value:.2f}".rstrip("0").rstrip(".")


# ---- what stands around goods


def _buyer(draw: Random) -> str:
    return f"{draw.choice(['138', '159', '186', '177'])}****{draw.randint(1000, 9999)}"


def _bought(draw: Random, made: list[Item]) -> str:
    lines = "".join(
        f'<li class="swiper-slide"><span>{_buyer(draw)}</span> 刚刚购买了 <em>{item.html}</em> <i>{draw.randint(1, 59)}分钟前</i></li>'
        for item in draw.sample(made, min(5, len(made)))
    )
    return f'<div class="buy-scroll"><h4>最近购买</h4><ul>{lines}</ul></div>'


def _bought_dear(draw: Random, made: list[Item]) -> str:
    lines = "".join(
        f"<p>{_buyer(draw)} 在{draw.randint(1, 59)}分钟前 下单 {item.html} 支付 ￥{item.price:.2f}</p>"
        for item in draw.sample(made, min(4, len(made)))
    )
    return f'<div class="marquee">{lines}</div>'


def _coupons(draw: Random, made: list[Item]) -> str:
    cards = "".join(
        f'<div class="coupon"><b>￥{off}</b><span>满{off * 10}元可用</span><button>立即领取</button></div>'
        for off in (5, 10, 20, 50)
    )
    return f'<section class="coupon-list"><h3>优惠券</h3>{cards}</section>'


def _recharge(draw: Random, made: list[Item]) -> str:
    rows = "".join(f"<li>充值{n}元送{n // 10}元</li>" for n in (50, 100, 200, 500))
    return f'<div class="notice-box"><h4>充值有礼</h4><ul>{rows}</ul></div>'


def _vip(draw: Random, made: list[Item]) -> str:
    rows = "".join(
        f"<tr><td>{level}</td><td>{price}元</td><td>{off}折</td></tr>"
        for level, price, off in (("普通会员", 0, 10), ("黄金会员", 99, 9.5), ("钻石会员", 299, 9))
    )
    return f'<table class="vip"><tr><th>会员等级</th><th>开通价格</th><th>购物折扣</th></tr>{rows}</table>'


def _searched(draw: Random, made: list[Item]) -> str:
    words = "".join(
        f'<a href="/search?kw={n}"><i>{n}</i>{escape(draw.choice(BRANDS))} 会员</a>' for n in range(1, 9)
    )
    return f'<div class="hot-search"><span>热门搜索</span>{words}</div>'


def _notice(draw: Random, made: list[Item]) -> str:
    return (
        '<div class="announce"><p>本店公告：新用户注册立减 ¥2.00，邀请好友得 5 元，售后请在 24 小时内联系。</p>'
        "<p>营业时间 9:00-23:00，累计成交 1.2万 单，保证金 ¥10,000.00。</p></div>"
    )


AROUND = (_bought, _bought_dear, _coupons, _recharge, _vip, _searched, _notice)


def shell(draw: Random, made: list[Item], body: str, *, title: str = "", quiet: bool = False) -> str:
    """A whole page: head, navigation, some of what stands around goods, the goods, footer."""
    name = title or f"{draw.choice(BRANDS)}小铺"
    before, after = "", ""
    if not quiet:
        for maker in draw.sample(AROUND, draw.randint(1, 3)):
            if draw.random() < 0.5:
                before += maker(draw, made)
            else:
                after += maker(draw, made)
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{name} - 自动发货</title></head><body>'
        f'<header><nav><a href="/">首页</a><a href="/order">查询订单</a><a href="/help">帮助中心</a><a href="/login">登录</a></nav></header>'
        f"{before}<main>{body}</main>{after}"
        f"<footer><p>© 2026 {name} 版权所有</p><p>客服在线时间 9:00-22:00</p></footer></body></html>"
    )
