"""Sections of the pages of an operator and of a cluster; whom to notify is a section of the site page as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.components import site_sections
from dashboard.components.page_context import Row, View, cell, row
from dashboard.groups import clusters
from dashboard.presenters import current_snapshot, formatting, verdict_card
from dashboard.presenters.ranking import CARD
from dashboard.presenters.translations import pick
from scoring.snapshot.reader import Snapshot
from store.text.safe_text import plain

_FOLD = 12
_NAMES = ("name", "host", "site_name")
_FILINGS = ("filing", "company", "uscc", "footer_company", "registrar", "dns_alias", "country")


def page(view: View, group: clusters.Group) -> None:
    """Everything about the sites of one operator or cluster."""
    hosts = group.hosts
    ratings = {r["host"]: r for r in view.cached_query(_ratings, hosts)}
    if group.count > len(hosts):
        view.note(view.translate("cluster.more", shown=len(hosts), count=group.count))
    _sites(view, [ratings[h] for h in hosts if h in ratings])
    known = view.cached_query(clusters.about, "identifiers", hosts)
    _identifiers(view, "cluster.names", _NAMES, known, "cluster.names_none")
    _identifiers(view, "cluster.filings", _FILINGS, known, "cluster.filings_none")
    _moves(view, view.cached_query(clusters.about, "moves", hosts))
    warned = view.cached_query(clusters.about, "warnings", hosts)
    _states(view, "cluster.endings", [w for w in warned if w["to_state"] == "closed"], "cluster.endings_none")
    _states(view, "cluster.warnings", [w for w in warned if w["to_state"] != "closed"], "site.warnings_none")
    _network(view, group)
    notify(view, hosts)
    _unknown(view, [ratings[h] for h in hosts if h in ratings])
    _downloads(view, group)


def notify(view: View, hosts: Sequence[str]) -> None:
    """Whom one may tell, with what it is known from; a role nobody is known for says so."""
    view.html("heading3.html", title=view.translate("notify.title"))
    rows = view.cached_query(clusters.whom_to_notify, tuple(hosts))
    if not rows:
        view.note(view.translate("notify.none"))
        return
    view.html("lines.html", lines=[view.translate("notify.note")])
    view.table(
        [view.translate("notify.role"), view.translate("notify.who"), view.translate("notify.from"), view.translate("word.date")],
        [
            row(
                cell(view.label("notify_role", r["role"])),
                cell(r["name"] or view.translate("word.unknown"), limit=80, soft=_about(view, r["hosts"], hosts)),
                cell(pick(r, "sentence", view.lang), soft=view.source(r["source"]) if r["source"] else ""),
                cell(formatting.day(r["observed_on"], view.lang) if r["observed_on"] else "–"),
            )
            for r in rows
        ],
        fold=_FOLD,
    )  # fmt: skip


def _about(view: View, some: Sequence[str], hosts: Sequence[str]) -> str:
    """Which of several sites a row is about; nothing where it is all of them."""
    return "" if len(hosts) < 2 or len(some) == len(hosts) else _some(view, some)


def _ratings(snapshot: Snapshot, hosts: tuple[str, ...]) -> list[dict[str, Any]]:
    return current_snapshot.ratings_of(snapshot, hosts, CARD)


def _sites(view: View, ratings: Sequence[dict[str, Any]]) -> None:
    view.heading(view.translate("cluster.sites", count=len(ratings)))
    cards = [verdict_card.card(rating, view.lang) for rating in ratings]
    view.table(
        [view.translate("rank.verdict"), view.translate("word.site"), view.translate("card.warning"), view.translate("card.filing"),
         view.translate("cluster.first_seen")],
        [
            row(
                cell(card.word, state=card.code, soft=view.translate("card.as_of", date=card.as_of)),
                cell(card.name, href=view.link("site", host=card.host), soft=card.host),
                cell(card.warning),
                cell(card.filing),
                cell(formatting.day(rating["first_seen_on"], view.lang)),
            )
            for card, rating in zip(cards, ratings, strict=True)
        ],
        fold=_FOLD,
    )  # fmt: skip


def _identifiers(
    view: View, title: str, kinds: Sequence[str], known: Sequence[dict[str, Any]], none: str
) -> None:
    """What the sites were called or registered as, the same of several sites in one row, all names of one kind, time and source too."""
    view.html("heading3.html", title=view.translate(title))
    joined: dict[tuple[Any, ...], dict[str, Any]] = {}
    for r in known:
        one = joined.setdefault((r["kind"], r["value"], r["source"]), {**r, "hosts": []})
        one["hosts"].append(r["host"])
        one["since"] = min(filter(None, (one["since"], r["since"])), default=None)
        one["until"] = max(filter(None, (one["until"], r["until"])), default=None)
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for r in sorted(
        (r for r in joined.values() if r["kind"] in kinds), key=lambda r: _own_name_last(r["value"])
    ):
        same = (r["kind"], tuple(r["hosts"]), r["since"], r["until"], r["source"])
        one = merged.setdefault(same, {**r, "values": []})
        one["values"].append(r["value"])
    rows = sorted(merged.values(), key=lambda r: (kinds.index(r["kind"]), r["hosts"]))
    if not rows:
        view.note(view.translate(none))
        return
    view.table(
        [view.translate("cluster.kind"), view.translate("cluster.value"), view.translate("word.site"), view.translate("cluster.seen"), view.translate("site.source")],
        [
            row(
                cell(view.label("identifier", r["kind"])),
                cell(_joined(view, r["values"]), limit=120),
                cell(_some(view, r["hosts"]), href=view.link("site", host=r["hosts"][0]) if len(r["hosts"]) == 1 else ""),
                cell(_span(view, r)),
                cell(view.source(r["source"]) if r["source"] else view.translate("cluster.entered")),
            )
            for r in rows
        ],
        fold=_FOLD,
    )  # fmt: skip


def _own_name_last(value: str) -> tuple[bool, str]:
    """Chinese names before those made of a host's letters."""
    return value.isascii(), value


