"""Commands for other places that look for us: observe init, look (there); trust, list, take, show, remove (here)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.cli.options import AsJson, app, with_config
from kamengwatch.config import Config

observe = typer.Typer(
    help="另一处观测点 a probe elsewhere: init and look there; trust, list, take, show and remove here (docs/operating.md).",
    epilog="例: 那边 there: `kamengwatch observe init --operator 公钥.pem` · `kamengwatch observe look hosts.json -o seen.jsonl`；"
    "这边 here: `kamengwatch observe trust 观测点.pem --place 上海电信 --mainland` · `kamengwatch observe list -o hosts.json` · `kamengwatch observe take seen.jsonl`",
    no_args_is_help=True,
)
app.add_typer(observe, name="observe")
Out = Annotated[Path, typer.Option("-o", "--output", help="写到这个文件 the file to write")]


@observe.command("init", epilog="例: `kamengwatch observe init --operator 公钥.pem > 观测点.pem`")
@with_config(database=False)
def observe_init(
    config: Config,
    operator: Annotated[
        Path, typer.Option(help="发布者的公钥 the operator's public key (kamengwatch keys show)")
    ],
) -> None:
    """建立观测点 make this place's key, remember the operator's, print the public key to send back."""
    from kamengwatch.intake import observing

    observing.initialise(config, operator)


@observe.command("look", epilog="例: `kamengwatch observe look hosts.json -o seen-$(date +%F).jsonl`")
@with_config(database=False)
def observe_look(
    config: Config,
    listed: Annotated[
        Path, typer.Argument(metavar="LIST", help="发布者签名的名单 the list the operator signed")
    ],
    out: Out,
    sandbox_proxy: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """观测 probe the hosts of a signed list once and write the signed report; no page is kept."""
    from kamengwatch.intake import observing

    observing.look(config, listed, out, sandbox_proxy)


@observe.command("trust", epilog="例: `kamengwatch observe trust 观测点.pem --place 上海电信 --mainland`")
@with_config()
def observe_trust(
    config: Config,
    file: Annotated[Path, typer.Argument(metavar="KEY", help="观测点的公钥 the place's public key (PEM)")],
    place: Annotated[str, typer.Option(help="地点与线路，公开显示 the place and line, shown in public")],
    mainland: Annotated[
        bool, typer.Option("--mainland/--abroad", help="大陆线路 a line in mainland China")
    ] = False,
) -> None:
    """信任 take the reports of a place from now on."""
    from kamengwatch.intake import observing

    observing.trust(config, file, place, mainland)


@observe.command("remove", epilog="例: `kamengwatch observe remove 上海电信`")
@with_config()
def observe_remove(
    config: Config,
    place: Annotated[str, typer.Argument(help="地点 the place")],
) -> None:
    """撤销 take nothing more from a place; what it told before stands."""
    from kamengwatch.intake import observing

    observing.distrust(config, place)


@observe.command("list", epilog="例: `kamengwatch observe list -o hosts.json`")
@with_config()
def observe_list(
    config: Config,
    out: Out,
) -> None:
    """名单 write the signed list of watched hosts to hand to the places."""
    from kamengwatch.intake import observing

    observing.hand_out(config, out)


@observe.command(
    "take",
    epilog="例: `kamengwatch observe take seen.jsonl` · 放进 laid into `<data>/observe/inbox/`: `kamengwatch observe take`",
)
@with_config()
def observe_take(
    config: Config,
    files: Annotated[list[Path] | None, typer.Argument(help="观测报告 reports of places")] = None,
    as_json: AsJson = False,
) -> None:
    """收下 take signed reports in; unsigned, unknown, old, future, repeated or altered ones are refused, single lines with their reason (exit code 2)."""
    from kamengwatch.intake import observing

    observing.take(config, files or [], as_json)


@observe.command("show", epilog="例: `kamengwatch observe show --json`")
@with_config()
def observe_show(
    config: Config,
    as_json: AsJson = False,
) -> None:
    """查看 every place with its last report."""
    from kamengwatch.intake import observing

    observing.show(config, as_json)
