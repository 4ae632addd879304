"""The verdict card as data: what a reader must see together before paying.

A verdict never stands without its date, filing status, drop rate (or why there is none) and warning state, and a score
never without its reasons; every surface (page, API, command line, badge, static twin) builds on them so that none can
 forget one. Words, shapes and colours are those of product.md §6.4. `card_for` reads a site's card from a snapshot, with the three
figures a buyer needs; `card` makes one of a row alone, for lists. No streamlit, no clock.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import takewhile
from typing import Any

from dashboard.presenters import current_snapshot, mall_merchants, site_data
from dashboard.presenters.formatting import (
    LONGEST_SENTENCE,
    about,
    day,
    interval_of,
    number,
    percent,
    span,
    times,
)
from dashboard.presenters.translations import pick, say, tokens, word
from scoring.snapshot.reader import VERDICT_CODES, VERDICT_LOOK, Snapshot, verdict_of, whole_points
from store.text.safe_text import plain

REFUND_FIRST = frozenset({"warning", "alarm", "closed"})
"""Warning states in which the advice is to ask for money back, not for delivery."""


_CONFIDENCE = {"高": "high", "中": "medium", "低": "low", "high": "high", "medium": "medium", "low": "low"}
"""How the snapshot says it, and the catalogue's codes."""


_LONGEST_HOST = 320
"""Whole: the end of a long host says whose it is, and a link to a part of it leads nowhere."""
_RECENT = 14
"""Days for which what was last seen of a site's reachability stands; after that it is not known."""


@dataclass(frozen=True)
class State:
    """How one verdict looks: `code` for URLs and styles, colours for both themes, `ink` the text colour upon each."""

    code: str
    shape: str
    light: str
    light_ink: str
    dark: str
    dark_ink: str


_DARK = {"红": "#E0436A", "橙": "#F28A2E", "黄": "#FFE066", "蓝": "#6CB6FF", "灰": "#8A9099"}
_DARK_INK = "#0E1117"
"""Colours on a dark ground and the ink upon them; code, shape and light colours are the snapshot's."""
STATES = {
    verdict: State(VERDICT_CODES[verdict], *VERDICT_LOOK[verdict], dark, _DARK_INK)
    for verdict, dark in _DARK.items()
}


