"""Commands for the person who lost money: help-me, pack."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.cli.options import AsJson, app, with_config
from kamengwatch.config import Config, UserError


@app.command(
    "help-me",
    epilog="例: `kamengwatch help-me` · `kamengwatch help-me --site shop.example --letter platform --amount 168 --paid-on 2026-11-20` · "
    "`kamengwatch help-me --fraud none --paid bill_shows --delivered no --order gone --stage fresh --also reseller --json`",
)
@with_config(database=False)
def help_me(
    config: Config,
    site: Annotated[str, typer.Option(help="哪个网站 the site, for its cash-flow state")] = "",
    fraud: Annotated[str | None, typer.Option(help="none | asked_more | all_dead")] = None,
    paid: Annotated[str | None, typer.Option(help="bill_shows | page_only | no")] = None,
    delivered: Annotated[str | None, typer.Option(help="no | expired | other_item | yes")] = None,
    order: Annotated[str | None, typer.Option(help="processing | paid_not_active | gone | no_site")] = None,
    stage: Annotated[str | None, typer.Option(help="fresh | refund_promised")] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            help="reseller | minor | cross_border | off_platform | prepaid | illegal_goods（可多次 may be repeated）"
        ),
    ] = None,
    letter: Annotated[
        str | None,
        typer.Option(help="platform | explanation | day15 | r12315 | heimao | payment | small_claims"),
    ] = None,
    product: Annotated[str, typer.Option(help="商品全名 what was bought")] = "",
    amount: Annotated[str | None, typer.Option(help="金额（元） yuan")] = None,
    payee: Annotated[str, typer.Option(help="收款商户 the payee on the bill")] = "",
    channel: Annotated[str, typer.Option(help="支付方式 means of payment")] = "",
    order_no: Annotated[str, typer.Option(help="订单号 order number")] = "",
    company: Annotated[str, typer.Option(help="经营者 the operator")] = "",
    said: Annotated[str, typer.Option(help="自己补充的话 your own words")] = "",
    paid_on: Annotated[str | None, typer.Option(metavar="DATE", help="付款日期 day of payment")] = None,
    demanded_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="书面要求退款 refund demanded")
    ] = None,
    complained_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="向 12315 投诉 complained to 12315")
    ] = None,
    expires_on: Annotated[str | None, typer.Option(metavar="DATE", help="会员到期日 membership ends")] = None,
    province: Annotated[str | None, typer.Option(help="所在省份，查小额诉讼 for small claims")] = None,
    ics: Annotated[Path | None, typer.Option(metavar="FILE.ics", help="日历文件 write the deadlines")] = None,
    docx: Annotated[
        Path | None, typer.Option(metavar="FILE.docx", help="信的 Word 文件 write the letter")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """掉单了怎么办 what to do about a drop: five questions, the path, the law, the deadlines, a letter. Nothing is stored."""
    from dashboard.help.letters import Fields
    from kamengwatch.read import buyer_help

    given = {"fraud": fraud, "paid": paid, "delivered": delivered, "order": order, "stage": stage}
    known = {name: answer for name, answer in given.items() if answer}
    fields = Fields(
        product=product, amount=_amount(amount), payee=payee, channel=channel, order_no=order_no, company=company,
        said=said, paid_on=_day("--paid-on", paid_on), demanded_on=_day("--demanded-on", demanded_on),
    )  # fmt: skip
    told = buyer_help.Told(
        tuple(also) if also else None, fields, _day("--complained-on", complained_on),
        _day("--expires-on", expires_on), province, ics, docx,
    )  # fmt: skip
    buyer_help.help_me(config, site, known, letter, told, as_json)


def _day(name: str, text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UserError(f"{name} {text}: 不是日期 not a date; 例 e.g. 2026-11-20") from error


def _amount(text: str | None) -> Decimal | None:
    try:
        found = Decimal(text) if text else None
    except InvalidOperation as error:
        raise UserError(f"--amount {text}: 不是金额 not an amount; 例 e.g. 168") from error
    if found is not None and not (found.is_finite() and 0 < found <= 1_000_000):
        raise UserError(f"--amount {text}: 0 到 100 万元之间 between 0 and 1,000,000 yuan")
    return found


@app.command(
    epilog="例: `kamengwatch dossier shop.example -o 档案.docx` · `kamengwatch dossier 甲科技有限公司 -o dossier.pdf --lang en` · "
    "`kamengwatch dossier shop.example --of cluster -o 网站群.docx` 连同关联网站 with the sites linked to it · "
    "`kamengwatch dossier --by-law` 按条文列出网站 sites by the provision touched · `kamengwatch dossier --period week -o 通报.pdf` 最近一期周报 the newest weekly bulletin"
)
@with_config(database=False)
def dossier(
    config: Config,
    target: Annotated[
        str, typer.Argument(help="网站、企业名称或统一社会信用代码 a site, a company or its code")
    ] = "",
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE.docx|.pdf|.txt")] = None,
    of: Annotated[
        str,
        typer.Option(
            help="operator | cluster：该网站的运营主体，或与它关联的网站群 of its operator, or of the sites linked with it"
        ),
    ] = "",
    period: Annotated[
        str,
        typer.Option(
            help="week | month | 编号如 week-2026-11-23：改为已写成的一期通报 a bulletin instead: the newest, or one by its id"
        ),
    ] = "",
    by_law: Annotated[bool, typer.Option("--by-law", help="按条文列出 provision by provision")] = False,
    as_json: AsJson = False,
) -> None:
    """档案 the dossier of a site, an operator or a cluster for an authority or a lawyer, from the published snapshot; every sentence with its evidence."""
    from kamengwatch.read import dossier as writing

    if by_law:
        return writing.sweep(config, as_json)
    if out is None or bool(target) == bool(period):
        raise UserError(
            "给出对象或 --period，以及 -o 文件 give a target or --period, and -o FILE; 例 e.g. kamengwatch dossier shop.example -o 档案.docx"
        )
    if of not in ("", "operator", "cluster") or (of and period):
        raise UserError(f"--of {of[:40]}: 可用 use operator, cluster，与对象一起 with a target")
    return writing.bulletin(config, period, out) if period else writing.dossier(config, target, of, out)


@app.command(
    epilog="例: `kamengwatch pack shop.example -o pack.zip 账单.png 聊天.jpg` · `kamengwatch pack --verify pack.zip` · `kamengwatch pack shop.example -o 存证.wacz` 存档页面，离线可重放 archived pages, replayed offline"
)
@with_config(database=False)
def pack(
    config: Config,
    host: Annotated[str, typer.Argument(help="网站 the site")] = "",
    files: Annotated[list[Path] | None, typer.Argument(help="原始文件 your original files")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE.zip|.wacz")] = None,
    verify: Annotated[Path | None, typer.Option(help="核对一个证据包 check a pack")] = None,
) -> None:
    """证据包 the evidence pack of a site: your files, our captures, SHA-256 list, cover sheet."""
    from kamengwatch.read import buyer_help

    if verify is not None:
        buyer_help.verify_pack(config, verify)
    elif not host or out is None:
        raise UserError(
            "哪个网站、写到哪里？which site, and where to? 例 e.g. kamengwatch pack shop.example -o pack.zip 账单.png"
        )
    else:
        buyer_help.pack(config, host, files or [], out)
