"""行业 sector: how the watched sites are distributed, and where most complaints are filed."""

from __future__ import annotations

from dashboard import charts, ranking, reader, verdict
from dashboard.view import View, cell, row
from scoring.snapshot import WARNING_STATES, Snapshot

title_zh = "行业"
title_en = "Sector"
url_path = "sector"
order = 3
group = "browse"
visible = True


def render(view: View) -> None:
    """Verdicts, cash-flow states, what drop rates rest on, the most complained about."""
    view.title(view.t("sector.title"))
    if not view.facts.count:
        return
    verdicts = view.ask(_verdicts)
    _bars(
        view,
        "verdicts",
        [(view.t(f"verdict.{state.code}"), verdicts.get(w, 0)) for w, state in verdict.STATES.items()],
    )
    states = view.ask(_by, "warning_state")
    _bars(view, "states", [(view.w("warning", s), states.get(s, 0)) for s in WARNING_STATES])
    basis = view.ask(_by, "drop_rate_basis")
    _bars(view, "basis", [(view.w("drop", b), basis.get(b, 0)) for b in ("counted", "estimated", "unknown")])
    rows = view.ask(_most_complaints)
    if rows:
        view.heading(view.t("sector.complaints"), view.t("sector.complaints_note"))
        view.table(
            [
                view.t("word.site"),
                view.t("rank.verdict"),
                view.t("sector.number"),
                view.t("sector.complainants"),
            ],
            [_complained(view, r) for r in rows],
        )


def _bars(view: View, key: str, counted: list[tuple[str, int]]) -> None:
    title, number = view.t(f"sector.{key}"), view.t("sector.number")
    records = [{title: label, number: count} for label, count in counted]
    top = max(counted, key=lambda pair: pair[1])
    view.chart(
        charts.bars(records, title, number),
        view.t("sector.finding", title=title, label=top[0], count=top[1]),
        title,
        records,
        f"sector-{key}",
    )


def _complained(view: View, rating: dict):
    card = verdict.card(rating, view.lang)
    return row(
        cell(card.name, href=view.link("site", host=rating["host"]), soft=card.host),
        cell(card.word, state=card.code, soft=view.t("card.as_of", date=card.as_of)),
        cell(rating["complaints_30d"]),
        cell("–" if rating["complainants_30d"] is None else rating["complainants_30d"]),
    )


def _verdicts(snapshot: Snapshot) -> dict[str, int]:
    found = reader.rows(
        snapshot,
        f"select case when {ranking.RATED} then verdict else '灰' end as word, count(*) as n"  # noqa: S608 - fixed text
        " from ratings group by 1",
    )
    return {r["word"]: r["n"] for r in found}


def _by(snapshot: Snapshot, column: str) -> dict[str, int]:
    """Sites by the value of a column; the column's name is written in this file."""
    found = reader.rows(snapshot, f"select {column} as value, count(*) as n from ratings group by 1")  # noqa: S608
    return {r["value"]: r["n"] for r in found}


def _most_complaints(snapshot: Snapshot) -> list[dict]:
    return reader.rows(
        snapshot, "select * from ratings where complaints_30d > 0 order by complaints_30d desc, host limit 20"
    )
