"""Lists of sites handed in: each line is a host, a name or a number in any spelling, and waits for a person's yes.

With `accept` the person who hands the list in has said yes already; a line that gives no host still waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kamengwatch.config import Config, UserError
from kamengwatch.one_by_one import one_by_one, tell_refused
from kamengwatch.progress import say, tell_json
from kamengwatch.queue import Asked, Question, ask
from kamengwatch.watching import add_sites
from store.evidence_words import is_nothing
from store.names import parse_query
from store.refused_hosts import refusal, refusal_of_text

LONGEST_NAME = 40
"""Characters. A longer line without a host is a sentence, not the name of a site."""
SHOWN = 20
_HEADING_WITHIN = 20
_BETWEEN = re.compile(r"[;；、,，|\s]+")
_HOST = ("host", "网址", "域名", "url", "domain", "site", "website", "网站")
_NAME = ("name", "名称", "平台名称", "网站名称", "平台", "站名")


@dataclass
class List_:
    """What one file holds: questions, and lines that are none (number, reason)."""

    questions: list[Question] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def import_lists(config: Config, files: list[Path], accept: bool, as_json: bool) -> None:
    """Take lists in; raises UserError (exit 2) after everything good was kept, if a line was refused."""
    report: list[dict[str, Any]] = []

    def take(file: Path) -> None:
        if not file.is_file():
            raise UserError(f"{file}: 文件不存在或不是文件 no such file")
        report.append(_take(config, file, accept))

    outcome = one_by_one(files, take)
    if as_json:
        tell_json(report)
    else:
        for row in report:
            _tell(config, row)
    refused = sum(len(row["refused"]) for row in report)
    tell_refused(config, outcome)
    if refused:
        raise UserError(
            config.say(
                f"{refused} 行未收下（见上），其余已保存",
                f"{refused} lines were not taken (see above); the rest is kept",
            )
        )


def _take(config: Config, file: Path, accept: bool) -> dict[str, Any]:
    list_ = _read(file)
    waiting, watched = list_.questions, 0
    if accept:
        waiting = [q for q in list_.questions if not q.host or q.like]
        watched = add_sites(
            config, [(q.subject, q.name, ()) for q in list_.questions if q.host and not q.like]
        )
    with config.engine.begin() as connection:
        asked = ask(connection, waiting, config.now())
    known = len(list_.questions) - len(waiting) - watched
    # A site named again further down waits with the first.
    asked.waiting += len(waiting) - sum(asked.as_dict().values())
    return {
        "file": file.name,
        **_counted(asked, known),
        "watched": watched,
        "refused": [{"line": number, "reason": reason} for number, reason in list_.refused],
    }


def _counted(asked: Asked, known: int) -> dict[str, Any]:
    counts = asked.as_dict()
    return counts | {"known": counts["known"] + known}


def _read(file: Path) -> List_:
    made = List_()
    body = file.read_bytes()
    try:
        rows = list(_rows(body, file.name))
    except ValueError as error:
        made.refused.append((1, str(error).removeprefix(f"{file.name}: ")))
        return made
    for number, text, name in rows:
        for part in _parts(text, name):
            try:
                made.questions.append(_question(part, name, file.name))
            except ValueError as error:
                made.refused.append((number, str(error)))
    if not rows:
        made.refused.append((1, "没有网址或名称 there is no host or name in it"))
    return made


def _rows(body: bytes, name: str) -> Iterator[tuple[int, str, str | None]]:
    """(line, text, name or None) of every line that is not blank and no # comment; raises ValueError for a sheet without columns."""
    from crawler.importers.files import BROKEN, parse, text_in

    if not _is_sheet(body):
        for number, line in enumerate(text_in(body).lstrip("\ufeff").splitlines(), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield number, line, None
        return
    sheet = parse(body, name, _is_heading)
    if sheet.rows and not any(map(_is_heading, sheet.titles)):
        raise ValueError("没有网址或名称列 no column of hosts or names; 用 use: 网址 host, 名称 name")
    for number, row in sheet.rows:
        # A row that cannot be read as one is given on as what it says is wrong, and refused with it.
        cells = {_plain(key): str(value).strip() for key, value in row.items() if value not in (None, "")}
        host = next((cells[key] for key in _HOST if key in cells and not is_nothing(cells[key])), "")
        named = next((cells[key] for key in _NAME if key in cells and not is_nothing(cells[key])), "")
        if not next(iter(cells.values()), "").startswith("#") or host and named:
            yield number, row.get(BROKEN) or host or named, (named or None) if host else None


def _is_sheet(body: bytes) -> bool:
    """A workbook, or text with a line of headings that names the column of hosts or of names among its first."""
    if body.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return True
    from crawler.importers.files import text_in

    first = text_in(body[:8192]).lstrip("\ufeff").splitlines()[:_HEADING_WITHIN]
    return any(_is_heading(cell) for line in first for sign in ",\t;|" for cell in line.split(sign))


def _is_heading(heading: str) -> bool:
    return _plain(heading) in (*_HOST, *_NAME)


def _plain(heading: Any) -> str:
    text = str(heading).strip().lower()
    return text if text in (*_HOST, *_NAME) else text.split(" ")[0]


def _parts(text: str, name: str | None) -> list[str]:
    """The addresses of a cell or line, each for itself; a text that names fewer than two is one part."""
    cells = [part for part in _BETWEEN.split(text) if part.strip()]
    if len(cells) < 2:
        cells = [part for part in text.split() if part]
    hosts = [part for part in cells if parse_query(part).kind == "host"]
    # Of a chat line with one address the words around it are no site; with several, each address is.
    return hosts if len(hosts) > 1 else [text]


def _question(text: str, name: str | None, source: str) -> Question:
    """What a line asks; raises ValueError with the reason why it names nothing."""
    query = parse_query(text)
    if reason := refusal_of_text(text):
        raise ValueError(str(reason))
    if query.kind == "host" and query.host:
        if reason := refusal(query.host):
            raise ValueError(str(reason))
        return Question(query.host, True, source, "list", name=name, like=query.like)
    subject = query.number or query.name
    if not subject or is_nothing(subject):
        raise ValueError("里面没有网址、名称或备案号 no host, name or filing number in it")
    if len(subject) > LONGEST_NAME:
        raise ValueError(f"没有网址，作名称又太长 no host, and too long for a name: {subject[:30]}…")
    return Question(subject, False, source, "list")


def _tell(config: Config, row: dict[str, Any]) -> None:
    counts = (
        (row["queued"], "进入复核队列", "wait for review"),
        (row["watched"], "加入观察", "now watched"),
        (row["known"], "已在观察", "watched already"),
        (row["waiting"], "已在复核队列", "wait already"),
        (row["asked_before"], "曾问过", "asked before"),
        (len(row["refused"]), "未收下", "refused"),
    )
    told = [config.say(f"{zh} {count}", f"{count} {en}") for count, zh, en in counts if count]
    say(f"{row['file']}: {config.say('，', ', ').join(told) or config.say('没有新的', 'nothing new')}")
    for refused in row["refused"][:SHOWN]:
        where = config.say(f"第 {refused['line']} 行", f"line {refused['line']}")
        say(f"  {row['file']} {where}: {refused['reason']}")
    if len(row["refused"]) > SHOWN:
        say(f"  … {len(row['refused']) - SHOWN} (--json)")
    if row["queued"]:
        say(
            config.say(
                "  接受之前不评级：kamengwatch review（下次可用 --accept 直接加入观察）",
                "  nothing is rated before you accept it: kamengwatch review (or --accept next time)",
            )
        )
