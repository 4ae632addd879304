"""站外提及."""

from __future__ import annotations

from scoring import method
from scoring.figures import count
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Cited, Finding, of_site, unscored_finding
from scoring.observations.dataset import Dataset
from scoring.observations.day_index import date_of
from scoring.page_terms import ANNOUNCED

_TROUBLE = (
    "drop",
    "refund",
    "withdrawal",
    "balance",
    "unreachable",
    "site_gone",
    "account_taken_back",
    "invalid_card",
)
"""How kinds of complaint begin that are about orders and money."""


def said_elsewhere(facts: Dataset) -> Finding:
    """站外提及 — Mentioned elsewhere

    Why: 论坛里的讨论和故障登记常早于投诉；网站自己的频道最先公告换址、清零与停运。 | Talk in forums and registries of failures often comes before complaints; a site's own channel is the first to announce a move, voided balances or an end.
    Reads: mention
    ok: 近 90 天站外提到它，没有未解决的订单或钱款问题。 | Mentioned in the last 90 days, with no open trouble about orders or money.
    concern: 近 90 天有人在站外提到订单或钱款问题，且没有标为已解决；或它自己的频道宣布余额清零、退款只退余额、停止提现或停止运营。 | In the last 90 days people mentioned trouble about orders or money that is not marked as solved; or its own channel announced that balances lapse, refunds go to the balance only, withdrawals stop or the site closes.
    unknown: 没有见到站外提及。 | No mention was seen.
    Limits: 是网友的说法，未核实，不计入投诉，也不计分；一个论坛没人提不说明什么。 | People's claims, unchecked, in no count and not scored; silence of a forum says nothing.
    """
    rows = facts.rows["mention"]
    return unscored_finding(
        facts,
        [_answer(facts, of_site(rows, site, facts.days)) for site in range(len(facts.sites))],
        method.STRENGTH_CLAIM,
        "mentions",
    )


def _answer(facts: Dataset, at: list[int]) -> Answer:
    rows = facts.rows["mention"]
    recent = [i for i in at if 0 <= facts.days - 1 - int(rows.day[i]) < method.SAID_WINDOW]
    channels = [s.index for s in facts.sources if s.id == "channel"]
    posted = [i for i in at if rows["by"][i] == "site" and rows.source[i] in channels]
    quiet: tuple[str, str] = ("", "")
    cited: tuple[Cited, ...] = ()
    if posted and posted[-1] not in recent:
        on = date_of(facts.first_day + int(rows.day[posted[-1]]))
        quiet = (
            f"；它自己的频道里读到的最近一条是 {on}，此后没有读到（也可能是关闭了预览）",
            f"; the newest message read in its own channel is of {on}, and none was read since (its preview may be off)",
        )
        cited = (("mention", int(rows.id[posted[-1]])),)
    if not recent:
        return Answer(
            UNKNOWN,
            f"近 90 天没有见到站外提及{quiet[0]}。",
            f"No mention elsewhere was seen in the last 90 days{quiet[1]}.",
            cited=cited,
        )
    others = [i for i in recent if rows["by"][i] != "site"]
    bad = [
        i
        for i in others
        if rows["state"][i] != "solved" and any(k.startswith(_TROUBLE) for k in rows["kinds"][i] or ())
    ]
    own = len(recent) - len(others)
    said = {
        name: i
        for i in recent
        if rows["by"][i] == "site"
        for name in rows["kinds"][i] or ()
        if name in ANNOUNCED
    }
    seen, trouble, posts = (
        count("mentions_90d", len(others)),
        count("mentions_trouble_90d", len(bad)),
        count("channel_posts_90d", own),
    )
    zh, en = (
        "近 90 天没有见到别人在站外提到它",
        "In the last 90 days nobody else was seen to mention it elsewhere",
    )
    if others:
        zh = f"近 90 天站外有 {seen.value:.0f} 处提到它，" + (
            f"其中 {trouble.value:.0f} 处说的是订单或钱款问题，且没有标为已解决"
            if bad
            else "没有未解决的订单或钱款问题"
        )
        en = f"{seen.value:.0f} mention(s) of it [was|were] seen elsewhere in the last 90 days, " + (
            f"{trouble.value:.0f} of them about orders or money and not marked as solved"
            if bad
            else "none about orders or money that is not marked as solved"
        )
    if own:
        zh, en = (
            zh + f"；它自己的频道发了 {posts.value:.0f} 条",
            en + f"; its own channel posted {posts.value:.0f} message(s)",
        )
    zh, en = zh + quiet[0], en + quiet[1]
    if said:
        told = [
            (*ANNOUNCED[name], date_of(facts.first_day + int(rows.day[said[name]])))
            for name in ANNOUNCED
            if name in said
        ]
        zh += "，其中宣布：" + "、".join(f"{words}（{on}）" for words, _, on in told)
        en += ", and announced: " + ", ".join(f"{words} ({on})" for _, words, on in told)
    return Answer(
        CONCERN if bad or said else OK,
        zh + ("（网友说法，未核实）。" if others else "。"),
        en + (" (claims of people, unchecked)." if others else "."),
        float(len(bad)),
        float(len(others)),
        tuple(
            ("mention", int(rows.id[i]))
            for i in dict.fromkeys((*reversed(bad), *said.values(), *reversed(recent)))
        )[: method.EVIDENCE_LIMIT]
        + cited,
        (seen, trouble, *((posts,) if own else ())),
    )
