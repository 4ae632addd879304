"""The dossier of a site, an operator or a cluster of linked sites, as sections of a paper (dashboard/help/documents.py), in Chinese or English.

Made of the published snapshot and nothing else: every sentence of ours cites its evidence by number, and the numbers are listed at the end
with source, day and hash. It states what was observed and which provisions that touches; it concludes nothing for an authority.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.groups import clusters
from dashboard.help.deadlines import fact, read_in
from dashboard.help.documents import Section
from dashboard.presenters.formatting import day, ends, interval_of, join_words, moment, number, percent
from dashboard.presenters.translations import pick, say, word
from dashboard.presenters.verdict_card import card_for
from scoring.snapshot.reader import SIGNATURE, Snapshot, whole_points
from store.text.query import parse_query
from store.text.safe_text import in_number, plain

LAW = {
    **dict.fromkeys(
        ("drop_rate", "complaint_index", "drop_overrepresented", "order_backlog"), ("deliver", "breach")
    ),
    **dict.fromkeys(("promises_kept", "void_after_delivery"), ("contract", "breach")),
    "refund_delay": ("refund_15",),
    "withdrawal_trouble": ("prepaid",),
    **dict.fromkeys(
        ("reply_rate", "completion_rate", "repair_time", "unreachable_share"), ("dispute_routes",)
    ),
    **dict.fromkeys(
        ("icp_filing", "filing_number", "identity_match", "licence_claim"), ("closing", "seller_identity")
    ),
    **dict.fromkeys(("funds_terms", "void_terms", "silent_edits"), ("void_terms",)),
    "availability": ("closing",),
}
"""Indicator → the provisions its concern touches (dashboard/help/legal_facts.toml says article, text and when it was read)."""
MOST = 300
"""Pieces of evidence listed in a dossier; what is left out is counted."""
MOST_SITES = 20
"""Sites of an operator or cluster told one by one."""


@dataclass(frozen=True)
class Subject:
    """Whom a dossier is about: `kind` site, operator or cluster, what it is called, and its sites."""

    kind: str
    name: str
    hosts: tuple[str, ...]


class Numbered:
    """Evidence numbered as it is cited: E1, E2 …"""

    def __init__(self, claims: Sequence[dict[str, Any]]) -> None:
        """`claims` are the rows of the table evidence."""
        self.known = {c["id"]: c for c in claims}
        self.cited: dict[str, int] = {}

    def mark(self, ids: Sequence[str] | None) -> str:
        """ " [E1, E4–E9]" of these ids, as many as the list at the end has room for; nothing where none is published."""
        ids = list(dict.fromkeys(ids or ()))
        room = MOST - len(self.cited)
        shown = [i for i in ids if i in self.cited or (i in self.known and (room := room - 1) >= 0)]
        numbers = sorted(self.cited.setdefault(i, len(self.cited) + 1) for i in shown)
        marks: list[list[int]] = []
        for n in numbers:
            if marks and n == marks[-1][1] + 1:
                marks[-1][1] = n
            else:
                marks.append([n, n])
        words = [f"E{a}" if a == b else f"E{a}–E{b}" for a, b in marks]
        more = len(ids) - len(shown)
        return f" [{', '.join(words)}{f' +{more}' if more > 0 else ''}]" if words else ""


def subject_of(snapshot: Snapshot, target: str, kind: str = "") -> Subject | None:
    """Whom `target` means, a site or an operator's name or code; with `kind` operator or cluster, those of the site it names."""
    host = parse_query(target).host
    row = snapshot.site(host) if host else None
    if row is None:
        hosts = _of_operator(snapshot, target.strip(), target.strip())
        return Subject("operator", target.strip(), hosts) if hosts and kind != "cluster" else None
    if kind == "operator":
        name = row["operator"] or row["operator_uscc"]
        hosts = _of_operator(snapshot, row["operator"], row["operator_uscc"]) if name else ()
        return Subject("operator", name, hosts) if hosts else None
    if kind == "cluster":
        known = clusters.cluster(snapshot, row["host"])
        return Subject("cluster", row["host"], known.hosts if known else (row["host"],))
    return Subject("site", row["host"], (row["host"],))