@dataclass(frozen=True)
class Reason:
    """One reason in words, with the ids of the evidence it rests on."""

    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """One of the three figures of a card: `name` is reach, complaints or drop_rate; `value` in a few words, `note` what it rests on."""

    name: str
    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Card:
    """A verdict ready to be shown; every text is in one language and free of control characters.

    `known` is False for a site that is not in the snapshot; `score` is None when there is none to show. `figures` are there where
    the card was made from a snapshot; `why` says which rule decides the verdict, `lose` what a buyer can lose, `software` that many issues
    of the software it runs tell of drops: empty where the snapshot does not say.
    """

    lang: str
    host: str
    name: str
    known: bool
    verdict: str
    code: str
    shape: str
    word: str
    as_of: str
    sentence: str
    advice: str
    basis: str
    reasons: tuple[Reason, ...]
    score: str | None
    blind_spots: tuple[str, ...]
    filing: str
    drop_rate: str
    warning_state: str
    warning: str
    response: str | None
    overlays: tuple[str, ...]
    next_steps: tuple[str, ...]
    demo: bool
    unit: str = "site"
    mall: str = ""
    figures: tuple[Figure, ...] = ()
    evidence_n: int = 0
    response_on: str = ""
    why: str = ""
    lose: str = ""
    software: str = ""

    @property
    def further(self) -> tuple[Reason, ...]:
        """The reasons without one that `why` says already."""
        return tuple(
            r
            for r in self.reasons
            if r.evidence or r.text.rstrip("。.").casefold() not in self.why.casefold()
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain dictionaries and lists, for JSON."""
        return asdict(self)


def card_for(snapshot: Snapshot, host: str, lang: str) -> Card | None:
    """The whole card of a site in a snapshot, with its figures and its newest response; None for a site that is not in it."""
    row = next(iter(current_snapshot.ratings_of(snapshot, [host])), None)
    if row is None:
        return None
    answers = current_snapshot.rows(
        snapshot, 'select * from responses where host = ? order by "on" desc limit 1', [host]
    )
    made = card(row, lang, answers[0] if answers else None)
    return replace(made, figures=_figures(snapshot, row, lang), software=_software(snapshot, host, lang))


def _software(snapshot: Snapshot, host: str, lang: str) -> str:
    """What the public issues of the software it runs tell, where they are of concern."""
    found = current_snapshot.rows(
        snapshot,
        "select sentence_zh, sentence_en from findings where host = ? and indicator = 'software_trouble' and outcome = 'concern' limit 1",
        [host],
    )
    return plain(pick(found[0], "sentence", lang) or "", LONGEST_SENTENCE) if found else ""


def _figures(snapshot: Snapshot, row: dict[str, Any], lang: str) -> tuple[Figure, ...]:
    """What a buyer asks first: can it be reached, what became of complaints, how often does it drop against the sector."""
    return (
        Figure("reach", say(lang, "card.reach"), *_reach(snapshot, row, lang)),
        Figure("complaints", say(lang, "card.complaints"), *_complaints(snapshot, row, lang)),
        Figure("drop_rate", say(lang, "card.drop_rate"), *_drops(row, lang)),
    )


def _reach(snapshot: Snapshot, row: dict[str, Any], lang: str) -> tuple[str, str]:
    """The state on the last day that was observed, and since when it was the same on every observed day of the last 90."""
    found = current_snapshot.rows(
        snapshot,
        "select measure, \"on\", value, n from series where host = ? and measure in ('availability', 'refused') limit 5000",
        [row["host"]],
    )
    cells = site_data.strip(found, row["as_of"]) if row.get("as_of") else []
    seen = [cell for cell in cells if cell.state != "none"]
    if not seen:
        return word(lang, "reach", "none"), say(lang, "reach.never")
    last = seen[-1]
    if (row["as_of"] - last.on).days > _RECENT:
        state = word(lang, "reach", last.state)
        return word(lang, "reach", "none"), say(lang, "reach.old", date=day(last.on, lang), state=state)
    run = list(takewhile(lambda cell: cell.state == last.state, reversed(seen)))
    key = "reach.since_first" if len(run) == len(seen) else "reach.since"
    return word(lang, "reach", last.state), say(
        lang, key, date=day(run[-1].on, lang), last=day(last.on, lang)
    )


def _complaints(snapshot: Snapshot, row: dict[str, Any], lang: str) -> tuple[str, str]:
    """n of N settled over the window of the indicator that counts them; the bare counts where it has none."""
    found = current_snapshot.rows(
        snapshot,
        'select n, "of", since, until from figures where host = ? and name = \'settled\' and "of" > 0 limit 1',
        [row["host"]],
    )
    recent, total = row.get("complaints_30d") or 0, row.get("complaints_total") or 0
    counted = say(lang, "card.complained", recent=number(recent), total=number(total))
    if found:
        r = found[0]
        window = say(lang, "card.settled_window", since=day(r["since"], lang), until=day(r["until"], lang))
        return say(lang, "card.settled", n=number(r["n"] or 0), of=number(r["of"])), window
    if not total:
        return say(lang, "card.none_complained"), say(lang, "card.none_complained_note")
    return counted, say(lang, "card.settled_unknown")


def _drops(row: dict[str, Any], lang: str) -> tuple[str, str]:
    """The rate against the sector's median where it is an estimate, else the rate; with its interval, or why there is none."""
    short, basis = drop_short(row, lang), row.get("drop_rate_basis")
    if row.get("drop_rate") is None or basis not in ("counted", "estimated"):
        return short, plain(
            pick(row, "drop_rate_why", lang) or say(lang, "drop.why_default"), LONGEST_SENTENCE
        )
    interval = span(row.get("drop_rate_low"), row.get("drop_rate_high"), lang)
    if basis == "counted":
        return short, interval
    ends = [row.get(f"drop_rate_relative{end}") for end in ("_low", "_high")]
    if row.get("drop_rate_relative") is None or any(end is None or math.isnan(end) for end in ends):
        return short, say(lang, "drop.note_estimated", interval=interval)
    low, high = (times(end) for end in ends if end is not None)
    return short, say(lang, "drop.note_relative", low=low, high=high, value=percent(row["drop_rate"]))


def card(row: dict[str, Any], lang: str, response: dict[str, Any] | None = None) -> Card:
    """The card of a row of `ratings`; `response` is the newest row of `responses` about the same host, if any."""
    verdict = verdict_of(row)
    state = STATES[verdict]
    host = plain(row["host"], _LONGEST_HOST)
    as_of = day(row.get("as_of"), lang)
    reasons = _reasons(row, lang)
    warning_state = row.get("warning_state") or "stale"
    return Card(
        lang=lang,
        host=host,
        name=plain(row.get("name") or row["host"], 60),
        known=True,
        verdict=verdict,
        code=state.code,
        shape=state.shape,
        word=say(lang, f"verdict.{state.code}"),
        as_of=as_of,
        sentence=say(lang, f"sentence.{_cause(state, warning_state)}", date=as_of, host=host),
        advice=_advice(lang, state, warning_state),
        basis=_basis(row, lang),
        reasons=reasons,
        score=_score(row, lang) if reasons and verdict != "灰" else None,
        blind_spots=tuple(plain(t, LONGEST_SENTENCE) for t in pick(row, "blind_spots", lang) or ())
        or (say(lang, "card.blind_default"),),
        filing=filing(row, lang),
        drop_rate=drop_rate(row, lang),
        warning_state=warning_state,
        warning=_warning(row, lang, warning_state),
        response=_response(response, lang),
        overlays=_overlays(row, lang, warning_state),
        next_steps=_next_steps(lang, state.code, warning_state),
        demo=bool(row.get("demo")),
        unit=mall_merchants.unit_of(row["host"]),
        mall=mall_merchants.named(row["host"], lang),
        evidence_n=int(row.get("evidence_n") or 0),
        response_on=day(response["on"], lang) if response else "",
        why=plain(pick(row, "verdict_why", lang) or "", LONGEST_SENTENCE),
        lose=plain(pick(row, "at_stake", lang) or "", LONGEST_SENTENCE),
    )


def unknown_card(host: str, lang: str, as_of: date | None, demo: bool = False) -> Card:
    """The card of a site that is not in the snapshot: grey, and it says that no record is no assurance."""
    state = STATES["灰"]
    nothing = say(lang, "card.not_looked_up")
    return Card(
        lang=lang,
        host=plain(host, _LONGEST_HOST),
        name=plain(host, 60),
        known=False,
        verdict="灰",
        code=state.code,
        shape=state.shape,
        word=say(lang, "verdict.unlisted"),
        as_of=day(as_of, lang),
        sentence=say(lang, "sentence.unlisted"),
        advice=say(lang, "advice.unlisted"),
        basis=say(lang, "card.basis_none"),
        reasons=(),
        score=None,
        blind_spots=(say(lang, "card.blind_unlisted"),),
        filing=mall_merchants.filing_of_the_mall(host, lang)
        or say(lang, "filing.line_unknown", when=nothing),
        unit=mall_merchants.unit_of(host),
        mall=mall_merchants.named(host, lang),
        drop_rate=say(lang, "drop.line_unknown", why=nothing),
        warning_state="stale",
        warning=nothing,
        response=None,
        overlays=(),
        next_steps=tuple(say(lang, f"selfcheck.{n}") for n in range(1, 7)),
        demo=demo,
    )


def filing(row: dict[str, Any], lang: str) -> str:
    """The ICP filing in a sentence; a query without result stays 'unknown' and is never turned into 'not filed'."""
    if of_mall := mall_merchants.filing_of_the_mall(row.get("host") or "", lang):
        return of_mall
    when = (
        say(lang, "filing.checked", date=day(row["filing_checked_on"], lang))
        if row.get("filing_checked_on")
        else ""
    )
    state = row.get("filing_state")
    if state == "filed":
        return say(
            lang,
            "filing.line_filed",
            number=plain(row.get("filing_number") or say(lang, "word.unknown"), 40),
            province=word(lang, "province", row.get("filing_province")) or say(lang, "filing.no_province"),
            when=when,
        )
    if state == "not_filed":
        return say(lang, "filing.line_not_filed", when=when)
    return say(lang, "filing.line_unknown", when=when or say(lang, "filing.never"))


def drop_rate(row: dict[str, Any], lang: str, kind: str = "") -> str:
    """The drop rate (of one kind, or of all) with what it rests on, or why there is none.

    Below 30 orders a share is said as "k of n", not in per cent (product.md §6.4).
    """
    column = f"drop_rate_{kind}" if kind else "drop_rate"
    value, basis, n = row.get(column), row.get("drop_rate_basis"), row.get("drop_rate_n")
    if value is None or basis not in ("counted", "estimated"):
        why = pick(row, "drop_rate_why", lang)
        return say(
            lang,
            "drop.line_unknown",
            why=plain(why, LONGEST_SENTENCE) if why else say(lang, "drop.why_default"),
        )
    interval = span(row.get(f"{column}_low"), row.get(f"{column}_high"), lang)
    if basis == "estimated":
        cases = row.get(f"{column}_n")
        key = "drop.line_estimated" if cases is None else "drop.line_estimated_n"
        told = say(lang, key, value=percent(value), interval=interval, n=about(cases or 0.0))
        return told if kind else _beside_median(row, lang) + told
    if n is None:
        return say(lang, "drop.line_counted_no_n", value=percent(value), interval=interval)
    if n < 30:
        return say(lang, "drop.line_few", n=number(n), k=number(round(value * n)), interval=interval)
    return say(lang, "drop.line_counted", value=percent(value), n=number(n), interval=interval)


def _beside_median(row: dict[str, Any], lang: str) -> str:
    """An estimated rate as a multiple of the sector's median, with its interval: it does not hang on how many complain."""
    found = [row.get(f"drop_rate_relative{end}") for end in ("", "_low", "_high")]
    if any(x is None or math.isnan(x) for x in found):
        return ""
    middle, low, high = (times(x) for x in found if x is not None)
    return say(lang, "drop.line_relative", times=middle, low=low, high=high)


def filing_short(row: dict[str, Any], lang: str) -> str:
    """The filing's state and province, for a line of the ranking."""
    if mall_merchants.unit_of(row.get("host") or "") == "merchant":
        return say(lang, "mall.filing_short")
    state = word(lang, "filing", row.get("filing_state") or "unknown")
    province = word(lang, "province", row.get("filing_province"))
    return f"{state} · {province}" if row.get("filing_state") == "filed" and province else state


def drop_line(row: dict[str, Any], lang: str) -> str:
    """The drop rate for a line of the ranking: as a multiple of the median where it is estimated, else the share."""
    beside = row.get("drop_rate_relative")
    if row.get("drop_rate_basis") == "estimated" and beside is not None and not math.isnan(beside):
        return say(lang, "drop.line_times", times=times(beside))
    return drop_short(row, lang)


def drop_short(row: dict[str, Any], lang: str) -> str:
    """The drop rate in a few words, for a table; never without its basis."""
    value, basis, n = row.get("drop_rate"), row.get("drop_rate_basis"), row.get("drop_rate_n")
    if value is None or basis not in ("counted", "estimated"):
        return say(lang, "drop.short_unknown")
    if basis == "estimated":
        beside = row.get("drop_rate_relative")
        if beside is not None and not math.isnan(beside):
            return say(lang, "drop.short_relative", times=times(beside))
        return say(lang, "drop.short_estimated", value=percent(value))
    if n is not None and n < 30:
        return say(lang, "drop.short_few", n=number(n), k=number(round(value * n)))
    return say(lang, "drop.short_counted", value=percent(value), n="?" if n is None else number(n))


def _reasons(row: dict[str, Any], lang: str) -> tuple[Reason, ...]:
    texts = pick(row, "reasons", lang) or ()
    evidence = row.get("reason_evidence") or ()
    return tuple(
        Reason(plain(text, LONGEST_SENTENCE), tuple(evidence[i] or ()) if i < len(evidence) else ())
        for i, text in enumerate(texts[:3])
    )


def _cause(state: State, warning_state: str) -> str:
    """What the sentence names: of a site that is orange by its closure, the closure, as on every other surface."""
    return "closed" if state.code == "orange" and warning_state == "closed" else state.code


def _advice(lang: str, state: State, warning_state: str) -> str:
    """By verdict, which the sentence before it names; in trouble with money always to ask for it back."""
    return say(lang, "advice.refund_first" if warning_state in REFUND_FIRST else f"advice.{state.code}")


def _basis(row: dict[str, Any], lang: str) -> str:
    coverage = row.get("coverage")
    return say(
        lang,
        "card.basis",
        evidence=number(row.get("evidence_n") or 0),
        sources=number(row.get("sources_n") or 0),
        confidence=word(lang, "confidence", _CONFIDENCE.get(row.get("confidence") or "none", "none")),
        coverage=say(lang, "word.unknown") if coverage is None else f"{whole_points(coverage)}%",
    )


def _score(row: dict[str, Any], lang: str) -> str | None:
    score = row.get("score")
    if score is None:
        return None
    found = interval_of(row)
    if found is None:
        return say(lang, "card.score_capped", score=whole_points(score), grade=row["grade"])
    low, high = map(whole_points, found)
    return say(lang, "card.score", score=whole_points(score), low=low, high=high, grade=row["grade"])


def _warning(row: dict[str, Any], lang: str, state: str) -> str:
    since = row.get("warning_since")
    name = word(lang, "warning", state)
    if since:
        return say(lang, "card.warning_since", state=name, date=day(since, lang))
    first = row.get("first_seen_on")
    if state == "stale" or not first:
        return name
    return say(lang, "card.warning_unchanged", state=name, date=day(first, lang))


def _response(response: dict[str, Any] | None, lang: str) -> str | None:
    if not response:
        return None
    return say(
        lang,
        "card.response",
        date=day(response.get("on"), lang),
        text=tokens(plain(response.get("text") or "", 800), lang),
    )


def _overlays(row: dict[str, Any], lang: str, warning_state: str) -> tuple[str, ...]:
    found = []
    if row.get("disputed"):
        found.append(say(lang, "overlay.disputed"))
    if row.get("alarm_proposed_on"):
        found.append(say(lang, "overlay.proposed", date=day(row["alarm_proposed_on"], lang)))
    if warning_state == "stale":
        found.append(say(lang, "overlay.stale"))
    if warning_state == "closed":
        found.append(say(lang, "overlay.closed"))
    return tuple(found)


def _next_steps(lang: str, code: str, warning_state: str) -> tuple[str, ...]:
    if code == "grey" and warning_state not in REFUND_FIRST:
        return tuple(say(lang, f"selfcheck.{n}") for n in range(1, 7))
    if code in ("red", "orange") or warning_state in REFUND_FIRST:
        return tuple(say(lang, f"next.stop_{n}") for n in range(1, 4))
    return tuple(say(lang, f"next.careful_{n}") for n in range(1, 4))
