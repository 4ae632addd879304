"""Verdict, advice, reasons and blind spots in neutral words, Chinese and English (product wording rules apply)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from scoring import method
from scoring.features.complaint_surge import complainants
from scoring.figures import Said, count, days_back, figures_of, share
from scoring.finding import CONCERN, HIDDEN, OK, UNKNOWN, Cited, recent_of
from scoring.observations.dataset import SourceRow
from scoring.observations.day_index import date_of
from scoring.observations.panel import cached, taken_back
from scoring.rating.assessment import NR_WHY, Assessment, last_known
from scoring.rating.grades import GRADES
from scoring.rating.verdict import BLUE, GREY, ORANGE, RED, YELLOW
from scoring.snapshot.reader import whole_points
from scoring.warning.site_signals import answers_before, tightened
from scoring.warning.state_machine import ALARM, CLOSED, STALE, WARNING, WATCH
from store.evidence.site_volume import DAYS, Numbering

VERDICTS = ("蓝", "黄", "橙", "红", "灰")
_ADVICE = {
    BLUE: (
        "在我们看得到的范围内，目前未见明显异常。这不等于安全。",
        "Within what we can see, nothing notable at present. This is not a safety guarantee.",
    ),
    YELLOW: (
        "有待核实的疑点。如确需购买，请只买小额，并用能申诉的支付方式。",
        "There are questions to resolve. If you must buy, keep it small and pay in a way you can dispute.",
    ),
    ORANGE: (
        "出现较强风险迹象。建议先不付款，核实以下问题后再决定。",
        "High-risk signs. Do not pay before the questions below are resolved.",
    ),
    RED: (
        "出现多项严重警示。不建议付款；已付款请尽快取证并优先申请退款。",
        "Severe warnings. Paying is not advised; if you have paid, save evidence now and ask for a refund first.",
    ),
    GREY: (
        "公开证据不足，我们不评级。没有记录不代表可靠。",
        "Too little public evidence; we do not rate. No record does not mean reliable.",
    ),
}
_REFUND_FIRST = (
    "出现资金紧张迹象：先不要付款，不要充值余额；已付款请优先申请退款。",
    "Signs of a cash shortage: do not pay or top up a balance; if you have paid, ask for a refund first.",
)
_WARNED_REFUND = (
    "处于预警状态：先不要付款，不要充值余额；已付款请优先申请退款。",
    "Under a warning: do not pay or top up a balance; if you have paid, ask for a refund first.",
)
"""Of a warning that stands while no sign about money does: it was raised by others, or they have faded since."""
_CLOSED_REFUND = (
    "网站已停运或打不开：先不要付款，不要充值余额；已付款请优先申请退款。",
    "The site is closed or cannot be reached: do not pay or top up a balance; if you have paid, ask for a refund first.",
)
_ASKED = ("filing", "lists", "complaints")
"""Kinds of sources of which a reader is told that nobody set them up here."""
_ALWAYS_BLIND = (
    "后台订单、私下退款和需要登录的页面",
    "orders in the back office, refunds made privately, and pages behind a login",
)


@dataclass(frozen=True)
class Reason:
    """One reason with its evidence."""

    zh: str
    en: str
    cited: tuple[Cited, ...]


def told(judged: Assessment, name: str) -> tuple[list[tuple[str, str]], list[Sequence[Cited]]]:
    """(what an indicator says, what it cites) of each platform on the last day, asked once."""
    finding = judged.found[name][1]
    sites = range(len(judged.facts.sites))
    found: tuple[list[tuple[str, str]], list[Sequence[Cited]]] = cached(
        judged.facts,
        ("told", name),
        lambda: ([finding.say(i) for i in sites], [finding.cite(i) for i in sites]),
    )
    return found


def advice(judged: Assessment, site: int) -> tuple[str, str]:
    """What to do, by verdict; from warning on, refund first."""
    state = int(judged.warned.state[site, -1])
    verdict = int(judged.verdict[site, -1])
    if state == CLOSED and verdict == ORANGE:
        return _CLOSED_REFUND
    if state == WARNING and verdict == ORANGE:
        money = any(judged.warned.active[name][site, -1] for name in method.MONEY_STREAMS)
        return _REFUND_FIRST if money else _WARNED_REFUND
    if state == STALE:
        return (
            "数据中断，目前状态未知。没有记录不代表可靠。",
            "Our data are interrupted; the present state is unknown. No record does not mean reliable.",
        )
    if verdict == GREY:
        zh, en = NR_WHY[int(judged.nr_why[site, -1])]
        return (
            (f"不予评级：{zh}。没有记录不代表可靠。", f"Not rated: {en}. No record does not mean reliable.")
            if zh
            else _ADVICE[GREY]
        )
    return _ADVICE[verdict]


def verdict_rule(judged: Assessment, site: int) -> tuple[str, str]:
    """Which rule of the method decides the verdict (design: first match): why 73 is once blue and once yellow."""
    verdict, state = int(judged.verdict[site, -1]), int(judged.warned.state[site, -1])
    grade = GRADES[int(judged.grade[site, -1])]
    if verdict == GREY:
        zh, en = NR_WHY[int(judged.nr_why[site, -1])]
        if zh:
            return f"结论为灰，因为不予评级：{zh}。", f"Grey because not rated: {en}."
        return "结论为灰，因为数据中断。", "Grey because our data are interrupted."
    if verdict == RED:
        zh, en = {
            ALARM: ("资金链警报", "the cash-flow alarm"),
            CLOSED: ("网站停运", "the closure of the site"),
        }.get(
            state,
            (
                "等级 E，且至少两项事实出自主管部门或我们自己的观察",
                "grade E with two official or self-observed facts",
            ),
        )
        return f"结论为红，因为{zh}已经人工确认。", f"Red because a person has confirmed {en}."
    if state in (WARNING, CLOSED, WATCH):
        zh, en = {
            WARNING: ("资金链状态为预警", "the cash-flow state is warning"),
            CLOSED: ("网站已停运或打不开", "the site is closed or unreachable"),
            WATCH: ("资金链状态为关注", "the cash-flow state is watch"),
        }[state]
        # Watch makes a site yellow; a grade of D or E weighs more.
        if state != WATCH or verdict == YELLOW:
            return f"结论为{VERDICTS[verdict]}，因为{zh}。", f"{_COLOUR[verdict]} because {en}."
    zh, en = _why_grade(judged, site, grade)
    calm = verdict == BLUE
    return (
        f"结论为{VERDICTS[verdict]}，因为等级为 {grade}{'、资金链状态正常' if calm else ''}：{zh}。",
        f"{_COLOUR[verdict]} because the grade is {grade}{' and the cash-flow state normal' if calm else ''}: {en}.",
    )


_COLOUR = {BLUE: "Blue", YELLOW: "Yellow", ORANGE: "Orange", RED: "Red"}


def _why_grade(judged: Assessment, site: int, grade: str) -> tuple[str, str]:
    """Why this score has this grade: where the cut lies, how sure it must be passed, or that a grade held before has not changed."""
    score, sd = judged.score[site, -1:], np.maximum(judged.scored.sd[site, -1:], 1e-6)
    cuts, shown = dict(method.GRADES), whole_points(float(score[0]))
    cut = cuts[{"A": "A", "B": "B", "C": "B", "D": "C", "E": "D"}[grade]]
    sure = bool(ndtr((score[0] - cut) / sd[0]) >= method.PROOF_GOOD)
    if grade in ("A", "B") and sure:
        return (
            f"信用分 {shown}，达到 {cut:.0f} 分的把握不低于 {method.PROOF_GOOD:.0%}",
            f"the score is {shown}, and it is at least {method.PROOF_GOOD:.0%} certain that it reaches {cut:.0f}",
        )
    if grade == "C" and score[0] >= cut and not sure:
        return (
            f"信用分 {shown} 虽不低于 {cut:.0f}，但证据不够，达到 {cut:.0f} 分的把握不到 {method.PROOF_GOOD:.0%}",
            f"the score is {shown}, but it is less than {method.PROOF_GOOD:.0%} certain that it truly reaches {cut:.0f}",
        )
    if grade in ("A", "B") or score[0] >= cut:
        return (
            f"信用分 {shown}，此前已是 {grade} 级：要有新证据，并且越过分界 {method.HYSTERESIS:.0f} 分以上，等级才改变",
            f"the score is {shown}, and the grade was {grade} before: it changes only on new evidence and {method.HYSTERESIS:.0f} points past a cut",
        )
    if grade == "C":
        return (
            f"信用分 {shown}，没有达到 {cut:.0f} 分",
            f"the score is {shown} and does not reach {cut:.0f}",
        )
    return (
        f"信用分 {shown}，低于 {cut:.0f} 分，且至少 {method.BAD_FAMILIES} 类独立来源都有问题",
        f"the score is {shown}, below {cut:.0f}, and at least {method.BAD_FAMILIES} independent kinds of sources speak against it",
    )


def reasons(judged: Assessment, site: int, most: int = 3) -> list[Reason]:
    """The weightiest reasons for the verdict: what was observed. Why there is no rating comes first, then the warning's own.

    A cap is a rule and no observation; it has a row of its own among the findings.
    """
    out = [*_last_known(judged, site), *_not_rated(judged, site), *_warning_reasons(judged, site)]
    bad = int(judged.verdict[site, -1]) != BLUE
    scored = []
    for name, (definition, finding) in judged.found.items():
        if definition.weight <= 0:
            continue
        outcome = int(finding.outcome[site, -1])
        prior = method.PRIOR_UTILITY[definition.dimension]
        pull = (
            definition.weight * float(finding.strength[site, -1]) * (float(finding.utility[site, -1]) - prior)
        )
        # That nothing was seen is no reason for anything: neither a sentence without a number, nor one whose numbers are nil.
        seen = any(figure.value > 0 for figure in figures_of(told(judged, name)[0][site]))
        fine = outcome == OK and not bad and seen
        if outcome in (CONCERN, HIDDEN) or fine:
            scored.append((pull if bad else -abs(pull), name))
    for _, name in sorted(scored):
        out.append(_reason(judged, name, site))
    if not out:
        out = [_reason(judged, name, site) for name in judged.found if name in ("drop_rate", "icp_filing")]
    return out[:most]


def _reason(judged: Assessment, name: str, site: int) -> Reason:
    said, cited = told(judged, name)
    return Reason(*said[site], cited=tuple(cited[site]))


def _not_rated(judged: Assessment, site: int) -> list[Reason]:
    zh, en = NR_WHY[int(judged.nr_why[site, -1])]
    grey = int(judged.verdict[site, -1]) == GREY
    return [Reason(f"不予评级：{zh}。", f"Not rated: {en}.", ())] if zh and grey else []


def _last_known(judged: Assessment, site: int) -> list[Reason]:
    """That red is what was known last, and since when: where nobody could look since."""
    since = last_known(judged, site)
    if since is None:
        return []
    on = date_of(judged.facts.first_day + since).isoformat()
    zh = f"最后已知：红，自 {on}。此后数据中断，也没有相反的证据。"
    en = f"Last known: red, since {on}. Our data have been interrupted since; there is no evidence to the contrary."
    return [Reason(zh, en, ())]


def _warning_reasons(judged: Assessment, site: int) -> list[Reason]:
    found = state_today(judged, site)
    return [Reason(*found[0], cited=tuple(found[1]))] if found else []


def state_today(judged: Assessment, site: int) -> tuple[Said, list[Cited]] | None:
    """Why today's state holds, and the observations behind it; None for a normal one."""
    state = int(judged.warned.state[site, -1])
    if state not in (WATCH, WARNING, ALARM, CLOSED, STALE):
        return None
    return transition_reason(judged, site, judged.facts.days - 1, state)


