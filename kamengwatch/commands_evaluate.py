"""The command that measures the method against markets with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.config import make
from kamengwatch.options import AsJson, DataDir, Lang, app


@app.command(
    epilog="例: `kamengwatch evaluate` · `kamengwatch evaluate --seed 2004 --seed 2005 --platforms 500` · "
    "`kamengwatch evaluate --quick` · `kamengwatch evaluate --markets other --json`"
)
def evaluate(
    seed: Annotated[
        list[int] | None,
        typer.Option("--seed", help="市场的种子，可重复 seeds of the markets [default: 2004]"),
    ] = None,
    markets: Annotated[
        list[str] | None,
        typer.Option("--markets", help="first | other，可重复 kinds of market [default: both]"),
    ] = None,
    platforms: Annotated[
        int | None, typer.Option(help="每个市场的平台数 platforms a market [default: 250]")
    ] = None,
    days: Annotated[int | None, typer.Option(help="天数 days of the calendar [default: 540]")] = None,
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
    data_dir: DataDir = None,
    lang: Lang = None,
) -> None:
    """评测 play markets with known truth and print every target with its figure, baselines, interval, met or missed.

    About 6 minutes on two free processors for the two usual markets of 250 platforms. Interrupted, it goes on where it stopped.
    """
    from kamengwatch import evaluating

    usual = evaluating.QUICK if quick else (evaluating.PLATFORMS, evaluating.DAYS)
    size = (platforms or usual[0], days or usual[1])
    kinds = [name for given in markets or evaluating.WORLDS for name in given.split(",")]
    evaluating.evaluate(
        make(data_dir, None, lang),
        seed or [evaluating.TEST_SEED],
        kinds,
        *size,
        min(draws, 40) if quick else draws,
        as_json,
        docs,
        rates_only,
    )
