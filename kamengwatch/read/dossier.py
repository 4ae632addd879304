"""The dossier of a site or of all sites of an operator, and the bulletin of a period, as DOCX, PDF or text, in Chinese or English.

Made of the published snapshot and nothing else: every sentence of ours cites its evidence by number, and the numbers are listed at the end
with source, day and hash. It states what was observed and which provisions that touches; it concludes nothing for an authority.
"""

from __future__ import annotations

import datetime as dt
import html
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.help.deadlines import fact, read_in
from dashboard.presenters.formatting import day, interval_of, moment, number, percent
from dashboard.presenters.translations import pick, say, word
from dashboard.presenters.verdict_card import card_for
from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line
from kamengwatch.read.verdicts import open_snapshot
from scoring.figures import NAMES
from scoring.snapshot.reader import SIGNATURE, Snapshot
from store.private_files import open_private
from store.text.query import parse_query
from store.text.safe_text import plain

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
PERIODS = {"week": 7, "month": 30}
_ENDINGS = (".docx", ".pdf", ".txt")


@dataclass
class Section:
    """A heading, its paragraphs, and a table (rows of cells, the first its head) if there is one."""

    title: str
    lines: list[str] = field(default_factory=list)
    table: list[list[str]] = field(default_factory=list)


class Numbered:
    """Evidence numbered as it is cited: E1, E2 …"""

    def __init__(self, claims: Sequence[dict[str, Any]]) -> None:
        """`claims` are the rows of the table evidence."""
        self.known = {c["id"]: c for c in claims}
        self.cited: dict[str, int] = {}

    def mark(self, ids: Sequence[str] | None) -> str:
        """ " [E1, E2]" of these ids, at most six of them; nothing where none is published."""
        shown = [i for i in dict.fromkeys(ids or ()) if i in self.known][:6]
        marks = [f"E{self.cited.setdefault(i, len(self.cited) + 1)}" for i in shown]
        more = len(set(ids or ())) - len(shown)
        return f" [{', '.join(marks)}{f' +{more}' if more > 0 else ''}]" if marks else ""


def dossier(config: Config, target: str, out: Path) -> None:
    """Write the dossier of a site, or of an operator (its name or code) with each of its sites; raises UserError."""
    snapshot = _snapshot(config, out)
    hosts = _hosts(snapshot, target)
    if not hosts:
        raise UserError(
            f"{target[:80]}: 快照里没有这个网站或运营主体 no such site or operator in the snapshot; 查看 see: kamengwatch rank"
        )
    lang = config.lang
    evidence = Numbered([claim for host in hosts for claim in snapshot.of("evidence", host)])
    title = config.say(f"{target} 观察档案", f"Dossier: {target}")
    sections = [_about(config, snapshot, hosts)]
    for host in hosts:
        sections += _site(snapshot, host, lang, evidence)
    sections += [*_provisions(snapshot, hosts, lang), _listed(evidence, lang), _closing(lang)]
    _write(out, title, sections)
    log_line(
        config.say(
            f"{out}：{len(hosts)} 个网站，{len(evidence.cited)} 条证据，快照 {snapshot.id}",
            f"{out}: {len(hosts)} sites, {len(evidence.cited)} pieces of evidence, snapshot {snapshot.id}",
        )
    )


