"""Twelve shops as their visitors see them, and their robots.txt."""

from __future__ import annotations

from urllib.parse import urlsplit

from rehearsal import places
from rehearsal.state import State
from rehearsal.web import Answer, Question

NAMES = {
    places.PLAIN: "叮咚卡盟", places.LATER_GONE: "百荷卡盟", places.CHINESE_NAME: "云帆卡盟", places.IDN: "卡店预演",
    places.SIX: "六网卡盟", places.BARE: "裸名卡盟", places.PATH: "小径卡盟", places.SICK_ROBOTS: "病号卡盟",
    places.HTTP_ONLY: "明文卡盟", places.LATER_DIVERTED: "岔路卡盟", places.LATER_EXPIRED: "逾期卡盟", places.MALL: "大集发卡商城",
}  # fmt: skip
COMPANIES = {
    places.PLAIN: "叮咚预演科技有限公司",
    places.CHINESE_NAME: "云帆预演网络有限公司",
    places.SIX: "叮咚预演科技有限公司",
}
"""Two of them belong to one company."""
FILINGS = {
    places.PLAIN: "粤ICP备2024111222号",
    places.CHINESE_NAME: "湘ICP备2023333444号",
    places.SIX: "粤ICP备2024111222号",
}
DESK = "2885550142"
"""The customer service that both of its shops name."""
CHANNELS = {places.CHINESE_NAME: "yunfan_rehearsal", places.LATER_EXPIRED: "yuqi_rehearsal"}
"""The public channel a shop names."""
CODES = {places.PLAIN: "91440300MA5REHEA02"}
"""The company's unified social credit code, where a shop shows it."""
GOODS = (("视频会员月卡", 19.8, 25), ("音乐会员季卡", 32.0, 12), ("游戏点券100点", 9.6, 300), ("话费慢充50元档", 48.5, 0),
         ("网盘会员月卡", 21.0, 8))  # fmt: skip
MERCHANT_GOODS = {"ALPHA1": ("甲铺流量日包", 3.3), "BETA22": ("乙铺邮箱账号", 7.7)}
_BLOCK_PAGE = (
    "<html><head><meta charset='utf-8'><title>网络访问提醒</title></head><body><h1>您访问的网页暂时无法打开</h1>"
    "<p>根据有关部门提供的信息，该网址可能存在风险，本运营商已停止解析。如有疑问请致电客服。</p></body></html>"
)


def answer(question: Question, state: State) -> Answer | None:
    """A shop's answer; None cuts the connection."""
    host = question.host.removeprefix("www.")
    path = urlsplit(question.target).path
    if host in state.diverted:
        return Answer(_BLOCK_PAGE)
    if host in state.silent:
        return None
    if path == "/robots.txt":
        return _robots(host)
    if host == places.BARE and not question.host.startswith("www."):
        return _moved(f"https://www.{host}{path}", 301)
    if host == places.PATH and path == "/":
        return _moved("/shop/index.html", 302)
    if host == places.MALL:
        return _mall(path)
    if path == "/" or (host == places.PATH and path == "/shop/index.html"):
        return Answer(_home(host))
    if path == "/notice.html":
        return Answer(
            _page(
                host,
                "公告",
                "<div class='notice'><p>自动发货，一般 24 小时内到账。未到账请联系客服补单，超过 72 小时未处理可以退款。</p></div>",
            )
        )
    return Answer("<h1>404</h1>", 404)


def _robots(host: str) -> Answer:
    if host == places.SICK_ROBOTS:
        return Answer("upstream error", 503, "text/plain")
    if host == places.HTTP_ONLY:
        return Answer("not found", 404, "text/plain")
    return Answer("User-agent: *\nDisallow: /orders\nDisallow: /user\n", kind="text/plain; charset=utf-8")


def _moved(where: str, status: int) -> Answer:
    return Answer("", status, headers={"Location": where})


def _home(host: str) -> str:
    cut = sum(host.encode()) % 7
    goods = "".join(
        f"<div class='goods-item'><h3 class='name'>{name}</h3><span class='price'>¥{price + cut / 10:.2f}</span>"
        f"<span>库存：{stock}</span><span>自动发货</span></div>"
        for name, price, stock in GOODS
    )
    return _page(
        host,
        "首页",
        f"<div class='notice'>本站公告：付款后自动发货，请勿重复付款。</div>{goods}<a href='/notice.html'>公告</a>",
    )


def _mall(path: str) -> Answer:
    if path == "/":
        return Answer(
            _page(
                places.MALL,
                "商城",
                "<p>本商城为商家提供开店服务，商品由各商家自行上架并负责售后。</p><a href='/join'>商家入驻</a>",
            )
        )
    merchant = path.removeprefix("/shop/").strip("/")
    if path.startswith("/shop/") and merchant in MERCHANT_GOODS:
        name, price = MERCHANT_GOODS[merchant]
        goods = (
            f"<div class='goods-item'><h3 class='name'>{name}</h3><span class='price'>¥{price}</span></div>"
        )
        return Answer(_page(places.MALL, f"店铺 {merchant}", goods))
    return Answer("<h1>404</h1>", 404)


def _page(host: str, title: str, body: str) -> str:
    number, company = FILINGS.get(host), COMPANIES.get(host)
    filed = f"<a href='https://beian.miit.gov.cn/'>{number}-1</a>" if number else ""
    owner = f"© 2026 {company}" if company else ""
    owner += f" 客服QQ：{DESK}" if company == COMPANIES[places.PLAIN] else ""
    owner += f" <a href='https://t.me/{CHANNELS[host]}'>频道</a>" if host in CHANNELS else ""
    owner += f" 统一社会信用代码：{CODES[host]}" if host in CODES else ""
    return (
        f"<!doctype html><html lang='zh'><head><meta charset='utf-8'><title>{NAMES[host]} - {title}</title></head>"
        f"<body><h1>{NAMES[host]}</h1><p>{NAMES[host]}为个人用户提供各类会员与点券的自助购买服务，客服在线时间为每日九点至二十二点。</p>"
        f"{body}<footer>{owner} {filed}</footer></body></html>"
    )
