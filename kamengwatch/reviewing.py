"""The review queue: what only a person may decide. Decisions are kept with who, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from sqlalchemy import Connection, Row, func, select, update

from kamengwatch import moderating, taking_in
from kamengwatch.config import SHANGHAI, Config, UserError
from kamengwatch.one_by_one import Outcome, one_by_one, tell_refused
from kamengwatch.progress import bar, say, tell, tell_json
from kamengwatch.review_selection import DECIDED, Selection
from kamengwatch.review_selection import waiting as waiting_entry
from kamengwatch.watching import host_in, site_in
from store.matching import Directory
from store.names import parse_query
from store.plain import plain
from store.refused_hosts import refusal
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
_VIA = {
    "complaint": ("投诉正文提到", "named in complaints"),
    "redirect": ("网站跳转", "redirect"),
    "notice": ("备用网址公告", "notice of another address"),
    "list": ("名单", "list"),
    "record": ("记录", "records"),
    "report": ("用户线索", "a user's report"),
    "mall": ("像商城里的一家店", "looks like one shop of a mall"),
}
ROWS = 200
"""Entries of a page on the terminal; --json shows all unless a page is asked for."""
_TOGETHER = 50
"""So many decisions are written at once: what a killed command had decided stays decided."""


@dataclass(frozen=True)
class Page:
    """Which part of a long list is shown: `rows` a page (0: the usual number), `number` from 1."""

    number: int = 1
    rows: int = 0


def show(
    config: Config, kinds: Sequence[str], as_json: bool, source: str | None = None, page: Page | None = None
) -> None:
    """List what waits for a decision, and where each thing was found; `kinds` none: all."""
    check_kinds(kinds)
    taking_in.take_in(config)
    wanted = Selection(source=source, kinds=kinds)
    with config.engine.connect() as connection:
        query = select(Review).where(Review.decision.is_(None)).order_by(Review.id)
        rows = [row for row in connection.execute(query) if wanted.takes(row)]
        waiting = _records_waiting(connection)
        titles = _titles(config, connection)
        reports = moderating.accepted_reports(connection)
    total, page = len(rows), page or Page()
    size = page.rows or (total if as_json and page.number == 1 else ROWS)
    pages = max(1, -(-total // max(1, size)))
    if page.number > pages:
        raise UserError(f"--page {page.number}: 只有 {pages} 页 there are only {pages} pages")
    rows = rows[(page.number - 1) * size : page.number * size]
    if as_json:
        tell_json([_as_dict(row, waiting.get(row.subject, 0)) for row in rows])
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
    for row in rows:
        table.add_row(
            str(row.id),
            config.say(*KIND_NAMES.get(row.kind, (row.kind, row.kind))),
            _named(row),
            moderating.described(config, row, reports.get(row.subject, 0))
            if row.kind in moderating.FORMS
            else _where(config, row, titles, waiting.get(row.subject, 0)),
            "、".join(row.detail.get("candidates", [])),
            f"{row.opened_at.astimezone(SHANGHAI):%Y-%m-%d}",
        )
    tell(table)
    if pages > 1:
        more = f"  --page {page.number + 1}" if page.number < pages else ""
        say(
            config.say(
                f"第 {page.number}/{pages} 页，共 {total} 项{more}",
                f"page {page.number} of {pages}, {total} in all{more}",
            )
        )
    say(
        config.say(
            "决定：kamengwatch review accept|reject 编号…（1-200、--source、--all 也可）",
            "decide: kamengwatch review accept|reject NUMBER… (also 1-200, --source, --all)",
        )
    )


def check_kinds(kinds: Sequence[str]) -> None:
    """Raise UserError for a kind of entry there is not."""
    for kind in kinds:
        if kind not in KIND_NAMES:
            raise UserError(f"--kind {kind}: 可用 use {', '.join(KIND_NAMES)}")


def prove(config: Config, chosen: Selection) -> None:
    """Look for the proof of responses and objections, each; what has none is named."""
    with config.engine.connect() as connection:
        numbers, wrong = chosen.numbers(connection)
    outcome = one_by_one(numbers, lambda number: moderating.prove(config, [number]))
    outcome.refused[:0] = wrong
    tell_refused(config, outcome)


def decide(
    config: Config, action: str, chosen: Selection, host: str | None, note: str | None, by: str, as_json: bool
) -> None:
    """Accept or reject each entry; one that cannot be decided is named and keeps no other from it (exit code 2 at the end)."""
    check_kinds(chosen.kinds)
    with config.engine.connect() as connection:
        numbers, wrong = chosen.numbers(connection)
    if host and len(numbers) + len(wrong) > 1:
        raise UserError("--host: 一次只用于一个编号 goes with one number at a time")
    outcome: Outcome[int] = Outcome(refused=wrong)
    ready = numbers
    if action == "accept":
        proved = one_by_one(numbers, lambda number: moderating.prove(config, [number]))
        ready, outcome.refused = proved.done, [*wrong, *proved.refused]
    told: list[dict[str, Any]] = []

    def decide_one(number: int) -> None:
        with connection.begin_nested():
            row = waiting_entry(connection, number)
            moved = _apply(config, connection, directory, row, host) if action == "accept" else 0
            if row.kind in moderating.FORMS:
                moderating.decided(connection, row)
            connection.execute(
                update(Review)
                .where(Review.id == number)
                .values(decision=DECISIONS[action], decided_at=config.now(), decided_by=by, note=note)
            )
        told.append({"id": number, "subject": row.subject, "name": row.detail.get("name"),
                     "kind": row.kind, "decision": DECISIONS[action], "records_matched": moved})  # fmt: skip
        if not as_json:
            done = config.say(*DECIDED[DECISIONS[action]])
            say(
                config.say(
                    f"#{number} {_named(row)}：{done}；{moved} 条记录已归属",
                    f"#{number} {_named(row)}: {done}; {moved} records matched",
                )
            )

    with bar(config.say("决定", "deciding"), len(ready)) as progress:
        for start in range(0, len(ready), _TOGETHER):
            part = ready[start : start + _TOGETHER]
            with config.engine.begin() as connection:
                directory = Directory(connection)
                one_by_one(part, decide_one, outcome)
            progress.advance(len(part))
    if as_json:
        tell_json({"decided": told, "refused": outcome.refused})
    elif len(told) > 1:
        say(config.say(f"共 {len(told)} 项。", f"{len(told)} in all."))
    tell_refused(config, outcome)


def _named(row: Row[Any]) -> str:
    """What an entry is about: the host or name, and the name that was found with a host."""
    name = row.detail.get("name")
    return plain(f"{row.subject}（{name}）" if name and name != row.subject else row.subject)


def _apply(
    config: Config, connection: Connection, directory: Directory, row: Row[Any], host: str | None
) -> int:
    """What accepting an entry does: a name gets its platform, a found site is watched, a form is taken up."""
    if row.kind in moderating.FORMS:
        moderating.accept(config, connection, row)
    if row.kind not in ("match", "candidate"):
        return 0
    if row.kind == "candidate":
        platform_id = _watch(config, connection, directory, row, host)
    else:
        platform_id = _matched(directory, row, host)
        if parse_query(row.subject).kind == "host" and (reason := refusal(row.subject)):
            raise UserError(f"#{row.id} {reason}")
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
    chosen = site_in(host or row.subject)
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
        if reason := refusal(chosen):
            raise UserError(f"#{row.id} {row.subject}: {reason}")
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
    like = f"/{detail['like']}/…" if detail.get("like") else ""
    return " · ".join(filter(None, (source, via, like, f"×{times}" if times > 1 else "")))


def _as_dict(row: Row[Any], waiting: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "subject": row.subject,
        "detail": row.detail,
        "records_waiting": waiting,
        "opened_at": row.opened_at.isoformat(),
    }