def _of_operator(snapshot: Snapshot, name: str | None, code: str | None) -> tuple[str, ...]:
    rows = snapshot.rows(
        "select host from ratings where lower(operator) = lower(?) or operator_uscc = upper(?) order by host",
        [name or "", code or ""],
    )
    return tuple(row["host"] for row in rows)


def dossier(
    snapshot: Snapshot, subject: Subject, lang: str, now: dt.datetime
) -> tuple[str, list[Section], int]:
    """Title, sections, and how many pieces of evidence they cite."""
    hosts = subject.hosts
    evidence = Numbered(snapshot.rows("select * from evidence where list_contains(?, host)", [list(hosts)]))
    called = {
        "site": (subject.name, subject.name),
        "operator": (f"运营主体 {subject.name}", f"operator {subject.name}"),
        "cluster": (f"{subject.name} 的关联网站群", f"the cluster of {subject.name}"),
    }[subject.kind]
    title = f"Dossier: {called[1]}" if lang == "en" else f"{called[0]} 观察档案"
    sections = [about(snapshot, hosts, lang, now)]
    if subject.kind != "site":
        sections += _group(snapshot, subject, lang, evidence)
    for host in _worst(snapshot, hosts)[:MOST_SITES]:
        sections += _site(snapshot, host, lang, evidence)
    sections += [*_provisions(snapshot, hosts, lang), _notify(snapshot, hosts, lang, evidence)]
    sections += [listed(evidence, lang), closing(lang)]
    return title, [s for s in sections if s.lines or s.table], len(evidence.cited)


def _worst(snapshot: Snapshot, hosts: Sequence[str]) -> list[str]:
    rows = snapshot.rows(
        "select host from ratings where list_contains(?, host) order by tier desc nulls last, score nulls last, host",
        [list(hosts)],
    )
    return [row["host"] for row in rows]


def _group(snapshot: Snapshot, subject: Subject, lang: str, evidence: Numbered) -> list[Section]:
    """What only several sites have: their names over time, what joins them, one timeline."""
    rows = snapshot.rows(
        "select * from ratings where list_contains(?, host) order by first_seen_on, host",
        [list(subject.hosts)],
    )
    heads = (("网站", "site"), ("名称与别名", "names"), ("最早见到", "first seen"), ("资金链状态，自", "cash-flow state, since"),
             ("备案号", "filing"), ("运营主体", "operator"))  # fmt: skip
    head = [t(lang, *pair) for pair in heads]
    table = [head] + [
        [
            row["host"],
            join_words(dict.fromkeys(filter(None, (row["name"], *(row["aliases"] or ())))), lang) or "—",
            day(row["first_seen_on"], lang),
            f"{word(lang, 'warning', row['warning_state'])} {row['warning_since'] or ''}",
            row["filing_number"] or "—",
            row["operator"] or "—",
        ]
        for row in rows
    ]
    links = snapshot.rows(
        "select * from links where list_contains(?, host) and list_contains(?, other) order by since, host, other",
        [list(subject.hosts)] * 2,
    )
    pairs = [link for link in links if link["host"] < link["other"]]
    linked = [sourced(f"{link['host']} – {_link(link, lang, evidence)}", "links") for link in pairs]
    lines = []
    for host in subject.hosts:
        lines += [(on, labelled(lang, host, line)) for on, line in _events(snapshot, host, lang, evidence)]
    left = len(subject.hosts) - MOST_SITES
    note = {
        "operator": t(
            lang,
            f"{len(rows)} 个网站由登记机关、手工录入或网站自己的页脚归到这一名下；谁说的见各网站“对象”一节。",
            f"{len(rows)} site(s) [is|are] under this name by the registry, by hand or by their own footers; who says so stands under “Who” of each site.",
        ),
        "cluster": t(
            lang,
            f"{len(rows)} 个网站由关联线索连在一起：每条关联至少有两类不同的依据。关联不等于同一主体，也不计入评分。",
            f"{len(rows)} site(s) [is|are] joined by links, each of which rests on two different kinds of grounds at least. Linked does not mean one operator, and counts in no score.",
        ),
    }[subject.kind]
    more = t(lang, f"以下分述最值得注意的 {MOST_SITES} 个，其余 {left} 个只列在表里。", f"The {MOST_SITES} of most concern follow one by one; {left} more stand in this table only.")  # fmt: skip
    return [
        Section(t(lang, "先后名称与网站", "Names over time, and sites"), [sourced(note, {"operator": "ratings", "cluster": "clusters"}[subject.kind]), *([more] if left > 0 else [])], table),
        Section(t(lang, "把它们连在一起的", "What joins them"), linked or [t(lang, "没有发现网站之间的关联。", "No links between these sites were found.")]),
        Section(t(lang, "合并时间线", "One timeline"), [line for _, line in sorted(lines)] or [none(lang)]),
    ]  # fmt: skip


