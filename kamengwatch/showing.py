"""Answers on the terminal: the verdict card, the arithmetic, the ranking. All from the latest snapshot."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.table import Table

from dashboard.text import word
from kamengwatch.config import Config, UserError, require_contact
from kamengwatch.progress import say, tell, tell_json
from scoring.snapshot import VERDICTS, Snapshot, SnapshotError
from store.plain import plain

if TYPE_CHECKING:
    from dashboard.search import Answer
    from dashboard.verdict import Card

EXIT = {"蓝": 10, "黄": 11, "橙": 12, "红": 13, "灰": 14}
_NAMES_EN = {"蓝": "blue", "黄": "yellow", "橙": "orange", "红": "red", "灰": "grey"}


def check(config: Config, text: str, live: bool, watch: bool, exit_code: bool, as_json: bool) -> int:
    """Print the verdict card of what `text` names; returns the exit code.

    With `live` a watched site is crawled, rated and published first; only with `watch` is one that is not watched put on the
    watchlist for that. An unknown site is grey and says so. Only the host or name is used: path and query are dropped and never stored.
    """
    from dashboard.search import find

    if not text.strip():
        raise UserError("没有要查的内容 nothing to check; 例 e.g. kamengwatch check shop.example")
    if watch and not live:
        raise UserError(
            "--watch: 只和 --live 一起用 only goes with --live; 加入观察 to watch it: kamengwatch watch add"
        )
    if live:
        require_contact()
        _crawl_first(config, text, watch)
    snapshot = open_snapshot(config)
    answer = find(snapshot, text)
    cards = [_card(snapshot, row, config.lang) for row in answer.matches] or [
        _unknown(snapshot, answer, config)
    ]
    if as_json:
        tell_json(_as_dict(answer, cards))
    else:
        _print_answer(config, answer, cards)
    return EXIT[cards[0].verdict] if exit_code and len(cards) == 1 else EXIT["灰"] if exit_code else 0


def _card(snapshot: Snapshot, row: dict[str, Any], lang: str) -> Card:
    from dashboard.verdict import card

    answers = snapshot.of("responses", row["host"], "on desc")
    return card(row, lang, answers[0] if answers else None)


def _unknown(snapshot: Snapshot, answer: Answer, config: Config) -> Card:
    from dashboard.verdict import unknown_card

    asked = answer.query.host or answer.query.name or answer.query.number or ""
    as_of = snapshot.manifest.get("as_of")
    return unknown_card(asked, config.lang, dt.date.fromisoformat(as_of) if as_of else None)


def _as_dict(answer: Answer, cards: list[Card]) -> dict[str, Any]:
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
        tell(f"· {config.say(notice.zh, notice.en)}")
    if len(cards) > 1:
        tell(config.say("这个说法对应几个网站：", "This may mean several sites:"))
        for card in cards:
            tell(f"  {card.shape} {card.word}  {card.host}  {card.name}")
        return
    _print_card(config, cards[0])
    if answer.near:
        near = "、".join(row["host"] for row in answer.near)
        tell(config.say(f"相近的已收录网站：{near}", f"Similar sites on record: {near}"))


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
        (config.say("依据", "basis"), card.basis),
        *((f"  {n}", f"{r.text}  {' '.join(r.evidence[:3])}") for n, r in enumerate(card.reasons, 1)),
        (config.say("信用分", "score"), card.score or "—"),
        (config.say("掉单率", "drop rate"), card.drop_rate),
        (config.say("资金链", "cash flow"), card.warning),
        (config.say("备案", "filing"), card.filing),
        (config.say("看不到", "not seen"), "；".join(card.blind_spots)),
        (config.say("网站说明", "response"), card.response or "—"),
        *((config.say("下一步", "next") if n == 0 else "", step) for n, step in enumerate(card.next_steps)),
    ]
    for label, text in rows:
        tell(f"{_padded(label)}{text}")
    for overlay in (*card.overlays, *([config.say("演示数据", "demonstration data")] if card.demo else [])):
        tell(f"[{overlay}]")


def _padded(label: str) -> str:
    """The label in a column of ten cells; a Chinese character takes two."""
    return label + " " * max(1, 10 - cell_len(label))


def _crawl_first(config: Config, text: str, watch: bool) -> None:
    from kamengwatch import crawling, judging, watching

    try:
        host = watching.watched_in(config, text)
    except UserError:
        if not watch:
            host = watching.host_in(text)
            say(
                config.say(
                    f"{host}: 不在观察名单，没有采集；要加入观察并采集：--live --watch",
                    f"{host}: not on the watchlist, nothing was crawled; to watch and crawl it: --live --watch",
                )
            )
            return
        host = watching.site_in(text)
        watching.add_sites(config, [(host, None, ())])
    crawling.crawl(config, [], [host], False, None, False)
    judging.rate(config, None, "duckdb", False)
    judging.publish(config, False)


def explain(config: Config, text: str, as_json: bool) -> None:
    """Print how the score of one site comes about."""
    from scoring.explain import explain as explanation

    snapshot = open_snapshot(config)
    host = host_in_snapshot(snapshot, text)
    told = explanation(snapshot, host, config.lang)
    if as_json:
        tell_json(told.as_dict())
    else:
        for line in told.lines():
            tell(line)


def rank(config: Config, limit: int, as_json: bool) -> None:
    """Print the ranking by tier; inside a tier by the lower bound, ties by host; not rated sites at the end."""
    snapshot = open_snapshot(config)
    rows = snapshot.rows(
        "select host, name, verdict, tier, grade, score, score_low, score_high, score_cap, coverage, warning_state, filing_state, "
        "drop_rate, drop_rate_low, drop_rate_high, drop_rate_basis, drop_rate_relative, drop_rate_relative_low, drop_rate_relative_high, as_of, demo from ratings "
        "order by tier nulls last, score_low desc, host"
    )
    if as_json:
        tell_json(rows)
        return
    if not rows:
        tell(
            config.say(
                "快照里还没有平台。先：kamengwatch watch add 网址",
                "No platforms yet. First: kamengwatch watch add URL",
            )
        )
        return
    _print_rank(config, rows, limit)


def _print_rank(config: Config, rows: list[dict[str, Any]], limit: int) -> None:
    from dashboard.figures import score_words
    from dashboard.verdict import filing_short

    demo = config.say(" · 演示数据", " · demonstration data") if any(r["demo"] for r in rows) else ""
    table = Table(
        config.say("结论", "verdict"),
        config.say("网站", "site"),
        config.say("名称", "name"),
        config.say("等级", "grade"),
        config.say("信用分(90%区间；≤ 封顶)", "score (90 % interval; ≤ capped)"),
        config.say("掉单率(90%区间)", "drop rate (90 % interval)"),
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
            config.say(row["verdict"], _NAMES_EN[row["verdict"]]),
            row["host"],
            plain(row["name"] or ""),
            row["grade"] if rated else config.say("NR 不予评级", "NR not rated"),
            score_words(row) if rated else "—",
            _drop(config, row),
            word(config.lang, "warning", row["warning_state"]),
            filing_short({**row, "filing_number": None}, config.lang),
        )
    tell(table)
    counts = " · ".join(f"{config.say(v, _NAMES_EN[v])} {shown.get(v, 0)}" for v in VERDICTS)
    tell(
        counts
        + config.say(
            "　本榜反映公开证据，不等于安全。",
            "  The ranking reflects public evidence; it is not a guarantee.",
        )
    )


def _drop(config: Config, row: dict[str, Any]) -> str:
    if row["drop_rate"] is None:
        return config.say("未知", "unknown")
    from dashboard.figures import times

    basis = word(config.lang, "drop", row["drop_rate_basis"])
    told = f"{row['drop_rate']:.1%} ({row['drop_rate_low']:.1%}–{row['drop_rate_high']:.1%}) {basis}"
    if row["drop_rate_basis"] == "counted" or row["drop_rate_relative"] is None:
        return told
    middle, low, high = (times(row[f"drop_rate_relative{end}"]) for end in ("", "_low", "_high"))
    return config.say(f"中位数的 {middle} 倍 ({low}–{high})；", f"{middle} × median ({low}–{high}); ") + told


def open_snapshot(config: Config) -> Snapshot:
    """The latest snapshot; raises UserError saying what to run when there is none or it is damaged."""
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
    from dashboard.search import find

    matches = find(snapshot, text).matches
    if len(matches) > 1:
        raise UserError(
            f"{text[:60]}: 对应几个网站 means several sites: {', '.join(m['host'] for m in matches)}"
        )
    if not matches:
        raise UserError(f"{text[:60]}: 尚未收录 not in the snapshot; 加入 add it: kamengwatch watch add …")
    return str(matches[0]["host"])
