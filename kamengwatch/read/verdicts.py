"""Answers on the terminal from the latest snapshot: card, arithmetic, ranking, comparison, changes. Nothing is computed here."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.table import Table

from dashboard.presenters.translations import pick, say, word
from dashboard.presenters.verdict_card import Card, card, unknown_card
from kamengwatch.config import Config, UserError, require_contact
from kamengwatch.console import log_line, print_answer, tell_json
from scoring.snapshot.reader import (
    VERDICT_CODES,
    VERDICTS,
    Snapshot,
    SnapshotError,
    kept_snapshots,
    snapshot_on,
)
from store.china_time import SHANGHAI
from store.text.safe_text import plain

if TYPE_CHECKING:
    from dashboard.presenters.site_search import Answer
    from dashboard.presenters.verdict_card import Card

EXIT = {"蓝": 10, "黄": 11, "橙": 12, "红": 13, "灰": 14}


def check(
    config: Config,
    text: str,
    live: bool,
    watch: bool,
    exit_code: bool,
    as_json: bool,
    picture: Path | None = None,
    as_of: dt.date | None = None,
) -> int:
    """Print the verdict card of what `text` names, and write it as a picture where a file is named; returns the exit code.

    With `live` a watched site is crawled, rated and published first; one that is not watched is looked at once, or with `watch` put
    on the watchlist for that. An unknown site is grey and says so. Only the host or name is used: path and query are dropped and never stored.
    """
    from dashboard.presenters import first_look
    from dashboard.presenters.site_search import find_each

    if not text.strip():
        raise UserError("没有要查的内容 nothing to check; 例 e.g. kamengwatch check shop.example")
    if watch and not live:
        raise UserError(
            "--watch: 只和 --live 一起用 only goes with --live; 加入观察 to watch it: kamengwatch watch add"
        )
    if live and as_of:
        raise UserError(
            "--as-of: 不能和 --live 一起用 does not go with --live: 现在看到的不是那天的 what is seen now is not of that day"
        )
    if live:
        require_contact()
        _crawl_first(config, text, watch)
    snapshot = open_snapshot(config, as_of)
    each = find_each(snapshot, text)
    answer = each[0]
    if answer.query.kind == "empty":
        raise UserError(
            "没认出网址 no web address, name or filing number in it; 例 e.g. kamengwatch check shop.example"
        )
    if picture and (len(each) > 1 or len(answer.matches) > 1 or not (answer.matches or answer.query.host)):
        raise UserError(
            "--picture: 一张图只画一个网站，写出它的网址 a picture shows one site: give its address; 例 e.g. kamengwatch check shop.example --picture card.png"
        )
    if len(each) > 1:
        found = [(one, cards_for(snapshot, one, config, not as_of)[0]) for one in each]
        return _check_each(config, found, exit_code, as_json)
    look = None if as_of else _looked_at(config, answer)
    cards = cards_for(snapshot, answer, config, not as_of)
    steps = first_look.steps(look, config.lang) if look else []
    if picture:
        # It brings the database's tables, which no answer needs.
        from kamengwatch.read.export import write_picture

        write_picture(config, cards[0], picture)
    if as_json:
        tell_json(answer_as_dict(answer, cards) | ({"look": steps} if look else {}))
    else:
        _print_answer(config, answer, cards)
        for step in steps:
            print_answer(f"· {step['name']}{config.say('：', ': ')}{say(config.lang, 'look.state_' + step['state'])} {step['why']}".rstrip())  # fmt: skip
            for fact in step["facts"]:
                print_answer(f"    {fact['words']}  [{fact['source']} {fact['at']}]")
    return EXIT[cards[0].verdict] if exit_code and len(cards) == 1 else EXIT["灰"] if exit_code else 0


def _check_each(config: Config, found: list[tuple[Answer, Card]], exit_code: bool, as_json: bool) -> int:
    """Every site of a text that names several, the worst verdict first, which is the exit code's."""
    from dashboard.presenters.site_search import UNREAD, badness

    told = [notice for notice in found[0][0].query.notices if notice in UNREAD]
    found = sorted(found, key=lambda one: badness(one[1].verdict))
    cards = [card for _, card in found]
    if as_json:
        tell_json([answer_as_dict(answer, [one]) for answer, one in found])
    else:
        for notice in told:
            print_answer(f"· {config.say(notice.zh, notice.en)}")
        _print_lines(config, cards)
    return EXIT[cards[0].verdict] if exit_code else 0