def t(lang: str, zh: str, en: str) -> str:
    """One of two wordings of ours, the English one with noun(s) in the number of the count before them; what a site calls itself stays out."""
    return in_number(en) if lang == "en" else zh


def sourced(line: str, table: str) -> str:
    """A sentence with its source: the evidence it cites, else the table of the snapshot it was read from."""
    return line if re.search(r" \[E\d[^\]]*\]", line) else f"{line} [{table}]"


def labelled(lang: str, name: str, words: str) -> str:
    """A name, a colon, and what is said of it."""
    return f"{name}{t(lang, '：', ': ')}{words}"


def none(lang: str) -> str:
    """What stands in an empty section."""
    return t(lang, "没有。", "None.")


def about(snapshot: Snapshot, hosts: Sequence[str], lang: str, now: dt.datetime) -> Section:
    """Of which data a paper is made, how it is to be read and checked."""
    manifest = snapshot.manifest
    signed = (snapshot.path / SIGNATURE).is_file()
    stamped = sorted(p.name.rpartition("@")[2] for p in snapshot.path.parent.glob(f"{snapshot.path.name}@*"))
    lines = [
        t(
            lang,
            f"数据截至 {manifest.get('as_of')}，快照 {snapshot.id}，方法 {manifest.get('method_version')}，生成于 {moment(now, lang)}（北京时间）。",
            f"Data up to {manifest.get('as_of')}, snapshot {snapshot.id}, method {manifest.get('method_version')}; made {moment(now, lang)} (Beijing).",
        ),
        t(
            lang,
            "方括号里的编号指文末的证据表；方括号里的英文名是本快照的表，由所写版本的方法从证据算出，口径见“数字与口径”。带区间的数字是估计，其余是计数。投诉是单方说法，不是事实；本文陈述观测到的事实与涉及的条文，不替任何机关下结论。",
            "Numbers in brackets refer to the list of evidence at the end; a name in brackets is a table of this snapshot, "
            "computed from the evidence by the method named, and counts what “Figures and what they count” says. Figures with an interval are estimates, the others counts. A complaint is one side's "
            "claim, not a fact. What was observed is stated, with the provisions it touches; nothing is concluded for any authority.",
        ),
        t(
            lang,
            f"快照{'已签名' if signed else '未签名'}，时间戳 {len(stamped)} 份；核对：kamengwatch verify --snapshots … --key …",
            f"The snapshot is {'signed' if signed else 'not signed'} and has {len(stamped)} time stamps; check: kamengwatch verify --snapshots … --key …",
        ),
    ]
    if manifest.get("demo"):
        lines.insert(
            0,
            t(lang, "演示数据：网站与事件都是虚构的。", "Demonstration data: sites and events are made up."),
        )
    if len(hosts) > 1:
        lines.append(t(lang, f"包括网站：{'、'.join(hosts)}", f"Sites: {', '.join(hosts)}"))
    return Section(t(lang, "说明", "About"), lines)


