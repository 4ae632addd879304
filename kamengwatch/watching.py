"""The watchlist: which sites are rated. A person puts a site on it; nothing found by a crawl gets there alone."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rich.table import Table
from sqlalchemy import select, update

from kamengwatch.config import Config, UserError
from kamengwatch.progress import say, tell
from store.ingest import Ingest, import_records
from store.ledger import targets
from store.names import parse_query
from store.plain import plain
from store.tables import Platform


def host_in(text: str) -> str:
    """The host a pasted text is about; raises UserError when there is none."""
    query = parse_query(text)
    if query.kind != "host" or not query.host:
        raise UserError(f"{text[:60]!r}: 里面没有网址 no web address in it; 例 e.g. shop.example")
    return query.host


def add(config: Config, texts: list[str], name: str | None) -> None:
    """Watch the site each text names; `name` is only allowed with one."""
    if name and len(texts) > 1:
        raise UserError("--name: 一次只能给一个网站命名 name one site at a time")
    hosts = [host_in(text) for text in texts]
    add_sites(config, [(host, name, ()) for host in hosts])
    for host in hosts:
        say(config.say(f"已加入观察：{host}", f"watching {host}"))


def add_sites(
    config: Config, sites: Iterable[tuple[str, str | None, Iterable[str]]], demo: bool = False
) -> int:
    """Watch (host, name, aliases) each; returns how many were new or changed."""
    ingest = Ingest(config.engine, config.now(), accept_new=True, demo=demo)
    records = [
        {"kind": "platform", "host": host, "name": name, "aliases": list(aliases), "demo": demo}
        for host, name, aliases in sites
    ]
    return import_records(ingest, records).inserted


def remove(config: Config, text: str) -> None:
    """Stop watching; evidence and history stay."""
    host = host_in(text)
    with config.engine.begin() as connection:
        done = connection.execute(
            update(Platform)
            .where(Platform.host == host, Platform.status != "removed")
            .values(status="removed")
        ).rowcount
    if not done:
        raise UserError(f"{host}: 不在观察名单里 not on the watchlist; 查看 see `kamengwatch watch list`")
    say(config.say(f"已移出观察：{host}（证据保留）", f"no longer watching {host} (its evidence is kept)"))


def show(config: Config, as_json: bool) -> None:
    """Print the watchlist."""
    found = targets(config.engine)
    if as_json:
        print(
            json.dumps(
                [{"host": t.host, "name": t.name, "aliases": t.aliases} for t in found], ensure_ascii=False
            )
        )
        return
    if not found:
        say(
            config.say(
                "观察名单是空的。加入一个：kamengwatch watch add 网址",
                "Nothing is watched yet: kamengwatch watch add URL",
            )
        )
        return
    table = Table(config.say("域名", "host"), config.say("名称", "name"), config.say("别名", "aliases"))
    for target in found:
        table.add_row(target.host, plain(target.name or ""), plain("、".join(target.aliases)))
    tell(table)


def holds_real_platforms(config: Config) -> bool:
    """Whether this data directory watches any platform that is not part of the demonstration."""
    with config.engine.connect() as connection:
        return (
            connection.execute(select(Platform.id).where(Platform.demo.is_(False)).limit(1)).first()
            is not None
        )