def bulletin(config: Config, period: str, out: Path) -> None:
    """Write what changed in the period up to the snapshot's day; raises UserError."""
    if period not in PERIODS:
        raise UserError(f"--period {period}: 可用 use {', '.join(PERIODS)}")
    snapshot, lang = _snapshot(config, out), config.lang
    until = snapshot.rows("select max(as_of) as day from ratings")[0]["day"]
    if until is None:
        raise UserError(f"{snapshot.id}: 快照里没有网站 the snapshot holds no site")
    since = until - dt.timedelta(days=PERIODS[period] - 1)
    evidence = Numbered(snapshot.rows("select * from evidence"))
    title = config.say(f"卡盟信用观察通报 {since} 至 {until}", f"Bulletin {since} to {until}")
    moves = snapshot.rows(
        'select * from warnings where "on" between ? and ? order by "on", host', [since, until]
    )
    changes = snapshot.rows(
        """select * from changes where cause = 'world' and what <> 'warning_state' and "on" between ? and ? order by "on", host""",
        [since, until],
    )
    counts = snapshot.rows("select warning_state, count(*) as n from ratings group by 1 order by 1")
    closed = [m for m in moves if m["to_state"] == "closed"]
    sections = [
        _about(config, snapshot, []),
        Section(
            _t(lang, "行业", "Sector"),
            [
                _t(lang, "各资金链状态的网站数：", "Sites by cash-flow state: ")
                + _t(lang, "；", "; ").join(
                    f"{word(lang, 'warning', c['warning_state'])} {number(c['n'])}" for c in counts
                ),
                _sector(snapshot, since, until, lang),
            ],
        ),
        Section(
            _t(lang, "新停运", "New closures"),
            [_move(m, lang, evidence, True) for m in closed] or [_none(lang)],
        ),
        Section(
            _t(lang, "状态变化", "Changes of state"),
            [_move(m, lang, evidence, True) for m in moves if m["to_state"] != "closed"] or [_none(lang)],
        ),
        Section(
            _t(lang, "其他变化（由站外事实引起）", "Other changes (caused by the world)"),
            [
                f"{c['on']} {plain(c['host'], 80)}：{plain(pick(c, 'sentence', lang) or '', 400)}"
                for c in changes
            ]
            or [_none(lang)],
        ),
        _listed(evidence, lang),
        _closing(lang),
    ]
    _write(out, title, sections)
    log_line(
        config.say(
            f"{out}：{len(moves)} 次状态变化，{len(closed)} 次停运",
            f"{out}: {len(moves)} changes of state, {len(closed)} closures",
        )
    )


def _t(lang: str, zh: str, en: str) -> str:
    return en if lang == "en" else zh


def _none(lang: str) -> str:
    return _t(lang, "没有。", "None.")


def _snapshot(config: Config, out: Path) -> Snapshot:
    if out.suffix not in _ENDINGS:
        raise UserError(
            f"{out.name}: 文件名须以 {' '.join(_ENDINGS)} 结尾 the name must end so; 例 e.g. -o dossier.docx"
        )
    return open_snapshot(config)


def _hosts(snapshot: Snapshot, target: str) -> list[str]:
    """The site a text names, or all sites whose operator it names."""
    host = parse_query(target).host
    if host and snapshot.site(host):
        return [host]
    rows = snapshot.rows(
        "select host from ratings where lower(operator) = lower(?) or operator_uscc = upper(?) order by host",
        [target.strip(), target.strip()],
    )
    return [row["host"] for row in rows]


def _about(config: Config, snapshot: Snapshot, hosts: Sequence[str]) -> Section:
    lang, manifest = config.lang, snapshot.manifest
    signed = (snapshot.path / SIGNATURE).is_file()
    stamped = sorted(p.name.rpartition("@")[2] for p in snapshot.path.parent.glob(f"{snapshot.path.name}@*"))
    lines = [
        _t(
            lang,
            f"数据截至 {manifest.get('as_of')}，快照 {snapshot.id}，方法 {manifest.get('method_version')}，生成于 {moment(config.now(), lang)}（北京时间）。",
            f"Data up to {manifest.get('as_of')}, snapshot {snapshot.id}, method {manifest.get('method_version')}; made {moment(config.now(), lang)} (Beijing).",
        ),
        _t(
            lang,
            "方括号里的编号指文末的证据表；带区间的数字是估计，其余是计数。投诉是单方说法，不是事实；本文陈述观测到的事实与涉及的条文，不替任何机关下结论。",
            "Numbers in brackets refer to the list of evidence at the end; figures with an interval are estimates, the others counts. A complaint is one side's "
            "claim, not a fact. What was observed is stated, with the provisions it touches; nothing is concluded for any authority.",
        ),
        _t(
            lang,
            f"快照{'已签名' if signed else '未签名'}，时间戳 {len(stamped)} 份；核对：kamengwatch verify --snapshots … --key …",
            f"The snapshot is {'signed' if signed else 'not signed'} and has {len(stamped)} time stamps; check: kamengwatch verify --snapshots … --key …",
        ),
    ]
    if manifest.get("demo"):
        lines.insert(
            0,
            _t(lang, "演示数据：网站与事件都是虚构的。", "Demonstration data: sites and events are made up."),
        )
    if len(hosts) > 1:
        lines.append(_t(lang, f"包括网站：{'、'.join(hosts)}", f"Sites: {', '.join(hosts)}"))
    return Section(_t(lang, "说明", "About"), lines)


