"""The Typer application and the options every command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="kamengwatch",
    help="卡盟信用观察: 付款前先查一查 · what public evidence shows about a card-trading site, before someone pays.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
watch = typer.Typer(help="观察名单 the watchlist: add, remove, list, import, suggest.", no_args_is_help=True)
evidence = typer.Typer(help="原始存证 archived evidence: show one, verify all.", no_args_is_help=True)
app.add_typer(watch, name="watch")
app.add_typer(evidence, name="evidence")

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="数据目录 data folder [KAMENGWATCH_DATA_DIR, default: ./data]"),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="数据库 database URL [KAMENGWATCH_DATABASE_URL, default: SQLite in the data folder]",
    ),
]
Lang = Annotated[str | None, typer.Option("--lang", help="zh | en [KAMENGWATCH_LANG, default: zh]")]
AsJson = Annotated[bool, typer.Option("--json", help="机器可读 print JSON")]
