"""Operators with several names: a pair, three under one roof, a move to a new domain, an ending with a successor, and two strangers.

Shops of the market are given what one operator's sites have in common before a day is simulated. Each true family shares two features of
different kinds; the strangers share only the maker of their theme, whose contacts stand in both footers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sandbox.market import names
from sandbox.market.parameters import MarketParameters
from sandbox.market.platforms import COMMON_ROBOTS, SOFTWARE, Platform

MAKER = '主题：夜航模板 定制QQ：880055012 <a href="https://t.me/yehang_theme">主题售后</a>'
"""What the maker of a theme writes into the footers of everybody who uses it."""
ANNOUNCED = 21
"""Days before its move on which a shop begins to name its new address."""
NEW_RULES = 28
"""Days before the calendar's end on which a shop tells in its channel that balances lapse."""


def join_operators(platforms: list[Platform], parameters: MarketParameters) -> None:
    """Turn calm shops of the market into the families; raises ValueError where it has too few."""
    calm = (p for p in reversed(platforms) if _is_calm(p))
    try:
        _pair(next(calm), next(calm))
        _trio([next(calm), next(calm), next(calm)])
        _move(next(calm), next(calm), parameters)
        _succession(_ending(platforms, parameters), next(calm), parameters)
    except StopIteration as error:
        raise ValueError(
            "a market needs more calm shops to hold its operators: give it 64 platforms"
        ) from error
    _strangers([p for p in platforms if p.desk is None and p.filing.number and p.software in SOFTWARE])


def families(platforms: list[Platform]) -> list[list[str]]:
    """The hosts of every operator with several sites: what a product may find, and nothing more."""
    found: dict[int, list[str]] = {}
    for p in platforms:
        if p.desk is not None:
            found.setdefault(p.desk, []).append(p.host)
    return [sorted(hosts) for _, hosts in sorted(found.items())]


def _is_calm(p: Platform) -> bool:
    """Whether a shop can play a part: it answers everybody, has no other oddity, and its pages are read without a browser."""
    return (
        (p.character, p.condition, p.filing.nature) == ("healthy", "ordinary", "企业")
        and p.software in SOFTWARE
        and p.software != "cardsystem"
        and p.robots in COMMON_ROBOTS
        and p.robots != "crawl_delay"
        and p.opened_day < 0
    )


def _pair(first: Platform, second: Platform) -> None:
    """Two names under one filing, with one Telegram channel and one account at a counter of visits."""
    _share([first, second])
    _one_company([first, second])
    for p in (first, second):
        p.analytics = f"3pxdemo{first.index:05d}"
    second.filing = replace(first.filing, footer=f"{first.filing.number}-2")
    first.filing = replace(first.filing, footer=f"{first.filing.number}-1")
    first.channel = True


def _trio(shops: list[Platform]) -> None:
    """Three names on one certificate, with one customer service and no filing."""
    _share(shops)
    _one_company(shops)
    for p in shops:
        p.certificate = tuple(other.host for other in shops if other is not p)
        p.filing = replace(p.filing, number=None, nature="", entity="", footer=None)


def _move(old: Platform, new: Platform, parameters: MarketParameters) -> None:
    """The old domain names the new one for three weeks, then leads there; filing, goods and customer service go along."""
    day = parameters.days - 35
    _share([old, new])
    _one_company([old, new])
    new.host = old.host.replace(".test", "-new.test")
    old.end_day, old.afterlife, old.moves_to = day, "moved", new.host
    new.name, new.word, new.software = f"{old.name}新站", old.word, old.software
    new.aliases = [new.host.split(".")[0]]
    new.filing, new.couid = replace(old.filing, footer_linked=True), None
    new.daily_orders, new.drop_rate, new.reporting = old.daily_orders, old.drop_rate, old.reporting
    _open_on(new, day - 3, parameters)


def _succession(ended: Platform, successor: Platform, parameters: MarketParameters) -> None:
    """A shop is gone; another name begins nine days later with its customer service, on a certificate that names both."""
    _share([ended, successor])
    ended.afterlife = "connection_closed"
    successor.certificate = (ended.host,)
    successor.operator, successor.couid = "", None
    successor.filing = replace(successor.filing, number=None, nature="", entity="", footer=None)
    _open_on(successor, (ended.end_day or 0) + 9, parameters)


def _strangers(shops: list[Platform]) -> None:
    """Two shops of one system whose footers name the maker of their theme."""
    same = {name: [p for p in shops if p.software == name] for name in SOFTWARE}
    for p in max(same.values(), key=len)[:2]:
        p.credit = True


def _share(shops: list[Platform]) -> None:
    """One customer service for all of them: nothing else stands on their pages."""
    for p in shops:
        p.desk, p.contacts = shops[0].index, ["qq", "telegram"]


def _one_company(shops: list[Platform]) -> None:
    for p in shops:
        p.operator = shops[0].operator


def _ending(platforms: list[Platform], parameters: MarketParameters) -> Platform:
    """A shop that declines and ends while the sandbox run is visiting, early enough for a successor to be seen."""
    last = parameters.days - 30

    def fits(p: Platform) -> bool:
        return p.character == "decline" and p.condition == "ordinary" and p.software != "cardsystem"

    return max((p for p in platforms if fits(p) and (p.end_day or last) < last), key=lambda p: p.end_day or 0)


def _open_on(p: Platform, day: int, parameters: MarketParameters) -> None:
    p.opened_day, p.opened_on = day, parameters.date_of(day)
    p.registered_on = names.spread_date(p.opened_on, 12)


def channel_posts(p: Platform, day: int, parameters: MarketParameters) -> Iterator[tuple[int, str]]:
    """(day, words) of what a shop has written in its public channel by `day`."""
    rules = parameters.days - NEW_RULES
    written = [
        (rules - 60, f"{p.name}频道开通，上新与公告在此发布，网址 {p.host}。"),
        (rules - 20, "视频会员月卡补货完成，直充类一般30分钟内到账。"),
        (
            rules,
            "通知：为规范账户管理，账户余额超过30天未使用将清零，请尽快消费。退款统一退回站内余额，不支持原路退回。",
        ),
        (rules + 9, "今日客服工作时间调整为10:00-22:00。"),
    ]
    yield from ((on, words) for on, words in written if on <= day)
