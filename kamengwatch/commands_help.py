"""Commands for the person who lost money: help-me, pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.config import UserError, make
from kamengwatch.options import AsJson, DataDir, Lang, app


@app.command(
    "help-me",
    epilog="例: `kamengwatch help-me` · `kamengwatch help-me --site shop.example --letter platform` · "
    "`kamengwatch help-me --fraud none --paid bill_shows --delivered no --order gone --stage fresh --json`",
)
def help_me(
    site: Annotated[str, typer.Option(help="哪个网站 the site, for its cash-flow state")] = "",
    fraud: Annotated[str | None, typer.Option(help="none | asked_more | all_dead")] = None,
    paid: Annotated[str | None, typer.Option(help="bill_shows | page_only | no")] = None,
    delivered: Annotated[str | None, typer.Option(help="no | expired | other_item | yes")] = None,
    order: Annotated[str | None, typer.Option(help="processing | paid_not_active | gone | no_site")] = None,
    stage: Annotated[str | None, typer.Option(help="fresh | refund_promised")] = None,
    letter: Annotated[
        str | None,
        typer.Option(help="platform | explanation | day15 | r12315 | heimao | payment | small_claims"),
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    lang: Lang = None,
) -> None:
    """掉单了怎么办 what to do about a drop: five questions, the path, the law, a letter. Nothing is stored."""
    from kamengwatch import helping

    given = {"fraud": fraud, "paid": paid, "delivered": delivered, "order": order, "stage": stage}
    known = {name: answer for name, answer in given.items() if answer}
    helping.help_me(make(data_dir, None, lang), site, known, letter, as_json)


@app.command(
    epilog="例: `kamengwatch pack shop.example -o pack.zip 账单.png 聊天.jpg` · `kamengwatch pack --verify pack.zip`"
)
def pack(
    host: Annotated[str, typer.Argument(help="网站 the site")] = "",
    files: Annotated[list[Path] | None, typer.Argument(help="原始文件 your original files")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE.zip")] = None,
    verify: Annotated[Path | None, typer.Option(help="核对一个证据包 check a pack")] = None,
    data_dir: DataDir = None,
    lang: Lang = None,
) -> None:
    """证据包 the evidence pack of a site: your files, our captures, SHA-256 list, cover sheet."""
    from kamengwatch import helping

    config = make(data_dir, None, lang)
    if verify is not None:
        helping.verify_pack(config, verify)
    elif not host or out is None:
        raise UserError(
            "哪个网站、写到哪里？which site, and where to? 例 e.g. kamengwatch pack shop.example -o pack.zip 账单.png"
        )
    else:
        helping.pack(config, host, files or [], out)
