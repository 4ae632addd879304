"""What a shop has to show at the simulated present, the same for every layout; layouts only arrange it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cache, cached_property

from sandbox.market import prose
from sandbox.market.goods import Product, scatter
from sandbox.market.market import Market
from sandbox.market.operators import MAKER
from sandbox.market.platforms import Platform

LABELS = {
    "alipay_official": ("支付宝当面付", "zfbf2f"), "epay_alipay": ("支付宝", "alipay"), "epay_wxpay": ("微信支付", "wxpay"),
    "usdt": ("USDT-TRC20", "epusdt"), "balance": ("余额", "balance"), "manual": ("加客服微信转账", "manual"),
}  # fmt: skip
DETAILS = (
    "购买后系统自动发放，请在有效期内使用。", "直充类商品请准确填写账号，填错无法追回。", "请勿重复下单，到账时间以官方为准。",
    "支持手机端与电脑端，充值前请关闭青少年模式。", "若显示库存不足请联系客服补货。", "一个账号每天限购五件，超出自动取消。",
    "拍下即视为同意本店服务条款。", "如超过承诺时间未到账，请提供订单截图联系客服处理。",
)  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """A request as the layouts see it."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    own_page: bool = False
    """Whether it names a page of this shop as where it comes from, as a browser does."""


@dataclass(frozen=True)
class Item:
    """One product as shown now."""

    product: Product
    price: float
    stock: int
    sold: int


@dataclass(frozen=True)
class View:
    """A shop at one moment; `day` counts from the calendar's first midnight."""

    market: Market
    platform: Platform
    day: float

    @cached_property
    def items(self) -> list[Item]:
        """Everything on the shelf."""
        m, p = self.market, self.platform
        return [
            Item(x, m.price(p, x, self.day), m.stock(p, x, self.day), m.sold(p, x, self.day))
            for x in m.shelves[p.index]
        ]

    @property
    def categories(self) -> dict[str, list[Item]]:
        """Items by category, in shelf order."""
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.product.category, []).append(item)
        return found

    def item(self, number: str) -> Item | None:
        """The item with this id, None when there is none."""
        return next((x for x in self.items if str(x.product.id) == number), None)

    @property
    def notice(self) -> str:
        """Announcement text, lines separated by newlines."""
        return prose.notice(self.market, self.platform, self.day)

    @property
    def terms(self) -> str:
        """Terms text, lines separated by newlines."""
        return prose.terms(self.market, self.platform, self.day)

    @property
    def counter(self) -> tuple[int, int, int] | None:
        """(total, processed, today), None when hidden or absent."""
        if self.market.counter_state(self.platform, self.day) != "visible":
            return None
        return self.market.order_counter(self.platform, self.day)

    @property
    def payments(self) -> list[tuple[str, str]]:
        """(label, handle) of each way to pay."""
        return [LABELS[kind] for kind in self.platform.payments]

    def counter_line(self) -> str:
        """The counter as a line of HTML, "" when the shop has none; a hidden one says so."""
        if self.platform.counter == "absent":
            return ""
        if self.counter is None:
            return '<div class="site-stat">订单统计已由站长关闭</div>'
        total, processed, today = self.counter
        return (
            f'<div class="site-stat">累计订单 <b class="stat-total">{total}</b> 单，已处理 <b class="stat-done">{processed}</b> 单，'
            f'今日订单 <b class="stat-today">{today}</b> 单</div>'
        )

    def contact_links(self) -> str:
        """Links to every way of reaching the shop."""
        ways = prose.contacts(self.platform)
        return " ".join(f'<a class="contact" href="{html.escape(url)}">{label}</a>' for _, label, url in ways)

    def footer(self) -> str:
        """Copyright, operator, filing number (linked or not) and sometimes a police number."""
        p = self.platform
        year = self.market.parameters.date_of(int(self.day)).year
        parts = [f"Copyright © {year} {p.name} {f'{p.operator} ' if p.operator else ''}版权所有"]
        if p.filing.footer:
            shown = p.filing.footer
            parts.append(
                f'<a href="https://beian.miit.gov.cn/" target="_blank">{shown}</a>'
                if p.filing.footer_linked
                else f"<span>{shown}</span>"
            )
        if p.filing.footer and p.index % 3 == 0:
            code = f"{p.province[2]}0103020{scatter(p.index, 15) % 90000 + 10000}"
            char = {51: "川"}.get(p.province[2], p.province[0])
            parts.append(
                f'<a href="https://beian.mps.gov.cn/#/query/webSearch?code={code}">{char}公网安备{code}号</a>'
            )
        if p.credit:
            parts.append(MAKER)
        counter = ""
        if p.analytics:
            counter = (
                f'<script>var la="//sdk.51.la/js-sdk-pro.min.js";LA.init({{id:"{p.analytics}"}})</script>'
            )
        return " | ".join(parts) + counter

    def notice_html(self) -> str:
        """The notice as paragraphs."""
        return paragraphs(self.notice)


def paragraphs(text: str) -> str:
    """One <p> a line, escaped."""
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n"))


def description(item: Item) -> str:
    """A few sentences about one product, the same every day."""
    first = scatter(item.product.id, item.product.sold_before)
    lines = [DETAILS[(first + step * 3) % len(DETAILS)] for step in range(4)]
    return f"{item.product.plain}，官方价{item.product.face:g}元。" + "".join(lines)


@cache
def style_sheet(seed: int, rules: int = 260) -> str:
    """Inline CSS of a real page's bulk (about 70 bytes a rule)."""
    lines = []
    for n in range(rules):
        roll = scatter(seed, n)
        lines.append(
            f".k{roll % 997}-{n} .c{roll % 61}{{margin:{roll % 24}px {roll % 17}px;color:#{roll % 0xFFFFFF:06x};line-height:{1 + roll % 9 / 10}}}"
        )
    base = (
        "body{font:14px/1.6 'PingFang SC','Noto Sans CJK SC',sans-serif;margin:0;color:#222}table{width:100%}"
    )
    return f"<style>{base}{''.join(lines)}</style>"
