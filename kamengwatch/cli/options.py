"""The Typer application and the options every command shares."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from kamengwatch.config import make


def _print_version(asked: bool) -> None:
    if not asked:
        return
    from importlib.metadata import PackageNotFoundError, version

    from scoring.method import METHOD_VERSION

    try:
        program = version("kamengwatch")
    except PackageNotFoundError:  # a checkout that is not installed
        program = "0"
    print(f"kamengwatch {program} (方法 method {METHOD_VERSION})")
    raise typer.Exit


app = typer.Typer(
    name="kamengwatch",
    help="卡盟信用观察: 付款前先查一查 · what public evidence shows about a card-trading site, before someone pays.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="例: `kamengwatch check shop.example` · `kamengwatch watch add shop.example` · `kamengwatch run` · 补全 completion: `kamengwatch --install-completion`",
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
watch = typer.Typer(
    help="观察名单 the watchlist: add, remove, list, import, suggest.",
    epilog="例: `kamengwatch watch add shop.example b.example` · `kamengwatch watch list`",
    no_args_is_help=True,
)
evidence = typer.Typer(
    help="原始存证 archived evidence: show one, verify all.",
    epilog="例: `kamengwatch evidence verify` · `kamengwatch evidence show complaint:heimao:17398613248`",
    no_args_is_help=True,
)
app.add_typer(watch, name="watch")
app.add_typer(evidence, name="evidence")


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="版本 versions of program and method"
        ),
    ] = False,
) -> None:
    """Options of the program itself."""


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
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="按那天的快照（还保存着的最近一个）from the newest kept snapshot that covers no later day",
    ),
]
OnlySites = Annotated[
    list[str] | None,
    typer.Option(
        "--platform",
        metavar="HOST",
        help="只算这些网站，其余照上一次全量评级 only these sites; all else stands as in the last full rating",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="机器可读 print JSON")]


def with_config(
    database: bool = True, begins: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command its first argument, the Config, made from --data-dir, --database (where it has one) and --lang.

    `begins`: it may begin a data folder where there is none.
    """
    return lambda function: _WithConfig(function, database, begins)


class _WithConfig:
    """A command as typer sees it. Its signature is read when it is asked for: reading all of them takes a tenth of a second."""

    def __init__(self, function: Callable[..., None], database: bool, begins: bool) -> None:
        functools.update_wrapper(self, function)
        self._function, self._begins = function, begins
        self._shared = {"data_dir": DataDir, **({"database": Database} if database else {}), "lang": Lang}

    @property
    def __signature__(self) -> inspect.Signature:
        _, *own = inspect.signature(self._function, eval_str=True).parameters.values()
        named = inspect.Parameter.KEYWORD_ONLY
        shared = [
            inspect.Parameter(name, named, default=None, annotation=kind)
            for name, kind in self._shared.items()
        ]
        return inspect.Signature([*(one.replace(kind=named) for one in own), *shared])

    def __call__(
        self, *, data_dir: Path | None, lang: str | None, database: str | None = None, **own: Any
    ) -> None:
        self._function(make(data_dir, database, lang, self._begins), **own)
