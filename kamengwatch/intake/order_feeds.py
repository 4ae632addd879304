"""A platform's own orders, handed in by whoever proved to run the site: they replace the estimate of its drop rate.

Only records of the kind `order` about that one site are taken. What they say is the platform's word: they are evidence of tier D
under the source `feed`, order numbers are kept as keyed hashes only, and nothing else of the site can be handed in this way.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from kamengwatch.config import Config, UserError
from kamengwatch.intake.evidence_import import FORMATS, Taken, lines, open_format, tell_taken, trial
from kamengwatch.review.form_decisions import ANSWERS
from kamengwatch.review.responses import platform_of
from store.db.tables import Alias, Platform, Review
from store.evidence.crawl_ledger import SourceCard, register_sources
from store.evidence.entity_matching import Directory
from store.evidence.ingest import REASON, Ingest, Refused, Saved
from store.evidence.records import OrderRecord, RecordError, parse_record
from store.text.query import host_key

SOURCE = SourceCard(
    "feed", "order", "网站自己的订单数据", "Orders told by the site itself", "", "feed", "D", 24.0,
    "网站没有交来的订单", "orders the site did not hand in",
)  # fmt: skip
PROOF_LASTS = dt.timedelta(days=365)
"""A proof of control older than this has to be given again."""


def import_feed(config: Config, site: str, files: list[Path], as_json: bool, *, check: bool = False) -> None:
    """Import the order files of the platform `site`; with `check` it is only said what would happen.

    Raises UserError when nobody proved to run the site, and, after everything good was kept, when a line was refused.
    """
    for file in files:
        if not file.is_file():
            raise UserError(f"{file}: 文件不存在或不是文件 no such file")
    with trial(config) if check else nullcontext(config) as used:
        with used.engine.connect() as connection:
            _, host = platform_of(connection, site)
            if not proved(used, connection, host):
                raise UserError(
                    f"--from-platform {host}: 还没有人证明管理该网站 nobody has shown yet that they run it; 请对方在“申诉与更正”页"
                    "提交“提供订单数据”并放好证明 have it handed in on the appeals page, then: kamengwatch review prove"
                )
            hosts = {host, *_names(connection, host)}
        register_sources(used.engine, [SOURCE])
        report = [_take(used, host, hosts, file) for file in files]
    tell_taken(config, report, as_json, check)


def proved(config: Config, connection: Connection, host: str) -> bool:
    """Whether a form about the site was proved by DNS or file within PROOF_LASTS and not rejected since."""
    query = select(Review.detail).where(
        Review.kind.in_(ANSWERS),
        Review.decision.is_(None) | (Review.decision != "rejected"),
    )
    directory = Directory(connection)
    for (detail,) in connection.execute(query):
        about = detail.get("host")
        if "proved" not in detail or about is None:
            continue
        mine = directory.by_host(about) is not None and directory.by_host(about) == directory.by_host(host)
        if mine and dt.datetime.fromisoformat(detail["proved"]["at"]) >= config.now() - PROOF_LASTS:
            return True
    return False


def _names(connection: Connection, host: str) -> Iterator[str]:
    """Other hosts under which the site is known."""
    query = (
        select(Alias.key)
        .join(Platform, Platform.id == Alias.platform_id)
        .where(Platform.host == host, Alias.kind == "host")
    )
    yield from connection.scalars(query)


def _take(config: Config, host: str, hosts: set[str], file: Path) -> Taken:
    taken = Taken(file.name, "order feed", Saved())
    format_ = open_format(file) or (
        file.suffix.lower()[1:] if file.suffix.lower()[1:] in FORMATS else "jsonl"
    )
    ingest = Ingest(config.engine, config.now())
    batch: list[OrderRecord] = []
    for number, record in _orders(lines(file, format_), host, hosts, config.now(), taken.saved.unread):
        if isinstance(record, str):
            taken.saved.refused.append(Refused(number, record))
        else:
            batch.append(record)
        if len(batch) >= 5_000:
            taken.saved.add(ingest.save(batch))
            batch = []
    if batch:
        taken.saved.add(ingest.save(batch))
    taken.refused = [(refused.line, refused.reason) for refused in taken.saved.refused]
    taken.rows = taken.saved.total
    if not taken.rows:
        taken.rows, taken.refused = 1, [(1, "没有数据行 there is no row in it")]
    return taken


def _orders(
    given: Iterable[bytes | str], host: str, hosts: set[str], now: dt.datetime, unread: Counter[str]
) -> Iterator[tuple[int, OrderRecord | str]]:
    """(line, the order, or why it is none that this platform may hand in); keys an order does not have are counted in `unread`."""
    for number, line in enumerate(given, 1):
        if not line.strip():
            continue
        if isinstance(line, str) and line.startswith(REASON):
            yield number, line.removeprefix(REASON)
            continue
        try:
            told = json.loads(line)
            yield number, _order(told, host, hosts, now)
            unread.update(key for key in told if key not in OrderRecord.model_fields)
        except RecordError as error:
            yield number, str(error)
        except (ValueError, RecursionError):
            yield number, "不是有效的 JSON not valid JSON"


def _order(told: Any, host: str, hosts: set[str], now: dt.datetime) -> OrderRecord:
    if not isinstance(told, dict) or told.get("kind", "order") != "order":
        raise RecordError("只收订单 only records of the kind order are taken from a platform")
    about = told.get("host") or host
    if not isinstance(about, str) or host_key(about) not in hosts:
        raise RecordError(
            f"host: 不是 not {host}; 网站只能交自己的订单 a platform hands in its own orders only"
        )
    kept = {k: v for k, v in told.items() if k in OrderRecord.model_fields and k not in ("platform", "mentions", "capture")}  # fmt: skip
    record = parse_record(
        kept | {"kind": "order", "source": SOURCE.id, "host": host, "seen_at": now.isoformat()}
    )
    assert isinstance(record, OrderRecord)
    if record.paid_at > now:
        raise RecordError("paid_at: 在未来 lies in the future")
    if any(
        at is not None and (at < record.paid_at or at > now)
        for at in (record.delivered_at, record.refunded_at)
    ):
        raise RecordError("delivered_at、refunded_at: 早于付款或在未来 before the payment or in the future")
    return record
