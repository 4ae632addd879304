"""Commands that compare and follow what is published, and by which the rated answer: compare, diff, alerts, response, dispute, correction."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.cli.options import AsJson, app, with_config
from kamengwatch.config import Config

response = typer.Typer(
    help="平台回应 the rated platform's own words: add, list, remove.",
    epilog="例: `kamengwatch response add shop.example --file 回应.txt` · `kamengwatch response list`",
    no_args_is_help=True,
)
dispute = typer.Typer(
    help="异议 objections and their clocks: open, ack, decide, list.",
    epilog="例: `kamengwatch dispute list --overdue` · `kamengwatch dispute ack 3`",
    no_args_is_help=True,
)
correction = typer.Typer(
    help="更正 what was wrong and is corrected: add, list.",
    epilog="例: `kamengwatch correction list shop.example`",
    no_args_is_help=True,
)
app.add_typer(response, name="response")
app.add_typer(dispute, name="dispute")
app.add_typer(correction, name="correction")

Site = Annotated[str, typer.Argument(metavar="HOST", help="网址、域名或网站名 a URL, host or name")]
Words = Annotated[
    str | None, typer.Option("--text", help="内容，至多 800 字 the words, at most 800 characters")
]
WordsFile = Annotated[Path | None, typer.Option("--file", help="内容在 UTF-8 文本文件里 the words in a file")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="已看过预览 the preview is right, keep it")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="日期或 30d a date or days back", show_default="30d"),
]


@app.command(epilog="例: `kamengwatch compare a.example b.example` · 未收录的为灰 one not on record is grey")
@with_config(database=False)
def compare(
    config: Config,
    sites: Annotated[list[str], typer.Argument(metavar="A B [C D]", help="2 至 4 个网站 two to four sites")],
    as_json: AsJson = False,
) -> None:
    """对比 two to four sites side by side."""
    from kamengwatch.read import verdicts

    verdicts.compare(config, sites, as_json)


@app.command(
    epilog="例: `kamengwatch report 7K2M-XXXX-XXXX-XXXX` · `kamengwatch report 7K2M-XXXX-XXXX-XXXX --say settled` · `… --say withdrawn`"
)
@with_config()
def report(
    config: Config,
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="提交线索时给的查询码 the code given with a report")
    ],
    say: Annotated[
        str | None, typer.Option(help="settled | withdrawn：已解决，或撤回 it was settled, or is taken back")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """线索进度 what became of a report handed in through the page, by its code; its sender may say it was settled or take it back."""
    from kamengwatch.review import report_life

    report_life.answer(config, code, say, as_json)


@app.command(epilog="例: `kamengwatch diff shop.example --since 2026-11-01`")
@with_config(database=False)
def diff(
    config: Config,
    site: Site,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """变动 what changed about a site since a day, and whether the world, a source or our method caused it."""
    from kamengwatch.read import verdicts

    verdicts.diff(config, site, since, as_json)


@app.command(epilog="例: `kamengwatch alerts --since 7d` · `kamengwatch alerts --json`")
@with_config(database=False)
def alerts(
    config: Config,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """预警 every change of a cash-flow state over all sites, newest first."""
    from kamengwatch.read import verdicts

    verdicts.alerts(config, since, as_json)


@response.command(
    "add",
    epilog="例: `kamengwatch response add shop.example --file 回应.txt --link https://shop.example/notice`",
)
@with_config()
def response_add(
    config: Config,
    site: Site,
    text: Words = None,
    file: WordsFile = None,
    link: Annotated[str | None, typer.Option(help="原文网址 where the platform published it")] = None,
    yes: Yes = False,
) -> None:
    """登记回应 keep the platform's words, after showing them redacted as they will appear."""
    from kamengwatch.review import responses

    responses.respond(config, site, text, file, link, yes)


@response.command("list", epilog="例: `kamengwatch response list shop.example --json`")
@with_config()
def response_list(
    config: Config,
    site: Annotated[str | None, typer.Argument(metavar="[HOST]")] = None,
    as_json: AsJson = False,
) -> None:
    """列出回应 what platforms answered."""
    from kamengwatch.review import responses

    responses.responses(config, site, as_json)