def transition_reason(judged: Assessment, site: int, day: int, state: int) -> tuple[Said, list[Cited]]:
    """Why a state holds on a day (index): complainants and active streams, and the observations behind them."""
    found: tuple[Said, list[Cited]] = cached(
        judged.facts, ("transition", site, day, state), lambda: _transition(judged, site, day, state)
    )
    return found


def _transition(judged: Assessment, site: int, day: int, state: int) -> tuple[Said, list[Cited]]:
    warned, on = judged.warned, judged.facts.first_day + day
    if state == STALE:
        window = days_back(on, method.COVERAGE_WINDOW)
        covered = count("covered_share_14d", warned.share_covered[site, day], window)
        return (
            Said(
                f"近 {method.COVERAGE_WINDOW} 天里，只有约 {100 * covered.value:.0f}% 的日子有 {method.CADENCE_DAYS} 天以内的新数据，所以数据中断。",
                f"On only about {100 * covered.value:.0f}% of the last {method.COVERAGE_WINDOW} days did we hold data less than {method.CADENCE_DAYS} days old: our data are interrupted.",
                covered,
            ),
            [],
        )
    if state == CLOSED:
        run = count("down_days", warned.signs.down_run[site, day], days_back(on, 1))
        answered = count("answered_before", answers_before(judged.facts, site, day), days_back(on, 1))
        beside = _others(judged, site, day)
        never = (
            ("", "") if answered.value else ("，从我们开始观察时就是如此", ", as it was when we first looked")
        )
        return (
            Said(
                f"网站已连续 {run.value:.0f} 天以上打不开{never[0]}{beside[0]}。",
                f"The site has been unreachable for {run.value:.0f} day(s) or more{never[1]}{beside[1]}.",
                run,
                answered,
                *beside.figures,
            ),
            _probes(judged, site, day),
        )
    back = taken_back(judged.facts)[site, day]
    names = [n for n, on in warned.active.items() if on[site, day]]
    people = count(
        "complainants_28d",
        complainants(judged.facts)[site, day],
        days_back(on, method.COMPLAINANT_WINDOW),
    )
    none = "没有哪一类迹象单独突出", "no single kind of sign stands out"
    zh = f"并出现：{'、'.join(method.STREAMS[n][0] for n in names)}" if names else none[0]
    en = f"with these signs: {', '.join(method.STREAMS[n][1] for n in names)}" if names else none[1]
    if "operator" in names:
        sister = judged.facts.trouble[judged.facts.sites[site].host][1]
        zh, en = f"{zh}（{sister} 打不开）", f"{en} ({sister} cannot be reached)"
    if back:
        zh += "。这一天有证据被撤回，状态按其余证据重新判定"
        en += ". Evidence was withdrawn on this day: the state is what the rest of it says"
    cited = _behind(judged, site, day, names)
    if not people.value:
        return Said(f"{zh.removeprefix('并')}。", f"{en[0].upper()}{en[1:]}."), cited
    return (
        Said(
            f"近 {method.COMPLAINANT_WINDOW} 天有 {people.value:.0f} 起互不重复的相关投诉，{zh}。",
            f"{people.value:.0f} related complaint(s) in the last {method.COMPLAINANT_WINDOW} days (repetitions left out), {en}.",
            people,
        ),
        cited,
    )


