"""Objections: a claim that a finding is wrong, with its public clocks and a reasoned outcome.

Acknowledged within 2 working days, decided within 7 (Chinese working days); every outcome is published. A decision moves a score
only through the evidence it takes back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from sqlalchemy import Connection, Row, insert, select, update

from kamengwatch.batch_items import one_by_one, tell_refused
from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line, print_answer
from kamengwatch.review.responses import (
    OUTCOMES_EN,
    agreed,
    correct,
    day_of,
    platform_of,
    print_rows,
    words_of,
)
from kamengwatch.review.withdrawals import taken_back
from store.db.tables import OUTCOMES, Dispute, Platform
from store.redaction.redact import redact

ACKNOWLEDGE_WITHIN, DECIDE_WITHIN = 2, 7
"""Working days from the day after an objection came in."""


def open_dispute(
    config: Config, site: str, about: str, text: str | None, file: Path | None, yes: bool
) -> None:
    """Register an objection; its clocks start today and the site is marked as disputed at once."""
    subject = redact(about.strip()).text
    if not 0 < len(subject) <= 80:
        raise UserError("--about: 写明针对哪一项（1 至 80 字） say what it concerns (1 to 80 characters)")
    words = words_of(text, file)
    with config.engine.begin() as connection:
        id_, host = platform_of(connection, site)
        kept = agreed(config, host, words, yes)
        now = (
            config.now()
        )  # what is written down and what its clocks are counted from are one moment, also at midnight
        made = connection.execute(
            insert(Dispute)
            .values(platform_id=id_, received_at=now, about=subject, text=kept)
            .returning(Dispute.id)
        ).scalar_one()
    due = deadlines(now)
    log_line(
        config.say(
            f"异议 #{made}（{host}，{subject}）：{due[0]} 前确认，{due[1]} 前答复；下一次发布起标注“异议处理中”",
            f"Objection #{made} ({host}, {subject}): to be acknowledged by {due[0]}, decided by {due[1]}; shown as disputed from the next publication",
        )
    )


def acknowledge(config: Config, numbers: Sequence[int]) -> None:
    """Note of each objection that its sender was told it came in."""
    tell_refused(config, one_by_one(dict.fromkeys(numbers), lambda number: _acknowledge(config, number)))


def _acknowledge(config: Config, number: int) -> None:
    with config.engine.begin() as connection:
        row = _open(connection, number)
        if row.acknowledged_at is not None:
            raise UserError(
                f"#{number}: 已于 {day_of(row.acknowledged_at)} 确认过 was acknowledged already on that day"
            )
        connection.execute(update(Dispute).where(Dispute.id == number).values(acknowledged_at=config.now()))
    log_line(
        config.say(
            f"异议 #{number} 已确认收到；请在 {deadlines(row.received_at)[1]} 前决定",
            f"Objection #{number} is acknowledged; decide it by {deadlines(row.received_at)[1]}",
        )
    )


def _titles(about: str) -> tuple[str, str]:
    """What an objection concerns, Chinese and English: an indicator named by id or either title, else as it was typed."""
    from scoring.finding import definitions
    from scoring.snapshot.reader import titles_by_name

    told = (
        dict(zip(("title_zh", "title_en"), one.title, strict=True), indicator=one.id) for one in definitions()
    )
    return titles_by_name(told).get(about, (about, about))


def decide(
    config: Config,
    number: int,
    outcome: str,
    reason: str,
    reason_en: str | None,
    withdraw: Sequence[str] = (),
) -> None:
    """Close an objection with a reasoned outcome, which the next snapshot publishes among the corrections.

    `withdraw`: ids of the evidence that is taken back with it (outcomes amended and withdrawn only).
    """
    code = next((c for c, word in OUTCOMES.items() if outcome.strip() in (c, word)), None)
    if code is None:
        named = ", ".join(f"{word} {c}" for c, word in OUTCOMES.items())
        raise UserError(f"--outcome {outcome}: 可用 use {named}")
    zh, en = redact(reason.strip()).text, redact((reason_en or "").strip()).text
    if not zh:
        raise UserError("--reason: 决定要写明理由 a decision needs its reason")
    if withdraw and code not in ("amended", "withdrawn"):
        raise UserError(
            f"--withdraw: 只随更正或撤回 goes with the outcomes amended and withdrawn only, not with {code}"
        )
    now = config.now()
    with config.engine.begin() as connection:
        row = _open(connection, number)
        connection.execute(
            update(Dispute)
            .where(Dispute.id == number)
            .values(
                acknowledged_at=row.acknowledged_at or now,
                decided_at=now,
                outcome=code,
                reason=zh,
            )
        )
        gone = "、".join(_withdrawn(config, connection, row.platform_id, withdraw))
        about_zh, about_en = _titles(row.about)
        sentences = (
            f"关于“{about_zh}”的异议：{OUTCOMES[code]}。{zh}" + (f"撤回的证据：{gone}。" if gone else ""),
            f"Objection concerning “{about_en}”: {OUTCOMES_EN[code]}. {en or f'Reason, in Chinese: “{zh}”'}"
            + (f" Evidence withdrawn: {gone}." if gone else ""),
        )
        correct(connection, row.platform_id, now, code, *sentences)
    log_line(
        config.say(
            f"异议 #{number}：{OUTCOMES[code]}；随下一次发布公开", f"Objection #{number}: {OUTCOMES_EN[code]}"
        )
    )


def _withdrawn(
    config: Config, connection: Connection, platform_id: int, ids: Sequence[str]
) -> dict[str, tuple[int, str]]:
    found = taken_back(connection, ids, config.now())
    if other := next((name for name, (of, _) in found.items() if of != platform_id), None):
        raise UserError(f"--withdraw {other}: 不是该网站的证据 is no evidence about this site")
    return found


def disputes(config: Config, only_open: bool, overdue: bool, as_json: bool) -> None:
    """List objections with both clocks; what is late is said first and in words."""
    query = select(Platform.host, *Dispute.__table__.columns).join(
        Platform, Platform.id == Dispute.platform_id
    )
    with config.engine.connect() as connection:
        rows = [_with_clocks(config, r) for r in connection.execute(query.order_by(Dispute.id)).mappings()]
    rows = [r for r in rows if not (only_open and r["decided_at"]) and (r["late"] or not overdue)]
    if as_json:
        print_rows(rows)
        return
    if not rows:
        print_answer(
            config.say(
                "没有这样的异议。登记一条：kamengwatch dispute open 网站 --about 针对哪一项 --text 内容",
                "There is no such objection. To record one: kamengwatch dispute open SITE --about FINDING --text WORDS",
            )
        )
        return
    table = Table("#", *(config.say(*t) for t in (
        ("网站", "site"), ("针对", "about"), ("收到", "received"), ("确认期限", "acknowledge by"), ("决定期限", "decide by"), ("状态", "state"),
    )))  # fmt: skip
    for r in rows:
        table.add_row(
            str(r["id"]), r["host"], r["about"], str(day_of(r["received_at"])),
            str(r["acknowledge_by"]), str(r["decide_by"]), _state(config, r),
        )  # fmt: skip
    print_answer(table)


def deadlines(received_at: dt.datetime) -> tuple[dt.date, dt.date]:
    """The Shanghai days by which an objection is to be acknowledged and decided, counted in Chinese working days."""
    from dashboard.help.deadlines import after_working_days

    day = day_of(received_at)
    return after_working_days(day, ACKNOWLEDGE_WITHIN)[0], after_working_days(day, DECIDE_WITHIN)[0]


def _with_clocks(config: Config, row: Any) -> dict[str, Any]:
    acknowledge_by, decide_by = deadlines(row["received_at"])
    late = row["decided_at"] is None and (
        config.today() > decide_by or (row["acknowledged_at"] is None and config.today() > acknowledge_by)
    )
    return {**row, "acknowledge_by": acknowledge_by, "decide_by": decide_by, "late": late}


def _state(config: Config, row: dict[str, Any]) -> str:
    if row["decided_at"]:
        return config.say(OUTCOMES[row["outcome"]], OUTCOMES_EN[row["outcome"]])
    done = row["acknowledged_at"] is not None
    state = config.say("已确认", "acknowledged") if done else config.say("待确认", "not acknowledged yet")
    return state + (config.say("，已超期", ", overdue") if row["late"] else "")


def _open(connection: Connection, number: int) -> Row[Any]:
    row = connection.execute(select(Dispute).where(Dispute.id == number)).one_or_none()
    if row is None:
        raise UserError(f"#{number}: 没有这条异议 no such objection; 查看 see `kamengwatch dispute list`")
    if row.decided_at is not None:
        raise UserError(f"#{number}: 已于 {day_of(row.decided_at)} 决定 was decided already: {row.outcome}")
    return row
