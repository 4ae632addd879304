"""Decide entries of the review queue: which are meant, and what a person said, with who, when and why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from sqlalchemy import Connection, Row, func, select, update

from kamengwatch.batch_items import Outcome, one_by_one, tell_refused
from kamengwatch.config import Config, UserError
from kamengwatch.console import bar, log_line, print_answer, tell_json
from kamengwatch.intake import form_inbox
from kamengwatch.intake.watchlist import host_in, site_in
from kamengwatch.review import form_decisions, report_life
from kamengwatch.review.form_decisions import FORMS
from store.china_time import SHANGHAI
from store.db.tables import OBSERVATIONS, Complaint, Platform, Review, Source
from store.evidence.entity_matching import Directory
from store.text.query import parse_query
from store.text.refused_hosts import refusal
from store.text.safe_text import plain

SITES = ("match", "candidate")
"""What `--all` and `--source` mean without `--kind`: hosts and names. What is published by itself, or comes from a person, is decided by number or kind."""
DECIDED = {
    "confirmed": ("接受", "accepted"),
    "rejected": ("不接受", "rejected"),
    "withdrawn": ("提交人已撤回", "withdrawn by its sender"),
}
_RANGE = re.compile(r"#?(\d{1,9})(?:(?:-|–|—|~|\.\.|至|到)#?(\d{1,9}))?")
_SEE = "查看 see `kamengwatch review`"


@dataclass(frozen=True)
class Selection:
    """Words for numbers and ranges, or `every`, narrowed to a source and kinds."""

    words: Sequence[str] = ()
    every: bool = False
    source: str | None = None
    kinds: Sequence[str] = ()

    def numbers(self, connection: Connection) -> tuple[list[int], list[str]]:
        """The numbers meant, in order, each once, and what is wrong with the words that name none.

        A number must wait for a decision; of a range those that do are meant. Raises UserError where nothing is named at all.
        """
        if self.every and self.words:
            raise UserError("--all: 不和编号一起用 is not given with numbers")
        if not (self.every or self.words or self.source):
            raise UserError(
                "缺少编号 give the number shown by `kamengwatch review`, or 1-200, --source, --all"
            )
        if not self.words:
            return self._of_all(connection)
        found: dict[int, None] = {}
        wrong: list[str] = []
        for first, last, word in _ranges(self.words, wrong):
            if last is None:
                try:
                    row = waiting(connection, first)
                    found.update({first: None} if self.takes(row) else {})
                    if not self.takes(row):
                        wrong.append(f"#{first} {row.subject}: 不属于 --source/--kind does not belong to it")
                except UserError as error:
                    wrong.append(str(error))
                continue
            rows = connection.execute(
                select(Review)
                .where(Review.decision.is_(None), Review.id.between(first, last))
                .order_by(Review.id)
            )
            chosen = [row.id for row in rows if self.takes(row)]
            if not chosen:
                wrong.append(f"{word}: 其中没有等待决定的事项 nothing in it waits for a decision; {_SEE}")
            found.update(dict.fromkeys(chosen))
        return list(found), wrong

    def takes(self, row: Row[Any]) -> bool:
        """Whether an entry is of the source and kinds asked for."""
        return (self.source is None or self.source in sources_of(row)) and (
            not self.kinds or row.kind in self.kinds
        )

    def _of_all(self, connection: Connection) -> tuple[list[int], list[str]]:
        kinds = self.kinds or SITES
        rows = connection.execute(select(Review).where(Review.decision.is_(None)).order_by(Review.id)).all()
        chosen = [row.id for row in rows if row.kind in kinds and self.takes(row)]
        if not chosen:
            named = ", ".join(sorted({source for row in rows for source in sources_of(row)})) or "—"
            raise UserError(
                f"{f'--source {self.source}' if self.source else '--all'}: 没有等待决定的这类事项 nothing such waits; "
                f"现有来源 sources there are: {named}; {_SEE}"
            )
        return chosen, []


def sources_of(row: Row[Any]) -> list[str]:
    """Who named an entry: source ids or names of lists; a form of the web page is `form`."""
    if row.kind in FORMS:
        return ["form"]
    return [source for source in str(row.detail.get("source", "")).split("、") if source]


def waiting(connection: Connection, id_: int) -> Row[Any]:
    """The entry with this number, which waits for a decision; raises UserError where there is none or it was decided."""
    row = connection.execute(select(Review).where(Review.id == id_)).one_or_none()
    if row is None:
        raise UserError(f"#{id_}: 队列里没有 not in the queue; {_SEE}")
    if row.decision is not None:
        zh, en = DECIDED.get(row.decision, (row.decision, row.decision))
        raise UserError(
            f"#{id_} {row.subject}: 已于 {row.decided_at.astimezone(SHANGHAI):%Y-%m-%d} 决定：{zh} was decided already: {en}"
        )
    return row


def _ranges(words: Iterable[str], wrong: list[str]) -> Iterable[tuple[int, int | None, str]]:
    """(first, last or None, word) of each number and range; a word that is none goes to `wrong`."""
    for given in words:
        for word in re.split(r"[,，、;\s]+", unicodedata.normalize("NFKC", given).strip()):
            match = _RANGE.fullmatch(word)
            if match is None:
                wrong.append(f"{word}: 编号是数字或范围 a number or a range such as 1-200 is needed; {_SEE}")
            elif match[2] is None:
                yield int(match[1]), None, word
            elif int(match[1]) > int(match[2]):
                wrong.append(f"{word}: 范围的前一个数应较小 the first number of a range is the smaller one")
            else:
                yield int(match[1]), int(match[2]), word


DECISIONS = {"accept": "confirmed", "reject": "rejected"}
KIND_NAMES = {
    "match": ("名称待匹配", "name to match"),
    "candidate": ("待收录网站", "site to accept"),
    "alarm": ("警报待确认", "alarm to confirm"),
    "closed": ("停运待确认", "closure to confirm"),
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
    form_inbox.take_in(config)
    wanted = Selection(source=source, kinds=kinds)
    with config.engine.connect() as connection:
        query = select(Review).where(Review.decision.is_(None)).order_by(Review.id)
        rows = [row for row in connection.execute(query) if wanted.takes(row)]
        waiting = _records_waiting(connection)
        titles = _titles(config, connection)
        reports = form_decisions.accepted_reports(connection)
    total, page = len(rows), page or Page()
    size = page.rows or (total if as_json and page.number == 1 else ROWS)
    pages = max(1, -(-total // max(1, size)))
    if page.number > pages:
        raise UserError(f"--page {page.number}: 最后一页是第 {pages} 页 the last page is {pages}")
    rows = rows[(page.number - 1) * size : page.number * size]
    if as_json:
        tell_json([_as_dict(row, waiting.get(row.subject, 0)) for row in rows])
        return
    if not rows:
        print_answer(config.say("没有待复核的事项。", "Nothing waits for review."))
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
            form_decisions.described(config, row, reports.get(row.subject, 0))
            if row.kind in form_decisions.FORMS
            else _where(config, row, titles, waiting.get(row.subject, 0)),
            "、".join(row.detail.get("candidates", [])),
            f"{row.opened_at.astimezone(SHANGHAI):%Y-%m-%d}",
        )
    print_answer(table)
    if pages > 1:
        more = f"  --page {page.number + 1}" if page.number < pages else ""
        log_line(
            config.say(
                f"第 {page.number}/{pages} 页，共 {total} 项{more}",
                f"page {page.number} of {pages}, {total} in all{more}",
            )
        )
    log_line(
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
    outcome = one_by_one(numbers, lambda number: form_decisions.prove(config, [number]))
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
        proved = one_by_one(numbers, lambda number: form_decisions.prove(config, [number]))
        ready, outcome.refused = proved.done, [*wrong, *proved.refused]
    told: list[dict[str, Any]] = []

    def decide_one(number: int) -> None:
        with connection.begin_nested():
            row = waiting(connection, number)
            moved = _apply(config, connection, directory, row, host) if action == "accept" else 0
            if row.kind in form_decisions.FORMS:
                form_decisions.decided(connection, row)
            connection.execute(
                update(Review)
                .where(Review.id == number)
                .values(decision=DECISIONS[action], decided_at=config.now(), decided_by=by, note=note)
            )
        told.append({"id": number, "subject": row.subject, "name": row.detail.get("name"),
                     "kind": row.kind, "decision": DECISIONS[action], "records_matched": moved})  # fmt: skip
        if not as_json:
            done = config.say(*DECIDED[DECISIONS[action]])
            zh, en = (f"；{moved} 条记录已归属", f"; {moved} record(s) matched") if moved else ("", "")
            log_line(
                config.say(f"#{number} {_named(row)}：{done}{zh}", f"#{number} {_named(row)}: {done}{en}")
            )

    with bar(config.say("决定", "deciding"), len(ready)) as progress:
        for start in range(0, len(ready), _TOGETHER):
            part = ready[start : start + _TOGETHER]
            with config.engine.begin() as connection:
                directory = Directory(connection)
                one_by_one(part, decide_one, outcome)
            progress.advance(len(part))
    report_life.write_states(config, [one["id"] for one in told if one["kind"] == "report"])
    if as_json:
        tell_json({"decided": told, "refused": outcome.refused})
    elif len(told) > 1:
        log_line(config.say(f"共 {len(told)} 项。", f"{len(told)} in all."))
    tell_refused(config, outcome)


def _named(row: Row[Any]) -> str:
    """What an entry is about: the host or name, and the name that was found with a host."""
    name = row.detail.get("name")
    return plain(f"{row.subject}（{name}）" if name and name != row.subject else row.subject)


def _apply(
    config: Config, connection: Connection, directory: Directory, row: Row[Any], host: str | None
) -> int:
    """What accepting an entry does: a name gets its platform, a found site is watched, a form is taken up."""
    if row.kind in form_decisions.FORMS:
        form_decisions.accept(config, connection, row)
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
