"""What a paper cites: evidence (E1, E2 …) and tables of the snapshot (T1, T2 …), numbered as they are cited and listed at its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dashboard.help.documents import Section
from dashboard.presenters.formatting import day
from dashboard.presenters.translations import pick
from scoring.snapshot.reader import SITES, Snapshot
from store.text.safe_text import in_number, plain

MOST = 300
"""Pieces of evidence listed in a paper; what is left out is counted."""
TABLES = {
    "ratings": ("一行一个网站：名称、备案、运营主体、评分、等级、结论及其理由", "one row a site: names, filing, operator, score, grade, verdict and its reasons"),
    "findings": ("每项指标对每个网站的结论、所述数字与局限", "what each indicator finds at each site, and its limits"),
    "figures": ("句子里的每个数字，连同基数与窗口", "every number of a sentence, with its base and window"),
    "warnings": ("资金链状态的每次变化、日期与理由", "every change of a cash-flow state, with its day and reason"),
    "changes": ("评分与事实的变动，以及原因在站外、来源还是方法", "changes of ratings and facts, and whether the world, a source or the method caused them"),
    "identity": ("网站由谁经营：备案、页脚与页面各说什么", "who runs a site: what the filing, the footer and the pages say"),
    "moves": ("跳转、公告与证书所示的其他域名", "other names that redirects, notices and certificates show"),
    "links": ("网站之间的关联及依据", "links between sites, and what they rest on"),
    "clusters": ("由关联连在一起的网站", "sites joined by links"),
    "responses": ("网站的回应原文", "replies of sites, as they stand"),
    "disputes": ("收到的异议及结果", "objections received, and what became of them"),
    "corrections": ("公开的更正", "published corrections"),
    "notify": ("可以告知的机构，以及由何得知", "whom one may tell, and what that is known from"),
    "sector": ("全部网站合计的数字", "figures over all sites"),
}  # fmt: skip
"""Tables of a snapshot a sentence may be read from, and what each holds."""
_MARK = re.compile(r" \[[ET]\d[^\]]*\]")


class Citations:
    """Evidence and tables numbered as they are cited."""

    def __init__(self, claims: Sequence[dict[str, Any]], titles: Mapping[str, dict[str, Any]]) -> None:
        """`claims` are rows of the table evidence, `titles` what its sources are called: rows of the table sources by id."""
        self.known = {c["id"]: c for c in claims}
        self.titles = titles
        self.cited: dict[str, int] = {}
        self.tables: dict[str, int] = {}

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

    def table(self, name: str) -> str:
        """ " [T2]": the table a sentence was read from."""
        return f" [T{self.tables.setdefault(name, len(self.tables) + 1)}]"

    def sourced(self, line: str, table: str) -> str:
        """A sentence with its source: the evidence it cites, else the table of the snapshot it was read from."""
        return line if _MARK.search(line) else line + self.table(table)


def titles_of(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """What sources are called, by id."""
    return {row["source"]: row for row in snapshot.rows("select source, title_zh, title_en from sources")}


def t(lang: str, zh: str, en: str) -> str:
    """One of two wordings of ours, the English one with noun(s) in the number of the count before them; what a site calls itself stays out."""
    return in_number(en) if lang == "en" else zh


def labelled(lang: str, name: str, words: str) -> str:
    """A name, a colon, and what is said of it."""
    return f"{name}{t(lang, '：', ': ')}{words}"


def sentence(lang: str, words: str) -> str:
    """Words of a list as a sentence: a capital at its beginning, a stop at its end."""
    stopped = words if words[-1:] in "。.！!？?" else words + t(lang, "。", ".")
    return stopped[:1].upper() + stopped[1:]


def none(lang: str) -> str:
    """What stands in an empty section."""
    return t(lang, "没有。", "None.")


def listed(cites: Citations, lang: str, snapshot: Snapshot | None = None) -> list[Section]:
    """What was cited, by number: the evidence with source, days and hash; the tables of the snapshot with their files and hashes."""
    head = (("编号", "no."), ("内容", "claim"), ("来源", "source"), ("事件日", "event"), ("看到", "seen"), ("链接与 SHA-256", "link and SHA-256"))  # fmt: skip
    table = [[t(lang, *pair) for pair in head]]
    for id_, n in sorted(cites.cited.items(), key=lambda pair: pair[1]):
        claim = cites.known[id_]
        where = " ".join(filter(None, (claim["link"], claim["sha256"])))
        source = pick(cites.titles.get(claim["source"]) or {}, "title", lang) or claim["source"]
        table.append(
            [
                f"E{n}",
                f"{pick(claim, 'claim', lang)} ({claim['tier']})",
                plain(source, 80),
                day(claim["event_on"], lang),
                day(claim["seen_at"], lang),
                where or t(lang, f"没有存档的网页；编号 {id_}", f"no page archived; id {id_}"),
            ]
        )
    notes = [
        t(
            lang,
            "级别：A 登记机关，B 本项目存档，C 公开投诉，D 人工提供。",
            "Tiers: A official record, B archived by this project, C public complaint, D handed in.",
        ),
        t(
            lang,
            "SHA-256 是读到该条记录的那份存档的哈希，从同一页读到的几条因此相同；含个人信息的来源只存脱敏后的文字，哈希是它的。",
            "The SHA-256 is of the archived page a record was read from: records read from one page share it. Of sources that name people only the redacted text is kept, and the hash is of that.",
        ),
        t(
            lang,
            "一句话数了多少就写多少，但每一类只列最近的十来条作为例证；方括号里 +n 表示还有 n 条没有列在这里，见快照的 evidence 表。",
            "A sentence states all it counts and lists the newest dozen of a kind as examples; +n in brackets: n more are not listed here; the snapshot's table evidence has them.",
        ),
    ]
    return [
        Section(t(lang, "证据", "Evidence"), notes if len(table) > 1 else [], table),
        _tables(cites, lang, snapshot),
    ]


def _files(snapshot: Snapshot, name: str) -> Iterator[tuple[str, str]]:
    """(file, SHA-256 by the manifest) of a table; where a snapshot tells a few sites anew, of its own part and of the whole one's table."""
    for folder in snapshot.folders:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        for file in (f"{name}.parquet", f"{SITES}/{name}.parquet"):
            if digest := (manifest.get("files") or {}).get(file):
                yield f"{folder.name}/{file}", str(digest)


def _tables(cites: Citations, lang: str, snapshot: Snapshot | None) -> Section:
    """The tables cited: what each holds, and the file of the signed snapshot anybody can compare it with."""
    rows = [
        [f"T{n}", t(lang, *TABLES[name]), file, digest]
        for name, n in sorted(cites.tables.items(), key=lambda pair: pair[1])
        for file, digest in (_files(snapshot, name) if snapshot else ())
    ]
    head = (("编号", "no."), ("内容", "what it holds"), ("快照与文件", "snapshot and file"), ("SHA-256", "SHA-256"))  # fmt: skip
    note = t(
        lang,
        "T 编号是快照的表，由方法从证据算出：句子说的是算出的结果，不是单独一条证据。核对：下载该文件，比对这里与 manifest.json 里的哈希。",
        "A T number is a table of the snapshot, computed from the evidence by the method: the sentence states what was computed, and no single piece of evidence. To check, fetch the file and compare its hash with the one here and in manifest.json.",
    )
    return Section(
        t(lang, "引用的表", "Tables cited"),
        [note] if rows else [],
        [[t(lang, *pair) for pair in head], *rows] if rows else [],
    )
