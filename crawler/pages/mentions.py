"""Which watched platform a text is surely about: the one site or merchant it names, or the one full name it contains. Pure.

A text that names a merchant of a mall is about the merchant; one that names the mall's host only is about the mall.

An unsure text is nobody's: the record then carries what was said, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from store.evidence.crawl_ledger import Target
from store.text.malls import most_exact
from store.text.query import key_of, normal_name

TRADE = re.compile(r"卡盟|发卡(?:网|平台|站)|自动发卡|卡密|代刷|点卡商城|[Cc][Dd][Kk]")
"""Words by which a text is about this trade whoever it names."""
_WEAK = re.compile(r"充值|会员|点券|激活码|兑换码|掉单|补单")
_CONTEXT = re.compile(r"网站|平台|店铺|商城|发货|到账|链接|客服QQ|订单")
SHORTEST = 3
"""Characters of a normalised name that may be looked for inside a text."""
_MOST_LOOKED_AT = 1_000
"""Names of a text that are looked at; one that says more is no complaint, and 500,000 took a quarter of a minute."""
# Bounded, and never begun inside a name: a long run of "a.a.a." took quarter of a minute otherwise.
_HOST = re.compile(
    r"(?:https?://)?(?<![a-z0-9.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,30}[a-z]{2,18}"
    r"(?:(?::\d{1,5})?/[a-z0-9_-]{1,20}/[a-z0-9_-]{1,60})?",
    re.I,
)


def hosts_in(text: str) -> list[str]:
    """Keys of the sites and merchants a text names, in order, each once, at most ten; not the mall of a merchant that is named."""
    found: dict[str, None] = {}
    for match in islice(_HOST.finditer(text), _MOST_LOOKED_AT):
        if key := key_of(match.group()):
            found[key] = None
            if len(found) == 10:
                break
    return most_exact(found)


def of_the_trade(text: str) -> bool:
    """Whether a complaint is about this trade: by a strong word, or by a weak one with its context and an address."""
    if TRADE.search(text) or "虚拟商品" in text:
        return True
    return bool(_WEAK.search(text) and _CONTEXT.search(text) and _HOST.search(text))


def names_in(key: str, names: Iterable[str]) -> list[str]:
    """Those of the normalised `names` that stand in the normalised text `key`: of names within a name, the whole one."""
    found = []
    for name in sorted((name for name in names if name in key), key=len, reverse=True):
        if name in key:
            found.append(name)
            key = key.replace(name, "\n")
    return found


class Watched:
    """The watched platforms, by host and by name."""

    def __init__(self, targets: Iterable[Target]) -> None:
        """Index hosts, names and aliases of `targets`."""
        self._hosts: dict[str, Target] = {}
        self._names: dict[str, dict[str, Target]] = {}
        for target in targets:
            for text in filter(None, (target.host, target.name, *target.aliases)):
                if key := key_of(text):
                    self._hosts[key] = target
                elif len(key := normal_name(text)) >= SHORTEST:
                    self._names.setdefault(key, {})[target.host] = target

    def names(self, most: int) -> list[str]:
        """Names to search for, one a platform: its own, not its aliases."""
        firsts: dict[str, str] = {}
        for targets in self._names.values():
            for target in targets.values():
                if target.name and target.host not in firsts and len(normal_name(target.name)) >= SHORTEST:
                    firsts[target.host] = target.name
        return [firsts[host] for host in sorted(firsts)][:most]

    def of(self, text: str) -> Target | None:
        """The one platform `text` is about; None when it names none, or several."""
        named = {t.host: t for h in hosts_in(text) if (t := self._hosts.get(h))}
        if not named:
            key = normal_name(text)
            found = names_in(key, self._names)
            named = {host: target for name in found for host, target in self._names[name].items()}
        return next(iter(named.values())) if len(named) == 1 else None