def _print_lines(config: Config, cards: list[Card]) -> None:
    """Several verdicts, a line each with what no verdict may be without: its date, and whether it is played."""
    for one in cards:
        name = one.name if one.name != one.host else ""
        about = (name, f"{config.say('截至', 'as of')} {one.as_of}")
        demo = config.say("演示数据", "demonstration data") if one.demo else ""
        print_answer("  ".join(filter(None, (f"{one.shape} {one.word}", one.host, *about, demo))))


def cards_for(snapshot: Snapshot, answer: Answer, config: Config, looked: bool = True) -> list[Card]:
    """The card of each site the answer may mean; one when it means none on record: of the look that was taken, else grey."""
    from dashboard.presenters import first_look

    if looked and (look := _looked_at(config, answer)):
        return [first_look.card(look, config.lang)]
    return [_card(snapshot, row, config.lang) for row in answer.matches] or [
        _unknown(snapshot, answer, config)
    ]


def _card(snapshot: Snapshot, row: dict[str, Any], lang: str) -> Card:
    from dashboard.presenters.verdict_card import card, card_for

    return card_for(snapshot, row["host"], lang) or card(row, lang)


def _unknown(snapshot: Snapshot, answer: Answer, config: Config) -> Card:
    from dashboard.presenters.verdict_card import unknown_card

    asked = answer.query.host or answer.query.name or answer.query.number or ""
    as_of = snapshot.manifest.get("as_of")
    demo = bool(snapshot.manifest.get("demo"))
    return unknown_card(asked, config.lang, dt.date.fromisoformat(as_of) if as_of else None, demo)


def answer_as_dict(answer: Answer, cards: list[Card]) -> dict[str, Any]:
    """The first card's fields at the top level, what was understood, and further matches and near misses beside it."""
    first = cards[0]
    return first.as_dict() | {
        "understood": {
            "kind": answer.query.kind,
            "host": answer.query.host,
            "unit": answer.query.unit,
            "mall": answer.query.mall,
            "name": answer.query.name,
        },  # fmt: skip
        "notices": [{"code": n.code, "zh": n.zh, "en": n.en} for n in answer.query.notices],
        "matches": [c.host for c in cards if c.known],
        "near": [row["host"] for row in answer.near],
    }


def _print_answer(config: Config, answer: Answer, cards: list[Card]) -> None:
    for notice in answer.query.notices:
        print_answer(f"· {config.say(notice.zh, notice.en)}")
    if len(cards) > 1:
        print_answer(config.say("这个说法对应几个网站：", "This may mean several sites:"))
        _print_lines(config, cards)
        return
    _print_card(config, cards[0])
    if answer.near:
        near = "、".join(row["host"] for row in answer.near)
        print_answer(config.say(f"相近的已收录网站：{near}", f"Similar sites on record: {near}"))