_SEEN_IN = {
    "backlog": "orders",
    "counters": "counters",
    "price": "price",
    "site": "probe",
    "handling": "complaint",
}
"""Stream -> the kind of observation it is seen in, of which the newest two are cited."""


def _behind(judged: Assessment, site: int, day: int, names: list[str]) -> list[Cited]:
    facts, surge = judged.facts, judged.warned.surge
    cited: list[Cited] = []
    a, b = surge.rows.platform.searchsorted((site, site + 1))
    for at in range(int(b) - 1, int(a) - 1, -1):
        if (
            surge.rows.seen[at] <= day < surge.rows.gone[at]
            and surge.rows.day[at] > day - method.STREAM_WINDOW
        ):
            if method.COMPLAINT_STREAMS[surge.stream[at]] in names:
                cited.append(("complaint", int(surge.rows.id[at])))
            if len(cited) >= method.EVIDENCE_LIMIT:
                break
    for name, kind in _SEEN_IN.items():
        if name in names:
            rows = facts.rows[kind]
            a, b = rows.platform.searchsorted((site, site + 1))
            mine = [int(rows.id[i]) for i in range(int(a), int(b)) if rows.seen[i] <= day < rows.gone[i]]
            cited += [(kind, i) for i in mine[-2:] if (kind, i) not in cited]
    if "terms" in names:
        pages = tightened(facts)
        shown = recent_of(facts, pages, site, facts.days)
        cited += [("page", int(pages.id[i])) for i in shown if pages.seen[i] <= day][-2:]
    return cited


