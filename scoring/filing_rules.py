"""Rules F1-F15: where the numbers and names a site shows disagree with the registries, each in neutral words with its day.

A rule that cannot be asked (no page, no answer of the registry) is left out; it is never taken as passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scoring.facts import Facts
from scoring.filing_case import Answers, Case, Mark
from scoring.filing_rules_registry import f8, f9, f10, f11, f12, f13, f14, f15
from scoring.filings import own_domains, own_filings
from scoring.finding import Cited
from scoring.identity import kind_of, number_key
from scoring.panel import cached
from scoring.shown import of_site, pages_of
from store.names import find_icp, find_police, normal_name


@dataclass(frozen=True)
class Checked:
    """What the rules found about one platform: `asked` could be answered, `marks` apply."""

    asked: tuple[str, ...]
    marks: tuple[Mark, ...]


def checked(facts: Facts) -> list[Checked]:
    """What the rules found about every platform on the last day."""
    found: list[Checked] = cached(
        facts, "filing_rules", lambda: [_check(facts, i) for i in range(len(facts.sites))]
    )
    return found


def _check(facts: Facts, site: int) -> Checked:
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


def _f1(case: Case) -> Answers:
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


def _f2(case: Case) -> Answers:
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


def _f3(case: Case) -> Answers:
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


def _f4(case: Case) -> Answers:
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


def _f5(case: Case) -> Answers:
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


def _f6(case: Case) -> Answers:
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
            f"按页脚号码查询，登记的域名为 {listed}，不含本站域名。",
            f"Queried by the footer's number, the registry names {listed} and not this site's domain.",
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


def _f7(case: Case) -> Answers:
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
    "F1": _f1, "F2": _f2, "F3": _f3, "F4": _f4, "F5": _f5, "F6": _f6, "F7": _f7, "F8": f8, "F9": f9, "F10": f10,
    "F11": f11, "F12": f12, "F13": f13, "F14": f14, "F15": f15,
}  # fmt: skip