def _print_card(config: Config, card: Card) -> None:
    """The card as lines: the verdict, what it rests on, what to do; the same parts as on the page."""
    rows = [
        (
            config.say("查询对象", "asked"),
            "  ".join(filter(None, (card.host, card.name if card.name != card.host else "", card.mall))),
        ),
        (
            config.say("结论", "verdict"),
            f"{card.shape} {card.word}  {config.say('截至', 'as of')} {card.as_of}",
        ),
        ("", card.sentence),
        (config.say("建议", "advice"), card.advice),
        *((figure.label, f"{figure.value}  {figure.note}") for figure in card.figures),
        (config.say("为什么", "why"), card.why or "—"),
        (config.say("损失", "at stake"), card.lose or "—"),
        (config.say("依据", "basis"), card.basis),
        *((f"  {n}", f"{r.text}  {' '.join(r.evidence[:3])}") for n, r in enumerate(card.reasons, 1)),
        *([(config.say("建站软件", "software"), card.software)] if card.software else []),
        (config.say("信用分", "score"), card.score or "—"),
        (config.say("掉单率", "drop rate"), card.drop_rate),
        (config.say("资金链", "cash flow"), card.warning),
        (config.say("备案", "filing"), card.filing),
        (config.say("看不到", "not seen"), config.say("；", "; ").join(card.blind_spots)),
        (config.say("平台回应", "response"), card.response or "—"),
        *((config.say("下一步", "next") if n == 0 else "", step) for n, step in enumerate(card.next_steps)),
    ]
    for label, text in rows:
        print_answer(f"{_padded(label)}{text}")
    for overlay in (*card.overlays, *([config.say("演示数据", "demonstration data")] if card.demo else [])):
        print_answer(f"[{overlay}]")


def _padded(label: str) -> str:
    """The label in a column of ten cells; a Chinese character takes two."""
    return label + " " * max(1, 10 - cell_len(label))


def _crawl_first(config: Config, text: str, watch: bool) -> None:
    from kamengwatch.intake import watchlist
    from kamengwatch.pipeline import crawl, run

    try:
        host = watchlist.watched_in(config, text)
    except UserError:
        host = watchlist.site_in(text)
        if not watch:
            _look(config, host)
            return
        watchlist.add_sites(config, [(host, None, ())])
    crawl.crawl(config, [], [host], False, None, False)
    run.rate(config, None, "duckdb", False)
    run.publish(config, False)


def _look(config: Config, host: str) -> None:
    """Look at a site nobody watches, telling each step as it ends; nothing is watched or rated for it."""
    from kamengwatch.pipeline.look import Look, Looker

    done: set[str] = set()

    def tell(look: Look) -> None:
        for step in look.steps:
            if step.state != "waiting" and step.step not in done:
                done.add(step.step)
                log_line(f"{say(config.lang, f'look.step_{step.step}')}: {say(config.lang, f'look.state_{step.state}')}")  # fmt: skip

    log_line(
        config.say(
            f"{host}: 不在观察名单，现在查一次（约 20 秒）；要加入观察：--live --watch",
            f"{host}: not on the watchlist, looking once (about 20 s); to watch it: --live --watch",
        )
    )
    Looker(config).now(host, tell)


def _looked_at(config: Config, answer: Answer) -> dict[str, Any] | None:
    """The finished look at a site that is not on record, if there is one."""
    from dashboard.forms import looks

    return None if answer.matches else looks.finished(config.data_dir, answer.query.host)


def explain(config: Config, text: str, as_json: bool) -> None:
    """Print how the score of one site comes about."""
    from scoring.snapshot.explain import explain as explanation

    snapshot = open_snapshot(config)
    host = host_in_snapshot(snapshot, text)
    told = explanation(snapshot, host, config.lang)
    if as_json:
        tell_json(told.as_dict())
    else:
        for line in told.lines():
            print_answer(line)


def rank(config: Config, limit: int, as_json: bool, as_of: dt.date | None = None) -> None:
    """Print the ranking by tier; inside a tier by the lower bound, ties by host; not rated sites at the end."""
    snapshot = open_snapshot(config, as_of)
    rows = snapshot.rows(
        "select host, name, verdict, tier, grade, score, score_low, score_high, score_cap, coverage, warning_state, filing_state, "
        "drop_rate, drop_rate_low, drop_rate_high, drop_rate_basis, drop_rate_relative, drop_rate_relative_low, drop_rate_relative_high, as_of, demo from ratings "
        "order by tier nulls last, score_low desc, host"
    )
    if as_json:
        from dashboard.presenters.formatting import with_true_interval

        tell_json([with_true_interval(row) for row in rows])
        return
    if not rows:
        print_answer(
            config.say(
                "还没有收录网站。先运行：kamengwatch watch add 网址",
                "No platforms yet. First: kamengwatch watch add URL",
            )
        )
        return
    _print_rank(config, rows, limit)