def _others(judged: Assessment, site: int, day: int) -> Said:
    """What else was reached on the day of the site's last probe: the other sites, in numbers, and a control page."""
    line, rows = judged.facts.line, judged.facts.rows["probe"]
    mine = rows.take((rows.platform == site) & (rows.seen <= day))
    if not len(mine):
        return Said("", "")
    last = int(mine.seen[-1])
    here = mine["outcome"][mine.seen == last]
    of = int(line.probed[last]) - 1
    found = share(
        "others_reached",
        int(line.reached[last]) - int(np.isin(here, ("ok", "slow")).any()),
        of,
        days_back(judged.facts.first_day + last, 1),
    )
    n = int(found.n or 0)
    zh, en = (
        f"其他 {of} 个网站中有 {n} 个能打开",
        f"{n} of the {of} other site(s) probed [was|were] reachable",
    )
    if not n:
        zh, en = f"其他 {of} 个网站都打不开", f"none of the {of} other site(s) probed was reachable"
    if of == 1:
        zh = f"另外 1 个网站{'能打开' if n else '也打不开'}"
        en = f"the 1 other site probed was {'' if n else 'not '}reachable"
    zh, en = (
        (f"；最近一次探测当天，一同探测的{zh}", f"; on the day of the last probe {en}") if of else ("", "")
    )
    if line.controlled[last]:
        zh, en = f"{zh}；当天的对照网页能打开", f"{en}; a control page was reachable that day"
    return Said(zh, en, *([found] if of else []))


