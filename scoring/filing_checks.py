"""Filing checks F1-F15: where the numbers and names a site shows disagree with the registries, each in neutral words with its day.

A rule that cannot be asked (no page, no answer of the registry) is left out; it is never taken as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from scoring import method
from scoring.features.filings import kind_of, number_key, own_domains, own_filings
from scoring.figures import Figure, count
from scoring.finding import Cited, of_site, pages_of
from scoring.observations.dataset import NEVER, Dataset, ObservationColumns
from scoring.observations.day_index import date_of
from scoring.observations.panel import cached
from store.text.query import find_icp, find_police, normal_name, registrable

SEVERITY = {
    "F1": "high", "F2": "high", "F3": "low", "F4": "high", "F5": "high", "F6": "high", "F7": "medium", "F8": "medium",
    "F9": "high", "F10": "medium", "F11": "medium", "F12": "low", "F13": "high", "F14": "info", "F15": "high",
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """One rule that applies: what the site shows, what is registered, both sentences, evidence."""

    rule: str
    zh: str
    en: str
    shown: str | None
    registered: str | None
    cited: tuple[Cited, ...]
    figure: Figure | None = None

    @property
    def severity(self) -> str:
        """high, medium, low or info."""
        return SEVERITY[self.rule]


@dataclass(frozen=True)
class Case:
    """What the rules look at, of one platform on the last day; rows are positions, oldest first."""

    facts: Dataset
    site: int
    footers: list[int]
    homes: list[int]
    filings: list[int]

    @property
    def pages(self) -> ObservationColumns:
        """All pages."""
        return self.facts.rows["page"]

    @property
    def answers(self) -> ObservationColumns:
        """All answers about platforms' own domains."""
        return own_filings(self.facts)

    @property
    def number(self) -> str | None:
        """The number in the newest footer that shows one."""
        return str(self.pages["footer_icp"][self.footers[-1]]) if self.footers else None

    @property
    def found(self) -> bool:
        """Whether the newest answer was a filing."""
        return bool(self.filings) and bool(self.answers["found"][self.filings[-1]] > 0)

    def answer(self, name: str) -> str | None:
        """A text of the newest answer."""
        value = self.answers[name][self.filings[-1]] if self.filings else None
        return None if value is None else str(value)

    def visited(self, source: str) -> bool:
        """Whether a source looked at the platform."""
        seen: set[int] = cached(self.facts, ("visited_by", source), lambda: _visited(self.facts, source))
        return self.site in seen or -1 in seen

    def asked_on(self) -> str:
        """The day of the newest answer."""
        return str(date_of(self.facts.first_day + int(self.answers.day[self.filings[-1]])))

    def cite_footer(self) -> tuple[Cited, ...]:
        """The page whose footer it is."""
        return (("page", int(self.pages.id[self.footers[-1]])),) if self.footers else ()

    def cite_filing(self) -> tuple[Cited, ...]:
        """The newest answer."""
        return (("filing", int(self.answers.id[self.filings[-1]])),) if self.filings else ()


Answers = Iterator[Mark | None]
"""What a rule yields: nothing when it cannot be asked, None when it was asked and does not apply, a Mark otherwise."""


def _visited(facts: Dataset, source: str) -> set[int]:
    """Platforms a good visit of the source covered; -1 when one covered all."""
    index = [s.index for s in facts.sources if s.id == source]
    mine = facts.visits.ok & (facts.visits.source == (index[0] if index else -1))
    return set(facts.visits.platform[mine].tolist())


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


def individual_filing_with_priced_goods(case: Case) -> Answers:
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


def access_restricted(case: Case) -> Answers:
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


def filing_older_than_domain(case: Case) -> Answers:
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


def number_on_unrelated_domains(case: Case) -> Answers:
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
            f"The same filing number stands in the footers of {len(strangers)} unrelated domain(s).",
            case.number,
            None,
            case.cite_footer(),
            count("number_sites", len(strangers)),
        )
    )


def all_addresses_abroad(case: Case) -> Answers:
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
            f"A filing is on record, and in {len(told)} check(s) none of the site's addresses was in mainland China.",
            "、".join(sorted({p for i in told for p in rows["places"][i]})),
            case.answer("number"),
            (("resolution", int(rows.id[told[-1]])), *case.cite_filing()),
            count("resolutions_abroad", len(told)),
        )
    )


def on_published_list(case: Case) -> Answers:
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


def filed_for_something_else(case: Case) -> Answers:
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


def filing_withdrawn(case: Case) -> Answers:
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


@dataclass(frozen=True)
class Checked:
    """What the rules found about one platform: `asked` could be answered, `marks` apply."""

    asked: tuple[str, ...]
    marks: tuple[Mark, ...]


def checked(facts: Dataset) -> list[Checked]:
    """What the rules found about every platform on the last day."""
    found: list[Checked] = cached(
        facts, "filing_rules", lambda: [_check(facts, i) for i in range(len(facts.sites))]
    )
    return found


def _check(facts: Dataset, site: int) -> Checked:
    pages = facts.rows["page"]
    mine = pages_of(facts, site)
    footer, role, signs = (pages[name] for name in ("footer_icp", "role", "signs"))
    case = Case(
        facts,
        site,
        [i for i in mine if footer[i]],
        [i for i in mine if role[i] == "home" and signs[i]],
        of_site(own_filings(facts), site, facts.days),
    )
    answers = {rule: list(ask(case)) for rule, ask in _RULES.items()}
    asked = tuple(rule for rule, said in answers.items() if said)
    return Checked(asked, tuple(mark for said in answers.values() for mark in said if mark is not None))


