"""Command line of the sandbox: `python -m sandbox evidence …` and `python -m sandbox serve …`."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from sandbox.evidence import other_evidence
from sandbox.evidence.attack import plan as attack_plan
from sandbox.evidence.attack import write_attack
from sandbox.evidence.evidence import write_evidence
from sandbox.evidence.other_market import OtherMarket, OtherParameters
from sandbox.evidence.scale import Size, write_scale
from sandbox.market.market import Market, build_market
from sandbox.market.parameters import MarketParameters

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="演练市场 a market in a box, seeded and deterministic."
)
Seed = Annotated[int, typer.Option(help="随机种子 same seed, same market.")]
Platforms = Annotated[int, typer.Option(min=24, help="平台数 number of shops.")]
Days = Annotated[int, typer.Option(min=120, help="日历天数 days of the calendar.")]
EndsOn = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日历最后一天 last day (2026-11-15).")
]
Truth = Annotated[
    Path | None, typer.Option(help="真相文件 where to write the truth, which the product never reads.")
]


def _market(
    seed: int, platforms: int, days: int, ends_on: datetime | None, truth: Path | None, **more: float
) -> Market:
    usual = MarketParameters().ends_on
    last = ends_on.date() if ends_on else usual
    market = build_market(MarketParameters(seed=seed, platforms=platforms, days=days, ends_on=last, **more))
    if truth is not None:
        market.write_truth(truth)
    return market


@app.command()
def evidence(
    output: Annotated[Path, typer.Option("--output", "-o", help="JSON Lines 文件 file to write.")],
    seed: Seed = 7,
    platforms: Platforms = 500,
    days: Days = 540,
    ends_on: EndsOn = None,
    truth: Truth = None,
    world: Annotated[
        str, typer.Option(help="first | other，两种假设 kind of market: two sets of assumptions.")
    ] = "first",
    complaints_per_day: Annotated[
        float,
        typer.Option(min=0.0, help="每店每日投诉中位数 median complaints a shop and day in calm times."),
    ] = MarketParameters.complaints_per_day,
    visible_share: Annotated[
        float, typer.Option(min=0.0, max=0.69, help="可见积压的份额 share of shops whose backlog shows.")
    ] = MarketParameters.counter_visible_share,
    sudden_share: Annotated[
        float, typer.Option(min=0.0, max=0.8, help="无征兆结束的份额 share of endings without signs.")
    ] = MarketParameters.sudden_share,
    bombing: Annotated[
        Path | None,
        typer.Option(help="另写刷投诉的证据 also write false complaints about healthy shops here."),
    ] = None,
) -> None:
    """整个市场写成开放证据格式 write the whole market in the open evidence format.

    Examples:

      python -m sandbox evidence --seed 7 --platforms 500 --days 540 -o market.jsonl --truth truth.json

      python -m sandbox evidence --world other --seed 7 -o other.jsonl --truth truth.json --bombing attack.jsonl
    """
    begin = time.perf_counter()
    market: Market | OtherMarket
    if world == "other":
        last = ends_on.date() if ends_on else MarketParameters().ends_on
        market = OtherMarket(
            OtherParameters(
                seed=seed, platforms=platforms, days=days, ends_on=last, complaints_per_day=complaints_per_day,
                backlog_share=visible_share, silent_share=sudden_share,
            )
        )  # fmt: skip
        if truth is not None:
            market.write_truth(truth)
        count = other_evidence.write_evidence(market, output)
    elif world == "first":
        more = {
            "complaints_per_day": complaints_per_day, "counter_visible_share": visible_share, "sudden_share": sudden_share,
        }  # fmt: skip
        market = _market(seed, platforms, days, ends_on, truth, **more)
        count = write_evidence(market, output)
    else:
        raise typer.BadParameter(f"{world}: first | other", param_hint="--world")
    if bombing is not None:
        told = market.truth()
        count += write_attack(told, attack_plan(told, seed), seed, bombing)
    typer.echo(f"{count} records -> {output} ({time.perf_counter() - begin:.1f} s)", err=True)


@app.command()
def scale(
    output: Annotated[Path, typer.Option("--output", "-o", help="JSON Lines 文件 file to write.")],
    seed: Seed = 7,
    platforms: Annotated[int, typer.Option(min=1, help="平台数 number of platforms.")] = 100_000,
    complaints: Annotated[int, typer.Option(min=0, help="投诉数 number of complaints.")] = 10_000_000,
    days: Annotated[int, typer.Option(min=1, help="日历天数 days of the calendar.")] = 360,
    ends_on: EndsOn = None,
) -> None:
    """任意大小的证据，用于测速 evidence of any size for measurements: it plays no market and has no truth.

    Examples:

      python -m sandbox scale --platforms 1000 --complaints 50000 -o small.jsonl

      python -m sandbox scale --platforms 100000 --complaints 10000000 -o large.jsonl
    """
    begin = time.perf_counter()
    last = ends_on.date() if ends_on else MarketParameters().ends_on
    count = write_scale(Size(platforms, complaints, days, last), seed, output)
    typer.echo(f"{count} records -> {output} ({time.perf_counter() - begin:.1f} s)", err=True)


@app.command()
def serve(
    seed: Seed = 7,
    platforms: Platforms = 64,
    days: Days = 270,
    ends_on: EndsOn = None,
    truth: Truth = None,
    host: Annotated[str, typer.Option(help="监听地址 address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口，0 为任选 port, 0 = any free one.")] = 0,
    ready_file: Annotated[
        Path | None, typer.Option(help="就绪后写入端口号 file that gets the port once ready.")
    ] = None,
    latency: Annotated[
        float, typer.Option(min=0.0, help="慢页面的时间系数 factor on the delay of slow pages.")
    ] = 1.0,
    complaints_per_day: Annotated[
        float, typer.Option(min=0.0, help="每店每日投诉数 median complaints a shop and day in calm times.")
    ] = MarketParameters.complaints_per_day,
    decoys_per_day: Annotated[
        float, typer.Option(min=0.0, help="每日无关投诉数 complaints a day about other companies.")
    ] = MarketParameters.decoys_per_day,
    mall: Annotated[
        bool, typer.Option("--mall", help="三家店是同一商城的商户 three shops are merchants of one mall.")
    ] = False,
    operators: Annotated[
        bool,
        typer.Option(
            "--operators",
            help="几家店同属一人、换址或换名再开 some shops are one operator's, move or begin anew.",
        ),
    ] = False,
) -> None:
    """用一个 HTTP 端口演出所有信息源与商店 play every source and shop on one HTTP port.

    Crawlers and browsers use the port as a plain HTTP proxy; a direct request with a Host header works too.

    Examples:

      python -m sandbox serve --port 8300

      curl -x http://127.0.0.1:8300 http://control.sandbox.test/hosts

      curl -x http://127.0.0.1:8300 -X PUT -d '{"now":"2026-10-01T12:00:00+08:00"}' http://control.sandbox.test/clock

      curl -H 'Host: tousu.sina.test' 'http://127.0.0.1:8300/api/index/feed?type=2&page=1'
    """
    from sandbox.web.server import run

    volume = {"complaints_per_day": complaints_per_day, "decoys_per_day": decoys_per_day, "mall": mall}
    volume["operators"] = operators
    market = _market(seed, platforms, days, ends_on, truth, **volume)
    sys.exit(run(market, host, port, ready_file, latency))


if __name__ == "__main__":
    app()