def _site(snapshot: Snapshot, host: str, lang: str, evidence: Numbered) -> list[Section]:
    row, card = snapshot.site(host), card_for(snapshot, host, lang)
    assert row is not None and card is not None
    findings = snapshot.of("findings", host, "indicator")
    return [
        _who(snapshot, row, lang, evidence),
        _stand(row, card, lang, evidence),
        _timeline(snapshot, host, lang, evidence),
        Section(
            f"{host} · {_t(lang, '发现的问题', 'Findings of concern')}",
            [_finding(f, lang, evidence) for f in findings if f["outcome"] == "concern"] or [_none(lang)],
        ),
        _figures(snapshot, host, lang),
        _links(snapshot, host, lang, evidence),
        _reply(snapshot, host, lang),
        Section(
            f"{host} · {_t(lang, '不知道的', 'What is not known')}",
            [
                *card.blind_spots,
                *(
                    f"{pick(f, 'title', lang)}：{pick(f, 'sentence', lang)}"
                    for f in findings
                    if f["outcome"] in ("unknown", "hidden")
                ),
            ],
        ),
    ]


def _who(snapshot: Snapshot, row: dict[str, Any], lang: str, evidence: Numbered) -> Section:
    aliases = "、".join(row["aliases"] or ()) or "—"
    operator = " ".join(filter(None, (row["operator"], row["operator_uscc"]))) or _t(lang, "未知", "unknown")
    lines = [
        _t(lang, f"网站：{row['host']}；名称：{row['name'] or '—'}；其他名称与域名：{aliases}", f"Site: {row['host']}; name: {row['name'] or '—'}; other names and hosts: {aliases}"),
        _t(lang, f"运营主体：{operator}（手工录入或登记机关所示；自然人不记姓名）", f"Operator: {operator} (as handed in or on record; natural persons are not named)"),
        _t(
            lang,
            f"备案：{word(lang, 'filing', row['filing_state'])} {row['filing_number'] or ''} {row['filing_province'] or ''}（核对于 {day(row['filing_checked_on'], lang)}）",
            f"Filing: {word(lang, 'filing', row['filing_state'])} {row['filing_number'] or ''} {row['filing_province'] or ''} (checked {day(row['filing_checked_on'], lang)})",
        ),
        _t(lang, f"软件：{row['software'] or '未知'} {row['software_version'] or ''}；本项目最早见到：{day(row['first_seen_on'], lang)}", f"Software: {row['software'] or 'unknown'} {row['software_version'] or ''}; first seen by this project: {day(row['first_seen_on'], lang)}"),
    ]  # fmt: skip
    for said in snapshot.of("identity", row["host"], "aspect"):
        if sentence := pick(said, "sentence", lang):
            lines.append(plain(sentence, 400) + evidence.mark(said["evidence"]))
    return Section(f"{row['host']} · {_t(lang, '对象', 'Who')}", lines)


