"""The review queue: what only a person may decide. Decisions are kept with who, when and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from sqlalchemy import Connection, Row, func, select, update

from kamengwatch import moderating, taking_in
from kamengwatch.config import SHANGHAI, Config, UserError
from kamengwatch.progress import say, tell
from kamengwatch.watching import host_in
from store.matching import Directory
from store.names import parse_query
from store.tables import OBSERVATIONS, Complaint, Platform, Review, Source

DECISIONS = {"accept": "confirmed", "reject": "rejected"}
KIND_NAMES = {
    "match": ("名称待匹配", "name to match"),
    "candidate": ("待收录网站", "site to accept"),
    "alarm": ("警报待确认", "alarm to confirm"),
    "red": ("红色结论待复核", "red verdict to review"),
    "campaign": (
        "疑似集中投诉（接受 = 确认是，不计分）",
        "possible campaign (accept = it is one, not scored)",
    ),
    "report": ("用户线索（D 级，不计分）", "report by a user (tier D, not scored)"),
    "response": ("平台回应（须先证明）", "response of a site (needs its proof)"),
    "dispute": ("异议（须先证明）", "objection of a site (needs its proof)"),
    "feed": ("网站愿提供订单数据（须先证明）", "a site offers its orders (needs its proof)"),
}
_DECIDED = {"confirmed": ("接受", "accepted"), "rejected": ("不接受", "rejected")}
_VIA = {
    "complaint": ("投诉正文提到", "named in complaints"),
    "redirect": ("网站跳转", "redirect"),
    "notice": ("备用网址公告", "notice of another address"),
    "list": ("名单", "list"),
    "record": ("记录", "records"),
    "report": ("用户线索", "a user's report"),
}
ROWS = 200
"""Entries shown on the terminal; --json shows all."""


def show(config: Config, kind: str | None, as_json: bool, kinds: Sequence[str] = ()) -> None:
    """List what waits for a decision, and where each thing was found."""
    if kind is not None and kind not in KIND_NAMES:
        raise UserError(f"--kind {kind}: 可用 use {', '.join(KIND_NAMES)}")
    wanted = [kind] if kind else list(kinds)
    taking_in.take_in(config)
    with config.engine.connect() as connection:
        query = select(Review).where(Review.decision.is_(None)).order_by(Review.id)
        rows = connection.execute(query.where(Review.kind.in_(wanted)) if wanted else query).all()
        waiting = _records_waiting(connection)
        titles = _titles(config, connection)
        reports = moderating.accepted_reports(connection)
    if as_json:
        print(json.dumps([_as_dict(row, waiting.get(row.subject, 0)) for row in rows], ensure_ascii=False))
        return
    if not rows:
        tell(config.say("没有待复核的事项。", "Nothing waits for review."))
        return
    table = Table(
        "#",
        config.say("事项", "what"),
        config.say("对象", "about"),
        config.say("来源", "where found"),
        config.say("候选", "candidates"),
        config.say("自", "since"),
    )
    for row in rows[:ROWS]:
        table.add_row(
            str(row.id),
            config.say(*KIND_NAMES.get(row.kind, (row.kind, row.kind))),
            row.subject,
            moderating.described(config, row, reports.get(row.subject, 0))
            if row.kind in moderating.FORMS
            else _where(config, row, titles, waiting.get(row.subject, 0)),
            "、".join(row.detail.get("candidates", [])),
            f"{row.opened_at.astimezone(SHANGHAI):%Y-%m-%d}",
        )
    tell(table)
    if len(rows) > ROWS:
        say(config.say(f"还有 {len(rows) - ROWS} 项（--json）", f"{len(rows) - ROWS} more (--json)"))
    say(
        config.say(
            "决定：kamengwatch review accept|reject 编号…", "decide: kamengwatch review accept|reject NUMBER…"
        )
    )


def prove(config: Config, ids: list[str]) -> None:
    """Look for the proof of responses and objections."""
    moderating.prove(config, _numbers("prove", ids))


def decide(config: Config, action: str, ids: list[str], host: str | None, note: str | None, by: str) -> None:
    """Accept or reject entries, all of them or, when one cannot be decided, none."""
    numbers = _numbers(action, ids)
    if host and len(ids) > 1:
        raise UserError("--host: 一次只用于一个编号 goes with one number at a time")
    if action == "accept":
        moderating.prove(config, numbers)
    decided = []
    with config.engine.begin() as connection:
        for id_ in numbers:
            row = _open(connection, id_)
            moved = _apply(config, connection, row, host) if action == "accept" else 0
            if row.kind in moderating.FORMS:
                moderating.decided(connection, row)
            connection.execute(
                update(Review)
                .where(Review.id == id_)
                .values(decision=DECISIONS[action], decided_at=config.now(), decided_by=by, note=note)
            )
            decided.append((row, moved))
    done = config.say(*_DECIDED[DECISIONS[action]])
    for row, moved in decided:
        say(
            config.say(
                f"#{row.id} {row.subject}：{done}；{moved} 条记录已归属",
                f"#{row.id} {row.subject}: {done}; {moved} records matched",
            )
        )


def _numbers(action: str, ids: list[str]) -> list[int]:
    if not ids:
        raise UserError(f"review {action}: 缺少编号 give the number shown by `kamengwatch review`")
    wrong = [text for text in ids if not text.isdecimal()]
    if wrong:
        raise UserError(
            f"review {action} {wrong[0]}: 编号是数字 a number is needed; 查看 see `kamengwatch review`"
        )
    return list(dict.fromkeys(map(int, ids)))


def _open(connection: Connection, id_: int) -> Row[Any]:
    row = connection.execute(select(Review).where(Review.id == id_)).one_or_none()
    if row is None:
        raise UserError(f"#{id_}: 队列里没有 not in the queue; 查看 see `kamengwatch review`")
    if row.decision is not None:
        zh, en = _DECIDED.get(row.decision, (row.decision, row.decision))
        raise UserError(
            f"#{id_}: 已于 {row.decided_at.astimezone(SHANGHAI):%Y-%m-%d} 决定：{zh} was decided already: {en}"
        )
    return row


def _apply(config: Config, connection: Connection, row: Row[Any], host: str | None) -> int:
    """What accepting an entry does: a name gets its platform, a found site is watched, a form is taken up."""
    if row.kind in moderating.FORMS:
        moderating.accept(config, connection, row)
    if row.kind not in ("match", "candidate"):
        return 0
    directory = Directory(connection)
    if row.kind == "candidate":
        platform_id = _watch(config, connection, directory, row, host)
    else:
        platform_id = _matched(directory, row, host)
        directory.add_alias(connection, platform_id, row.subject, "review", config.now())
    moved = 0
    for model in OBSERVATIONS.values():
        moved += connection.execute(
            update(model)
            .where(model.subject == row.subject, model.platform_id.is_(None))
            .values(platform_id=platform_id)
        ).rowcount
    return moved


def _watch(
    config: Config, connection: Connection, directory: Directory, row: Row[Any], host: str | None
) -> int:
    """Watch the site an entry is about; one that was found by name only needs its host from the person."""
    asked = parse_query(row.subject)
    if asked.kind != "host" and host is None:
        raise UserError(f"#{row.id} {row.subject}: 没有网址 it has no address yet; 请给出 give it: --host")
    chosen = host_in(host) if host else row.subject
    platform_id = directory.add(connection, chosen, config.now(), "watched")
    if name := row.detail.get("name") or (asked.name if asked.kind == "name" else None):
        unnamed = update(Platform).where(Platform.id == platform_id, Platform.name.is_(None))
        if not connection.execute(unnamed.values(name=name)).rowcount:
            directory.add_alias(connection, platform_id, name, "review", config.now())
    return platform_id


def _matched(directory: Directory, row: Row[Any], host: str | None) -> int:
    candidates = row.detail.get("candidates", [])
    chosen = host_in(host) if host else (candidates[0] if len(candidates) == 1 else None)
    if chosen is None:
        listed = f"（{'、'.join(candidates)}）" if candidates else ""
        raise UserError(
            f"#{row.id} {row.subject}: 有 {len(candidates)} 个候选{listed} several or no candidates; 请指定 give --host"
        )
    found = directory.by_host(chosen)
    if found is None:
        raise UserError(
            f"{chosen}: 不在观察名单里 not on the watchlist; 先 first: kamengwatch watch add {chosen}"
        )
    return found


def _records_waiting(connection: Connection) -> dict[str, int]:
    """Complaints that wait for each subject to be decided."""
    query = (
        select(Complaint.subject, func.count())
        .where(Complaint.platform_id.is_(None))
        .group_by(Complaint.subject)
    )
    return dict(connection.execute(query).all())


def _titles(config: Config, connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(Source.id, Source.title_zh, Source.title_en))
    return {id_: config.say(zh, en) for id_, zh, en in rows}


def _where(config: Config, row: Row[Any], titles: dict[str, str], waiting: int) -> str:
    """Where it was found, in words: the source, how, and how often."""
    detail = row.detail
    source = "、".join(titles.get(one, one) for one in str(detail.get("source", "")).split("、"))
    times = max(int(detail.get("times", 0)), waiting)
    via = config.say(*_VIA.get(detail.get("via", "record"), _VIA["record"]))
    return " · ".join(filter(None, (source, via, f"×{times}" if times > 1 else "")))


def _as_dict(row: Row[Any], waiting: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "subject": row.subject,
        "detail": row.detail,
        "records_waiting": waiting,
        "opened_at": row.opened_at.isoformat(),
    }
