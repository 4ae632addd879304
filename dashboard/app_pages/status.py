"""运行状态 status: health and age of every source; what cannot be seen while one is silent."""

from __future__ import annotations

import datetime as dt
import re

from dashboard.components.page_context import View, cell, row
from dashboard.presenters import current_snapshot, formatting
from dashboard.presenters.translations import pick, say

title_zh = "运行状态"
title_en = "Status"
url_path = "status"
order = 3
group = "trust"
visible = True

_DAYS = 30
OWN_LINE = "no control page answered"
"""How the reason of a crawl begins that failed because our own line did (store.evidence.crawl_ledger)."""
_KINDS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("own_line", f"^{OWN_LINE}"),
        (
            "own_fault",
            "our own code|own fault|ended early|not finished|^own |NotArchived|not archived|browser (died|has)",
        ),
        ("not_configured", "not configured|KAMENGWATCH_|no browser"),
        ("login", "login|password"),
        (
            "wall",
            "captcha|firewall|js_challenge|waf_block|diverted|sinkhole|HTML page instead|a page instead",
        ),
        ("too_often", "HTTP 429|too often|limit of the API|used up"),
        ("refused", "HTTP (?P<code>401|403)"),
        ("robots", "robots"),
        ("server", r"HTTP (?P<code>5\d\d)|overloaded"),
        ("http", r"HTTP (?P<code>\d{3})"),
        ("no_address", "does not resolve|no name server|no address|public address|not a host"),
        ("no_connection", "certificate|TLS|connection|in time|timed? ?out|no answer|not answered|broke"),
        ("range", r"(?P<seen>\d+) [^;,]*, at (least|most) (?P<bound>\d+) expected"),
    )
)
"""What the reason of a crawl, a sentence of the crawler's in English, is told as: the first that matches. The rest says that what came
was not what it should be."""
_SOME = re.compile(
    r"^(?:(?P<n>\d+) of (?P<of>\d+)|(?P<all>\d+)) \w+ could not be read; [^:]*: *(?:(?:failed|blocked): *)?(?P<rest>.*)"
)


def why(reason: str | None, health: str, lang: str) -> str:
    """Why a source's last crawl did not succeed, in words of the catalogue; the crawler's own sentence is in the API and the log."""
    if not reason:
        return ""
    if some := _SOME.match(reason):
        told = why(some["rest"] or "?", "failed", lang)
        return say(lang, "crawl_why.some", n=some["n"] or some["all"], of=some["of"] or some["all"], why=told)
    if health == "ok":
        return ""
    for kind, pattern in _KINDS:
        if found := pattern.search(reason):
            values = {name: value or "" for name, value in found.groupdict().items()}
            return say(lang, f"crawl_why.{kind}", **values)
    return say(lang, "crawl_why.blocked" if health == "blocked" else "crawl_why.changed")


def render(view: View) -> None:
    """A row per source."""
    view.title(view.translate("status.title"), view.translate("status.intro"))
    rows = view.cached_query(_sources)
    if not rows:
        view.note(view.translate("status.none"))
        return
    if any((r["last_reason"] or "").startswith(OWN_LINE) for r in rows):
        view.note(view.translate("status.own_line"))
    view.table(
        [
            view.translate("site.source"),
            view.translate("status.health"),
            view.translate("status.last_ok"),
            view.translate("status.records"),
            view.translate("status.blind"),
        ],
        [
            row(
                cell(title := pick(r, "title", view.lang) or r["source"], soft=_publisher(view, r, title)),
                cell(view.label("health", r["health"]), soft=why(r["last_reason"], r["health"], view.lang)),
                cell(formatting.moment(r["last_ok_at"], view.lang) if r["last_ok_at"] else "–"),
                cell(formatting.number(r["records"] or 0)),
                cell(pick(r, "blind", view.lang) or view.translate("word.none"), soft=_numbering(view, r)),
            )
            for r in rows
        ],
        "flow kw-health",
    )
    _refusals(view)


def _publisher(view: View, source: dict, title: str) -> str:
    """Who publishes a source: in Chinese, which is how it is kept, and where its title does not say so already."""
    publisher = source["publisher"] or ""
    return publisher if view.lang == "zh" and publisher != title else ""


def _numbering(view: View, source: dict) -> str:
    """How much of a complaint site's numbering was seen; a snapshot of an earlier version does not say."""
    seen, given = source.get("numbers_seen"), source.get("numbers_given")
    if not given:
        return ""
    return view.translate(
        "status.numbering",
        share=f"{seen / given:.1%}",
        seen=formatting.number(seen),
        given=formatting.number(given),
    )


def _refusals(view: View) -> None:
    """Sites that did not let us in lately: that is no failure of theirs, and it is a blind spot of ours."""
    if not view.facts.as_of:
        return
    found = view.cached_query(_refused, view.facts.as_of - dt.timedelta(days=_DAYS))
    view.heading(view.translate("status.refused", days=_DAYS), view.translate("status.refused_note"))
    if not found:
        view.note(view.translate("appeals.none"))
        return
    view.table(
        [
            view.translate("word.site"),
            view.translate("status.refused_days"),
            view.translate("status.refused_last"),
        ],
        [
            row(
                cell(r["host"], href=view.link("site", host=r["host"]), limit=80),
                cell(r["days"]),
                cell(formatting.day(r["last"], view.lang)),
            )
            for r in found
        ],
        "small",
        fold=10,
    )


def _refused(snapshot, since: dt.date) -> list[dict]:
    return current_snapshot.rows(
        snapshot,
        'select host, count(*) as days, max("on") as last from series where measure = \'refused\' and "on" > ?'
        " group by host order by days desc, host limit 50",
        [since],
    )


def _sources(snapshot) -> list[dict]:
    return current_snapshot.rows(
        snapshot, "select * from sources order by health in ('ok', 'not_configured'), source limit 500"
    )