def _stand(row: dict[str, Any], card: Any, lang: str, evidence: Numbered) -> Section:
    interval = interval_of(row)
    score = _t(lang, "无", "none")
    if row["score"] is not None:
        score = f"{row['score']:.0f}" + (
            f" ({_t(lang, '90% 区间', '90 % interval')} {interval[0]:.0f}–{interval[1]:.0f})"
            if interval
            else f" ({_t(lang, '由上限规则决定，没有区间', 'set by a cap, no interval')})"
        )
    lines = [
        f"{card.word}：{card.sentence}",
        *([card.why] if card.why else []),
        _t(lang, f"评分：{score}；等级 {row['grade'] or 'NR'}；证据充分度 {row['coverage'] or 0:.0f}%", f"Score: {score}; grade {row['grade'] or 'NR'}; coverage {row['coverage'] or 0:.0f} %"),
        card.warning,
        _t(lang, f"掉单率：{card.drop_rate}", f"Drop rate: {card.drop_rate}"),
        *([card.lose] if card.lose else []),
    ]  # fmt: skip
    lines += [f"{reason.text}{evidence.mark(reason.evidence)}" for reason in card.reasons]
    return Section(
        f"{row['host']} · {_t(lang, '现状', 'Where it stands')}", [plain(line, 600) for line in lines if line]
    )


def _timeline(snapshot: Snapshot, host: str, lang: str, evidence: Numbered) -> Section:
    moves = [(m["on"], _move(m, lang, evidence, False)) for m in snapshot.of("warnings", host, "on")]
    changes = [
        (c["on"], f"{c['on']} {plain(pick(c, 'sentence', lang) or '', 400)}")
        for c in snapshot.of("changes", host, "on")
        if c["cause"] == "world" and c["what"] != "warning_state" and pick(c, "sentence", lang)
    ]
    lines = [line for _, line in sorted([*moves, *changes], key=lambda pair: pair[0])]
    return Section(f"{host} · {_t(lang, '时间线', 'Timeline')}", lines or [_none(lang)])


def _move(move: dict[str, Any], lang: str, evidence: Numbered, named: bool) -> str:
    before, after = (word(lang, "warning", move[key]) for key in ("from_state", "to_state"))
    who = f"{plain(move['host'], 80)} " if named else ""
    return f"{move['on']} {who}{before} → {after}：{plain(pick(move, 'reason', lang) or '', 400)}{evidence.mark(move['evidence'])}"


def _finding(row: dict[str, Any], lang: str, evidence: Numbered) -> str:
    cites = "".join(fact(name).named(lang) for name in LAW.get(row["indicator"], ()))
    touches = _t(lang, f" 涉及{cites}", f" Touches{cites}") if cites else ""
    limits = (
        f" {_t(lang, '局限：', 'Limits: ')}{plain(pick(row, 'limits', lang) or '', 300)}"
        if pick(row, "limits", lang)
        else ""
    )
    return f"{pick(row, 'title', lang)}：{plain(pick(row, 'sentence', lang), 500)}{evidence.mark(row['evidence'])}{touches}{limits}"


def _figures(snapshot: Snapshot, host: str, lang: str) -> Section:
    head = [
        _t(lang, *pair)
        for pair in (
            ("数字", "figure"),
            ("值", "value"),
            ("分子/分母", "n / of"),
            ("窗口", "window"),
            ("定义", "definition"),
        )
    ]
    table = [head]
    seen: set[str] = set()
    for row in snapshot.of("figures", host, "name"):
        if row["name"] in seen or row["name"] not in NAMES:
            continue
        seen.add(row["name"])
        share = (
            f"{number(row['n'])}/{number(row['of'])}"
            if row["of"] is not None and row["n"] is not None
            else "—"
        )
        window = f"{row['since']} – {row['until']}" if row["since"] and row["until"] else "—"
        value = percent(row["value"]) if row["unit"] == "share" else f"{row['value']:.4g} {row['unit']}"
        table.append(
            [row["name"], value, share, window, _t(lang, NAMES[row["name"]].zh, NAMES[row["name"]].en)]
        )
    return Section(f"{host} · {_t(lang, '数字与口径', 'Figures and what they count')}", table=table)


