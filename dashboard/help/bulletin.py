"""The bulletins of finished weeks and months in words, and the list of sites by the provision touched. Reads the snapshot alone.

A bulletin's facts were written once, by the first publication after its period (scoring/publish/bulletins.py); here they get their sentences.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.help.citations import Citations, labelled, listed, none, t
from dashboard.help.deadlines import Fact, fact
from dashboard.help.documents import Section
from dashboard.help.dossier import laws_of
from dashboard.presenters.formatting import number, percent
from dashboard.presenters.translations import pick, word
from scoring.snapshot.reader import SERIOUS_FIRST, Snapshot
from store.text.safe_text import plain

ID = re.compile(r"(?:week|month)-\d{4}-\d\d-\d\d")
_LARGEST = 5_000_000
_NEVER = ("never", "not_configured")


@dataclass(frozen=True)
class Provision:
    """A provision and the published findings that touch it, by site."""

    fact: Fact
    rows: tuple[dict[str, Any], ...]


def ids(snapshot: Snapshot) -> list[str]:
    """The bulletins of a snapshot, the newest period first, a month before the week that ends with it."""
    found = [file.stem for file in (snapshot.whole / "bulletins").glob("*.json") if ID.fullmatch(file.stem)]
    return sorted(found, key=lambda id_: (_until(id_), id_.startswith("month")), reverse=True)


def _until(id_: str) -> str:
    kind, _, since = id_.partition("-")
    first = dt.date.fromisoformat(since)
    if kind == "week":
        return str(first + dt.timedelta(days=6))
    return str((first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1))


def facts_of(snapshot: Snapshot, id_: str) -> dict[str, Any] | None:
    """What a bulletin holds; None where there is none of this id."""
    file = snapshot.file(f"bulletins/{id_}.json")
    if not ID.fullmatch(id_) or not file.is_file() or file.is_symlink() or file.stat().st_size > _LARGEST:
        return None
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict):
        return None
    for claim in told["evidence"]:
        claim["event_on"] = dt.date.fromisoformat(claim["event_on"]) if claim["event_on"] else None
        claim["seen_at"] = dt.datetime.fromisoformat(claim["seen_at"]) if claim["seen_at"] else None
    return told


def title(told: dict[str, Any], lang: str) -> str:
    """What a bulletin is called."""
    kind = {"week": ("周报", "Weekly bulletin"), "month": ("月报", "Monthly bulletin")}[told["kind"]]
    return t(lang, f"卡盟信用观察{kind[0]} {told['since']} 至 {told['until']}", f"{kind[1]} {told['since']} to {told['until']}")  # fmt: skip


def is_empty(told: dict[str, Any]) -> bool:
    """Whether nothing happened to any site in the period."""
    return not any(told["counts"][name] for name in ("closures", "moves", "changes", "corrections"))


def sections(told: dict[str, Any], lang: str, demo: bool) -> list[Section]:
    """A bulletin in words: what it rests on, new closures, what changed worst first, the sector, corrections, evidence."""
    evidence = Citations(told["evidence"], {s["source"]: s for s in told["sources"]})
    counts = told["counts"]
    parts = [
        Section(t(lang, "说明", "About"), _about(told, lang, demo)),
        Section(
            t(lang, "新停运", "New closures"),
            [_move(m, lang, evidence) for m in told["closures"]] or [none(lang)],
        ),
        Section(
            t(lang, "状态变化（最值得注意的在前）", "Changes of state, of most concern first"),
            [_move(m, lang, evidence) for m in told["moves"]] or [none(lang)],
        ),
        Section(t(lang, "行业", "Sector"), _sector(told, lang)),
        Section(
            t(lang, "其他变化（由站外事实引起）", "Other changes, caused by the world"),
            [_change(c, lang) for c in told["changes"]]
            or [none(lang)],
        ),
        Section(
            t(lang, "更正", "Corrections"),
            [_change(c, lang) for c in told["corrections"]]
            or [none(lang)],
        ),
    ]  # fmt: skip
    for part, name in zip((parts[1], parts[2], parts[4], parts[5]), ("closures", "moves", "changes", "corrections"), strict=True):  # fmt: skip
        if left := counts[name] - len(told[name]):
            part.lines.append(
                t(lang, f"另有 {left} 条，见快照的表。", f"{left} more stand in the snapshot's tables.")
            )
    return [*parts, *listed(evidence, lang)]


def paper(told: dict[str, Any], lang: str, demo: bool) -> tuple[str, list[Section]]:
    """Title and sections of a bulletin that is handed on as a file."""
    return title(told, lang), [s for s in sections(told, lang, demo) if s.lines or s.table]


def _about(told: dict[str, Any], lang: str, demo: bool) -> list[str]:
    counts = told["counts"]
    lines = (
        [t(lang, "演示数据：网站与事件都是虚构的。", "Demonstration data: sites and events are made up.")]
        if demo
        else []
    )
    lines.append(
        t(
            lang,
            f"期间 {told['since']} 至 {told['until']}，按截至 {told['as_of']} 的数据、方法 {told['method_version']} 写成，此后不再改动；以后的更正写进它发生那一期。",
            f"{told['since']} to {told['until']}, written from data up to {told['as_of']} by method {told['method_version']} and not changed since; later corrections stand in the bulletin of their own period.",
        )
    )
    if is_empty(told):
        lines.append(
            t(
                lang,
                "这一期没有网站变动，也没有更正。没有变动不等于没有问题：没看到的列在下面。",
                "No site changed in this period and nothing was corrected. No change does not mean no trouble: what was not seen is listed below.",
            )
        )
    if counts["interrupted"]:
        lines.append(
            t(
                lang,
                f"{counts['interrupted']} 个网站在期间数据中断：它们的平静说明不了什么。",
                f"Data of {counts['interrupted']} site(s) [was|were] interrupted in the period: their calm says nothing.",
            )
        )
    failing = [s for s in told["sources"] if s["health"] not in _NEVER]
    if failing:
        named = t(lang, "、", ", ").join(
            f"{pick(s, 'title', lang) or s['source']}{t(lang, '（', ' (')}{word(lang, 'health', s['health'])}{t(lang, '）', ')')}"
            for s in failing
        )
        lines.append(
            t(
                lang,
                f"成文时没有正常工作的信息源：{named}。",
                f"Sources that were not working when this was written: {named}.",
            )
        )
    if never := len(told["sources"]) - len(failing):
        lines.append(
            t(
                lang,
                f"另有 {never} 个信息源没有启用或从未成功，它们看得见的这里都没有；见“运行状态”页。",
                f"{never} more source(s) [is|are] not set up or never worked: nothing they would show is in here; see the status page.",
            )
        )
    lines.append(
        t(
            lang,
            "投诉是单方说法，不是事实；带区间的数字是估计（90%），其余是计数。",
            "A complaint is one side's claim, not a fact; figures with an interval (90%) are estimates, the others counts.",
        )
    )
    return lines  # fmt: skip


def _move(move: dict[str, Any], lang: str, evidence: Citations) -> str:
    before, after = (word(lang, "warning", move[key]) for key in ("from_state", "to_state"))
    known = plain(move["name"] or "", 60)
    name = (
        t(lang, f"（{known}）", f" (“{known}”)" if not known.isascii() else f" ({known})")
        if known and known != move["host"]
        else ""
    )
    who = f"{move['on']} {plain(move['host'], 80)}{name} {before} → {after}"
    return labelled(
        lang, who, f"{plain(pick(move, 'reason', lang) or '', 400)}{evidence.mark(move['evidence'])}"
    )


def _change(change: dict[str, Any], lang: str) -> str:
    return labelled(
        lang, f"{change['on']} {plain(change['host'], 80)}", plain(pick(change, "sentence", lang) or "", 400)
    )


def _sector(told: dict[str, Any], lang: str) -> list[str]:
    found = told["sector"]
    lines = []
    order = [s for s in SERIOUS_FIRST if s in found["states"]["after"] or s in found["states"]["before"]]
    if order:
        parts = t(lang, "；", "; ").join(
            f"{word(lang, 'warning', s)} {number(found['states']['after'].get(s, 0))}"
            + t(
                lang,
                f"（期前 {number(found['states']['before'].get(s, 0))}）",
                f" ({number(found['states']['before'].get(s, 0))} before)",
            )
            for s in order
        )
        lines.append(
            t(lang, f"期末各资金链状态的网站数：{parts}。", f"Sites by cash-flow state at the end: {parts}.")
        )
    if "closed_share" in found:
        share, low, high = found["closed_share"]
        lines.append(
            t(
                lang,
                f"期前未停运的 {number(found['open_before'])} 个网站中停运 {found['closed']} 个：{percent(share)}（90% 区间 {percent(low)}–{percent(high)}）。",
                f"Of {number(found['open_before'])} site(s) not closed before, {found['closed']} closed: {percent(share)} (90% interval {percent(low)}–{percent(high)}).",
            )
        )
    if found["weeks"]:
        lines.append(
            t(
                lang,
                f"期间有整周 {found['weeks']} 周，全部网站的掉单投诉 {number(found['drops'])} 起",
                f"{found['weeks']} whole week(s): {number(found['drops'])} complaint(s) that what was paid for did not arrive, all sites together",
            )
            + _before(found, lang)
        )
        if unread := found.get("weeks_unread"):
            lines.append(
                t(
                    lang,
                    f"其中 {unread} 周没有读过投诉来源：那几周的投诉不在此数，不是没有。",
                    f"No source of complaints was read in {unread} week(s) of it: what was filed then is not in the count, which is not to say that there was none.",
                )
            )
    else:
        lines.append(
            t(
                lang,
                "期间没有可数的整周投诉。",
                "No whole week of complaints can be counted in the period.",
            )
        )
    lines += [
        t(
            lang,
            f"退款投诉提出 {r['days']} 天后仍未解决：{percent(r['value'])}（90% 区间 {percent(r['low'])}–{percent(r['high'])}，观察到那时的 {number(r['n'])} 起；按成文时的全部数据）。",
            f"Refund complaints still open after {r['days']} day(s): {percent(r['value'])} (90% interval {percent(r['low'])}–{percent(r['high'])}, {number(r['n'])} followed so long; all data when this was written).",
        )
        for r in found["refunds"]
        if r["low"] is not None
    ]
    return lines  # fmt: skip


def _before(found: dict[str, Any], lang: str) -> str:
    if "drops_before" not in found:
        return t(lang, "；前一期不足以比较。", "; the period before cannot be compared.")
    ratio = found["drops_ratio"]
    said = t(lang, f"，前一期 {number(found['drops_before'])} 起", f", {number(found['drops_before'])} in the period before")  # fmt: skip
    if ratio is None:
        return f"{said}{t(lang, '。', '.')}"
    return said + t(
        lang,
        f"，为前一期的 {ratio[0]:.2f} 倍（90% 区间 {ratio[1]:.2f}–{ratio[2]:.2f}）。",
        f", {ratio[0]:.2f} times as many (90% interval {ratio[1]:.2f}–{ratio[2]:.2f}).",
    )


def provisions(snapshot: Snapshot) -> list[Provision]:
    """Each provision that published findings touch, with the sites: the list an authority would go through. Most sites first."""
    laws = laws_of(snapshot)
    rows = snapshot.rows(
        """select f.host, r.name, f.indicator, f.title_zh, f.title_en, f.sentence_zh, f.sentence_en, f.evidence from findings f
        join ratings r using (host) where f.outcome = 'concern' and list_contains(?, f.indicator) order by f.host, f.indicator""",
        [sorted(name for name, named in laws.items() if named)],
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        for name in laws[row["indicator"]]:
            found.setdefault(name, []).append(row)
    touched = [Provision(fact(name), tuple(of)) for name, of in found.items()]
    return sorted(touched, key=lambda p: (-len({r["host"] for r in p.rows}), p.fact.id))


PROVISION_COLUMNS = ("law", "article", "text_zh", "text_en", "verified_on", "host", "name", "indicator", "sentence_zh", "sentence_en", "evidence")  # fmt: skip


def provision_rows(found: Sequence[Provision]) -> list[dict[str, Any]]:
    """The same as rows of a table, one a finding."""
    return [
        {"law": p.fact.law, "article": p.fact.article, "text_zh": p.fact.zh, "text_en": p.fact.en,
         "verified_on": p.fact.verified_on, **{k: row[k] for k in ("host", "name", "indicator", "sentence_zh", "sentence_en")},
         "evidence": row["evidence"]}
        for p in found for row in p.rows
    ]  # fmt: skip
