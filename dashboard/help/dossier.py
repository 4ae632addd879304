"""The dossier of a site, an operator or a cluster of linked sites, as sections of a paper (dashboard/help/documents.py), in Chinese or English.

Made of the published snapshot and nothing else: every sentence of ours cites its evidence by number, and the numbers are listed at the end
with source, day and hash. It states what was observed and which provisions that touches; it concludes nothing for an authority.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.groups import clusters
from dashboard.help.citations import Citations, labelled, listed, none, sentence, t, titles_of
from dashboard.help.deadlines import fact, read_in
from dashboard.help.documents import Section
from dashboard.presenters.formatting import day, ends, interval_of, join_words, moment, number, percent
from dashboard.presenters.translations import pick, say, word
from dashboard.presenters.verdict_card import card_for
from scoring.snapshot.reader import SIGNATURE, Snapshot, whole_points
from store.text.query import parse_query
from store.text.safe_text import plain

MOST_SITES = 20
"""Sites of an operator or cluster told one by one."""


@dataclass(frozen=True)
class Subject:
    """Whom a dossier is about: `kind` site, operator or cluster, what it is called, and its sites."""

    kind: str
    name: str
    hosts: tuple[str, ...]


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
    claims = snapshot.rows("select * from evidence where list_contains(?, host)", [list(hosts)])
    evidence = Citations(claims, titles_of(snapshot))
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
    sections += [*_provisions(snapshot, hosts, lang, evidence), _notify(snapshot, hosts, lang, evidence)]
    sections += [*listed(evidence, lang, snapshot), closing(lang)]
    return title, [s for s in sections if s.lines or s.table], len(evidence.cited)


def _worst(snapshot: Snapshot, hosts: Sequence[str]) -> list[str]:
    rows = snapshot.rows(
        "select host from ratings where list_contains(?, host) order by tier desc nulls last, score nulls last, host",
        [list(hosts)],
    )
    return [row["host"] for row in rows]


def _group(snapshot: Snapshot, subject: Subject, lang: str, evidence: Citations) -> list[Section]:
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
    linked = [evidence.sourced(f"{link['host']} – {_link(link, lang, evidence)}", "links") for link in pairs]
    lines = []
    for host in subject.hosts:
        for on, line in _events(snapshot, host, lang, evidence):
            lines.append((on, labelled(lang, f"{on} {host}", line.removeprefix(f"{on} "))))
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
        Section(t(lang, "先后名称与网站", "Names over time, and sites"), [evidence.sourced(note, {"operator": "ratings", "cluster": "clusters"}[subject.kind]), *([more] if left > 0 else [])], table),
        Section(t(lang, "把它们连在一起的", "What joins them"), linked or [t(lang, "没有发现网站之间的关联。", "No links between these sites were found.")]),
        Section(t(lang, "合并时间线", "One timeline"), [line for _, line in sorted(lines, key=lambda event: event[0])] or [none(lang)]),
    ]  # fmt: skip


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
            "方括号里是出处，文末逐一列出：E 是一条证据，T 是由证据算出的一张表。带区间的数字是估计，其余是计数，口径见“数字与口径”。",
            "Brackets give the source of a sentence, listed at the end: E is a piece of evidence, T a table computed from the evidence. "
            "Figures with an interval are estimates, the others counts; “Figures and what they count” says of what.",
        ),
        t(
            lang,
            "投诉是单方说法，不是事实；本文陈述观测到的事实与涉及的条文，不替任何机关下结论。",
            "A complaint is one side's claim, not a fact. What was observed is stated, with the provisions it touches; nothing is concluded for any authority.",
        ),
        t(
            lang,
            f"快照{'已签名，公钥在快照的 keys.json 里' if signed else '未签名'}；时间戳 {len(stamped)} 份。任何人都能核对：kamengwatch verify --snapshots 文件夹 --key 公钥.pem；能证明什么、不能证明什么，见 docs/trust.md。",
            f"The snapshot is {'signed, its public key stands in its keys.json' if signed else 'not signed'}; it has {len(stamped)} time stamp(s). Anybody can check it: kamengwatch verify --snapshots FOLDER --key PUBLIC.pem; docs/trust.md says what that proves and what not.",
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


def _site(snapshot: Snapshot, host: str, lang: str, evidence: Citations) -> list[Section]:
    row, card = snapshot.site(host), card_for(snapshot, host, lang)
    assert row is not None and card is not None
    findings = _findings(snapshot, host)
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
        _figures(snapshot, host, lang, evidence),
        _links(snapshot, host, lang, evidence),
        _reply(snapshot, host, lang, evidence),
        Section(
            f"{host} · {t(lang, '不知道的', 'What is not known')}",
            [
                *(
                    evidence.sourced(sentence(lang, spot), "ratings")
                    for spot in card.blind_spots
                    if spot not in unknown
                ),
                *(evidence.sourced(labelled(lang, *pair), "findings") for pair in unknown.items()),
            ],
        ),
    ]


def laws_of(snapshot: Snapshot) -> dict[str, list[str]]:
    """Indicator → the provisions its concern touches, as its definition names them (dashboard/help/legal_facts.toml has each)."""
    return {told["id"]: told.get("law") or [] for told in snapshot.method().get("indicators") or ()}


def _findings(snapshot: Snapshot, host: str) -> list[dict[str, Any]]:
    laws = laws_of(snapshot)
    return [
        row | {"law": laws.get(row["indicator"], [])} for row in snapshot.of("findings", host, "indicator")
    ]


def _is_told(finding: dict[str, Any]) -> bool:
    """A cap is a rule of the method, told with the score: no finding about the site."""
    known = finding["dimension"] or finding["law"]
    return bool(finding["outcome"] == "concern" and known)


def _who(snapshot: Snapshot, row: dict[str, Any], lang: str, evidence: Citations) -> Section:
    aliases = join_words(row["aliases"] or (), lang) or "—"
    version = row["software_version"] and t(
        lang, f"版本 {row['software_version']}", f"version {row['software_version']}"
    )
    software = t(lang, "，", ", ").join(
        filter(None, (word(lang, "software", row["software"]), version))
    ) or t(lang, "未知", "unknown")
    asked = snapshot.rows(
        "select id from evidence where host = ? and kind = 'filing' order by seen_at desc limit 1",
        [row["host"]],
    )
    filing = t(lang, "，", ", ").join(
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
        f"Shop software: {software}; first seen by this project: {day(row['first_seen_on'], lang)}" if lang == "en" else f"发卡软件：{software}；本项目最早见到：{day(row['first_seen_on'], lang)}",
    ]  # fmt: skip
    lines = [evidence.sourced(line, "ratings") for line in lines]
    for said in snapshot.of("identity", row["host"], "aspect"):
        if told := pick(said, "sentence", lang):
            lines.append(evidence.sourced(plain(told, 400) + evidence.mark(said["evidence"]), "identity"))
    return Section(f"{row['host']} · {t(lang, '对象', 'Who')}", lines)


def _stand(snapshot: Snapshot, row: dict[str, Any], card: Any, lang: str, evidence: Citations) -> Section:
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
        t(lang, f"信用分：{score}；等级 {row['grade'] or 'NR'}；证据充分度 {whole_points(row['coverage'] or 0)}%", f"Score: {score}; grade {row['grade'] or 'NR'}; coverage {whole_points(row['coverage'] or 0)}%"),
        t(lang, f"资金链状态：{card.warning}", f"Cash-flow state: {card.warning}") + moved,
        t(lang, f"掉单率：{card.drop_rate}", f"Drop rate: {card.drop_rate}"),
        *([card.lose] if card.lose else []),
    ]  # fmt: skip
    for cap in snapshot.of("findings", row["host"], "indicator"):
        if cap["indicator"] == f"cap_{row['score_cap']}":
            rule = labelled(
                lang, t(lang, "封顶的规则", "The rule that caps the score"), pick(cap, "sentence", lang) or ""
            )
            lines.append(evidence.sourced(rule, "findings"))
    lines += [f"{reason.text}{evidence.mark(reason.evidence)}" for reason in card.reasons]
    return Section(
        f"{row['host']} · {t(lang, '现状', 'Where it stands')}",
        [evidence.sourced(plain(line, 600), "ratings") for line in lines if line],
    )


def _timeline(snapshot: Snapshot, host: str, lang: str, evidence: Citations) -> Section:
    lines = [line for _, line in _events(snapshot, host, lang, evidence)]
    return Section(f"{host} · {t(lang, '时间线', 'Timeline')}", lines or [none(lang)])


def _events(snapshot: Snapshot, host: str, lang: str, evidence: Citations) -> list[tuple[dt.date, str]]:
    """(day, sentence) of what happened at a site and not at ours, in order."""
    moves = [
        (m["on"], evidence.sourced(_move(m, lang, evidence), "warnings"))
        for m in snapshot.of("warnings", host, "on")
    ]
    changes = [
        (c["on"], evidence.sourced(f"{c['on']} {plain(pick(c, 'sentence', lang) or '', 400)}", "changes"))
        for c in snapshot.of("changes", host, "on")
        if c["cause"] == "world" and c["what"] != "warning_state" and pick(c, "sentence", lang)
    ]
    gone = [
        (m["on"], evidence.sourced(_new_address(m, lang, evidence), "moves"))
        for m in snapshot.of("moves", host, "on")
    ]
    old = [
        (
            c["event_on"],
            f"{c['event_on']} {sentence(lang, plain(pick(c, 'claim', lang) or '', 300))}{evidence.mark([c['id']])}",
        )
        for c in snapshot.rows(
            "select * from evidence where host = ? and kind = 'mention' and source = 'archives' order by event_on, id",
            [host],
        )
    ]
    told = [*_beginnings(snapshot, host, lang, evidence), *old, *gone, *moves, *changes]
    return sorted(told, key=lambda event: event[0])


def _beginnings(snapshot: Snapshot, host: str, lang: str, evidence: Citations) -> list[tuple[dt.date, str]]:
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
                evidence.sourced(
                    f"{on} {t(lang, '域名注册（登记机关所示）。', 'The domain was registered, according to the registry.')}{evidence.mark([c['id'] for c in said])}",
                    "figures",
                ),
            )
        )
    if row and row["first_seen_on"]:
        on = row["first_seen_on"]
        found.append(
            (
                on,
                evidence.sourced(
                    f"{on} {t(lang, '本项目最早见到该网站。', 'First seen by this project.')}", "ratings"
                ),
            )
        )
    return found  # fmt: skip


def _move(move: dict[str, Any], lang: str, evidence: Citations) -> str:
    before, after = (word(lang, "warning", move[key]) for key in ("from_state", "to_state"))
    why = plain(pick(move, "reason", lang) or "", 400)
    return labelled(lang, f"{move['on']} {before} → {after}", f"{why}{evidence.mark(move['evidence'])}")


def _new_address(move: dict[str, Any], lang: str, evidence: Citations) -> str:
    """Where a site leads, what it announces, or which name a certificate gives beside its own."""
    to = move["to_host"]
    words = {
        "redirect": t(lang, f"跳转到 {to}。", f"It redirects to {to}."),
        "notice": t(lang, f"公告新地址 {to}。", f"It announces the new address {to}."),
        "certificate": t(lang, f"证书上同时写有 {to}。", f"A certificate names {to} beside it."),
    }
    return f"{move['on']} {words[move['via']]}{evidence.mark(move['evidence'])}"


def _finding(row: dict[str, Any], lang: str, evidence: Citations) -> str:
    cites = t(lang, "；", "; ").join(fact(name).name(lang) for name in row["law"])
    touches = t(lang, f" 涉及{cites}。", f" Touches: {cites}.") if cites else ""
    told = plain(pick(row, "limits", lang) or "", 2000)
    limits = f" {t(lang, '局限：', 'Limits: ')}{sentence(lang, told)}" if told else ""
    said = f"{evidence.sourced(plain(pick(row, 'sentence', lang), 2000) + evidence.mark(row['evidence']), 'findings')}{touches}{limits}"
    return labelled(lang, pick(row, "title", lang) or "", said)


_UNITS = {
    "clauses": ("种", ""), "complaints": ("起", "complaints"), "days": ("天", "days"), "edits": ("次", "edits"), "issues": ("个", "issues"),
    "mentions": ("次", "mentions"), "orders": ("单", "orders"), "products": ("种", "products"), "promises": ("种", "promises"),
    "ratio": ("倍", "times"), "records": ("条", "records"), "sites": ("个", "sites"), "times": ("次", "times"),
}  # fmt: skip
_BOUNDS = {"drop_rate_estimate": "drop_rate", "drop_rate_relative": "drop_rate_relative"}
"""Estimates → the columns of the rating that hold their interval."""


_TERMS = (
    "窗口含首尾两天；依据一栏是“其中多少/基数”。计数投诉：不算重复的、搁置的和垃圾信息；有效：当天看得到、没有撤回。名称是 figures 表里的名称，完整定义见 docs/figures.md。",
    "A window includes both its days; the basis is how many of how many. Counted complaints: without repetitions, those set aside, and spam. Standing: seen by the day of the "
    "data and not withdrawn. The name is that of the table figures; docs/figures.md defines each in full.",
)


def _figures(snapshot: Snapshot, host: str, lang: str, evidence: Citations) -> Section:
    """Every figure a sentence about the site states, with what it counts, its base and window or its interval."""
    pairs = (
        ("数什么", "what it counts"),
        ("值", "value"),
        ("依据", "basis"),
        ("窗口", "window"),
        ("名称", "name"),
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
            lower, upper = (_valued(v, figure["unit"], lang).partition(" ")[0] for v in (low, high))
            basis = t(lang, f"90% 区间 {lower}–{upper}", f"90% interval {lower}–{upper}")
        meaning = defined[name]["en" if lang == "en" else "zh"].replace(
            "as_of", t(lang, "截至日", "the day of the data")
        )
        table.append([meaning, _valued(figure["value"], figure["unit"], lang), basis, window, name])
    return Section(
        f"{host} · {t(lang, '数字与口径', 'Figures and what they count')}",
        [evidence.sourced(t(lang, _TERMS[0], _TERMS[1]), "figures")] if len(table) > 1 else [],
        table if len(table) > 1 else [],
    )


def _valued(value: float, unit: str, lang: str) -> str:
    if unit == "share":
        return percent(value)
    named = t(lang, *_UNITS.get(unit, (unit, unit)))
    if lang == "en" and value == 1 and unit != "ratio":
        named = named.removesuffix("s")
    return f"{value:.3g} {named}".strip() if value < 1000 else f"{number(value)} {named}".strip()


def _links(snapshot: Snapshot, host: str, lang: str, evidence: Citations) -> Section:
    lines = [
        evidence.sourced(_link(row, lang, evidence), "links") for row in snapshot.of("links", host, "other")
    ]
    return Section(
        f"{host} · {t(lang, '关联网站（不计分）', 'Linked sites (not scored)')}", lines or [none(lang)]
    )


def _link(row: dict[str, Any], lang: str, evidence: Citations) -> str:
    sure = percent(row["confidence"] or 0)
    how = t(
        lang,
        f"{row['other']}（{word(lang, 'relation', row['relation'])}，自 {day(row['since'], lang)}，把握 {sure}）",
        f"{row['other']} ({word(lang, 'relation', row['relation'])}, since {day(row['since'], lang)}, confidence {sure})",
    )
    return labelled(
        lang, how, f"{plain(pick(row, 'reason', lang) or '', 300)}{evidence.mark(row['evidence'])}"
    )


def _reply(snapshot: Snapshot, host: str, lang: str, evidence: Citations) -> Section:
    lines = [
        evidence.sourced(labelled(lang, str(row["on"]), f"“{plain(row['text'], 2000)}”"), "responses")
        for row in snapshot.of("responses", host, "on")
    ]
    silent = t(lang, "没有收到网站的回应；它随时可以回应，回应会原样刊出。", "No reply of the site was received; it may reply at any time and is quoted as it stands.")  # fmt: skip
    lines = lines or [evidence.sourced(silent, "responses")]
    for row in snapshot.of("disputes", host, "received_on"):
        told = t(
            lang,
            f"异议（{row['about']}）：{row['received_on']} 收到，结果 {row['outcome'] or '未定'}。",
            f"Objection ({row['about']}): received {row['received_on']}, outcome {row['outcome'] or 'pending'}.",
        )
        lines.append(evidence.sourced(told, "disputes"))
    for row in snapshot.of("corrections", host, "on"):
        told = f"{row['on']} {t(lang, '更正：', 'Correction: ')}{pick(row, 'sentence', lang)}"
        lines.append(evidence.sourced(told, "corrections"))
    return Section(f"{host} · {t(lang, '网站的回应', 'The site’s reply')}", lines)


def _provisions(snapshot: Snapshot, hosts: Sequence[str], lang: str, evidence: Citations) -> list[Section]:
    """Each provision touched, with the findings that touch it: also the list an authority would go through."""
    touched: dict[str, list[str]] = {}
    for host in hosts:
        for row in _findings(snapshot, host):
            for name in row["law"] if _is_told(row) else ():
                touched.setdefault(name, []).append(f"{host} {pick(row, 'title', lang)}")
    lines = [
        evidence.sourced(
            f"{fact(name).text(lang)}{fact(name).cite(lang)} {t(lang, '涉及：', 'Touched by: ')}{t(lang, '；', '; ').join(who)}{t(lang, '。', '.')}",
            "findings",
        )
        for name, who in touched.items()
    ]
    return [Section(t(lang, "涉及的条文", "Provisions touched"), lines or [none(lang)])]


def _notify(snapshot: Snapshot, hosts: Sequence[str], lang: str, evidence: Citations) -> Section:
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
                evidence.sourced(
                    plain(pick(row, "sentence", lang) or "", 300) + evidence.mark(row["evidence"]), "notify"
                ),
                about,
                day(row["observed_on"], lang) if row["observed_on"] else "—",
            ]
        )
    return Section(say(lang, "notify.title"), [say(lang, "notify.note")], table if len(table) > 1 else [])  # fmt: skip


def closing(lang: str) -> Section:
    """Where the law was read."""
    again = t(
        lang,
        "“核对”是我们读条文的日子；“待复核”：读的是较早的文本或副本，引用前请再看正式文本。",
        "“Checked” is the day we read the provision. “To be re-read”: it was read in an earlier text or a copy; see the official text before quoting it.",
    )
    return Section(
        t(lang, "条文出处", "Where the provisions were read"), [sentence(lang, read_in(lang)), again]
    )
