"""第三方旁证."""

from __future__ import annotations

from scoring import method
from scoring.figures import count
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Cited, Finding, days_ago, of_site, unscored_finding
from scoring.observations.dataset import NEVER, Dataset
from scoring.observations.day_index import date_of

_INDEXES = {
    "ct": ("证书日志", "certificate logs"),
    "wayback": ("Wayback 存档", "the Wayback archive"),
    "commoncrawl": ("Common Crawl 存档", "Common Crawl"),
}


def seen_elsewhere(facts: Dataset) -> Finding:
    """第三方最早见到 — First seen by third parties

    Why: 域名可以转手、开站时间可以自称；证书日志与网页存档是站外的见证。 | Domains change hands and a shop may claim any age; certificate logs and web archives are witnesses outside it.
    Reads: sighting, mention
    ok: 第三方索引最早的记录在一年以前或更早。 | The earliest record of a third party's index is a year old or more.
    concern: 最早的记录不到一年。 | The earliest record is younger than a year.
    unknown: 没有查过，或索引里没有。 | Not looked up, or nothing on record.
    Limits: 没有存档不等于新；最早一次只说明最晚从那时起域名已在用，也可能是前一个主人。 | Nothing archived is not new; the first record says only that the name was in use by then, perhaps by a former owner.
    """
    rows = facts.rows["sighting"]
    return unscored_finding(
        facts,
        [
            _answer(facts, of_site(rows, site, facts.days), _old_pages(facts, site))
            for site in range(len(facts.sites))
        ],
        method.STRENGTH_OFFICIAL,
        "days",
    )


def _old_pages(facts: Dataset, site: int) -> tuple[Cited, ...]:
    """What the site said on archived pages of its own: evidence of its past that weighs nothing."""
    rows = facts.rows["mention"]
    if not len(rows):
        return ()
    archives = [s.index for s in facts.sources if s.id == "archives"]
    return tuple(
        ("mention", int(rows.id[i])) for i in of_site(rows, site, facts.days) if rows.source[i] in archives
    )


def _answer(facts: Dataset, at: list[int], old: tuple[Cited, ...]) -> Answer:
    """What the newest answer of each index says together."""
    rows = facts.rows["sighting"]
    newest = {rows["provider"][i]: i for i in at}
    if not newest:
        return Answer(UNKNOWN, "没有查过第三方索引。", "No third party's index was looked up.")
    there = {name: i for name, i in newest.items() if rows["count"][i] > 0 and rows["first_on"][i] < NEVER}
    cited = tuple(("sighting", int(rows.id[i])) for i in newest.values())
    if not there:
        zh, en = ("、".join(_INDEXES[n][0] for n in newest), ", ".join(_INDEXES[n][1] for n in newest))
        return Answer(
            UNKNOWN,
            f"{zh}里没有这个网站；没有存档不等于新。",
            f"Nothing in {en}; not archived is not new.",
            cited=cited,
        )
    name, first = min(there.items(), key=lambda pair: (int(rows["first_on"][pair[1]]), pair[0]))
    day = date_of(int(rows["first_on"][first]))
    days = count("days_seen_elsewhere", facts.last_day - int(rows["first_on"][first]))
    ago = days_ago(days.value)
    bound = ("至少 ", "at least ") if rows["at_least"][first] and days.value >= 1 else ("", "")
    return Answer(
        OK if days.value >= method.SEEN_LONG_DAYS else CONCERN,
        f"第三方最早见到它是 {day}（{_INDEXES[name][0]}，{bound[0]}{ago[0]}）。",
        f"A third party first saw it on {day} ({_INDEXES[name][1]}, {bound[1]}{ago[1]}).",
        float(days.value),
        float(len(newest)),
        (*cited, *old)[: method.EVIDENCE_LIMIT],
        (days,),
    )