def _links(snapshot: Snapshot, host: str, lang: str, evidence: Numbered) -> Section:
    lines = [
        f"{row['other']} ({row['relation']}, {_t(lang, '自', 'since')} {day(row['since'], lang)}, {percent(row['confidence'] or 0)})：{plain(pick(row, 'reason', lang) or '', 300)}{evidence.mark(row['evidence'])}"
        for row in snapshot.of("links", host, "other")
    ]
    return Section(
        f"{host} · {_t(lang, '关联网站（不计分）', 'Linked sites (not scored)')}", lines or [_none(lang)]
    )


def _reply(snapshot: Snapshot, host: str, lang: str) -> Section:
    lines = [f"{row['on']}：“{plain(row['text'], 2000)}”" for row in snapshot.of("responses", host, "on")]
    lines = lines or [
        _t(
            lang,
            "没有收到网站的回应；它随时可以回应，回应会原样刊出。",
            "No reply of the site was received; it may reply at any time and is quoted as it stands.",
        )
    ]
    lines += [
        _t(
            lang,
            f"异议（{row['about']}）：{row['received_on']} 收到，结果 {row['outcome'] or '未定'}",
            f"Objection ({row['about']}): received {row['received_on']}, outcome {row['outcome'] or 'pending'}",
        )
        for row in snapshot.of("disputes", host, "received_on")
    ]
    lines += [
        f"{row['on']} {_t(lang, '更正：', 'Correction: ')}{pick(row, 'sentence', lang)}"
        for row in snapshot.of("corrections", host, "on")
    ]
    return Section(f"{host} · {_t(lang, '网站的回应', 'The site’s reply')}", lines)


def _provisions(snapshot: Snapshot, hosts: Sequence[str], lang: str) -> list[Section]:
    """Each provision touched, with the findings that touch it: also the list an authority would go through."""
    touched: dict[str, list[str]] = {}
    for host in hosts:
        for row in snapshot.of("findings", host, "indicator"):
            for name in LAW.get(row["indicator"], ()) if row["outcome"] == "concern" else ():
                touched.setdefault(name, []).append(f"{host} {pick(row, 'title', lang)}")
    lines = [
        f"{fact(name).text(lang)}{fact(name).cite(lang)} {_t(lang, '涉及：', 'Touched by: ')}{_t(lang, '；', '; ').join(who)}"
        for name, who in touched.items()
    ]
    return [Section(_t(lang, "涉及的条文", "Provisions touched"), lines or [_none(lang)])]


