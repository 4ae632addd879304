"""Commands by which people hand things in and decide: import, watch, review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.cli.options import AsJson, app, watch, with_config
from kamengwatch.config import Config, UserError


@app.command(
    "import",
    epilog="例: `kamengwatch import evidence.jsonl` · `kamengwatch import 备案.csv 公示.xlsx` · "
    "`kamengwatch import --template icp > icp.csv` · `kamengwatch import --template gsxt -o gsxt.xlsx` · "
    "`kamengwatch import --check evidence.jsonl` · `kamengwatch import --from-platform shop.example orders.jsonl`",
)
@with_config(begins=True)
def import_(
    config: Config,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="开放证据格式，或人工来源的表格、粘贴的 JSON、保存的网页 evidence files, or sheets, pasted JSON and saved pages"
        ),
    ] = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format", help="auto（按内容识别 by content）| jsonl | json | csv | xlsx | 来源 source id"
        ),
    ] = "auto",
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            metavar="SOURCE",
            help="输出该人工来源的空表 print an empty sheet of a manual source",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="空表写到 .csv 或 .xlsx write the empty sheet to a file"),
    ] = None,
    checked_at: Annotated[
        str | None,
        typer.Option(
            "--checked-at",
            metavar="TIME",
            help="表中没写时，何时查到的 when it was looked up",
            show_default="the file's own time",
        ),
    ] = None,
    from_platform: Annotated[
        str | None,
        typer.Option(
            "--from-platform",
            metavar="HOST",
            help="网站交来的订单（须已证明管理该网站）orders handed in by the site itself, once it is proved",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="只检查：说出会怎样，什么也不写 say what would happen and write nothing"
        ),
    ] = False,
    new_source: Annotated[
        bool,
        typer.Option("--new-source", help="允许没有登记过的信息源 take records of sources nobody declared"),
    ] = False,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema", help="输出开放证据格式的 JSON Schema print the JSON Schema of the open format"
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """导入证据 take evidence files in; a wrong line is named, the rest is kept (exit code 2 if any line was refused)."""
    if schema:
        from kamengwatch import evidence_docs
        from kamengwatch.console import tell_json

        tell_json(evidence_docs.schema(), indent=2)
        return
    if template is not None:
        from kamengwatch.intake import templates

        if files:
            raise UserError(
                "--template: 只输出空表，不能同时导入文件 prints an empty sheet and takes no files"
            )
        templates.write(config, template, out)
        return
    if out is not None:
        raise UserError("-o: 只和 --template 一起用 only goes with --template")
    if not files:
        raise UserError(
            "导入什么？what to import? 例 e.g. kamengwatch import a.csv, 空表 empty sheet: kamengwatch import --template icp"
        )
    if from_platform is not None:
        from kamengwatch.intake import order_feeds

        order_feeds.import_feed(config, from_platform, files, as_json, check=check)
        return
    from kamengwatch.intake import evidence_import

    evidence_import.import_files(
        config, files, format_, checked_at, as_json, new_source=new_source, check=check
    )


@watch.command(
    "add",
    epilog="例: `kamengwatch watch add shop.example 'hxxp://b[.]example/x'` · `kamengwatch watch add shop.example --name 某某卡盟`",
)
@with_config(begins=True)
def watch_add(
    config: Config,
    texts: Annotated[list[str], typer.Argument(help="网址、域名或整段聊天 a URL, host or pasted text")],
    name: Annotated[str | None, typer.Option(help="网站名 its name (with one site)")] = None,
) -> None:
    """加入观察 add sites to the watchlist; each is taken, or refused with the reason on its own line (exit code 2)."""
    from kamengwatch.intake import watchlist

    watchlist.add(config, texts, name)


@watch.command("remove", epilog="例: `kamengwatch watch remove shop.example b.example`")
@with_config()
def watch_remove(
    config: Config,
    texts: Annotated[list[str], typer.Argument(metavar="HOST...", help="网址或域名 URLs or hosts")],
) -> None:
    """移出观察 stop watching sites; their evidence is kept."""
    from kamengwatch.intake import watchlist

    watchlist.remove(config, texts)


@watch.command("list", epilog="例: `kamengwatch watch list --json`")
@with_config()
def watch_list(
    config: Config,
    as_json: AsJson = False,
) -> None:
    """列出观察名单 the sites being watched."""
    from kamengwatch.intake import watchlist

    watchlist.show(config, as_json)


@watch.command(
    "import",
    epilog="例: `kamengwatch watch import 网站名单.txt` · `kamengwatch watch import list.csv --accept`",
)
@with_config(begins=True)
def watch_import(
    config: Config,
    files: Annotated[
        list[Path], typer.Argument(help="一行一个网址或名称，或 CSV one host or name a line, or a CSV")
    ],
    accept: Annotated[
        bool,
        typer.Option("--accept", help="有网址的直接加入观察 watch what has a host at once, without review"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """导入名单 a list of sites into the review queue; wrong lines are named, the rest is kept."""
    from kamengwatch.intake import watchlist

    watchlist.import_lists(config, files, accept, as_json)


@watch.command(
    "suggest", epilog="例: `kamengwatch watch suggest` · 然后 then: `kamengwatch review accept 1-20`"
)
@with_config()
def watch_suggest(
    config: Config,
    as_json: AsJson = False,
) -> None:
    """提示 hosts and names found in complaints, redirects and notices; a person accepts them before anything is rated."""
    from kamengwatch.intake import suggestions

    suggestions.suggest(config, as_json)


@app.command(
    epilog="例: `kamengwatch review --kind candidate --page 2` · `kamengwatch review accept 12 --host a.example` · "
    "`kamengwatch review accept 1-200 205` · `kamengwatch review accept --source heimao` · `kamengwatch review reject --all --kind report`"
)
@with_config()
def review(
    config: Config,
    action: Annotated[str, typer.Argument(help="list | prove | accept | reject")] = "list",
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="队列编号或范围 numbers in the queue or ranges: 3 1-200 4,7"),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            help="只要这类，可重复 only: match | candidate | alarm | closed | red | campaign | report | response | dispute | feed",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source", help="只要这个来源的 only what this source or list named (form: the web forms)"
        ),
    ] = None,
    all_: Annotated[
        bool,
        typer.Option(
            "--all",
            help="所有等待的网址和名称；其他类加 --kind all hosts and names that wait; other kinds with --kind",
        ),
    ] = False,
    host: Annotated[str | None, typer.Option(help="归属的网站 the platform a name belongs to")] = None,
    note: Annotated[str | None, typer.Option(help="理由 why")] = None,
    by: Annotated[str, typer.Option(help="复核人 who decides")] = "operator",
    page: Annotated[int, typer.Option(min=1, help="第几页 which page of a long list")] = 1,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="每页几项 entries a page", show_default="200")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """人工复核 what a person must decide: names to match, hosts to accept, alarms to confirm."""
    from kamengwatch.review import decisions
    from kamengwatch.review.decisions import Selection

    chosen = Selection(ids or (), all_, source, kind or ())
    if action == "list":
        decisions.show(config, kind or (), as_json, source, decisions.Page(page, limit))
    elif action == "prove":
        decisions.prove(config, chosen)
    elif action in decisions.DECISIONS:
        decisions.decide(config, action, chosen, host, note, by, as_json)
    else:
        raise UserError(f"review {action}: 可用 use list, prove, accept or reject")
