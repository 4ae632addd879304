"""`kamengwatch move`: a filled SQLite data directory to PostgreSQL; the source is opened read-only and stays as it is."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from kamengwatch import console
from kamengwatch.config import Config, Failure, UserError
from store.db import sqlite_to_postgres
from store.db.engine import is_current


def move(config: Config, to: str, as_json: bool) -> None:
    """Move and verify; raises UserError naming what is wrong with either side, Failure when the rows differ afterwards."""
    source = _source(config)
    target = _target(config, to)
    shown = target.url.render_as_string(hide_password=True)
    try:
        with console.bar(config.say("迁移", "moving")) as bar:
            moved = sqlite_to_postgres.move_over(
                source, target, lambda table, done, of: bar.note(f"{table} {done:,}/{of:,}")
            )
    except sqlite_to_postgres.NotEmpty as error:
        raise UserError(
            f"--to {shown}: 表 {error.table} 已有别的数据，什么也没写；请给一个空库 table {error.table} holds other rows, "
            "nothing was written; name an empty database"
        ) from error
    except sqlite_to_postgres.Busy as error:
        raise UserError(f"--to {shown}: 另一个 move 正在进行 another move is running; wait for it") from error
    except sqlite_to_postgres.Unfit as error:
        raise UserError(
            f"--to {shown}: 表 {error.table} 的一行放不进 PostgreSQL a row of table {error.table} does not fit into PostgreSQL "
            f"({error.key}): {error.reason}；在原库中改正后重新运行即可续传 mend it in the source and run again to resume"
        ) from error
    except sqlite_to_postgres.Differs as error:
        raise Failure(
            f"表 {error} 迁移后与原库不一致，请勿使用该库 table {error} differs from the source; do not use the target"
        ) from error
    except DBAPIError as error:
        raise UserError(
            f"--to {shown}: {str(error.orig).splitlines()[0]}；改正后重新运行即可续传 mend it and run again to resume"
        ) from error
    if as_json:
        console.tell_json([asdict(one) for one in moved])
        return
    rows, copied = sum(one.rows for one in moved), sum(one.copied for one in moved)
    console.print_answer(
        config.say(
            f"{len(moved)} 张表 {rows} 行逐行核对一致，本次写入 {copied} 行。原库未动，内容都还在，确认后请删除。以后请设 KAMENGWATCH_DATABASE_URL={shown}",
            f"{len(moved)} table(s), {rows} row(s) verified one by one, {copied} copied now. The source is untouched and still holds everything: delete it once you trust the new database. "
            f"From now on set KAMENGWATCH_DATABASE_URL={shown}",
        )
    )


def _source(config: Config) -> Engine:
    url = make_url(config.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise UserError(
            "move: 只能从 SQLite 迁出 moves from SQLite only; leave --database out or name a SQLite file"
        )
    from pathlib import Path

    file = Path(url.database)
    if not file.is_file():
        raise UserError(f"{file}: 没有数据库 no database there; check --data-dir")
    read_only = URL.create("sqlite", database=file.resolve().as_uri(), query={"mode": "ro", "uri": "true"})
    source = create_engine(read_only)
    if not is_current(source):
        raise UserError(
            f"{file}: 表结构较旧 an older schema; 先运行 run `kamengwatch doctor` once, then move"
        )
    return source


def _target(config: Config, to: str) -> Engine:
    if not to.startswith(("postgresql+psycopg://", "postgresql://", "postgres://")):
        scheme = to.split(":", 1)[0] if "://" in to else "?"
        raise UserError(
            f"--to {scheme}: 只能迁到 PostgreSQL moves to PostgreSQL only; postgresql+psycopg://user@host/database"
        )
    try:
        return Config(config.data_dir, to, config.lang, config.fixed_now).engine
    except SQLAlchemyError as error:
        raise UserError(f"--to: {error}；网址读不懂 the URL cannot be read") from error
