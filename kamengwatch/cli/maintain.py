"""Commands that keep and hand on what is there: export, verify, backup, restore, privacy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamengwatch.cli.options import AsJson, Database, DataDir, Lang, app, with_config
from kamengwatch.config import Config, UserError

privacy = typer.Typer(
    help="个人信息 find and erase everything about a person's identifier.",
    epilog="例: `echo 13800001234 | kamengwatch privacy find` · `kamengwatch privacy expire --dry-run`",
    no_args_is_help=True,
)
app.add_typer(privacy, name="privacy")
keys = typer.Typer(
    help="签名密钥 the key that signs published snapshots.",
    epilog="例: `kamengwatch keys create` · `kamengwatch keys show > 公钥.pem`",
    no_args_is_help=True,
)
app.add_typer(keys, name="keys")

Identifier = Annotated[
    str | None,
    typer.Argument(
        metavar="TEXT",
        help="手机号、姓名、QQ、订单号…；省略则从标准输入读，不进命令历史",
        show_default="one line of standard input",
    ),
]
Also = Annotated[
    list[Path] | None,
    typer.Option("--also", help="数据目录以外的文件或文件夹 files or folders outside the data folder"),
]


@app.command(
    epilog="例: `kamengwatch export -o ratings.csv` · `kamengwatch export --evidence -o evidence.jsonl --host shop.example` · "
    "`kamengwatch export -o all.ftm.jsonl` · `kamengwatch export --group 某某科技有限公司 -o case.stix.json` · `kamengwatch export --group shop.example -o case.misp.json`"
)
@with_config()
def export(
    config: Config,
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="以 .jsonl .csv .parquet，或 .ftm.jsonl（FollowTheMoney）.stix.json（STIX 2.1）.misp.json（MISP）结尾 the name decides the format",
        ),
    ],
    evidence: Annotated[
        bool, typer.Option("--evidence", help="开放证据格式 the evidence, instead of the published ratings")
    ] = False,
    host: Annotated[list[str] | None, typer.Option("--host", help="只要这些网站 only these sites")] = None,
    group: Annotated[
        str,
        typer.Option(
            help="只要这家公司的网站，或这个网站所在关联组的 only the sites of a company, or of a site's cluster"
        ),
    ] = "",
) -> None:
    """导出 the published ratings, or the evidence in the open format: imported elsewhere it gives the same ratings."""
    from kamengwatch.read import export

    export.export(config, out, host or [], evidence, group)


@app.command(
    epilog="例: `kamengwatch delta -o changes.zip` · `kamengwatch delta 2026-11-15 2026-11-22 -o week.zip` · 核对 check one: `kamengwatch delta --verify week.zip`"
)
@with_config(database=False)
def delta(
    config: Config,
    older: Annotated[
        str | None,
        typer.Argument(
            help="较旧的快照：编号、日期或文件夹；省略则为前一份 the older snapshot: id, day or folder; else the one before"
        ),
    ] = None,
    newer: Annotated[
        str | None, typer.Argument(help="较新的快照；省略则为最新的 the newer snapshot; else the latest")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", dir_okay=False, help="写到这个文件（zip）write to this file (zip)"),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(
            "--verify",
            dir_okay=False,
            help="核对一个差异文件：较旧的加上它是否等于较新的 whether a delta leads exactly from its older snapshot to the newer",
        ),
    ] = None,
) -> None:
    """快照差异 the rows each published table lost and gained between two snapshots, as one file (docs/snapshot.md)."""
    from kamengwatch.read import export

    if verify is not None:
        export.verify_delta(config, verify)
    else:
        export.write_delta(config, older, newer, out)


@app.command(
    epilog="例: `kamengwatch verify` · `kamengwatch verify --recompute` 句子里的数字用另一条路再算一遍 every stated figure, computed a second way · "
    "`kamengwatch verify --snapshots 下载的目录 --key 公钥.pem --root 旧清单的哈希` 不需要数据库，任何人都能核对 anybody can, without a database"
)
@with_config()
def verify(
    config: Config,
    recompute: Annotated[
        bool,
        typer.Option(
            "--recompute",
            help="再算一遍最新快照的句子所写的数字 compute again what the newest snapshot's sentences state as numbers, from the database",
        ),
    ] = False,
    snapshots: Annotated[
        Path | None,
        typer.Option(
            help="只核对这个目录里已发布的快照 only these published snapshots: files, signatures, order"
        ),
    ] = None,
    key: Annotated[Path | None, typer.Option(help="发布者的公钥 the publisher's public key (PEM)")] = None,
    root: Annotated[
        list[str] | None,
        typer.Option(
            help="以前存下的 manifest.json 的 SHA-256；过去被改就会对不上 of an older manifest you kept"
        ),
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option(
            help="时间戳机构的根证书（PEM），你自己取得的 root certificates of time stamp authorities, from a place you trust"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """核对 archive, database and the snapshots' hash chain; one line per fault with its remedy (exit code 1)."""
    if snapshots is not None:
        from kamengwatch.maintain import signing_keys

        return signing_keys.verify_history(config, snapshots, key, root or [], authority, as_json)
    if key is not None or root or authority is not None:
        raise UserError(
            "--key、--root、--authority 核对的是 --snapshots 指的目录 are about published snapshots: add --snapshots FOLDER; "
            "例 e.g. kamengwatch verify --snapshots data/snapshots --key public.pem"
        )
    if recompute:
        from kamengwatch.recompute import verify as verifying

        return verifying.recompute(config, as_json)
    from kamengwatch.maintain import integrity

    return integrity.verify(config, as_json)