def _print_rank(config: Config, rows: list[dict[str, Any]], limit: int) -> None:
    from dashboard.presenters.formatting import score_words
    from dashboard.presenters.verdict_card import filing_short

    demo = config.say(" · 演示数据", " · demonstration data") if any(r["demo"] for r in rows) else ""
    table = Table(
        config.say("结论", "verdict"),
        config.say("网站", "site"),
        config.say("名称", "name"),
        config.say("等级", "grade"),
        config.say("信用分（90% 区间；≤ 封顶）", "score (90% interval; ≤ capped)"),
        config.say("掉单率（90% 区间）", "drop rate (90% interval)"),
        config.say("资金链状态", "warning state"),
        config.say("备案", "filing"),
        title=config.say("榜单", "Ranking") + f" · {rows[0]['as_of']}{demo}",
    )
    shown: dict[str, int] = {}
    for row in rows:
        shown[row["verdict"]] = shown.get(row["verdict"], 0) + 1
        if limit and shown[row["verdict"]] > limit:
            continue
        rated = row["grade"] != "NR"
        table.add_row(
            config.say(row["verdict"], VERDICT_CODES[row["verdict"]]),
            row["host"],
            plain(row["name"] or ""),
            row["grade"] if rated else config.say("NR 不予评级", "NR not rated"),
            score_words(row) if rated else "—",
            _drop(config, row),
            word(config.lang, "warning", row["warning_state"]),
            filing_short({**row, "filing_number": None}, config.lang),
        )
    print_answer(table)
    counts = " · ".join(f"{config.say(v, VERDICT_CODES[v])} {shown.get(v, 0)}" for v in VERDICTS)
    print_answer(
        counts
        + config.say(
            "　本榜反映公开证据，这不等于安全。",
            "  The ranking reflects public evidence; it is not a guarantee.",
        )
    )


def _drop(config: Config, row: dict[str, Any]) -> str:
    if row["drop_rate"] is None:
        return config.say("未知", "unknown")
    from dashboard.presenters.formatting import times

    basis = word(config.lang, "drop", row["drop_rate_basis"])
    span = f"{row['drop_rate_low']:.1%}–{row['drop_rate_high']:.1%}"
    told = f"{row['drop_rate']:.1%}" + config.say(f"（{span}）{basis}", f" ({span}) {basis}")
    if row["drop_rate_basis"] == "counted" or row["drop_rate_relative"] is None:
        return told
    middle, low, high = (times(row[f"drop_rate_relative{end}"]) for end in ("", "_low", "_high"))
    return config.say(f"中位数的 {middle} 倍（{low}–{high}）；", f"{middle} × median ({low}–{high}); ") + told


def open_snapshot(config: Config, as_of: dt.date | None = None) -> Snapshot:
    """The latest snapshot, or the newest kept one that covers no day after `as_of`; raises UserError saying what to run or ask for
    when there is none or it is damaged."""
    if as_of is not None:
        try:
            return Snapshot(snapshot_on(kept_snapshots(config.data_dir), as_of).path)
        except SnapshotError as error:
            raise UserError(f"--as-of {error}") from error
    try:
        return Snapshot.latest(config.data_dir)
    except SnapshotError as error:
        raise UserError(
            config.say(
                f"{config.data_dir} 里还没有快照；先运行 kamengwatch run（或 run --sandbox 看演示）",
                f"no snapshot in {config.data_dir}; run kamengwatch run (or run --sandbox for a demonstration)",
            )
            if not (config.data_dir / "snapshots" / "latest").exists()
            else str(error)
        ) from error