def _site(snapshot: Snapshot, host: str, lang: str, evidence: Numbered) -> list[Section]:
    row, card = snapshot.site(host), card_for(snapshot, host, lang)
    assert row is not None and card is not None
    findings = snapshot.of("findings", host, "indicator")
    unknown = {
        pick(f, "title", lang) or "": pick(f, "sentence", lang) or ""
        for f in findings
        if f["outcome"] in ("unknown", "hidden")
    }
    return [
        _who(snapshot, row, lang, evidence),
        _stand(snapshot, row, card, lang, evidence),
        _timeline(snapshot, host, lang, evidence),
        Section(
            f"{host} · {t(lang, '发现的问题', 'Findings of concern')}",
            [_finding(f, lang, evidence) for f in findings if _is_told(f)] or [none(lang)],
        ),
        _figures(snapshot, host, lang),
        _links(snapshot, host, lang, evidence),
        _reply(snapshot, host, lang),
        Section(
            f"{host} · {t(lang, '不知道的', 'What is not known')}",
            [
                *(sourced(spot, "ratings") for spot in card.blind_spots if spot not in unknown),
                *(sourced(labelled(lang, *pair), "findings") for pair in unknown.items()),
            ],
        ),
    ]


def _is_told(finding: dict[str, Any]) -> bool:
    """A cap is a rule of the method, told with the score: no finding about the site."""
    known = finding["dimension"] or finding["indicator"] in LAW
    return bool(finding["outcome"] == "concern" and known)


def _who(snapshot: Snapshot, row: dict[str, Any], lang: str, evidence: Numbered) -> Section:
    aliases = join_words(row["aliases"] or (), lang) or "—"
    software = " ".join(filter(None, (row["software"], row["software_version"]))) or t(
        lang, "未知", "unknown"
    )
    asked = snapshot.rows(
        "select id from evidence where host = ? and kind = 'filing' order by seen_at desc limit 1",
        [row["host"]],
    )
    filing = " ".join(
        filter(
            None,
            (
                word(lang, "filing", row["filing_state"]),
                row["filing_number"],
                word(lang, "province", row["filing_province"]),
            ),
        )
    )
    operator = " ".join(filter(None, (row["operator"], row["operator_uscc"]))) or t(lang, "未知", "unknown")
    lines = [
        f"Site: {row['host']}; name: {row['name'] or '—'}; other names and hosts: {aliases}" if lang == "en" else f"网站：{row['host']}；名称：{row['name'] or '—'}；其他名称与域名：{aliases}",
        f"Operator: {operator} (as handed in or on record; natural persons are not named)" if lang == "en" else f"运营主体：{operator}（手工录入或登记机关所示；自然人不记姓名）",
        t(
            lang,
            f"备案：{filing}（核对于 {day(row['filing_checked_on'], lang)}）",
            f"Filing: {filing} (checked {day(row['filing_checked_on'], lang)})",
        ) + evidence.mark([claim["id"] for claim in asked]),
        f"Software: {software}; first seen by this project: {day(row['first_seen_on'], lang)}" if lang == "en" else f"软件：{software}；本项目最早见到：{day(row['first_seen_on'], lang)}",
    ]  # fmt: skip
    lines = [sourced(line, "ratings") for line in lines]
    for said in snapshot.of("identity", row["host"], "aspect"):
        if sentence := pick(said, "sentence", lang):
            lines.append(sourced(plain(sentence, 400) + evidence.mark(said["evidence"]), "identity"))
    return Section(f"{row['host']} · {t(lang, '对象', 'Who')}", lines)


def _stand(snapshot: Snapshot, row: dict[str, Any], card: Any, lang: str, evidence: Numbered) -> Section:
    moves = snapshot.of("warnings", row["host"], "on")
    moved = evidence.mark(moves[-1]["evidence"]) if moves and card.warning else ""
    interval = interval_of(row)
    score = t(lang, "无", "none")
    if row["score"] is not None:
        score = str(whole_points(row["score"])) + (
            t(lang, f"（90% 区间 {ends(interval)}）", f" (90% interval {ends(interval)})")
            if interval
            else t(lang, "（由上限规则决定，没有区间）", " (set by a cap, no interval)")
        )
    lines = [
        labelled(lang, card.word, card.sentence),
        *([card.why] if card.why else []),
        t(lang, f"评分：{score}；等级 {row['grade'] or 'NR'}；证据充分度 {whole_points(row['coverage'] or 0)}%", f"Score: {score}; grade {row['grade'] or 'NR'}; coverage {whole_points(row['coverage'] or 0)}%"),
        t(lang, f"资金链状态：{card.warning}", f"Cash-flow state: {card.warning}") + moved,
        t(lang, f"掉单率：{card.drop_rate}", f"Drop rate: {card.drop_rate}"),
        *([card.lose] if card.lose else []),
    ]  # fmt: skip
    lines += [f"{reason.text}{evidence.mark(reason.evidence)}" for reason in card.reasons]
    return Section(
        f"{row['host']} · {t(lang, '现状', 'Where it stands')}",
        [sourced(plain(line, 600), "ratings") for line in lines if line],
    )