def _listed(evidence: Numbered, lang: str) -> Section:
    head = [
        _t(lang, *pair)
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
    for id_, n in cited[:MOST]:
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
    left = len(evidence.known) - min(len(cited), MOST)
    note = _t(
        lang,
        f"级别：A 登记机关，B 本项目存档，C 公开投诉，D 人工提供。另有 {left} 条没有在文中引用，见快照的 evidence 表。",
        f"Tiers: A official record, B archived by this project, C public complaint, D handed in. {left} more are not cited here; the snapshot's table `evidence` has them.",
    )
    return Section(_t(lang, "证据", "Evidence"), [note], table)


def _closing(lang: str) -> Section:
    return Section(_t(lang, "条文出处", "Where the provisions were read"), [read_in(lang)])


def _sector(snapshot: Snapshot, since: dt.date, until: dt.date, lang: str) -> str:
    row = snapshot.rows(
        """select coalesce(sum(value), 0) as n, count(distinct "on") as weeks from sector where measure like 'drops_%' and "on" between ? and ?""",
        [since - dt.timedelta(days=6), until],
    )[0]
    return _t(
        lang,
        f"期间有整周 {row['weeks']} 周，全部网站的未到账类投诉 {number(row['n'])} 件（投诉是单方说法）。",
        f"{row['weeks']} weeks of the period are counted: {number(row['n'])} complaints of paid and not delivered, all sites together (claims of one side).",
    )


def _write(out: Path, title: str, sections: Sequence[Section]) -> None:
    """Write the file whole or not at all; raises UserError where the disk takes none."""
    data = {".docx": _docx, ".pdf": _pdf, ".txt": _text}[out.suffix](title, sections)
    spare = out.with_name(f".{out.name}.part")
    try:
        with open(spare, "wb", opener=open_private) as stream:
            stream.write(data)
        spare.replace(out)
    except OSError as error:
        spare.unlink(missing_ok=True)
        raise UserError(f"{out}: 写不了 cannot be written ({error.strerror})") from error


def _text(title: str, sections: Sequence[Section]) -> bytes:
    lines = [title]
    for section in sections:
        lines += ["", f"## {section.title}", *section.lines, *(" | ".join(row) for row in section.table)]
    return ("\n".join(lines) + "\n").encode()


def _docx(title: str, sections: Sequence[Section]) -> bytes:
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "SimSun", Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    document.core_properties.author = document.core_properties.comments = ""
    document.add_heading(title, level=0)
    for section in sections:
        document.add_heading(section.title, level=2)
        for line in section.lines:
            document.add_paragraph(line)
        if len(section.table) > 1:
            table = document.add_table(rows=0, cols=len(section.table[0]), style="Table Grid")
            for row in section.table:
                for cell, said in zip(table.add_row().cells, row, strict=True):
                    cell.text = said
    saved, buffer = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as parts, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as timeless:
        for part in parts.namelist():
            timeless.writestr(zipfile.ZipInfo(part), parts.read(part), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _pdf(title: str, sections: Sequence[Section]) -> bytes:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    font = "STSong-Light"
    pdfmetrics.registerFont(UnicodeCIDFont(font))
    styles = {
        size: ParagraphStyle(
            f"s{size}",
            fontName=font,
            fontSize=size,
            leading=size * 1.45,
            spaceAfter=size * 0.4,
            wordWrap="CJK",
        )
        for size in (18, 13, 10, 7)
    }

    def text(said: str, size: int) -> Any:
        return Paragraph(html.escape(said), styles[size])

    story: list[Any] = [text(title, 18)]
    for section in sections:
        story += [text(section.title, 13), *(text(line, 10) for line in section.lines)]
        if len(section.table) > 1:
            table = Table([[text(cell, 7) for cell in row] for row in section.table], repeatRows=1)
            table.setStyle(
                TableStyle(
                    [("GRID", (0, 0), (-1, -1), 0.3, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
                )
            )
            story.append(table)
    buffer = io.BytesIO()
    SimpleDocTemplate(
        buffer, pagesize=A4, title=title, author="", invariant=1, leftMargin=48, rightMargin=48
    ).build(story)
    return buffer.getvalue()


def sweep(config: Config, as_json: bool) -> None:
    """Print, provision by provision, the sites whose published findings touch it: a list for an authority's sweep."""
    snapshot = open_snapshot(config)
    names = sorted(LAW)
    rows = snapshot.rows(
        f"select host, indicator, sentence_zh, sentence_en from findings where outcome = 'concern' and indicator in ({','.join('?' * len(names))}) order by host, indicator",  # noqa: S608 - marks only
        names,
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        for name in LAW[row["indicator"]]:
            found.setdefault(name, []).append(row)
    if as_json:
        told = [
            {"provision": name, "law": fact(name).law, "article": fact(name).article, "verified_on": fact(name).verified_on.isoformat(),
             "sites": [{"host": r["host"], "indicator": r["indicator"], "sentence": pick(r, "sentence", config.lang)} for r in of]}
            for name, of in sorted(found.items())
        ]  # fmt: skip
        print(json.dumps({"snapshot": snapshot.id, "provisions": told}, ensure_ascii=False))
        return
    for name, of in sorted(found.items()):
        print(f"{fact(name).text(config.lang)}{fact(name).cite(config.lang)}")
        for row in of:
            print(f"  {row['host']}：{pick(row, 'sentence', config.lang)}")
    if not found:
        print(say(config.lang, "word.unknown") if not names else _none(config.lang))
