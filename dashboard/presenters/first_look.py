"""A look (初查) as the card and the list of its steps: grey or orange, never a score, and what was not looked at is named. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from dashboard.presenters import verdict_card
from dashboard.presenters.formatting import SHANGHAI
from dashboard.presenters.translations import say

MOST_REASONS = 3


def card(look: dict[str, Any], lang: str) -> verdict_card.Card:
    """The card of a finished look at a site that is not on record."""
    code = "橙" if look["verdict"] == "橙" else "灰"
    state = verdict_card.STATES[code]
    day = moment(look["ended_at"])[:10]
    facts = [fact for step in look["steps"] for fact in step["facts"]]
    counting = [fact for fact in facts if fact["counts"]]
    missed = [say(lang, f"look.step_{step['step']}") for step in look["steps"] if step["state"] == "missed"]
    unseen = say(lang, "look.blind", steps=say(lang, "look.comma").join(missed)) if missed else ""
    filing = next((_words(fact, lang) for fact in _of(look, "filing")), None)
    base = verdict_card.unknown_card(look["host"], lang, dt.date.fromisoformat(day), bool(look["demo"]))
    return replace(
        base,
        verdict=code,
        code=state.code,
        shape=state.shape,
        word=say(lang, f"look.word_{state.code}"),
        sentence=say(lang, f"look.sentence_{state.code}", date=day),
        advice=say(lang, "advice.orange" if code == "橙" else "advice.unlisted"),
        basis=say(lang, "look.basis", n=len(facts), seconds=round(look["seconds"])),
        reasons=tuple(verdict_card.Reason(_words(fact, lang), ()) for fact in counting[:MOST_REASONS]),
        blind_spots=tuple(filter(None, (unseen, say(lang, "look.blind_always")))),
        filing=filing or base.filing,
        drop_rate=say(lang, "drop.line_unknown", why=say(lang, "look.no_history")),
        warning=say(lang, "look.no_history"),
    )


def steps(look: dict[str, Any], lang: str) -> list[dict[str, Any]]:
    """Each step in words: name, state, when, why nothing came, and its facts with source and moment."""
    return [
        {
            "name": say(lang, f"look.step_{step['step']}"),
            "state": step["state"],
            "why": step["why"][0 if lang == "zh" else 1] if step["why"] else "",
            "facts": [
                {"words": _words(fact, lang), "source": fact["source"], "at": moment(fact["at"])}
                for fact in step["facts"]
            ],
        }
        for step in look["steps"]
    ]


def moment(iso: str) -> str:
    """A moment in China to the minute, as 2026-11-15 20:00; nothing of nothing."""
    return f"{dt.datetime.fromisoformat(iso).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if iso else ""


def _of(look: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [fact for step in look["steps"] if step["step"] == name for fact in step["facts"]]


def _words(fact: dict[str, Any], lang: str) -> str:
    return str(fact["zh" if lang == "zh" else "en"])