def _timeline(snapshot: Snapshot, host: str, lang: str, evidence: Numbered) -> Section:
    lines = [line for _, line in _events(snapshot, host, lang, evidence)]
    return Section(f"{host} · {t(lang, '时间线', 'Timeline')}", lines or [none(lang)])


def _events(snapshot: Snapshot, host: str, lang: str, evidence: Numbered) -> list[tuple[dt.date, str]]:
    """(day, sentence) of what happened at a site and not at ours, in order."""
    moves = [
        (m["on"], sourced(_move(m, lang, evidence), "warnings")) for m in snapshot.of("warnings", host, "on")
    ]
    changes = [
        (c["on"], sourced(f"{c['on']} {plain(pick(c, 'sentence', lang) or '', 400)}", "changes"))
        for c in snapshot.of("changes", host, "on")
        if c["cause"] == "world" and c["what"] != "warning_state" and pick(c, "sentence", lang)
    ]
    gone = [
        (m["on"], sourced(_new_address(m, lang, evidence), "moves")) for m in snapshot.of("moves", host, "on")
    ]
    return sorted([*_beginnings(snapshot, host, lang, evidence), *gone, *moves, *changes])


def _beginnings(snapshot: Snapshot, host: str, lang: str, evidence: Numbered) -> list[tuple[dt.date, str]]:
    """Since when there is a site: the domain's registration, and the first day we know it."""
    row = snapshot.site(host)
    age = snapshot.rows("select value from figures where host = ? and name = 'domain_days' limit 1", [host])
    said = snapshot.rows(
        "select id from evidence where host = ? and kind = 'registration' order by id limit 3", [host]
    )
    found = []
    if row and row["as_of"] and age and age[0]["value"] is not None:
        on = row["as_of"] - dt.timedelta(days=int(age[0]["value"]))
        found.append(
            (
                on,
                sourced(
                    f"{on} {t(lang, '域名注册（登记机关所示）。', 'The domain was registered, by the registry.')}{evidence.mark([c['id'] for c in said])}",
                    "figures",
                ),
            )
        )
    if row and row["first_seen_on"]:
        on = row["first_seen_on"]
        found.append(
            (
                on,
                sourced(
                    f"{on} {t(lang, '本项目最早见到该网站。', 'First seen by this project.')}", "ratings"
                ),
            )
        )
    return found  # fmt: skip


def _move(move: dict[str, Any], lang: str, evidence: Numbered) -> str:
    before, after = (word(lang, "warning", move[key]) for key in ("from_state", "to_state"))
    why = plain(pick(move, "reason", lang) or "", 400)
    return labelled(lang, f"{move['on']} {before} → {after}", f"{why}{evidence.mark(move['evidence'])}")


def _new_address(move: dict[str, Any], lang: str, evidence: Numbered) -> str:
    """Where a site leads, what it announces, or which name a certificate gives beside its own."""
    to = move["to_host"]
    words = {
        "redirect": t(lang, f"跳转到 {to}。", f"It redirects to {to}."),
        "notice": t(lang, f"公告新地址 {to}。", f"It announces the new address {to}."),
        "certificate": t(lang, f"证书上同时写有 {to}。", f"A certificate names {to} beside it."),
    }
    return f"{move['on']} {words[move['via']]}{evidence.mark(move['evidence'])}"


def _finding(row: dict[str, Any], lang: str, evidence: Numbered) -> str:
    cites = "".join(fact(name).named(lang) for name in LAW.get(row["indicator"], ()))
    touches = t(lang, f" 涉及{cites}", f" Touches{cites}") if cites else ""
    limits = (
        f" {t(lang, '局限：', 'Limits: ')}{plain(pick(row, 'limits', lang) or '', 300)}"
        if pick(row, "limits", lang)
        else ""
    )
    said = f"{sourced(plain(pick(row, 'sentence', lang), 500) + evidence.mark(row['evidence']), 'findings')}{touches}{limits}"
    return labelled(lang, pick(row, "title", lang) or "", said)


