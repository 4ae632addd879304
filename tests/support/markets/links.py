"""A labelled market of shops for the links between them: who runs which shop is drawn first, then what strangers share.

Strangers share themes with their makers' contacts and statistics accounts, copied sites with their seller's, technical support,
agencies that file for them, certificates of hosts, panels and buyers' groups, redirects of domains that lapsed, goods and wording.
Nothing here knows how links are found. All names and numbers are invented.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

Record = dict[str, Any]
SEEN = "2026-04-20T10:00:00+08:00"
FEATURES = ("contact", "account", "filing", "certificate", "move")
_PROVINCES = "粤京沪浙苏鲁川鄂"
_THEMES = (
    ("rainbow", 3, 70),
    ("dujiaoka", 3, 60),
    ("acg", 2, 40),
    (None, 2, 25),
    ("zfaka", 1, 20),
    (None, 1, 6),
    (None, 1, 5),
)
"""(software, how many structures its pages have, how many shops of a hundred or so use it)."""


@dataclass
class Shop:
    """A shop as its pages, its registry entry and its certificate show it."""

    number: int
    operator: int
    theme: int
    host: str
    structure: str
    contacts: dict[str, list[str]] = field(default_factory=dict)
    number_shown: str | None = None
    code: str | None = None
    filing: tuple[str, str, str | None] | None = None
    """(number, nature, company)."""
    asked: bool = True
    """Whether the registry was asked about it."""
    names: list[str] = field(default_factory=list)
    own_certificate: bool = True
    moves: list[tuple[str, str]] = field(default_factory=list)

    def add(self, kind: str, value: str) -> None:
        """Show one more contact or account."""
        self.contacts.setdefault(kind, []).append(value)


@dataclass(frozen=True)
class Labelled:
    """The records of a market, and (host, host) -> how many features two shops of one operator really share."""

    records: list[Record]
    sisters: dict[tuple[str, str], int]
    shops: int


def labelled_market(seed: int, singles: int = 150, groups: int = 45) -> Labelled:
    """A market of shops of few themes; `groups` operators have two to four shops each."""
    roll = random.Random(seed)
    shops: list[Shop] = []
    sisters: dict[tuple[str, str], int] = {}
    for operator in range(singles + groups):
        size = 1 if operator < singles else roll.choice((2, 2, 2, 3, 4))
        family = _family(roll, operator, size, len(shops))
        shared = set(roll.sample(FEATURES, 1 + operator % 4)) if size > 1 else set()
        _run(roll, family, shared)
        for a, b in combinations(family, 2):  # Each shop moves to the next one, not to the one after.
            sisters[_pair(a, b)] = len(shared - ({"move"} if b.number - a.number > 1 else set()))
        shops += family
    for strangers in (_themes, _copies, _support, _agencies, _certificates, _lapsed, _placeholders):
        strangers(roll, shops)
    records = [record for shop in shops for record in _records(shop)]
    return Labelled(records, sisters, len(shops))


def _pair(a: Shop, b: Shop) -> tuple[str, str]:
    return (min(a.host, b.host), max(a.host, b.host))


def _family(roll: random.Random, operator: int, size: int, first: int) -> list[Shop]:
    """The shops of an operator: most use one theme for all."""
    usual = _theme(roll)
    out = []
    for number in range(first, first + size):
        theme = usual if roll.random() < 0.7 else _theme(roll)
        structure = f"t{theme}v{roll.randrange(_THEMES[theme][1])}"
        out.append(Shop(number, operator, theme, f"shop{number}.example", structure))
    return out


def _theme(roll: random.Random) -> int:
    return roll.choices(range(len(_THEMES)), [users for *_, users in _THEMES])[0]


def _run(roll: random.Random, family: list[Shop], shared: set[str]) -> None:
    """What the operator shows on each shop: the same for what is shared, else its own."""
    company = f"示例{family[0].operator}网络科技有限公司"
    filed = roll.random() < 0.75
    for at, shop in enumerate(family):
        who = family[0].number if "contact" in shared else shop.number
        for kind in roll.sample(("qq", "telegram", "wechat", "email", "phone"), roll.choice((1, 1, 2, 3))):
            shop.add(kind, f"{kind}-of-{who}")
        if "contact" in shared:
            shop.contacts["qq"] = [f"qq-of-{who}"]
        if "account" in shared or roll.random() < 0.6:
            shop.add("analytics", f"hm-{family[0].number if 'account' in shared else shop.number}")
        nature = roll.random()
        number = f"{_PROVINCES[shop.number % 8]}ICP备{2021000000 + shop.number}号"
        if "filing" in shared:
            number = f"{_PROVINCES[family[0].number % 8]}ICP备{2021000000 + family[0].number}号"
            shop.filing = (f"{number}-{at + 1}", "企业", company)
        elif len(family) > 1 and roll.random() < 0.7 or not filed:
            shop.filing = None
        elif nature < 0.65:
            shop.filing = (f"{number}-1", "企业", f"示例{shop.number}商贸有限公司")
        else:
            shop.filing = (f"{number}-1", "个人", None)
        shop.asked = roll.random() < 0.85 or "filing" in shared
        shop.number_shown = shop.filing[0] if shop.filing and roll.random() < 0.8 else None
        names = {shop.host, f"www.{shop.host}"}
        shop.names = sorted(names | {s.host for s in family} if "certificate" in shared else names)
        if "move" in shared and at:
            family[at - 1].moves.append((shop.host, roll.choice(("redirect", "notice"))))


def _themes(roll: random.Random, shops: list[Shop]) -> None:
    """Makers' contacts and accounts that came with the theme; some owners took them out, some put nothing in their place."""
    for shop in shops:
        kept = 1.0 if shop.theme >= 5 else (0.5, 0.3, 0.15, 0.6, 0.05)[shop.theme]
        for kind, value in (("telegram", "maker"), ("email", "maker"), ("analytics", "theme")):
            if roll.random() < kept:
                if roll.random() < 0.3:
                    shop.contacts.pop(kind, None)
                shop.add(kind, f"{value}-{kind}-{shop.theme}")


