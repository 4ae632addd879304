"""Sites side by side, and what changed: compare, diff, alerts. All from the latest snapshot; nothing is computed here."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rich.table import Table

from dashboard.text import pick, word
from dashboard.verdict import Card, card, unknown_card
from kamengwatch.config import SHANGHAI, Config, UserError
from kamengwatch.progress import tell, tell_json
from kamengwatch.showing import host_in_snapshot, open_snapshot
from scoring.snapshot import Snapshot

MOST = 4
DAYS = 30
"""Days that `diff` and `alerts` look back when no date is given."""
_SETTLED = ("kind", "on", "cause", "what", "from", "to", "sentence_zh", "sentence_en", "evidence")


def compare(config: Config, texts: list[str], as_json: bool) -> None:
    """Two to four sites in columns; one that is not on record is grey, what is missing is unknown and never zero."""
    if not 2 <= len(texts) <= MOST:
        raise UserError(f"compare: 写出 2 至 {MOST} 个网站 name 2 to {MOST} sites, not {len(texts)}")
    snapshot = open_snapshot(config)
    found = [_column(config, snapshot, text) for text in texts]
    if len({c.host for c, _ in found}) < 2:
        raise UserError(f"{found[0][0].host}: 几处写的是同一个网站 these all name the same site")
    if as_json:
        tell_json([c.as_dict() | {"complaints_30d": r and r["complaints_30d"]} for c, r in found])
        return
    table = Table("", *(c.host for c, _ in found), title=config.say("对比", "Side by side"))
    unknown, comma = word(config.lang, "word", "unknown"), config.say("；", "; ")
    for label, cells in (
        (config.say("结论", "verdict"), [f"{c.shape} {c.word}" for c, _ in found]),
        (config.say("信用分", "score"), [c.score or unknown for c, _ in found]),
        (config.say("资金链", "cash flow"), [c.warning for c, _ in found]),
        (config.say("掉单率", "drop rate"), [c.drop_rate for c, _ in found]),
        (config.say("备案", "filing"), [c.filing for c, _ in found]),
        (
            config.say("近30天投诉", "complaints, 30 d"),
            [
                unknown if r is None or r["complaints_30d"] is None else str(r["complaints_30d"])
                for _, r in found
            ],
        ),
        (config.say("依据", "basis"), [comma.join(x.text for x in c.reasons) or "—" for c, _ in found]),
        (config.say("看不到", "not seen"), [comma.join(c.blind_spots) for c, _ in found]),
        (config.say("截至", "as of"), [c.as_of for c, _ in found]),
    ):
        table.add_row(label, *cells)
    tell(table)
    for c, _ in found:
        if not c.known:
            tell(
                config.say(
                    f"{c.host} 尚未收录；加入观察：kamengwatch watch add {c.host}",
                    f"{c.host} is not on record; watch it: kamengwatch watch add {c.host}",
                )
            )


def _column(config: Config, snapshot: Snapshot, text: str) -> tuple[Card, dict[str, Any] | None]:
    from dashboard.search import find

    answer = find(snapshot, text)
    if len(answer.matches) > 1:
        raise UserError(
            f"{text[:60]}: 对应几个网站 means several sites: {', '.join(m['host'] for m in answer.matches)}"
        )
    if answer.matches:
        row = snapshot.site(answer.matches[0]["host"])
        assert row is not None  # it was found just now
        said = snapshot.of("responses", row["host"], "on desc")
        return card(row, config.lang, said[0] if said else None), row
    asked = answer.query.host or answer.query.name or answer.query.number
    if not asked:
        raise UserError(f"{text[:60]!r}: 里面没有网址或网站名 no site in it; 例 e.g. shop.example")
    return unknown_card(asked, config.lang, _as_of(snapshot)), None


def diff(config: Config, text: str, since: str | None, as_json: bool) -> None:
    """What changed about one site after a day: score and grade then and now, and each dated change with its cause."""
    snapshot = open_snapshot(config)
    host = host_in_snapshot(snapshot, text)
    as_of = _as_of(snapshot)
    day = since_day(since, as_of)
    then, now = _history(snapshot, host, day), _history(snapshot, host, as_of)
    events = _events(snapshot, host, day)
    if as_json:
        told = {"host": host, "since": day, "as_of": as_of, "then": then, "now": now, "changes": events}
        tell_json(told)
        return
    tell(f"{host}  {day} → {as_of}")
    for moment in (then, now):
        tell(f"  {_standing(config, moment)}")
    for event in events:
        cause = config.say(*_CAUSES.get(event["cause"], (event["cause"],) * 2)) if event["cause"] else ""
        evidence = " ".join(event["evidence"][:5])
        tell(
            f"  {event['on']}  {pick(event, 'sentence', config.lang)}  {f'[{cause}]' if cause else ''} {evidence}"
        )
    if not events:
        tell(
            config.say(
                f"自 {day} 以来没有登记的变化。看更早的：--since；看现状：kamengwatch explain {host}",
                f"No change on record since {day}. Earlier: --since; as it stands: kamengwatch explain {host}",
            )
        )


_CAUSES = {
    "world": ("外部事实", "the world"),
    "source": ("信息源", "a source"),
    "method": ("方法", "our method"),
}


def _events(snapshot: Snapshot, host: str, day: dt.date) -> list[dict[str, Any]]:
    """Everything dated after `day`, oldest first: changes, responses, corrections; warnings lend their reasons and evidence."""
    reasons = {(r["on"], r["to_state"]): r for r in snapshot.of("warnings", host)}
    rows: list[dict[str, Any]] = []
    for c in snapshot.of("changes", host, "on"):
        why = reasons.get((c["on"], c["to"])) if c["what"] == "warning_state" else None
        rows.append(
            {"kind": "change", **c}
            | {"evidence": why["evidence"] or [] if why else []}
            | ({f"sentence_{x}": f"{c[f'sentence_{x}']} {why[f'reason_{x}'] or ''}".strip() for x in ("zh", "en")} if why else {})
        )  # fmt: skip
    for r in snapshot.of("responses", host, "on"):
        said = {
            "sentence_zh": f"平台回应：{r['text']}",
            "sentence_en": f"The platform responded: {r['text']}",
        }
        rows.append({"kind": "response", "on": r["on"], **said})
    rows += [{"kind": "correction", **r} for r in snapshot.of("corrections", host, "on")]
    return [
        {name: row.get(name, [] if name == "evidence" else None) for name in _SETTLED}
        for row in sorted(rows, key=lambda r: r["on"])
        if row["on"] > day
    ]


def _history(snapshot: Snapshot, host: str, day: dt.date) -> dict[str, Any]:
    rows = snapshot.rows(
        'select "on", score, score_low, score_high, grade, warning_state from history '
        'where host = ? and "on" <= ? order by "on" desc limit 1',
        [host, day],
    )
    return rows[0] if rows else {"on": day, "score": None, "grade": None, "warning_state": None}


def _standing(config: Config, row: dict[str, Any]) -> str:
    from dashboard.figures import score_words

    if row["grade"] is None:
        return f"{row['on']}  {config.say('还没有记录', 'nothing on record yet')}"
    return f"{row['on']}  {row['grade']}  {score_words(row)}  {word(config.lang, 'warning', row['warning_state'])}"


def alerts(config: Config, since: str | None, as_json: bool) -> None:
    """Every change of a cash-flow state after a day, over all sites, newest first, with its reason and evidence."""
    snapshot = open_snapshot(config)
    as_of = _as_of(snapshot)
    day = since_day(since, as_of)
    rows = snapshot.rows(
        'select w.host, r.name, w."on", w.from_state, w.to_state, w.reason_zh, w.reason_en, w.evidence from warnings w '
        'left join ratings r using (host) where w."on" > ? order by w."on" desc, w.host',
        [day],
    )
    if as_json:
        tell_json(rows)
        return
    if not rows:
        tell(
            config.say(
                f"{day} 之后（截至 {as_of}）没有资金链状态变化。看更早的：--since 日期；看现状：kamengwatch rank",
                f"No change of a cash-flow state after {day} (as of {as_of}). Earlier: --since DATE; as it stands: kamengwatch rank",
            )
        )
        return
    table = Table(
        config.say("日期", "date"),
        config.say("网站", "site"),
        config.say("变化", "change"),
        config.say("原因", "reason"),
        config.say("证据", "evidence"),
        title=config.say(f"预警 · {day} 之后 · 截至 {as_of}", f"Alerts · after {day} · as of {as_of}"),
    )
    for r in rows:
        change = " → ".join(word(config.lang, "warning", r[k]) for k in ("from_state", "to_state"))
        reason = pick(r, "reason", config.lang) or ""
        table.add_row(str(r["on"]), r["host"], change, reason, " ".join((r["evidence"] or [])[:3]))
    tell(table)


def since_day(text: str | None, as_of: dt.date) -> dt.date:
    """The day `--since` names: a date, or `30d` back from the snapshot's day; raises UserError for anything else."""
    if text is None:
        return as_of - dt.timedelta(days=DAYS)
    asked = text.strip().lower()
    try:
        if asked.endswith("d") and asked[:-1].isdecimal():
            return as_of - dt.timedelta(days=int(asked[:-1]))
        if asked.endswith("h") and asked[:-1].isdecimal():
            return as_of - dt.timedelta(days=-(-int(asked[:-1]) // 24))
        moment = dt.datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        raise UserError(f"--since {text}: 不是日期 not a date; 例 e.g. 2026-11-01, 30d") from error
    day = moment.astimezone(SHANGHAI).date() if moment.tzinfo else moment.date()
    if day > as_of:
        raise UserError(
            f"--since {text}: 晚于快照的日期 is later than the snapshot's day {as_of}; 先 first: kamengwatch run"
        )
    return day


def _as_of(snapshot: Snapshot) -> dt.date:
    return dt.date.fromisoformat(snapshot.manifest["as_of"])
