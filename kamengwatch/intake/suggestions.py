"""Hosts nobody watches yet, found in what was collected: in complaints about this trade, in redirects and in notices.

They enter the review queue with where they were found; nothing is rated until a person accepts it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, func, or_, select

from crawler.pages.mentions import TRADE, hosts_in
from kamengwatch.config import Config
from kamengwatch.console import bar, log_line
from kamengwatch.review.decisions import show
from kamengwatch.review.queue import Question, ask
from store.db.tables import Complaint, Move, Platform
from store.text.query import registrable


def suggest(config: Config, as_json: bool) -> None:
    """Look for hosts, ask about the new ones, and list what waits."""
    with config.engine.begin() as connection:
        questions = [*_in_complaints(config, connection), *_in_moves(connection)]
        asked = ask(connection, questions, config.now())
    if not as_json:
        told = [config.say(f"新提示 {len(asked.new)} 个", f"{len(asked.new)} new suggestion(s)")]
        if asked.waiting:
            told.append(config.say(f"已在队列 {asked.waiting} 个", f"{asked.waiting} wait already"))
        if asked.before:
            told.append(config.say(f"曾问过 {asked.before} 个", f"{asked.before} asked before"))
        if asked.refused:
            told.append(
                config.say(
                    f"略过 {len(asked.refused)} 个多人共用或不公开的网址",
                    f"{len(asked.refused)} passed over that many share or that are not public",
                )
            )
        log_line(config.say("；", "; ").join(told))
    show(config, ("candidate", "match"), as_json)


def _in_complaints(config: Config, connection: Connection) -> Iterator[Question]:
    """Hosts that texts about this trade name, the most often named first; the complaint site's own are none."""
    found: Counter[str] = Counter()
    sources: dict[str, Counter[str]] = defaultdict(Counter)
    texts = (
        select(Complaint.source_id, Complaint.title, Complaint.text, Complaint.url, Complaint.platform_id)
        .where(or_(Complaint.text.contains("."), Complaint.title.contains(".")))
        .execution_options(yield_per=2_000)
    )
    total = connection.execute(select(func.count()).select_from(Complaint)).scalar_one()
    with bar(config.say("查看投诉", "reading complaints"), total) as progress:
        for source, title, text, url, platform_id in connection.execute(texts):
            progress.advance(1)
            said = f"{title or ''} {text or ''}"
            if platform_id is None and not TRADE.search(said):
                continue
            own = {registrable(host) for host in hosts_in(url or "")}
            for host in hosts_in(said):
                if registrable(host) not in own:
                    found[host] += 1
                    sources[host][source] += 1
    for host, times in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        yield Question(host, True, "、".join(sorted(sources[host])), "complaint", times)


def _in_moves(connection: Connection) -> Iterator[Question]:
    """Hosts a watched site was seen to point to."""
    rows = connection.execute(
        select(Move.to_host, Move.source_id, Move.via, Platform.host, func.count())
        .join(Platform, Platform.id == Move.platform_id)
        .group_by(Move.to_host, Move.source_id, Move.via, Platform.host)
        .order_by(Move.to_host)
    )
    for to_host, source, via, host, times in rows:
        yield Question(to_host, True, source, via, times, candidates=(host,))