def _impossible_number(case: Case) -> Answers:
    """Placeholder or impossible digits."""
    if not case.number:
        return
    wrong = [n for n in find_icp(case.number) if n.flags]
    words = {
        "placeholder": ("占位号码", "placeholder"),
        "bad_length": ("位数不符", "wrong length"),
        "bad_year": ("年份不符", "impossible year"),
    }
    if not wrong:
        yield None
        return
    zh, en = zip(*(words[flag] for flag in wrong[0].flags), strict=True)
    yield Mark(
        "F1",
        f"页脚标注号码不符合备案号的编排规则（{'、'.join(zh)}）。",
        f"The number in the footer does not follow the rules for filing numbers ({', '.join(en)}).",
        case.number,
        None,
        case.cite_footer(),
    )


def _police_number_of_other_province(case: Case) -> Answers:
    """Police number of another province."""
    if not case.homes:
        return
    at = case.homes[-1]
    numbers = [n for text in (case.pages["signs"][at].get("police") or ()) for n in find_police(str(text))]
    if not numbers:
        return
    wrong = next((n for n in numbers if "bad_province" in n.flags), None)
    yield (
        None
        if wrong is None
        else Mark(
            "F2",
            "页脚公安备案号的地区代码与省份简称不一致。",
            "The region digits of the police filing number do not belong to the province it names.",
            wrong.main,
            None,
            (("page", int(case.pages.id[at])),),
        )
    )


def _number_without_registry_link(case: Case) -> Answers:
    """Number without a link to the registry."""
    if not case.homes or not case.number:
        return
    at = case.homes[-1]
    if (linked := case.pages["signs"][at].get("icp_link")) is None:
        return
    yield (
        None
        if linked
        else Mark(
            "F3",
            "页脚备案号没有链接到工信部备案查询网站。",
            "The filing number in the footer does not link to the registry's query site.",
            case.number,
            None,
            (("page", int(case.pages.id[at])),),
        )
    )


def _number_shown_none_registered(case: Case) -> Answers:
    """Number shown, none registered."""
    if not case.number or not case.filings:
        return
    yield (
        None
        if case.found
        else Mark(
            "F4",
            f"页脚标注了备案号，备案查询的结果是该域名未备案（查询时间 {case.asked_on()}）。",
            f"The footer shows a filing number; the registry has none for this domain (queried {case.asked_on()}).",
            case.number,
            None,
            case.cite_footer() + case.cite_filing(),
        )
    )


def _number_differs_from_registered(case: Case) -> Answers:
    """Another number than the registered one; numbers of different kinds (备 and 证 or B2) cannot be compared."""
    shown, registered = number_key(case.number), number_key(case.answer("number"))
    if not case.found or not shown or not registered or kind_of(shown) != kind_of(registered):
        return
    yield (
        None
        if shown == registered
        else Mark(
            "F5",
            f"页脚标注号码与备案查询的结果不一致（查询时间 {case.asked_on()}）。",
            f"The number in the footer differs from the registry's answer (queried {case.asked_on()}).",
            case.number,
            case.answer("number"),
            case.cite_footer() + case.cite_filing(),
        )
    )


def _number_given_to_other_domains(case: Case) -> Answers:
    """The registry gives the number to other domains."""
    kin = case.facts.kin
    domains = kin.registered.get(number_key(case.number) or "") if kin else None
    if not domains:
        return
    listed = "、".join(sorted(domains)[:3])
    yield (
        None
        if domains & own_domains(case.facts.sites[case.site])
        else Mark(
            "F6",
            f"按页脚号码查询，登记的域名为 {listed}，不含这个网站的域名。",
            f"Queried by the footer's number, the registry names {listed.replace('、', ', ')} and not this site's domain.",
            case.number,
            listed,
            case.cite_footer() + _reverse(case),
        )
    )


def _reverse(case: Case) -> tuple[Cited, ...]:
    """Answers about other domains that were handed in for this platform."""
    rows = case.facts.rows["filing"]
    own = set(own_filings(case.facts).id.tolist())
    mine = of_site(rows, case.site, case.facts.days)
    return tuple(("filing", int(rows.id[i])) for i in mine if int(rows.id[i]) not in own)


def _company_differs_from_filing(case: Case) -> Answers:
    """Another company than the filing's."""
    named = [i for i in pages_of(case.facts, case.site) if case.pages["company"][i]]
    entity = case.answer("entity")
    if not case.found or not named or not entity:
        return
    company = str(case.pages["company"][named[-1]])
    yield (
        None
        if normal_name(company) == normal_name(entity)
        else Mark(
            "F7",
            f"网站写的公司与备案主体不一致（查询时间 {case.asked_on()}）。",
            f"The company named on the site differs from the filing's (queried {case.asked_on()}).",
            company,
            entity,
            (("page", int(case.pages.id[named[-1]])), *case.cite_filing()),
        )
    )


_RULES: dict[str, Callable[[Case], Answers]] = {
    "F1": _impossible_number, "F2": _police_number_of_other_province, "F3": _number_without_registry_link, "F4": _number_shown_none_registered, "F5": _number_differs_from_registered, "F6": _number_given_to_other_domains, "F7": _company_differs_from_filing, "F8": individual_filing_with_priced_goods, "F9": access_restricted, "F10": filing_older_than_domain,
    "F11": number_on_unrelated_domains, "F12": all_addresses_abroad, "F13": on_published_list, "F14": filed_for_something_else, "F15": filing_withdrawn,
}  # fmt: skip