_UNITS = {
    "clauses": ("种", ""), "complaints": ("起", "complaints"), "days": ("天", "days"), "edits": ("次", "edits"), "issues": ("个", "issues"),
    "mentions": ("次", "mentions"), "orders": ("单", "orders"), "products": ("种", "products"), "promises": ("种", "promises"),
    "ratio": ("倍", "times"), "records": ("条", "records"), "sites": ("个", "sites"), "times": ("次", "times"),
}  # fmt: skip
_BOUNDS = {"drop_rate_estimate": "drop_rate", "drop_rate_relative": "drop_rate_relative"}
"""Estimates → the columns of the rating that hold their interval."""


def _figures(snapshot: Snapshot, host: str, lang: str) -> Section:
    """Every figure a sentence about the site states, with what it counts, its base and window or its interval."""
    pairs = (
        ("数什么", "what it counts"),
        ("值", "value"),
        ("依据", "basis"),
        ("窗口", "window"),
        ("figures 表中的名称", "name in the table figures"),
    )
    table = [[t(lang, *pair) for pair in pairs]]
    row = snapshot.site(host) or {}
    defined = snapshot.method().get("figures") or {}
    stated = {f["name"]: f for f in snapshot.of("figures", host, "name") if f["name"] in defined}
    for name, figure in sorted(stated.items()):
        if name.endswith(("_low", "_high")) and name.rpartition("_")[0] in stated:
            continue
        window = f"{figure['since']} – {figure['until']}" if figure["since"] and figure["until"] else "—"
        basis = "—"
        if figure["of"] is not None and figure["n"] is not None:
            basis = f"{number(figure['n'])}/{number(figure['of'])}"
        elif (low := row.get(f"{_BOUNDS.get(name)}_low")) is not None:
            high = row[f"{_BOUNDS[name]}_high"]
            basis = t(lang, "90% 区间 ", "90% interval ") + "–".join(
                _valued(v, figure["unit"], lang) for v in (low, high)
            )
        meaning = defined[name]["en" if lang == "en" else "zh"]
        table.append([meaning, _valued(figure["value"], figure["unit"], lang), basis, window, name])
    return Section(
        f"{host} · {t(lang, '数字与口径', 'Figures and what they count')}",
        table=table if len(table) > 1 else [],
    )


def _valued(value: float, unit: str, lang: str) -> str:
    if unit == "share":
        return percent(value)
    return (
        f"{value:.3g} {t(lang, *_UNITS.get(unit, (unit, unit)))}".strip()
        if value < 1000
        else f"{number(value)} {t(lang, *_UNITS.get(unit, (unit, unit)))}"
    )


def _links(snapshot: Snapshot, host: str, lang: str, evidence: Numbered) -> Section:
    lines = [sourced(_link(row, lang, evidence), "links") for row in snapshot.of("links", host, "other")]
    return Section(
        f"{host} · {t(lang, '关联网站（不计分）', 'Linked sites (not scored)')}", lines or [none(lang)]
    )


def _link(row: dict[str, Any], lang: str, evidence: Numbered) -> str:
    sure = percent(row["confidence"] or 0)
    how = t(
        lang,
        f"{row['other']}（{word(lang, 'relation', row['relation'])}，自 {day(row['since'], lang)}，把握 {sure}）",
        f"{row['other']} ({word(lang, 'relation', row['relation'])}, since {day(row['since'], lang)}, confidence {sure})",
    )
    return labelled(
        lang, how, f"{plain(pick(row, 'reason', lang) or '', 300)}{evidence.mark(row['evidence'])}"
    )


