"""Commands that rate and answer: rate, publish, check, explain, rank, classify, evidence, evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.cli.options import (
    AsJson,
    AsOf,
    OnlySites,
    app,
    evidence,
    with_config,
)
from kamengwatch.config import Config


@app.command(
    epilog="例: `kamengwatch rate` · `kamengwatch rate --as-of 2026-11-15` · "
    "只重评几个网站，几秒钟 a few sites in seconds: `kamengwatch rate --platform shop.example --platform b.example --publish` · "
    "`kamengwatch rate --engine spark --master spark://10.0.0.5:7077`"
)
@with_config()
def rate(
    config: Config,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="截至日 Shanghai day", show_default="today"),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="在哪里算 where it runs: duckdb (本机 this process) · spark (集群 a cluster)")
    ] = "duckdb",
    master: Annotated[
        str | None, typer.Option(metavar="URL", help="Spark master: spark://host:port · local[N]")
    ] = None,
    platform: OnlySites = None,
    then_publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="评完就发布 publish it as well, sparing the start of a second command (--json: a line for each)",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """评级 compute ratings, warnings and their daily history up to a day."""
    if platform:
        from kamengwatch.pipeline import single_sites

        single_sites.rate(config, platform, as_of, engine, master, as_json, then_publish)
        return
    from kamengwatch.pipeline import run

    run.rate(config, as_of, engine, as_json, master, then_publish)


@app.command(
    epilog="例: `kamengwatch publish` · 只发布刚单独评级的网站 only sites rated singly: `kamengwatch publish --platform shop.example` · 退回到较早的一天 back to an earlier day: `kamengwatch rate --as-of 2026-11-15 && kamengwatch publish --allow-older`"
)
@with_config()
def publish(
    config: Config,
    allow_older: Annotated[
        bool,
        typer.Option(
            "--allow-older",
            help="允许发布比现有快照更早的截至日 publish also when the day is earlier than the published one",
        ),
    ] = False,
    platform: OnlySites = None,
    as_json: AsJson = False,
) -> None:
    """发布 write the snapshot the dashboard reads, whole or not at all; never back to an earlier day unasked."""
    if platform:
        from kamengwatch.pipeline import single_sites

        single_sites.publish(config, platform, as_json)
        return
    from kamengwatch.pipeline import run

    run.publish(config, as_json, allow_older)


@app.command(
    epilog="例: `kamengwatch classify complaints.txt` · `echo 付款三天了还在处理中 | kamengwatch classify`"
)
def classify(
    file: Annotated[
        Path | None,
        typer.Argument(help="文本文件，一行一条 one text a line", show_default="standard input"),
    ] = None,
) -> None:
    """归类 complaint texts, one a line → JSON lines with primary and further kinds."""
    from kamengwatch.intake import evidence_import

    evidence_import.classify_lines(file)


@app.command(
    epilog="例: `kamengwatch check 'hxxp://shop[.]test/x?id=1'` · `kamengwatch check '【某某卡盟】http://a.example/abc 快来' --json` · "
    "`kamengwatch check shop.example --live --watch` · `kamengwatch check shop.example --picture card.png` · `kamengwatch check shop.example --as-of 2026-11-15` · 退出码 exit codes with --exit-code: 10 蓝 11 黄 12 橙 13 红 14 灰"
)
@with_config()
def check(
    config: Config,
    text: Annotated[
        str, typer.Argument(help="网址、网站名、备案号或整段聊天 URL, name, ICP number or chat text")
    ],
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="先采集再回答；没有收录的现在查一次 crawl it now first; one that is not watched is looked at once",
        ),
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="与 --live 一起：先加入观察 with --live: put it on the watchlist first"),
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="以退出码表示结论 tell the verdict by exit code")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture",
            dir_okay=False,
            help="另存成图片，发到聊天里 also write the card as a picture for a chat (PNG)",
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """查一个网站 the verdict card for what was pasted."""
    from kamengwatch.read import verdicts

    raise typer.Exit(
        verdicts.check(config, text, live, watch, exit_code, as_json, picture, as_of and as_of.date())
    )


@app.command(
    epilog="例: `kamengwatch explain shop.example` · `kamengwatch explain shop.example --lang en --json`"
)
@with_config()
def explain(
    config: Config,
    text: Annotated[str, typer.Argument(metavar="HOST", help="网址、域名或网站名")],
    as_json: AsJson = False,
) -> None:
    """为什么 the arithmetic: every contribution, the interval, what could not be seen."""
    from kamengwatch.read import verdicts

    verdicts.explain(config, text, as_json)


@app.command(
    epilog="例: `kamengwatch rank --limit 10` · `kamengwatch rank --as-of 2026-11-15` · `kamengwatch rank --json`"
)
@with_config()
def rank(
    config: Config,
    limit: Annotated[int, typer.Option(help="每档最多几行 rows per tier (0 = all)", min=0)] = 0,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """榜单 the ranking: tiers, ordered by the lower bound inside each, NR always shown."""
    from kamengwatch.read import verdicts

    verdicts.rank(config, limit, as_json, as_of and as_of.date())


@evidence.command("show", epilog="例: `kamengwatch evidence show complaint:heimao:17398613248 --json`")
@with_config()
def evidence_show(
    config: Config,
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="证据编号 evidence id, as the site page prints it")
    ],
    as_json: AsJson = False,
) -> None:
    """看一条存证 one piece of evidence: claim, dates, link, hash."""
    from kamengwatch.read import evidence

    evidence.show(config, id_, as_json)


@evidence.command(
    "withdraw",
    epilog="例: `kamengwatch evidence withdraw complaint:heimao:17398613248 --reason 投诉人已证实发错网站`",
)
@with_config()
def evidence_withdraw(
    config: Config,
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="证据编号 evidence ids")],
    reason: Annotated[str, typer.Option(help="理由，公开 the reason, published")],
    reason_en: Annotated[str | None, typer.Option(help="英文理由 the reason in English")] = None,
) -> None:
    """撤回证据 take evidence back that was wrong: it counts no more, and the corrections say so."""
    from kamengwatch.review import withdrawals

    withdrawals.withdraw(config, ids, reason, reason_en)


@evidence.command("verify", epilog="例: `kamengwatch evidence verify --json`")
@with_config()
def evidence_verify(
    config: Config,
    as_json: AsJson = False,
) -> None:
    """核对存证 re-hash every capture in the archive and every file of the latest snapshot."""
    from kamengwatch.read import evidence

    evidence.verify(config, as_json)


@app.command(
    epilog="例: `kamengwatch evaluate` · `kamengwatch evaluate --seed 2004 --seed 2005 --platforms 500` · "
    "`kamengwatch evaluate --quick` · `kamengwatch evaluate --markets other --json`"
)
@with_config(database=False)
def evaluate(
    config: Config,
    seed: Annotated[
        list[int] | None,
        typer.Option("--seed", help="市场的种子，可重复 seeds of the markets", show_default="2004"),
    ] = None,
    markets: Annotated[
        list[str] | None,
        typer.Option("--markets", help="first | other，可重复 kinds of market", show_default="both"),
    ] = None,
    platforms: Annotated[
        int | None, typer.Option(help="每个市场的平台数 platforms a market", show_default="250")
    ] = None,
    days: Annotated[int | None, typer.Option(help="天数 days of the calendar", show_default="540")] = None,
    draws: Annotated[int, typer.Option(min=0, help="区间的重抽次数 resamples for the intervals")] = 200,
    quick: Annotated[bool, typer.Option("--quick", help="小而快的一次 small and quick (24 × 200)")] = False,
    rates_only: Annotated[
        bool,
        typer.Option(
            "--rates-only", help="只测掉单率，适合许多小市场 drop rates only, for many small markets"
        ),
    ] = False,
    docs: Annotated[
        Path | None, typer.Option("--docs", help="另写成页面 also write the page to this file")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """评测 play markets with known truth and print every target with its figure, baselines, interval, met or missed.

    About 6 minutes on two free processors for the two usual markets of 250 platforms. Interrupted, it goes on where it stopped.
    """
    from kamengwatch.read import evaluation

    usual = evaluation.QUICK if quick else (evaluation.PLATFORMS, evaluation.DAYS)
    size = (platforms or usual[0], days or usual[1])
    kinds = [name for given in markets or evaluation.WORLDS for name in given.split(",")]
    evaluation.evaluate(
        config,
        seed or [evaluation.TEST_SEED],
        kinds,
        *size,
        min(draws, 40) if quick else draws,
        as_json,
        docs,
        rates_only,
    )


@app.command(
    epilog="例: 写进助手的配置 in the assistant's configuration: `kamengwatch mcp --data-dir /srv/kamengwatch` (docs/assistant.md)"
)
@with_config(database=False)
def mcp(config: Config) -> None:
    """助手 answer an assistant (Model Context Protocol) on standard input and output: check, explain, changes, help_me. Read-only."""
    from kamengwatch.read import assistant

    assistant.serve(config)
