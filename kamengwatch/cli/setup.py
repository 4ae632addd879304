"""The command that sets a machine up for real sites: init."""

from __future__ import annotations

from typing import Annotated

import typer

from kamengwatch.cli.options import Database, DataDir, Lang, app


@app.command(
    epilog="例: `kamengwatch init` · 不提问 without questions: "
    "`kamengwatch init --contact https://watchdog.example/about --yes` · "
    "`kamengwatch init --contact desk@watchdog.example --icp-base http://127.0.0.1:16181 --yes` · "
    "换联系方式 another contact: `kamengwatch init --contact new@watchdog.example --yes`"
)
def init(
    contact: Annotated[
        str, typer.Option(help="谁对采集负责：网页或邮箱 who answers for the crawler: a page or mail address")
    ] = "",
    control: Annotated[
        str, typer.Option(help="对照网页，判断断的是不是我们自己的网络 a page that is hardly ever down")
    ] = "",
    icp_base: Annotated[str, typer.Option(help="备案查询服务的地址 address of a filing query service")] = "",
    icp_provider: Annotated[str, typer.Option(help="它的应答格式 whose format it answers in")] = "",
    icp_key: Annotated[
        str,
        typer.Option(
            help="它的密钥；命令行会留下记录，最好让它提问 its key; better asked for than typed here"
        ),
    ] = "",
    blocklists: Annotated[str, typer.Option(help="公开名单 open block lists: JSON, file or address")] = "",
    xiaofeibao_brands: Annotated[
        str, typer.Option(help="消费保品牌编号 Xiaofeibao brand numbers: JSON, file or address")
    ] = "",
    places_file: Annotated[
        str, typer.Option(help="地址分配统计文件 delegated statistics of an internet registry")
    ] = "",
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", help="不提问；给出的值替换已有的 ask nothing; what is given replaces what stands"
        ),
    ] = False,
    data_dir: DataDir = None,
    database: Database = None,
    lang: Lang = None,
) -> None:
    """开始用于真实网站 set up for real sites: ask the few things that matter, write `.env`, create the database."""
    from kamengwatch.maintain import setup_wizard

    given = {
        "contact": contact,
        "controls": control,
        "icp_base": icp_base,
        "icp_provider": icp_provider,
        "icp_key": icp_key,
        "blocklists": blocklists,
        "xiaofeibao_brands": xiaofeibao_brands,
        "places_file": places_file,
        "data_dir": str(data_dir or ""),
        "database_url": database or "",
        "lang": lang or "",
    }
    setup_wizard.initialise({name: value.strip() for name, value in given.items() if value.strip()}, yes)