def host_in_snapshot(snapshot: Snapshot, text: str) -> str:
    """The one site `text` means; raises UserError for none or several."""
    from dashboard.presenters.site_search import find

    matches = find(snapshot, text).matches
    if len(matches) > 1:
        raise UserError(
            f"{text[:60]}: 对应几个网站 means several sites: {', '.join(m['host'] for m in matches)}"
        )
    if not matches:
        raise UserError(f"{text[:60]}: 尚未收录 not in the snapshot; 加入 add it: kamengwatch watch add …")
    return str(matches[0]["host"])


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
    unknown, comma, space = word(config.lang, "word", "unknown"), config.say("；", "; "), config.say("", " ")
    for label, cells in (
        (config.say("结论", "verdict"), [f"{c.shape} {c.word}" for c, _ in found]),
        (config.say("信用分", "score"), [c.score or unknown for c, _ in found]),
        (config.say("资金链", "cash flow"), [c.warning for c, _ in found]),
        (config.say("掉单率", "drop rate"), [c.drop_rate for c, _ in found]),
        (config.say("备案", "filing"), [c.filing for c, _ in found]),
        (
            config.say("近 30 天投诉", "complaints, 30 d"),
            [unknown if (n := r and r["complaints_30d"]) is None else str(n) for _, r in found],
        ),
        (config.say("依据", "basis"), [space.join(x.text for x in c.reasons) or "—" for c, _ in found]),
        (config.say("看不到", "not seen"), [comma.join(c.blind_spots) for c, _ in found]),
        (config.say("截至", "as of"), [c.as_of for c, _ in found]),
    ):
        table.add_row(label, *cells)
    print_answer(table)
    for c, _ in found:
        if not c.known:
            print_answer(
                config.say(
                    f"{c.host} 尚未收录；加入观察：kamengwatch watch add {c.host}",
                    f"{c.host} is not on record; watch it: kamengwatch watch add {c.host}",
                )
            )


def _column(config: Config, snapshot: Snapshot, text: str) -> tuple[Card, dict[str, Any] | None]:
    from dashboard.presenters.site_search import find

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
    events = events_of(snapshot, host, day)
    if as_json:
        told = {"host": host, "since": day, "as_of": as_of, "then": then, "now": now, "changes": events}
        tell_json(told)
        return
    print_answer(f"{host}  {day} → {as_of}")
    for moment in (then, now):
        print_answer(f"  {_standing(config, moment)}")
    for event in events:
        cause = config.say(*_CAUSES.get(event["cause"], (event["cause"],) * 2)) if event["cause"] else ""
        evidence = " ".join(event["evidence"][:5])
        print_answer(
            f"  {event['on']}  {pick(event, 'sentence', config.lang)}  {f'[{cause}]' if cause else ''} {evidence}"
        )
    if not events:
        print_answer(
            config.say(
                f"自 {day} 以来没有登记的变化。看更早的：--since；看现状：kamengwatch explain {host}",
                f"No change on record since {day}. Earlier: --since; as it stands: kamengwatch explain {host}",
            )
        )


_CAUSES = {
    "world": ("外部事实", "the world"),
    "source": ("我们的数据", "our data"),
    "method": ("方法", "our method"),
}


def events_of(snapshot: Snapshot, host: str, day: dt.date) -> list[dict[str, Any]]:
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
    from dashboard.presenters.formatting import score_words

    if row["grade"] is None:
        return f"{row['on']}  {config.say('还没有记录', 'nothing on record yet')}"
    return f"{row['on']}  {row['grade']}  {score_words(row)}  {word(config.lang, 'warning', row['warning_state'])}"


def alerts(config: Config, since: str | None, as_json: bool) -> None:
    """Every change of a cash-flow state after a day, over all sites, newest first, with its reason and evidence."""
    snapshot = open_snapshot(config)
    as_of = _as_of(snapshot)
    day = since_day(since, as_of)
    rows = state_changes(snapshot, day)
    if as_json:
        tell_json(rows)
        return
    if not rows:
        print_answer(
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
    print_answer(table)


def state_changes(snapshot: Snapshot, day: dt.date) -> list[dict[str, Any]]:
    """Every change of a cash-flow state after `day`, newest first."""
    return snapshot.rows(
        'select w.host, r.name, w."on", w.from_state, w.to_state, w.reason_zh, w.reason_en, w.evidence from warnings w '
        'left join ratings r using (host) where w."on" > ? order by w."on" desc, w.host',
        [day],
    )


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
