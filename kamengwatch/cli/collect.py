"""Commands that make things happen: run, crawl, sources, schedule, serve, doctor."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.cli.options import AsJson, app, with_config
from kamengwatch.config import Config


@app.command(
    epilog="例 examples: `kamengwatch run --sandbox` · `kamengwatch run --no-serve` · `kamengwatch run --sandbox --port 8600`"
)
@with_config(begins=True)
def run(
    config: Config,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="采集演示市场 crawl the market in a box (演示数据)")
    ] = False,
    serve_: Annotated[
        bool, typer.Option("--serve/--no-serve", help="最后打开网页 serve the dashboard at the end")
    ] = True,
    seed: Annotated[int, typer.Option(help="演示市场的种子 seed of the sandbox market")] = 7,
    host: Annotated[str, typer.Option(help="监听地址 address to serve on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口 port to serve on", min=0, max=65535)] = 8501,
) -> None:
    """主任务 the main job: crawl what is due → rate → publish → serve."""
    from kamengwatch.console import log_line
    from kamengwatch.pipeline import run as running

    if sandbox:
        running.run_sandbox(
            config, seed, (lambda played: _serve(played, host, port)) if serve_ else lambda _: None
        )
        return
    failed = running.run_due(config)
    if serve_:
        from kamengwatch.pipeline.step_process import looking

        if failed:
            log_line(str(failed))  # the page tells which sources are silent
        with looking(config):
            _serve(config, host, port)
    elif failed:
        raise failed


@app.command(
    epilog="例: `kamengwatch serve` · `kamengwatch serve --host 0.0.0.0 --port 8600 --data-dir /srv/kamengwatch`"
)
@with_config(database=False)
def serve(
    config: Config,
    host: Annotated[str, typer.Option(help="监听地址 address")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口 port", min=0, max=65535)] = 8501,
) -> None:
    """网页 serve the dashboard from the latest snapshot."""
    _serve(config, host, port)


@app.command(
    epilog="例: `kamengwatch crawl storefront --platform shop.example` · `kamengwatch crawl --due` · "
    "`kamengwatch crawl icp --assisted --platform shop.example` · "
    "`kamengwatch crawl heimao --replay data/archive/heimao-2026-11-01.warc.gz`"
)
@with_config(begins=True)
def crawl(
    config: Config,
    sources: Annotated[
        list[str] | None, typer.Argument(help="信息源 sources (see `kamengwatch sources`)")
    ] = None,
    platform: Annotated[
        list[str] | None, typer.Option("--platform", help="只采这些网站 only these hosts")
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="只采到期的 only what is due")] = False,
    replay: Annotated[
        Path | None, typer.Option("--replay", help="重放存证 feed an archived WARC, no network")
    ] = None,
    assisted: Annotated[
        bool,
        typer.Option(
            "--assisted",
            help="备案：打开登记系统页面，由你查询 filings: you query the registry in a browser window",
        ),
    ] = False,
    defer: Annotated[
        bool,
        typer.Option("--defer", help="交给工作进程 leave it to the `kamengwatch worker` processes"),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="等它们做完 with --defer: return when they are done")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """采集 run spiders over the watchlist."""
    if assisted:
        from kamengwatch.intake import assisted_lookup

        assisted_lookup.assisted(config, sources or [], platform or [], as_json)
        return
    from kamengwatch.pipeline import crawl

    queue = None
    if defer:
        from kamengwatch.pipeline.deferred_crawls import queue_of

        queue = queue_of(wait, replay)
    crawl.crawl(config, sources or [], platform or [], due, replay, as_json, queue)


@app.command(
    epilog="例: `kamengwatch worker --database postgresql+psycopg://…` · 有浏览器的机器 with a browser: `kamengwatch worker crawl browser` · "
    "做完就停 stop when nothing waits: `kamengwatch worker --once` · 排队 put crawls into the queue: `kamengwatch crawl --due --defer`"
)
@with_config(begins=True)
def worker(
    config: Config,
    queues: Annotated[
        list[str] | None, typer.Argument(help="队列 queues: crawl (默认 default), browser")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="做完就停 stop when no job waits")] = False,
) -> None:
    """工作进程 one of any number of crawling processes on a shared PostgreSQL (docs/scaling.md)."""
    from kamengwatch.pipeline.deferred_crawls import workers
    from kamengwatch.pipeline.step_process import looking

    with looking(config) if not once else nullcontext():
        workers().work(config, queues or ["crawl"], once)


@app.command(epilog="例: `kamengwatch sources` · `kamengwatch sources --json`")
@with_config()
def sources(
    config: Config,
    as_json: AsJson = False,
) -> None:
    """信息源 health and age of every source."""
    from kamengwatch.maintain import source_health

    source_health.show_sources(config, as_json)


@app.command(
    epilog="例: `kamengwatch schedule --list --json` · `kamengwatch schedule --run-now storefront` · `kamengwatch schedule`"
)
@with_config(begins=True)
def schedule(
    config: Config,
    list_: Annotated[
        bool, typer.Option("--list", help="列出计划 what is planned, and when it is due")
    ] = False,
    run_now: Annotated[
        str | None, typer.Option("--run-now", metavar="SOURCE", help="现在就采 run one source now")
    ] = None,
    pause: Annotated[
        str | None,
        typer.Option(
            "--pause", metavar="SOURCE", help="暂停一个信息源 leave one source alone until --resume"
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="SOURCE", help="恢复一个信息源 take a paused source up again"),
    ] = None,
    defer: Annotated[
        bool,
        typer.Option("--defer", help="采集交给工作进程 leave the crawls to `kamengwatch worker` processes"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """定时 the scheduler: crawls each source at its own pace, rates and publishes after it. One instance only."""
    from kamengwatch.pipeline import scheduler

    scheduler.schedule(config, list_, run_now, pause, resume, defer, as_json)


@app.command(epilog="例: `kamengwatch notify --dry-run` · 对象写在 targets stand in notify.toml")
@with_config(database=False)
def notify(
    config: Config,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只列出，不发送 list what would be sent, send nothing")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """通知 tell subscribers what changed in the world, each change once; also runs after every publish."""
    from kamengwatch.notify import delivery

    delivery.notify(config, dry_run, as_json)


@app.command(epilog="例: `kamengwatch doctor` · `kamengwatch doctor --json --lang en`")
@with_config()
def doctor(
    config: Config,
    as_json: AsJson = False,
) -> None:
    """自检 check the installation and name the remedy for what is wrong."""
    from kamengwatch.maintain import doctor as doctoring

    doctoring.doctor(config, as_json)


def _serve(config: Config, host: str, port: int) -> None:
    from kamengwatch.pipeline import run as running

    running.serve(config, host, port)
