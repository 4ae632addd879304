"""What is shown without JavaScript: a site's static page, its badge, the Atom feed of changes.

Pure functions from a snapshot to text; the API serves them, and a publisher may write them into the snapshot.
"""

from __future__ import annotations

from typing import Any

from dashboard import figures, markup, reader, verdict
from dashboard.text import pick, plain, say, word
from scoring.snapshot import Snapshot


def page(snapshot: Snapshot, host: str, lang: str, base: str) -> str | None:
    """The page of one site as a whole HTML document, below 60 kB; None when the site is not in the snapshot.

    `base` is the address of the dashboard with a final slash, for links back.
    """
    found = reader.rows(snapshot, "select * from ratings where host = ?", [host])
    if not found:
        return None
    responses = reader.rows(
        snapshot, 'select * from responses where host = ? order by "on" desc limit 1', [host]
    )
    evidence = reader.rows(
        snapshot,
        "select * from evidence where host = ? order by event_on desc nulls last, id limit 60",
        [host],
    )
    findings = reader.rows(
        snapshot, "select * from findings where host = ? order by dimension, indicator limit 60", [host]
    )
    return markup.render(
        "twin.html",
        lang,
        card=verdict.card(found[0], lang, responses[0] if responses else None),
        findings=findings,
        evidence=evidence,
        base=base,
        facts=reader.facts(snapshot),
        snapshot_id=snapshot.id,
        actions=(),
        self_check=False,
        evidence_link=lambda identity: f"#{markup.anchor(identity)}",
    )


def badge(card: verdict.Card) -> str:
    """A neutral, dated badge as SVG: word, date and shape; its text never promises anything."""
    words = f"{card.word} · {card.as_of}"
    width = 24 + sum(13 if ord(c) > 0x2E7F else 7 for c in words)
    return markup.render(
        "badge.svg", card.lang, card=card, words=words, width=width, state=verdict.STATES[card.verdict]
    )


def feed(snapshot: Snapshot, lang: str, base: str, host: str | None = None, size: int = 100) -> str:
    """The latest changes of cash-flow states as Atom, of all sites or of one; the event date stands first."""
    where, values = ("where w.host = ?", [host]) if host else ("", [])
    changes = reader.rows(
        snapshot,
        f"select w.*, r.name from warnings w left join ratings r using (host) {where}"  # noqa: S608 - fixed clauses
        ' order by w."on" desc, w.host limit ?',
        [*values, size],
    )
    entries = [_entry(change, lang, base) for change in changes]
    return markup.render(
        "feed.xml",
        lang,
        entries=entries,
        base=base,
        title=say(lang, "app.name") + (f" · {plain(host, 80)}" if host else ""),
        updated=entries[0]["updated"]
        if entries
        else f"{reader.facts(snapshot).as_of or '1970-01-01'}T00:00:00+08:00",
        path=f"feeds/site/{host}.atom" if host else "feeds/all.atom",
    )


def _entry(change: dict[str, Any], lang: str, base: str) -> dict[str, str]:
    day = figures.day(change["on"], lang)
    before, after = (word(lang, "warning", change[f"{side}_state"]) for side in ("from", "to"))
    return {
        "id": f"{base}site?host={change['host']}#{day}-{change['to_state']}",
        "link": base + markup.link("site", lang, host=change["host"]).removeprefix("./"),
        "title": f"{day} {plain(change['name'] or change['host'], 60)}: {before} → {after}",
        "summary": plain(pick(change, "reason", lang) or "", 400),
        "updated": f"{day}T00:00:00+08:00",
    }
