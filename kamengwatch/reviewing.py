"""The review queue: what only a person may decide. Decisions are kept with who, when and why."""

from __future__ import annotations

import json
from typing import Any

from rich.table import Table
from sqlalchemy import Connection, Row, select, update

from kamengwatch.config import Config, UserError
from kamengwatch.progress import say, tell
from kamengwatch.watching import host_in
from store.matching import Directory
from store.tables import OBSERVATIONS, Review

KIND_NAMES = {
    "match": ("名称待匹配", "name to match"),
    "candidate": ("待收录网站", "site to accept"),
    "alarm": ("警报待确认", "alarm to confirm"),
    "red": ("红色结论待复核", "red verdict to review"),
    "campaign": ("疑似集中投诉", "possible campaign"),
}


def review(
    config: Config,
    action: str,
    id_: int | None,
    host: str | None,
    note: str | None,
    by: str,
    as_json: bool,
) -> None:
    """List the queue, or decide one entry."""
    if action == "list":
        _list(config, as_json)
    elif action in ("accept", "reject"):
        if id_ is None:
            raise UserError(f"review {action}: 缺少编号 give the number shown by `kamengwatch review`")
        _decide(config, action, id_, host, note, by)
    else:
        raise UserError(f"review {action}: 可用 use list, accept or reject")


def _list(config: Config, as_json: bool) -> None:
    with config.engine.connect() as connection:
        rows = connection.execute(select(Review).where(Review.decision.is_(None)).order_by(Review.id)).all()
    if as_json:
        print(
            json.dumps(
                [
                    {
                        "id": r.id,
                        "kind": r.kind,
                        "subject": r.subject,
                        "detail": r.detail,
                        "opened_at": r.opened_at.isoformat(),
                    }
                    for r in rows
                ],
                ensure_ascii=False,
            )
        )
        return
    if not rows:
        tell(config.say("没有待复核的事项。", "Nothing waits for review."))
        return
    table = Table(
        "#", config.say("事项", "what"), config.say("对象", "about"), config.say("候选", "candidates")
    )
    for r in rows[:200]:
        kind = KIND_NAMES.get(r.kind, (r.kind, r.kind))[config.lang == "en"]
        table.add_row(str(r.id), kind, r.subject, "、".join(r.detail.get("candidates", [])))
    tell(table)


def _decide(config: Config, action: str, id_: int, host: str | None, note: str | None, by: str) -> None:
    with config.engine.begin() as connection:
        row = connection.execute(select(Review).where(Review.id == id_)).one_or_none()
        if row is None:
            raise UserError(f"#{id_}: 队列里没有 not in the queue; 查看 see `kamengwatch review`")
        if row.decision is not None:
            raise UserError(
                f"#{id_}: 已于 {row.decided_at:%Y-%m-%d} 决定 was decided already: {row.decision}"
            )
        decision = {"accept": "confirmed", "reject": "rejected"}[action]
        moved = _apply(config, connection, row, host) if action == "accept" else 0
        connection.execute(
            update(Review)
            .where(Review.id == id_)
            .values(decision=decision, decided_at=config.now(), decided_by=by, note=note)
        )
    say(
        config.say(
            f"#{id_} 已决定：{decision}；{moved} 条记录已归属",
            f"#{id_} decided: {decision}; {moved} records matched",
        )
    )


def _apply(config: Config, connection: Connection, row: Row[Any], host: str | None) -> int:
    """What accepting an entry does: a name gets its platform, a found site is watched."""
    if row.kind not in ("match", "candidate"):
        return 0
    directory = Directory(connection)
    if row.kind == "candidate":
        platform_id = directory.add(connection, row.subject, config.now(), "watched")
    else:
        candidates = row.detail.get("candidates", [])
        chosen = host_in(host) if host else (candidates[0] if len(candidates) == 1 else None)
        if chosen is None:
            raise UserError(
                f"#{row.id}: 有 {len(candidates)} 个候选 several or no candidates; 请指定 give --host"
            )
        found = directory.by_host(chosen)
        if found is None:
            raise UserError(
                f"{chosen}: 不在观察名单里 not on the watchlist; 先 first: kamengwatch watch add {chosen}"
            )
        platform_id = found
        directory.add_alias(connection, platform_id, row.subject, "review", config.now())
    moved = 0
    for model in OBSERVATIONS.values():
        moved += connection.execute(
            update(model)
            .where(model.subject == row.subject, model.platform_id.is_(None))
            .values(platform_id=platform_id)
        ).rowcount
    return moved