@app.command(
    epilog="例: `kamengwatch stamp` · 定时服务每次发布后自动做 the scheduler does it after each publication"
)
@with_config()
def stamp(
    config: Config,
    as_json: AsJson = False,
) -> None:
    """时间戳 have the authorities and calendars you named attest when the newest snapshot existed."""
    from kamengwatch.maintain import time_stamps

    time_stamps.stamp(config, as_json)


@keys.command(
    "create",
    epilog="例: `kamengwatch keys create` · `kamengwatch keys create --replace` 换新密钥 hand over to a new key",
)
@with_config(database=False)
def keys_create(
    config: Config,
    replace: Annotated[
        bool, typer.Option("--replace", help="由旧密钥交接给新密钥 the old key hands over to a new one")
    ] = False,
) -> None:
    """建立 make the key that signs every snapshot published from now on."""
    from kamengwatch.maintain import signing_keys

    signing_keys.create(config, replace)


@keys.command("show", epilog="例: `kamengwatch keys show > 公钥.pem`")
@with_config(database=False)
def keys_show(config: Config) -> None:
    """显示 print the public key, to hand out: whoever holds it can check what you published."""
    from kamengwatch.maintain import signing_keys

    signing_keys.show(config)


@app.command(
    epilog="例: `kamengwatch backup -o backup-2026-11-20.tar.gz` · 运行中也可备份 consistent while running"
)
@with_config()
def backup(
    config: Config,
    out: Annotated[
        Path, typer.Option("-o", "--output", help="以 .tar、.tar.gz 或 .tgz 结尾 the file to write")
    ],
) -> None:
    """备份 a consistent copy of everything, even while a crawl, import or publication is running."""
    from kamengwatch.maintain import backup

    backup.backup(config, out)


@app.command(epilog="例: `kamengwatch restore backup.tar.gz --data-dir 新目录`")
@with_config(database=False)
def restore(
    config: Config,
    file: Annotated[Path, typer.Argument(help="backup 写的文件 a file that backup wrote")],
) -> None:
    """恢复 a backup into a new or empty data folder, whole or not at all; every hash is checked first."""
    from kamengwatch.maintain import backup

    backup.restore(config, file)


@app.command(
    epilog="例: `kamengwatch move --to postgresql+psycopg://kw@db.example/kamengwatch` · 中断后重新运行即续传 run again to resume"
)
@with_config()
def move(
    config: Config,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="空的 PostgreSQL 库 an empty PostgreSQL database")
    ],
    as_json: AsJson = False,
) -> None:
    """迁移 the SQLite database to PostgreSQL, verified row for row; the source is only read."""
    from kamengwatch.maintain import to_postgres

    to_postgres.move(config, to, as_json)


@app.command(
    epilog="例: `kamengwatch reread` · 升级之后运行一次 once after an upgrade; stopped, it goes on where it was"
)
@with_config()
def reread(
    config: Config,
    as_json: AsJson = False,
) -> None:
    """重读 stored texts under the present rules: redacted again, complaints read again for their kinds."""
    from kamengwatch.maintain import reread as again

    again.reread(config, as_json)


@privacy.command("find", epilog="例: `echo 13800001234 | kamengwatch privacy find`")
@with_config()
def privacy_find(
    config: Config,
    text: Identifier = None,
    also: Also = None,
    as_json: AsJson = False,
) -> None:
    """查找 where an identifier occurs: database, archive, snapshots, inbox and every other file kept (exit code 1 if anywhere)."""
    from kamengwatch.privacy import erasure

    erasure.find(config, text, also or [], as_json)


@privacy.command("erase", epilog="例: `echo 13800001234 | kamengwatch privacy erase --yes`")
@with_config()
def privacy_erase(
    config: Config,
    text: Identifier = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再询问 do not ask")] = False,
    also: Also = None,
    as_json: AsJson = False,
) -> None:
    """删除 an identifier everywhere, then search again to prove that nothing is left."""
    from kamengwatch.privacy import erasure

    erasure.erase(config, text, also or [], yes, as_json)


@privacy.command(
    "expire",
    epilog="例: `kamengwatch privacy expire --dry-run` · 定时服务每天做一次 the scheduler does it daily",
)
@with_config()
def privacy_expire(
    config: Config,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看不做 only say what would go")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="时钟存疑时也做 also where the clock is in doubt")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """到期移除 what was kept for its declared period: page contents and texts go, hashes and dates stay."""
    from kamengwatch.privacy import retention

    retention.expire(config, dry_run, yes, as_json)


# The command that sets a machine up for real sites: init.


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
