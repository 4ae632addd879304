"""The watchlist: which sites are rated. A person puts a site on it; nothing found by a crawl gets there alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.table import Table
from sqlalchemy import select, update

from kamengwatch.config import Config, UserError
from kamengwatch.one_by_one import one_by_one, tell_refused
from kamengwatch.progress import say, tell, tell_json
from kamengwatch.queue import Question, ask
from store.ingest import Ingest, import_records
from store.ledger import targets
from store.matching import Directory
from store.names import parse_query
from store.plain import plain
from store.refused_hosts import refusal, refusal_of_text
from store.tables import Platform


def host_in(text: str) -> str:
    """The host a pasted text is about; raises UserError when there is none."""
    query = parse_query(text)
    if query.kind != "host" or not query.host:
        reason = refusal_of_text(text)
        raise UserError(
            f"{plain(text, 60)}: {reason or '里面没有网址 no web address in it; 例 e.g. shop.example'}"
        )
    return query.host


def site_in(text: str) -> str:
    """The host a text is about, where it may be watched; raises UserError with the reason where it may not."""
    host = host_in(text)
    if reason := refusal(host):
        raise UserError(str(reason))
    return host


def watched_in(config: Config, text: str) -> str:
    """The watched site a text means, by host, alias or name; raises UserError when there is none."""
    query = parse_query(text)
    with config.engine.connect() as connection:
        directory = Directory(connection)
        found = directory.resolve(query.host, query.name).platform_id
        host = directory.host(found) if found is not None else None
    if host is not None and host in {target.host for target in targets(config.engine)}:
        return host
    asked = site_in(text)
    raise UserError(f"{asked}: 不在观察名单里 not on the watchlist; 先 first: kamengwatch watch add {asked}")


def add(config: Config, texts: list[str], name: str | None) -> None:
    """Watch the site each text names, or say why not; `name` is only allowed with one. A text may be a list of addresses."""
    texts = [part for text in texts for part in _addresses(text)]
    if name and len(texts) > 1:
        raise UserError("--name: 一次只能给一个网站命名 name one site at a time")
    watched = {target.host for target in targets(config.engine)}

    def take(text: str) -> None:
        host, query = site_in(text), parse_query(text)
        if host in watched and not name:
            say(config.say(f"已在观察：{host}", f"watched already: {host}"))
        elif query.like and host not in watched:
            _propose_mall(config, host, query.like)
            return
        else:
            add_sites(config, [(host, name, ())])
            watched.add(host)
            say(config.say(f"已加入观察：{host}", f"watching {host}"))
            if query.unit == "merchant" and query.mall not in watched:
                watched.add(query.mall or "")
                say(
                    config.say(
                        f"  商城一并观察：{query.mall}", f"  its mall is watched with it: {query.mall}"
                    )
                )
        for notice in query.notices:
            if notice.code not in ("path_dropped", "port_dropped"):
                say(f"  {config.say(notice.zh, notice.en)}")

    tell_refused(config, one_by_one(texts, take))


def _propose_mall(config: Config, host: str, like: str) -> None:
    """Ask a person about an address that looks like a merchant's in a mall nobody knows; of its path only the first part is kept."""
    with config.engine.begin() as connection:
        asked = ask(connection, [Question(host, True, "watch", "mall", like=like)], config.now())
    zh, en = ("已在复核队列", "waits for review already") if asked.waiting else ("进入复核", "goes to review")
    say(
        config.say(
            f"{host}：像是商城里的一家店（/{like}/…），但不在已知商城里，{zh}；整个网站要观察：watch add {host}；商城要加进名单：KAMENGWATCH_MALLS",
            f"{host}: looks like one shop of a mall (/{like}/…) that is not known, so it {en}; to watch the whole site: watch add {host}; "
            "to make the mall known: KAMENGWATCH_MALLS",
        )
    )


def _addresses(text: str) -> list[str]:
    """The addresses of a text that is nothing but a list of them; else the text itself, of which the first is meant."""
    parts = [part for part in re.split(r"[\s,，、;；|]+", text) if part]
    return parts if len(parts) > 1 and all(parse_query(part).kind == "host" for part in parts) else [text]


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


def remove(config: Config, texts: list[str]) -> None:
    """Stop watching each; evidence and history stay."""

    def leave(text: str) -> None:
        host = host_in(text)
        with config.engine.begin() as connection:
            done = connection.execute(
                update(Platform)
                .where(Platform.host == host, Platform.status == "watched")
                .values(status="removed")
            ).rowcount
        if not done:
            raise UserError(f"{host}: 不在观察名单里 not on the watchlist; 查看 see `kamengwatch watch list`")
        say(
            config.say(f"已移出观察：{host}（证据保留）", f"no longer watching {host} (its evidence is kept)")
        )

    tell_refused(config, one_by_one(texts, leave))


def show(config: Config, as_json: bool) -> None:
    """Print the watchlist."""
    found = targets(config.engine)
    if as_json:
        tell_json([{"host": t.host, "name": t.name, "aliases": t.aliases} for t in found])
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
