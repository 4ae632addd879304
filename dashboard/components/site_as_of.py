"""The `as of` part of the site page: what had been seen by the end of a day, clearly apart from what is known now."""

from __future__ import annotations

import datetime as dt
from typing import Any

import streamlit as st

from dashboard.components.page_context import ON_PAPER, View, cell, row
from dashboard.presenters import current_snapshot, formatting, site_data
from dashboard.presenters.translations import pick
from scoring.snapshot.reader import Snapshot, whole_points

_NEWEST = 10


def known(
    view: View, rating: dict[str, Any], history: list[dict[str, Any]], changes: list[dict[str, Any]]
) -> None:
    """A day to choose; under it score, state, evidence and changes as they stood then. Folded unless the address names a day."""
    asked = bool(view.param("on"))
    if ON_PAPER.get() and not asked:
        return
    with st.expander(view.translate("known.title"), expanded=asked):
        if history:
            _then(view, rating, history, changes)
        else:
            view.note(view.translate("known.none"))


def _then(
    view: View, rating: dict[str, Any], history: list[dict[str, Any]], changes: list[dict[str, Any]]
) -> None:
    first, last = history[0]["on"], history[-1]["on"]
    day = _day(view, first, last)
    kept = [one.as_of for one in current_snapshot.kept() if one.as_of <= day]
    if kept and not view.past and max(kept) < last:
        words = view.translate("known.to_snapshot", date=max(kept))
        href = view.link("site", host=rating["host"], as_of=max(kept))
        view.html("linkline.html", href=href, words=words)
    count, newest = view.cached_query(_seen, rating["host"], day)
    found = site_data.known(day, history, count, newest, changes)
    view.note(view.translate("known.label", date=day.isoformat(), method=rating["method_version"] or "–"))
    then = found.row
    view.table(
        [view.translate("known.what"), view.translate("known.then"), view.translate("known.now")],
        [
            row(
                cell(view.translate("rank.score")), cell(_score(view, then)), cell(_score(view, history[-1]))
            ),
            row(
                cell(view.translate("site.grade")), cell(_grade(view, then)), cell(_grade(view, history[-1]))
            ),
            row(
                cell(view.label("column", "state")), cell(_state(view, then)), cell(_state(view, history[-1]))
            ),
            row(
                cell(view.translate("known.evidence")),
                cell(found.evidence),
                cell(view.cached_query(_seen, rating["host"], last)[0]),
            ),
        ],
        "small",
    )
    if not found.newest:
        view.note(view.translate("known.no_evidence"))
        return
    view.table(
        [view.translate("site.seen_at"), view.translate("site.event_on"), view.translate("site.claim")],
        [
            row(
                cell(formatting.moment(e["seen_at"], view.lang)),
                cell(formatting.day(e["event_on"], view.lang)),
                cell(pick(e, "claim", view.lang), limit=160),
            )
            for e in found.newest
        ],
        fold=3,
    )


def _day(view: View, first: dt.date, last: dt.date) -> dt.date:
    """The day asked for in the address as `on`, else the last; the picker writes it there."""
    try:
        asked = dt.date.fromisoformat(view.param("on"))
    except ValueError:
        asked = last
    key = f"known-{view.lang}-{view.param('host')[:80]}"
    st.session_state[key] = min(max(asked, first), last)

    def changed() -> None:
        chosen = st.session_state[key]
        if chosen and chosen != last:
            st.query_params["on"] = chosen.isoformat()
        elif "on" in st.query_params:
            del st.query_params["on"]

    chosen = st.date_input(
        view.translate("known.pick"),
        min_value=first,
        max_value=last,
        key=key,
        format="YYYY-MM-DD",
        on_change=changed,
    )
    return chosen if isinstance(chosen, dt.date) else last


def _seen(snapshot: Snapshot, host: str, day: dt.date) -> tuple[int, list[dict[str, Any]]]:
    """How many pieces of evidence had been seen by the end of the Shanghai day, and the newest of them."""
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), formatting.SHANGHAI)
    count = current_snapshot.rows(
        snapshot, "select count(*) as n from evidence where host = ? and seen_at < ?", [host, end]
    )[0]["n"]
    newest = current_snapshot.rows(
        snapshot,
        "select id, claim_zh, claim_en, event_on, seen_at from evidence where host = ? and seen_at < ?"
        " order by seen_at desc, event_on desc nulls last, id limit ?",
        [host, end, _NEWEST],
    )
    return count, newest


def _score(view: View, then: dict[str, Any] | None) -> str:
    if then is None or then["score"] is None:
        return view.translate("known.no_score")
    found, score = formatting.interval_of(then), whole_points(then["score"])
    if found is None:
        return view.translate("known.score_capped", score=score)
    return view.translate("known.score", score=score, low=whole_points(found[0]), high=whole_points(found[1]))


def _grade(view: View, then: dict[str, Any] | None) -> str:
    return (
        view.translate("word.unknown") if then is None else (then["grade"] or view.translate("word.unknown"))
    )


def _state(view: View, then: dict[str, Any] | None) -> str:
    return view.translate("word.unknown") if then is None else view.label("warning", then["warning_state"])