def _joined(view: View, values: Sequence[str]) -> str:
    return formatting.join_words((plain(v, 60) for v in values), view.lang)


def _some(view: View, hosts: Sequence[str]) -> str:
    return f"{_joined(view, hosts[:4])}{' …' if len(hosts) > 4 else ''}"


def _span(view: View, known: dict[str, Any]) -> str:
    since, until = (formatting.day(known[k], view.lang) if known[k] else "" for k in ("since", "until"))
    return since if since == until or not until else f"{since} – {until}"


def _moves(view: View, rows: Sequence[dict[str, Any]]) -> None:
    # Two names on one certificate point at each other: told once.
    pairs = {(r["host"], r["to_host"]) for r in rows if r["via"] == "certificate"}
    rows = [
        r
        for r in rows
        if r["via"] != "certificate" or r["host"] < r["to_host"] or (r["to_host"], r["host"]) not in pairs
    ]
    view.html("heading3.html", title=view.translate("cluster.moves"))
    if not rows:
        view.note(view.translate("cluster.moves_none"))
        return
    view.html("lines.html", lines=[view.translate("cluster.moves_note")])
    view.table(
        [view.translate("word.date"), view.translate("cluster.from"), view.translate("cluster.to"), view.translate("cluster.proof")],
        [_move(view, r) for r in rows],
        fold=_FOLD,
    )  # fmt: skip


def _move(view: View, move: dict[str, Any]) -> Row:
    evidence = tuple(move["evidence"] or ())
    proof = view.link("site", host=move["host"], capture=evidence[0]) + "#capture" if evidence else ""
    return row(
        cell(formatting.day(move["on"], view.lang)),
        cell(move["host"], href=view.link("site", host=move["host"])),
        cell(move["to_host"], href=view.link("site", host=move["to_host"])),
        cell(view.label("via", move["via"]), href=proof, soft=view.source(move["source"])),
    )


def _states(view: View, title: str, rows: Sequence[dict[str, Any]], none: str) -> None:
    view.html("heading3.html", title=view.translate(title))
    if not rows:
        view.note(view.translate(none))
        return
    view.table(
        [view.translate("word.date"), view.translate("word.site"), view.translate("alerts.change"), view.translate("alerts.reason")],
        [
            row(
                cell(formatting.day(w["on"], view.lang)),
                cell(w["host"], href=view.link("site", host=w["host"])),
                cell(site_sections.transition(view, w)),
                cell(pick(w, "reason", view.lang)),
            )
            for w in rows
        ],
        "states",
        fold=_FOLD,
    )  # fmt: skip


def _network(view: View, group: clusters.Group) -> None:
    """Each link once, under the first of its two sites, with its keys."""
    view.heading(view.translate("cluster.network"), view.translate("site.links_note"))
    rows = view.cached_query(clusters.about, "links", group.hosts)
    drawn: dict[str, list[dict[str, Any]]] = {}
    for r in rows:
        if r["host"] < r["other"]:
            drawn.setdefault(r["host"], []).append(r)
    if not drawn:
        view.note(view.translate("cluster.network_none"))
    for hub, links in drawn.items():
        site_sections.network(view, hub, links)


def _unknown(view: View, ratings: Sequence[dict[str, Any]]) -> None:
    """What cannot be seen of these sites, each sentence once."""
    view.heading(view.translate("cluster.unknown"))
    said = dict.fromkeys(
        plain(s, 300) for rating in ratings for s in pick(rating, "blind_spots", view.lang) or ()
    )
    view.html("lines.html", lines=[*said][:8] or [view.translate("cluster.unknown_none")])


def _downloads(view: View, group: clusters.Group) -> None:
    view.html("heading3.html", title=view.translate("cluster.export"))
    asked = {"operator" if group.kind == "operator" else "cluster": group.name}
    links = [(view.translate(f"cluster.export_{form}"), f".{view.link(f'exchange/{name}', **asked).removeprefix('.')}") for form, name in
             (("ftm", "entities.ftm.jsonl"), ("stix", "bundle.stix.json"), ("misp", "event.misp.json"))]  # fmt: skip
    view.html("linklist.html", links=links, lead=view.translate("cluster.export_note"))
