"""The watchlist and lists of sites handed in. A person puts a site on it; nothing found by a crawl gets there alone.

With `accept` the person who hands the list in has said yes already; a line that gives no host still waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table
from sqlalchemy import select, update

from kamengwatch.batch_items import one_by_one, tell_refused
from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line, print_answer, tell_json
from kamengwatch.review.queue import Asked, Question, ask
from store.db.tables import Platform
from store.evidence.crawl_ledger import watched_platforms
from store.evidence.entity_matching import Directory
from store.evidence.ingest import Ingest, import_records
from store.evidence.vocabulary import is_nothing
from store.text.query import parse_query
from store.text.refused_hosts import refusal, refusal_of_text
from store.text.safe_text import plain


def host_in(text: str) -> str:
    """The host a pasted text is about; raises UserError when there is none."""
    query = parse_query(text)
    if query.kind != "host" or not query.host:
        reason = refusal_of_text(text)
        raise UserError(
            f"{plain(text, 60)}: {reason or '里面没有网址 no web address in it; 例 e.g. shop.example'}"
        )
    return query.host


def site_in(text: str) -> str:
    """The host a text is about, where it may be watched; raises UserError with the reason where it may not."""
    host = host_in(text)
    if reason := refusal(host):
        raise UserError(str(reason))
    return host


def watched_in(config: Config, text: str) -> str:
    """The watched site a text means, by host, alias or name; raises UserError when there is none."""
    query = parse_query(text)
    with config.engine.connect() as connection:
        directory = Directory(connection)
        found = directory.resolve(query.host, query.name).platform_id
        host = directory.host(found) if found is not None else None
    if host is not None and host in {target.host for target in watched_platforms(config.engine)}:
        return host
    asked = site_in(text)
    raise UserError(f"{asked}: 不在观察名单里 not on the watchlist; 先 first: kamengwatch watch add {asked}")


def add(config: Config, texts: list[str], name: str | None) -> None:
    """Watch the site each text names, or say why not; `name` is only allowed with one. A text may be a list of addresses."""
    texts = [part for text in texts for part in _addresses(text)]
    if name and len(texts) > 1:
        raise UserError("--name: 一次只能给一个网站命名 name one site at a time")
    watched = {target.host for target in watched_platforms(config.engine)}

    def take(text: str) -> None:
        host, query = site_in(text), parse_query(text)
        if host in watched and not name:
            log_line(config.say(f"已在观察：{host}", f"watched already: {host}"))
        elif query.like and host not in watched:
            _propose_mall(config, host, query.like)
            return
        else:
            add_sites(config, [(host, name, ())])
            watched.add(host)
            log_line(config.say(f"已加入观察：{host}", f"watching {host}"))
            if query.unit == "merchant" and query.mall not in watched:
                watched.add(query.mall or "")
                log_line(
                    config.say(
                        f"  商城一并观察：{query.mall}", f"  its mall is watched with it: {query.mall}"
                    )
                )
        for notice in query.notices:
            if notice.code not in ("path_dropped", "port_dropped"):
                log_line(f"  {config.say(notice.zh, notice.en)}")

    tell_refused(config, one_by_one(texts, take))


def _propose_mall(config: Config, host: str, like: str) -> None:
    """Ask a person about an address that looks like a merchant's in a mall nobody knows; of its path only the first part is kept."""
    with config.engine.begin() as connection:
        asked = ask(connection, [Question(host, True, "watch", "mall", like=like)], config.now())
    zh, en = ("已在复核队列", "waits for review already") if asked.waiting else ("进入复核", "goes to review")
    log_line(
        config.say(
            f"{host}：像是商城里的一家店（/{like}/…），但不在已知商城里，{zh}；整个网站要观察：watch add {host}；商城要加进名单：KAMENGWATCH_MALLS",
            f"{host}: looks like one shop of a mall (/{like}/…) that is not known, so it {en}; to watch the whole site: watch add {host}; "
            "to make the mall known: KAMENGWATCH_MALLS",
        )
    )


def _addresses(text: str) -> list[str]:
    """The addresses of a text that is nothing but a list of them; else the text itself, of which the first is meant."""
    parts = [part for part in re.split(r"[\s,，、;；|]+", text) if part]
    return parts if len(parts) > 1 and all(parse_query(part).kind == "host" for part in parts) else [text]


def add_sites(
    config: Config, sites: Iterable[tuple[str, str | None, Iterable[str]]], demo: bool = False
) -> int:
    """Watch (host, name, aliases) each; returns how many were new or changed."""
    ingest = Ingest(config.engine, config.now(), accept_new=True, demo=demo)
    records = [
        {"kind": "platform", "host": host, "name": name, "aliases": list(aliases), "demo": demo}
        for host, name, aliases in sites
    ]
    return import_records(ingest, records).inserted


def remove(config: Config, texts: list[str]) -> None:
    """Stop watching each; evidence and history stay."""

    def leave(text: str) -> None:
        host = host_in(text)
        with config.engine.begin() as connection:
            done = connection.execute(
                update(Platform)
                .where(Platform.host == host, Platform.status == "watched")
                .values(status="removed")
            ).rowcount
        if not done:
            raise UserError(f"{host}: 不在观察名单里 not on the watchlist; 查看 see `kamengwatch watch list`")
        log_line(
            config.say(f"已移出观察：{host}（证据保留）", f"no longer watching {host} (its evidence is kept)")
        )

    tell_refused(config, one_by_one(texts, leave))


def show(config: Config, as_json: bool) -> None:
    """Print the watchlist."""
    found = watched_platforms(config.engine)
    if as_json:
        tell_json([{"host": t.host, "name": t.name, "aliases": t.aliases} for t in found])
        return
    if not found:
        log_line(
            config.say(
                "观察名单是空的。加入一个：kamengwatch watch add 网址",
                "Nothing is watched yet: kamengwatch watch add URL",
            )
        )
        return
    table = Table(config.say("域名", "host"), config.say("名称", "name"), config.say("别名", "aliases"))
    for target in found:
        table.add_row(target.host, plain(target.name or ""), plain("、".join(target.aliases)))
    print_answer(table)


def holds_real_platforms(config: Config) -> bool:
    """Whether this data directory watches any platform that is not part of the demonstration."""
    with config.engine.connect() as connection:
        return (
            connection.execute(select(Platform.id).where(Platform.demo.is_(False)).limit(1)).first()
            is not None
        )


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
                f"{refused} line(s) [was|were] not taken (see above); the rest is kept",
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
    log_line(f"{row['file']}: {config.say('，', ', ').join(told) or config.say('没有新的', 'nothing new')}")
    for refused in row["refused"][:SHOWN]:
        where = config.say(f"第 {refused['line']} 行", f"line {refused['line']}")
        log_line(f"  {row['file']} {where}: {refused['reason']}")
    if len(row["refused"]) > SHOWN:
        log_line(f"  … {len(row['refused']) - SHOWN} (--json)")
    if row["queued"]:
        log_line(
            config.say(
                "  接受之前不评级：kamengwatch review（下次可用 --accept 直接加入观察）",
                "  nothing is rated before you accept it: kamengwatch review (or --accept next time)",
            )
        )
