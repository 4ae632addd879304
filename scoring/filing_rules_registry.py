"""Rules F8-F15: what the registries say that does not fit a shop which sells on this domain. See scoring/filing_rules.py."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.calendar import date_of
from scoring.facts import NEVER
from scoring.figures import count
from scoring.filing_case import Answers, Case, Mark
from scoring.filings import own_domains
from scoring.identity import number_key
from scoring.shown import of_site
from store.names import registrable

TRADE = (
    "卡",
    "充值",
    "商城",
    "电商",
    "网络",
    "科技",
    "信息",
    "数码",
    "游戏",
    "软件",
    "数字",
    "互联",
    "电子",
    "贸易",
    "商务",
)
ELSEWHERE = (
    "医院", "医疗", "诊所", "学校", "幼儿", "教育", "培训", "律师", "餐饮", "酒店", "旅游", "房产", "装修", "建材", "机械",
    "化工", "农业", "养殖", "物流", "汽车", "宠物", "婚庆", "摄影", "美容", "殡葬", "协会", "研究所",
)  # fmt: skip
"""Words of a filed site name or content far from this trade; with none of TRADE beside them."""


def f8(case: Case) -> Answers:
    """An individual's filing while goods are priced."""
    prices = case.facts.rows["price"]
    a, b = (int(x) for x in np.searchsorted(prices.platform, (case.site, case.site + 1)))
    standing = prices.gone[a:b] >= case.facts.days
    priced = a + np.flatnonzero((np.nan_to_num(prices["price"][a:b]) > 0) & standing)
    if not case.found or not len(priced) or not case.answer("nature"):
        return
    yield (
        None
        if case.answer("nature") != "个人"
        else Mark(
            "F8",
            f"备案性质为个人，网站在标价销售商品（查询时间 {case.asked_on()}）。",
            f"The filing is an individual's and the site offers goods at a price (queried {case.asked_on()}).",
            None,
            "个人",
            (("price", int(prices.id[priced[-1]])), *case.cite_filing()),
        )
    )


def f9(case: Case) -> Answers:
    """Access restricted."""
    limited = case.answers["limit_access"][case.filings[-1]] if case.filings else None
    if not case.found or limited is None or limited != limited:  # NaN: the answer did not say
        return
    yield (
        None
        if not limited > 0
        else Mark(
            "F9",
            f"备案登记为限制接入（查询时间 {case.asked_on()}）。",
            f"The filing is marked as restricted access (queried {case.asked_on()}).",
            None,
            case.answer("number"),
            case.cite_filing(),
        )
    )


def f10(case: Case) -> Answers:
    """The filing is older than the domain's registration."""
    rows = case.facts.rows["registration"]
    dated = [i for i in of_site(rows, case.site, case.facts.days) if rows["registered_on"][i] < NEVER]
    approved = case.answers["approved_on"][case.filings[-1]] if case.filings else NEVER
    if not case.found or not dated or approved >= NEVER:
        return
    registered = int(rows["registered_on"][dated[-1]])
    a, r = date_of(int(approved)), date_of(registered)
    yield (
        None
        if approved >= registered
        else Mark(
            "F10",
            f"备案审核日期 {a} 早于域名注册日期 {r}。",
            f"The filing was approved on {a}, before the domain was registered on {r}.",
            str(r),
            str(a),
            (("registration", int(rows.id[dated[-1]])), *case.cite_filing()),
        )
    )


def f11(case: Case) -> Answers:
    """One number on several unrelated domains; the domains the registry gives for it are not among them."""
    main, kin = number_key(case.number), case.facts.kin
    if not main or not kin:
        return
    strangers = set(kin.showing.get(main, ())) - kin.registered.get(main, frozenset())
    mine = strangers & own_domains(case.facts.sites[case.site])
    yield (
        None
        if not mine or len(strangers) < 3
        else Mark(
            "F11",
            f"同一备案号码出现在 {len(strangers)} 个互不相关的域名的页脚。",
            f"The same filing number stands in the footers of {len(strangers)} unrelated domains.",
            case.number,
            None,
            case.cite_footer(),
            count("number_sites", len(strangers)),
        )
    )


def f12(case: Case) -> Answers:
    """All addresses abroad on every check; a name that leads to a CDN says nothing."""
    rows = case.facts.rows["resolution"]
    told = [
        i for i in of_site(rows, case.site, case.facts.days) if rows["places"][i] and not rows["alias_of"][i]
    ]
    if not case.found or len(told) < 2:
        return
    abroad = all("CN" not in rows["places"][i] for i in told)
    yield (
        None
        if not abroad
        else Mark(
            "F12",
            f"查到备案，而 {len(told)} 次解析的地址都不在中国大陆。",
            f"A filing is on record, and in {len(told)} checks none of the site's addresses was in mainland China.",
            "、".join(sorted({p for i in told for p in rows["places"][i]})),
            case.answer("number"),
            (("resolution", int(rows.id[told[-1]])), *case.cite_filing()),
            count("resolutions_abroad", len(told)),
        )
    )


def f13(case: Case) -> Answers:
    """On a published list of sites."""
    rows = case.facts.rows["penalty"]
    mine = of_site(rows, case.site, case.facts.days)
    listed = [i for i in mine if rows["category"][i] == method.BLOCKLISTED and rows["ended_on"][i] >= NEVER]
    if listed:
        yield Mark(
            "F13",
            "域名出现在公开的违规或风险网站名单中，名单可能有误。",
            "The domain is on a published list of illegal or risky sites; such lists can be wrong.",
            registrable(case.facts.sites[case.site].host),
            str(rows["reason"][listed[-1]])[:60],
            (("penalty", int(rows.id[listed[-1]])),),
        )
    elif case.visited("blocklists"):
        yield None


def f14(case: Case) -> Answers:
    """Filed for something else."""
    said = " ".join(filter(None, (case.answer("site_name"), case.answer("content"))))
    if not case.found or not said:
        return
    far = any(word in said for word in ELSEWHERE) and not any(word in said for word in TRADE)
    yield (
        None
        if not far
        else Mark(
            "F14",
            f"备案登记的网站名称或内容为“{said[:40]}”，与卡券销售无关（仅供参考）。",
            f"The filing names the site or its content as “{said[:40]}”, which is not this trade (for information).",
            None,
            said[:80],
            case.cite_filing(),
        )
    )


def f15(case: Case) -> Answers:
    """Filed before, not now."""
    before = [i for i in case.filings if case.answers["found"][i] > 0]
    if not before:
        return
    once = date_of(case.facts.first_day + int(case.answers.day[before[-1]]))
    yield (
        None
        if case.found
        else Mark(
            "F15",
            f"{once} 查到备案，{case.asked_on()} 查询时已查不到。",
            f"A filing was on record on {once}; none was found on {case.asked_on()}.",
            None,
            str(case.answers["number"][before[-1]] or ""),
            (("filing", int(case.answers.id[before[-1]])), *case.cite_filing()),
        )
    )