def _strangers(roll: random.Random, shops: list[Shop], count: int) -> list[Shop]:
    """Shops of different operators."""
    out: dict[int, Shop] = {}
    for shop in roll.sample(shops, min(len(shops), count * 4)):
        out.setdefault(shop.operator, shop)
    return list(out.values())[:count]


def _copies(roll: random.Random, shops: list[Shop]) -> None:
    """Sites sold whole to several buyers of one theme, with what their seller left in them."""
    for seller in range(12):
        theme = _theme(roll)
        buyers = _strangers(roll, [s for s in shops if s.theme == theme], roll.choice((2, 3, 3, 4, 6, 9)))
        for shop in buyers:
            shop.structure = f"t{theme}copy{seller}"
            if roll.random() < 0.6:
                if roll.random() < 0.3:
                    shop.contacts.pop("qq", None)
                shop.add("qq", f"seller-{seller}")
            if roll.random() < 0.6:
                if roll.random() < 0.5:
                    shop.contacts.pop("analytics", None)
                shop.add("analytics", f"seller-{seller}")
            if roll.random() < 0.4:
                shop.number_shown = f"湘ICP备{2022000000 + seller}号-1"


def _support(roll: random.Random, shops: list[Shop]) -> None:
    """Technical support and payment brokers whose number and account stand on their clients' pages."""
    for vendor in range(8):
        for shop in _strangers(roll, shops, roll.choice((2, 3, 4, 6, 10, 15))):
            if roll.random() < 0.1:
                shop.contacts.pop("qq", None)
            shop.add("qq", f"support-{vendor}")
            if roll.random() < 0.5:
                shop.add("analytics", f"support-{vendor}")


def _agencies(roll: random.Random, shops: list[Shop]) -> None:
    """Companies that lend their filing to strangers."""
    for agency in range(4):
        alone = [s for s in shops if not s.filing]
        for at, shop in enumerate(_strangers(roll, alone, roll.choice((2, 3, 5, 8)))):
            shop.filing = (f"渝ICP备{2023000000 + agency}号-{at + 1}", "企业", f"示例代办{agency}有限公司")
            shop.asked = True


def _certificates(roll: random.Random, shops: list[Shop]) -> None:
    """Certificates of delivery networks, panels, small and large hosts, and of buyers who bought one together."""
    for shop in roll.sample(shops, len(shops) // 6):
        shop.names = roll.choice(
            (["cdn-demo.test"], ["sni77.cloudflaressl.com", shop.host], ["panel.example"])
        )
    for host in range(6):
        clients = _strangers(roll, shops, roll.choice((2, 3, 4, 6, 20)))
        for shop in clients:
            shop.names = sorted({*(c.host for c in clients), f"node{host}.hosting.example"})
    for group in range(6):
        buyers = _strangers(roll, shops, roll.choice((2, 3, 5)))
        for shop in buyers:
            shop.names = sorted(b.host for b in buyers)
            shop.add("qq_group", f"buyers-{group}")


def _lapsed(roll: random.Random, shops: list[Shop]) -> None:
    """Domains that lapsed and were bought by a rival, and sites that send visitors to one mall."""
    for old, rival in zip(*[iter(_strangers(roll, shops, 16))] * 2, strict=True):
        old.moves.append((rival.host, "redirect"))
    mall, *senders = _strangers(roll, shops, 14)
    for shop in senders:
        shop.moves.append((mall.host, roll.choice(("redirect", "notice"))))


def _placeholders(roll: random.Random, shops: list[Shop]) -> None:
    for shop in roll.sample(shops, len(shops) // 8):
        shop.contacts["phone"] = ["400-000-0000"]


def _records(shop: Shop) -> list[Record]:
    software = _THEMES[shop.theme][0]
    said: Record = {"host": shop.host, "observed_at": SEEN}
    signs: Record = {"template": shop.structure}
    terms = "".join(f"本店第{c}类商品付款以后由系统按下单先后逐笔处理并通知买家查收。" for c in "甲乙丙丁")
    out: list[Record] = [
        said | {"kind": "page", "source": "storefront", "role": "home", "text": "首页", "software": software, "signs": signs,
                "contacts": shop.contacts, "footer_icp": shop.number_shown},
        said | {"kind": "page", "source": "storefront", "role": "terms", "text": terms},
        said | {"kind": "certificate", "source": "registration", "issuer_kind": "automated", "names": shop.names,
                "not_before": "2026-03-01T00:00:00Z", "not_after": "2026-06-01T00:00:00Z", "matches": shop.host in shop.names},
    ]  # fmt: skip
    for good in range(6):
        out.append(
            said
            | {"kind": "price", "source": "storefront", "product": f"示例会员{good}月卡", "price": 9.9 + good}
        )
    if shop.asked:
        filing: Record = {"kind": "filing", "source": "icp", "found": shop.filing is not None}
        if shop.filing:
            number, nature, company = shop.filing
            filing |= {"number": number, "nature": nature, "entity": company, "domain": shop.host}
        out.append(said | filing)
    for to, via in dict(shop.moves).items():
        out.append(said | {"kind": "move", "source": "storefront", "to_host": to, "via": via})
    return out