@response.command(
    "remove",
    epilog="例: `kamengwatch response remove shop.example` · `kamengwatch response remove shop.example --id 3 --id 5`",
)
@with_config()
def response_remove(
    config: Config,
    site: Site,
    numbers: Annotated[
        list[int] | None, typer.Option("--id", help="哪一条，可重复 which ones, if several")
    ] = None,
) -> None:
    """撤下回应 leave a response out of coming snapshots."""
    from kamengwatch.review import responses

    responses.unrespond(config, site, numbers or [])


@dispute.command(
    "open", epilog="例: `kamengwatch dispute open shop.example --about 备案 --text 备案号已更新 --yes`"
)
@with_config()
def dispute_open(
    config: Config,
    site: Site,
    about: Annotated[str, typer.Option(help="针对哪一项 the finding it concerns")],
    text: Words = None,
    file: WordsFile = None,
    yes: Yes = False,
) -> None:
    """登记异议 register an objection: acknowledged in 2 working days, decided in 7."""
    from kamengwatch.review import disputes

    disputes.open_dispute(config, site, about, text, file, yes)


@dispute.command("ack", epilog="例: `kamengwatch dispute ack 3` · `kamengwatch dispute ack 3 4 5`")
@with_config()
def dispute_ack(
    config: Config,
    numbers: Annotated[list[int], typer.Argument(metavar="ID...", help="异议编号 numbers of objections")],
) -> None:
    """确认收到 note that the senders were told."""
    from kamengwatch.review import disputes

    disputes.acknowledge(config, numbers)


@dispute.command("decide", epilog="例: `kamengwatch dispute decide 3 --outcome 更正 --reason 备案号确已更新`")
@with_config()
def dispute_decide(
    config: Config,
    number: Annotated[int, typer.Argument(metavar="ID")],
    outcome: Annotated[
        str, typer.Option(help="维持 upheld | 更正 amended | 撤回 withdrawn | 不予受理 refused")
    ],
    reason: Annotated[str, typer.Option(help="理由，公开 the reason, published")],
    reason_en: Annotated[str | None, typer.Option(help="英文理由 the reason in English")] = None,
    withdraw: Annotated[
        list[str] | None,
        typer.Option(metavar="EVIDENCE", help="同时撤回的证据编号，可重复 evidence taken back with it"),
    ] = None,
) -> None:
    """决定异议 decide an objection; outcome and reason are published."""
    from kamengwatch.review import disputes

    disputes.decide(config, number, outcome, reason, reason_en, withdraw or [])


@dispute.command(
    "list", epilog="例: `kamengwatch dispute list --open` · `kamengwatch dispute list --overdue --json`"
)
@with_config()
def dispute_list(
    config: Config,
    only_open: Annotated[bool, typer.Option("--open", help="只列未决定的 only undecided ones")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列超期的 only late ones")] = False,
    as_json: AsJson = False,
) -> None:
    """列出异议 objections with both deadlines."""
    from kamengwatch.review import disputes

    disputes.disputes(config, only_open, overdue, as_json)


@correction.command(
    "add", epilog="例: `kamengwatch correction add shop.example --outcome 更正 --zh … --en …`"
)
@with_config()
def correction_add(
    config: Config,
    site: Site,
    outcome: Annotated[str, typer.Option(help="更正 amended | 撤回 withdrawn")],
    zh: Annotated[str, typer.Option("--zh", help="中文一句 what was wrong and what replaced it")],
    en: Annotated[str, typer.Option("--en", help="英文一句 the same in English")],
) -> None:
    """登记更正 publish a correction with the next snapshot."""
    from kamengwatch.review import responses

    responses.add_correction(config, site, outcome, zh, en)


@correction.command("list", epilog="例: `kamengwatch correction list shop.example --json`")
@with_config()
def correction_list(
    config: Config,
    site: Annotated[str | None, typer.Argument(metavar="[HOST]")] = None,
    as_json: AsJson = False,
) -> None:
    """列出更正 every correction made."""
    from kamengwatch.review import responses

    responses.corrections(config, site, as_json)