def _probes(judged: Assessment, site: int, day: int) -> list[Cited]:
    rows = judged.facts.rows["probe"]
    a, b = rows.platform.searchsorted((site, site + 1))
    return [("probe", int(rows.id[i])) for i in range(int(a), int(b)) if rows.seen[i] <= day][-4:]


def blind_spots(judged: Assessment, site: int) -> list[tuple[str, str]]:
    """What we cannot see about a platform; first how little of a complaint site's stream was read."""
    out = [_ALWAYS_BLIND]
    out += [_little_seen(source, source.numbering) for source in judged.facts.sources if source.numbering]
    out += [_unset(source) for source in judged.facts.sources if source.unset and source.kind in _ASKED]
    for definition, finding in judged.found.values():
        if definition.weight >= 3 and int(finding.outcome[site, -1]) in (UNKNOWN, HIDDEN):
            out.append(definition.title)
    return out


def _unset(source: SourceRow) -> tuple[str, str]:
    zh, en = source.titles
    return f"{zh}：没有设置，所以没有查询", f"{en}: not set up here, so nothing was looked up"


def _little_seen(source: SourceRow, seen: Numbering) -> tuple[str, str]:
    zh, en = source.titles
    of = f"{seen.seen:,} / {seen.numbers:,}"
    return (
        f"{zh}近 {DAYS} 天的投诉编号只看到 {seen.share:.1%}（{of}；约一半编号会公开），没看到的不在这里",
        f"{en}: we saw {seen.share:.1%} of the complaint numbers given out in the last {DAYS} days ({of}; about half become public); what was not seen is not counted here",
    )


def confidence(sources: int, half: float, own_age: float) -> str:
    """高, 中 or 低 by the number of independent sources and half the width of the interval before any cap; one step lower when the
    site's own pages have not been read for longer than their cadence, 低 when they are too old to speak for it."""
    words = ("低", "中", "高")
    found = words.index(_confidence(sources, half))
    if own_age > method.OWN_STALE_DAYS:
        return words[0]
    return words[max(found - 1, 0) if own_age > method.CADENCE_DAYS else found]


def _confidence(sources: int, half: float) -> str:
    if sources >= method.CONFIDENCE_HIGH[0] and half <= method.CONFIDENCE_HIGH[1]:
        return "高"
    return "中" if sources >= method.CONFIDENCE_MEDIUM[0] and half <= method.CONFIDENCE_MEDIUM[1] else "低"
