"""关联网站: sites of one operator, predecessors and successors."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.figures import count
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Finding, unscored_finding
from scoring.linkage.links import reason_of
from scoring.observations.dataset import Dataset
from scoring.observations.market import Link
from scoring.observations.panel import visited

_GRAVE = ("predecessor", "successor")


def linked_sites(facts: Dataset) -> Finding:
    """关联网站 — Linked sites

    Why: 关掉旧站换个域名再开，旧站的欠单就没人管了。 | Who closes one site and opens another leaves the first one's debts behind.
    Reads: page, filing
    ok: 未见与其他被观察的网站有两项以上相互独立、各自足以辨认经营者的相同特征。 | No other watched site shares two independent features each of which tells one operator.
    concern: 与另一网站有两项这样的特征相同，并且先后相继。 | It shares two such features with another site, and one followed the other.
    unknown: 没有读到可比较的页面。 | No page that could be compared was read.
    Limits: 只比较被观察的网站；页面结构、文字、商品、IP、注册商和名称相近都不算，许多网站共有的联系方式、统计账号和证书也不算。特征相同不证明同一经营者，也不等于有问题。 | Watched sites only; page structure, wording, goods, addresses, registrars and similar names do not count, nor do contacts, analytics accounts and certificates that many sites share. Shared features prove neither the same operator nor any fault.
    """
    read = np.asarray(visited(facts, "site")[0].any(axis=1))
    answers = [
        _answer(facts.kin.links.get(site.host, []), bool(read[i])) for i, site in enumerate(facts.sites)
    ]
    return unscored_finding(facts, answers, method.STRENGTH_CLAIM, "sites")


def _answer(links: list[Link], read: bool) -> Answer:
    if not links:
        if not read:
            return Answer(UNKNOWN, "没有读到可比较的页面。", "No page that could be compared was read.")
        return Answer(OK, "未见关联网站。", "No linked site was found.", 0.0, 0.0)
    first = links[0]
    zh, en = reason_of(first)
    grave = [link for link in links if link.relation in _GRAVE]
    return Answer(
        CONCERN if grave else OK,
        f"与 {len(links)} 个被观察的网站有关联，最明显的是 {first.other}。{zh}",
        f"Linked to {len(links)} watched site(s), most clearly {first.other}. {en}",
        float(len(links)),
        float(len(links)),
        tuple(c for link in (grave or links) for c in link.cited),
        (count("linked_sites", len(links)),),
    )
