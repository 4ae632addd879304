"""网站档案 site: everything the snapshot holds about one site, from the verdict down to single pieces of evidence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboard.components import (
    cluster_sections,
    first_look,
    shared_tables,
    site_as_of,
    site_charts,
    site_evidence,
    site_mall,
    site_sections,
)
from dashboard.components.page_context import View
from dashboard.presenters import current_snapshot, html, verdict_card
from dashboard.presenters.translations import pick
from store.text.query import parse_query

title_zh = "网站档案"
title_en = "Site profile"
url_path = "site"
order = 2
group = "check"
visible = False


def render(view: View) -> None:
    """The card first; each question a careful reader asks has a part of its own, one of which is in sight (assets/shell.js)."""
    asked = view.param("host").strip()
    if not asked:
        view.title(view.translate("site.title"))
        view.note(view.translate("site.none_asked"))
        view.html("linkline.html", href=view.link(""), words=view.translate("site.to_check"))
        return
    host = parse_query(asked).host or asked
    rating = view.cached_query(_rating, host)
    view.title(f"{view.translate('site.title')} · {host[:80]}")
    if rating is None:
        if view.past:
            view.card(verdict_card.unknown_card(host, view.lang, view.facts.as_of, view.facts.demo))
        else:
            first_look.unknown(view, host)
        view.html("linkline.html", href=view.link("", q=host), words=view.translate("site.to_check"))
        return
    parts = [(name, view.translate(f"contents.{name}")) for name in _PARTS]
    card = view.cached_query(verdict_card.card_for, host, view.lang)
    warnings = view.cached_query(_rows, "warnings", host, "on desc")
    reasons = [(reason.text, reason.evidence) for reason in card.reasons]
    told = [(pick(w, "reason", view.lang), tuple(w["evidence"] or ())) for w in warnings]
    site_evidence.capture(view, host, [*reasons, *told])
    view.html("contents.html", title=view.translate("contents.title"), parts=parts)
    view.verdict_line(card, rating, "#points")
    findings = view.cached_query(_rows, "findings", host, "contribution desc")
    promises = view.cached_query(_rows, "promises", host, "promise")
    changes = view.cached_query(_rows, "changes", host, "on desc")
    history = view.cached_query(_rows, "history", host, "on desc")[::-1]
    series = view.cached_query(_series, host)
    with view.part("points"):
        view.html("anchor.html", id="points")
        view.card(card, html.card_actions(card, on_site_page=True), on_site_page=True)
        site_mall.mall(view, host)
    with _part(view, "why"):
        site_sections.why(view, rating, findings)
        site_sections.findings(view, findings)
    with _part(view, "changes"):
        site_charts.availability(view, rating, series, rating["as_of"] or view.facts.as_of)
        site_charts.places(view, view.cached_query(_rows, "places", host, "place"))
        site_charts.history(view, rating, history, changes)
        site_sections.warnings(view, warnings)
        site_evidence.changes(view, changes)
        site_as_of.known(view, rating, history, changes)
    with _part(view, "evidence"):
        cited = _cited(rating, findings, warnings, promises)
        site_evidence.evidence(view, host, *view.cached_query(_evidence, host, cited))
        site_evidence.pictures(view, host)
        site_evidence.downloads(view, host)
    with _part(view, "identity"):
        site_sections.identity(view, view.cached_query(_rows, "identity", host, "aspect"), rating)
        site_sections.links(view, host, view.cached_query(_rows, "links", host, "other"))
        cluster_sections.notify(view, (host,))
        responses = view.cached_query(_rows, "responses", host, "on desc")
        site_evidence.responses(view, responses, view.cached_query(_rows, "corrections", host, "on desc"))
        shared_tables.of_site(view, host)
    with _part(view, "prices"):
        site_charts.drop_rate(view, rating)
        site_charts.refunds(view, rating, series)
        site_charts.prices(view, rating, series)
        site_sections.promises(view, promises)
        site_evidence.terms(view, host)


_PARTS = ("points", "why", "changes", "evidence", "identity", "prices")
"""The page's parts by their anchors, in order."""


@contextmanager
def _part(view: View, name: str) -> Iterator[None]:
    with view.part(name):
        view.html("part_heading.html", id=name, title=view.translate(f"contents.{name}"))
        yield


def _rating(snapshot, host: str) -> dict | None:
    found = current_snapshot.rows(snapshot, "select * from ratings where host = ?", [host])
    return found[0] if found else None


def _rows(snapshot, table: str, host: str, order: str) -> list[dict]:
    """At most 2,000 rows of one table about a host; `table` and `order` are written in this file, never read."""
    column, _, direction = order.partition(" ")
    return current_snapshot.rows(
        snapshot,
        f'select * from "{table}" where host = ? order by "{column}" {direction} limit 2000',  # noqa: S608
        [host],
    )


def _series(snapshot, host: str) -> list[dict]:
    """The series the page draws; hours of the week and weekly drops are for other readers."""
    return current_snapshot.rows(
        snapshot,
        "select * from series where host = ? and (measure in ('availability', 'refused') or measure like 'refund~_%' escape '~'"
        " or measure like 'price~_sector~_%' escape '~') order by measure, \"on\" limit 5000",
        [host],
    )


def _evidence(snapshot, host: str, cited: tuple[str, ...]) -> tuple[int, list[dict]]:
    """How many pieces of evidence there are; the latest 20 and every one cited on the page."""
    total = current_snapshot.rows(snapshot, "select count(*) as n from evidence where host = ?", [host])[0][
        "n"
    ]
    shown = current_snapshot.rows(
        snapshot,
        "select * from evidence where host = ? qualify list_contains(?, id)"
        " or row_number() over (order by event_on desc nulls last, id) <= 20 order by event_on desc nulls last, id",
        [host, list(cited)],
    )
    return total, shown


def _cited(rating: dict, *tables: list[dict]) -> tuple[str, ...]:
    ids = [i for group in rating.get("reason_evidence") or () for i in group or ()]
    for source in tables:
        ids += [i for entry in source for i in (entry.get("evidence") or ())[: site_sections.CITED]]
    return tuple(dict.fromkeys(ids))