def _reply(snapshot: Snapshot, host: str, lang: str) -> Section:
    lines = [
        sourced(labelled(lang, str(row["on"]), f"“{plain(row['text'], 2000)}”"), "responses")
        for row in snapshot.of("responses", host, "on")
    ]
    lines = lines or [
        t(
            lang,
            "没有收到网站的回应；它随时可以回应，回应会原样刊出。",
            "No reply of the site was received; it may reply at any time and is quoted as it stands.",
        )
        + " [responses]"
    ]
    lines += [
        t(
            lang,
            f"异议（{row['about']}）：{row['received_on']} 收到，结果 {row['outcome'] or '未定'}",
            f"Objection ({row['about']}): received {row['received_on']}, outcome {row['outcome'] or 'pending'}",
        )
        + " [disputes]"
        for row in snapshot.of("disputes", host, "received_on")
    ]
    lines += [
        f"{row['on']} {t(lang, '更正：', 'Correction: ')}{pick(row, 'sentence', lang)} [corrections]"
        for row in snapshot.of("corrections", host, "on")
    ]
    return Section(f"{host} · {t(lang, '网站的回应', 'The site’s reply')}", lines)


def _provisions(snapshot: Snapshot, hosts: Sequence[str], lang: str) -> list[Section]:
    """Each provision touched, with the findings that touch it: also the list an authority would go through."""
    touched: dict[str, list[str]] = {}
    for host in hosts:
        for row in snapshot.of("findings", host, "indicator"):
            for name in LAW.get(row["indicator"], ()) if _is_told(row) else ():
                touched.setdefault(name, []).append(f"{host} {pick(row, 'title', lang)}")
    lines = [
        f"{fact(name).text(lang)}{fact(name).cite(lang)} {t(lang, '涉及：', 'Touched by: ')}{t(lang, '；', '; ').join(who)}"
        for name, who in touched.items()
    ]
    return [Section(t(lang, "涉及的条文", "Provisions touched"), lines or [none(lang)])]


def _notify(snapshot: Snapshot, hosts: Sequence[str], lang: str, evidence: Numbered) -> Section:
    """Whom one may tell of these sites, with what it is known from; a role nobody is known for says so."""
    heads = ("notify.role", "notify.who", "notify.from", "word.site", "word.date")
    table = [[say(lang, key) for key in heads]]
    for row in clusters.whom_to_notify(snapshot, hosts):
        about = (
            t(lang, "全部", "all") if len(row["hosts"]) == len(hosts) else join_words(row["hosts"][:6], lang)
        )
        table.append(
            [
                word(lang, "notify_role", row["role"]),
                row["name"] or say(lang, "word.unknown"),
                sourced(
                    plain(pick(row, "sentence", lang) or "", 300) + evidence.mark(row["evidence"]), "notify"
                ),
                about,
                day(row["observed_on"], lang) if row["observed_on"] else "—",
            ]
        )
    return Section(say(lang, "notify.title"), [say(lang, "notify.note")], table if len(table) > 1 else [])  # fmt: skip


def listed(evidence: Numbered, lang: str) -> Section:
    """The evidence by number, with source, days and hash."""
    head = [
        t(lang, *pair)
        for pair in (
            ("编号", "no."),
            ("内容", "claim"),
            ("来源", "source"),
            ("事件日", "event"),
            ("看到", "seen"),
            ("链接与 SHA-256", "link and SHA-256"),
        )
    ]
    cited = sorted(evidence.cited.items(), key=lambda pair: pair[1])
    table = [head]
    for id_, n in cited:
        claim = evidence.known[id_]
        where = " ".join(filter(None, (claim["link"], claim["sha256"]))) or id_
        table.append(
            [
                f"E{n}",
                f"{pick(claim, 'claim', lang)} ({claim['tier']})",
                claim["source"],
                day(claim["event_on"], lang),
                day(claim["seen_at"], lang),
                where,
            ]
        )
    note = t(
        lang,
        "级别：A 登记机关，B 本项目存档，C 公开投诉，D 人工提供。方括号里 +n 表示还有 n 条同类证据没有列在这里，见快照的 evidence 表。",
        "Tiers: A official record, B archived by this project, C public complaint, D handed in. +n in brackets: n more of the kind are not listed here; the snapshot's table `evidence` has them.",
    )
    return Section(t(lang, "证据", "Evidence"), [note], table)


def closing(lang: str) -> Section:
    """Where the law was read."""
    return Section(t(lang, "条文出处", "Where the provisions were read"), [read_in(lang)])
