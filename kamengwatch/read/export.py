"""Data out: the database's evidence in the open format (design.md §7), or the published ratings, as JSON Lines, CSV or Parquet.

Evidence as JSON Lines, taken into an empty data folder, gives the same ratings. What is not handed on: records that wait for a
match, sites that are not watched, withdrawn records, and decisions of people (reviews, objections), which are no evidence.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, or_, select

from dashboard.groups import clusters, exchange
from kamengwatch.config import Config, UserError
from kamengwatch.console import bar, log_line
from kamengwatch.read.verdicts import host_in_snapshot, open_snapshot
from scoring.snapshot import delta
from scoring.snapshot.reader import Snapshot, SnapshotError, kept_snapshots, snapshot_on
from store.db.tables import OBSERVATIONS, Alias, Crawl, CrawlPlatform, Operator, Platform
from store.durable_files import write_whole
from store.evidence.entity_matching import Directory
from store.evidence.records import KINDS, AnyRecord
from store.text.query import host_key, key_of
from store.text.safe_text import FORMULA

if TYPE_CHECKING:
    from dashboard.presenters.verdict_card import Card

FORMATS = ("jsonl", "csv", "parquet")
_FIELDS = {
    kind: [n for n in record.model_fields if n not in ("kind", "host", "platform", "mentions", "source", "capture", "complainant")]
    for kind, record in zip(KINDS, AnyRecord.__args__, strict=True)
}  # fmt: skip
_COLUMN = {"source_id": "source_key", "complainant_key": "complainant", "order_ref": "order_key"}
"""Field of a record -> column it is kept in, where the names differ. Keyed hashes are handed on as they are."""
_ORDER = ("move", *(kind for kind in OBSERVATIONS if kind != "move"))
"""Moves before the pages they were seen on: a page taken in again must not date its move anew."""
_BATCH = 5_000


def export(config: Config, out: Path, hosts: list[str], evidence: bool, group: str = "") -> None:
    """Write the file whole or not at all; raises UserError for an unknown format or site, or a file that cannot be written.

    `group`: only the sites of this operator, or of the cluster this site belongs to.
    """
    format_ = out.suffix.lower().lstrip(".")
    exchanged = next((form for end, form in exchange.ENDINGS.items() if out.name.lower().endswith(end)), None)
    if format_ not in FORMATS and exchanged is None:
        ends = [*(f".{f}" for f in FORMATS), *exchange.ENDINGS]
        raise UserError(f"{out.name}: 文件名须以 {'、'.join(ends)} 结尾 the name must end so")
    if evidence and (exchanged or group):
        raise UserError("--evidence: 只写 .jsonl、.csv、.parquet，不与 --group 一起 goes into these only, and not with --group")  # fmt: skip
    if group:
        hosts = [*hosts, *_of_group(open_snapshot(config), group)]
    if exchanged:
        snapshot = open_snapshot(config)
        chosen = [host_in_snapshot(snapshot, text) for text in hosts] or None
        with _whole(out) as part, part.open("w", encoding="utf-8") as stream:
            stream.writelines(exchange.text(exchanged, snapshot, chosen))
        log_line(config.say(f"{out}: 已写", f"{out}: written"))
        return
    written = _evidence(config, out, format_, hosts) if evidence else _ratings(config, out, format_, hosts)
    log_line(config.say(f"{out}: {written} 行", f"{out}: {written} row(s)"))


def _of_group(snapshot: Snapshot, group: str) -> tuple[str, ...]:
    """The sites of an operator (name or code) or of the cluster of a site; raises UserError where there are none."""
    known = clusters.operator(snapshot, group) or clusters.cluster(snapshot, key_of(group) or group)
    if known is None:
        raise UserError(
            f"--group {group[:60]}: 快照里没有这个运营主体或关联网站组 no such operator or cluster in the snapshot; "
            "写公司名、信用代码或其中一个网站 give a company, its code, or one of the sites"
        )
    return known.hosts


def _ratings(config: Config, out: Path, format_: str, hosts: list[str]) -> int:
    snapshot = open_snapshot(config)
    chosen = [host_in_snapshot(snapshot, text) for text in hosts]
    where = "where list_contains(?, host)" if chosen else ""
    rows = snapshot.rows(f"select * from ratings {where} order by host", [chosen] if chosen else [])  # noqa: S608 - fixed text
    from scoring.snapshot.reader import TABLES

    with _whole(out) as part:
        if format_ == "parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.Table.from_pylist(rows, schema=TABLES["ratings"]), part, compression="zstd")
            return len(rows)
        return _text(part, format_, TABLES["ratings"].names, rows)


def _evidence(config: Config, out: Path, format_: str, hosts: list[str]) -> int:
    columns = ["kind", "source", "host", "platform", *dict.fromkeys(n for f in _FIELDS.values() for n in f)]
    with config.engine.connect() as connection:
        platforms = _chosen(connection, hosts)
        records = _records(connection, platforms, everything=not hosts)
        with _whole(out) as part, bar(out.name, _size(connection, platforms)) as progress:
            write = _parquet if format_ == "parquet" else _text
            done = write(part, format_, columns, _counted(records, progress.advance))
        left = _left_out(connection)
    if left and not hosts:
        log_line(
            config.say(
                f"  未导出：{left} 条记录待人工匹配、已撤回或不属于观察中的网站",
                f"  not exported: {left} record(s) that [waits|wait] for a match, [is|are] withdrawn or about sites not watched",
            )
        )
    return done


def _chosen(connection: Connection, hosts: list[str]) -> dict[int, Any]:
    """The watched platforms by id; only those `hosts` name, if any."""
    rows = connection.execute(
        select(*Platform.__table__.columns, Operator.name.label("operator"), Operator.uscc)
        .outerjoin(Operator, Operator.id == Platform.operator_id)
        .where(Platform.status == "watched")
        .order_by(Platform.id)
    ).all()
    if not hosts:
        return {row.id: row for row in rows}
    directory = Directory(connection)
    ids = set()
    for text in hosts:
        id_ = directory.by_host(key_of(text) or text)
        if id_ is None or id_ not in {row.id for row in rows}:
            raise UserError(
                f"--host {text[:60]}: 不在观察名单里 not on the watchlist; 查看 see `kamengwatch watch list`"
            )
        ids.add(id_)
    return {row.id: row for row in rows if row.id in ids}


def _records(connection: Connection, platforms: dict[int, Any], everything: bool) -> Iterator[dict[str, Any]]:
    """Every record about `platforms`, in an order in which they can be taken in again."""
    yield from _about(connection, platforms)
    yield from _crawls(connection, platforms)
    said = _Said(connection, platforms)
    for kind in _ORDER:
        table = OBSERVATIONS[kind]
        query = select(*table.__table__.columns).where(_standing(table)).order_by(table.id)
        if not everything:
            query = query.where(table.platform_id.in_(platforms))
        for row in connection.execute(query, execution_options={"yield_per": _BATCH}).mappings():
            if row["platform_id"] in platforms:
                yield said.record(kind, row)


def _standing(table: Any) -> Any:
    """What is about some platform and was not withdrawn."""
    return table.platform_id.is_not(None) & table.withdrawn_at.is_(None)


def _about(connection: Connection, platforms: dict[int, Any]) -> Iterator[dict[str, Any]]:
    aliases: dict[int, list[str]] = {}
    for id_, text in connection.execute(select(Alias.platform_id, Alias.text).order_by(Alias.id)):
        aliases.setdefault(id_, []).append(text)
    for id_, p in platforms.items():
        told = {
            name: getattr(p, name) for name in ("host", "name", "operator", "uscc", "opened_on", "software")
        }
        yield _plain(
            {"kind": "platform", **told, "aliases": aliases.get(id_) or None, "demo": p.demo or None}
        )


def _crawls(connection: Connection, platforms: dict[int, Any]) -> Iterator[dict[str, Any]]:
    """Each finished crawl; hosts with another outcome than the crawl's own in a line before it, so that its own counts last."""
    reached: dict[int, dict[str, list[str]]] = {}
    for crawl, platform, outcome in connection.execute(
        select(CrawlPlatform.crawl_id, CrawlPlatform.platform_id, CrawlPlatform.outcome)
    ):
        if platform in platforms:
            reached.setdefault(crawl, {}).setdefault(outcome, []).append(platforms[platform].host)
    rows = connection.execute(
        select(*Crawl.__table__.columns).where(Crawl.finished_at.is_not(None)).order_by(Crawl.id)
    )
    for c in rows:
        base = {
            "kind": "crawl",
            "source": c.source_id,
            "started_at": c.started_at,
            "finished_at": c.finished_at,
        }
        by = reached.get(c.id, {})
        for outcome in sorted(by, key=lambda o: (o == c.outcome, o)):
            yield _plain({**base, "outcome": outcome, "hosts": sorted(by[outcome])})
        if c.whole_source:
            yield _plain({**base, "outcome": c.outcome, "reason": c.reason})
        elif c.outcome not in by:
            yield _plain({**base, "outcome": c.outcome, "reason": c.reason}) | {"hosts": []}


class _Said:
    """Rows as records, each naming its platform as it was named when it was taken in, so that it is matched alike."""

    def __init__(self, connection: Connection, platforms: dict[int, Any]) -> None:
        self._directory = Directory(connection)
        self._platforms = platforms
        self._known: dict[tuple[str, int], dict[str, str]] = {}

    def record(self, kind: str, row: Any) -> dict[str, Any]:
        who = (row["subject"], row["platform_id"])
        if who not in self._known:
            self._known[who] = self._named(*who)
        values = {name: row.get(_COLUMN.get(name, name)) for name in _FIELDS[kind]}
        if kind == "probe":
            values["class"] = row["class"]
            values.pop("class_", None)
        return _plain({"kind": kind, "source": row["source_id"], **self._known[who], **values})

    def _named(self, subject: str, platform_id: int) -> dict[str, str]:
        if key_of(subject) and self._directory.by_host(host_key(subject)) == platform_id:
            return {"host": subject}
        if self._directory.resolve(None, subject).platform_id == platform_id:
            return {"platform": subject}
        return {"host": self._platforms[platform_id].host}


def _size(connection: Connection, platforms: dict[int, Any]) -> int:
    counts = (
        connection.execute(select(func.count()).select_from(table).where(_standing(table))).scalar_one()
        for table in OBSERVATIONS.values()
    )
    return len(platforms) + sum(counts)


def _left_out(connection: Connection) -> int:
    watched = select(Platform.id).where(Platform.status == "watched")
    return sum(
        connection.execute(
            select(func.count())
            .select_from(table)
            .where(
                or_(
                    table.platform_id.is_(None),
                    table.withdrawn_at.is_not(None),
                    table.platform_id.not_in(watched),
                )
            )
        ).scalar_one()
        for table in OBSERVATIONS.values()
    )


def _counted(records: Iterable[dict[str, Any]], advance: Callable[[], None]) -> Iterator[dict[str, Any]]:
    for record in records:
        advance()
        yield record


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """What is known, times and dates in ISO 8601."""
    return {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in record.items() if v is not None}


def _text(part: Path, format_: str, columns: list[str], rows: Iterable[dict[str, Any]]) -> int:
    """JSON Lines, or CSV with a byte order mark (Excel reads it as UTF-8) whose cells are no formulas; returns the rows."""
    done = 0
    with part.open("w", encoding="utf-8-sig" if format_ == "csv" else "utf-8", newline="") as stream:
        writer = csv.writer(stream)
        if format_ == "csv":
            writer.writerow(columns)
        for row in rows:
            if format_ == "csv":
                writer.writerow([_cell(row.get(name)) for name in columns])
            else:
                stream.write(json.dumps(row, ensure_ascii=False, default=_iso) + "\n")
            done += 1
    return done


def _parquet(part: Path, format_: str, columns: list[str], rows: Iterable[dict[str, Any]]) -> int:
    """One table of all kinds. Every column is text: kinds share names such as `status` with different types."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in columns])
    done, batch = 0, []

    def flush() -> None:
        writer.write_table(pa.Table.from_pylist(batch, schema=schema))
        batch.clear()

    with pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for row in rows:
            batch.append({k: _word(v) for k, v in row.items()})
            done += 1
            if len(batch) >= _BATCH:
                flush()
        flush()
    return done


def _cell(value: Any) -> str:
    text = "" if value is None else _word(value)
    return "'" + text if isinstance(value, str) and text.startswith(FORMULA) else text


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_iso).strip('"')


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A file beside `out` that takes its place when everything is written; raises UserError where that cannot be."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        part.replace(out)
    except OSError as error:
        raise UserError(f"{out}: 写不了 cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)


def write_delta(config: Config, older: str | None, newer: str | None, out: Path | None) -> None:
    """Write what changed between two snapshots; raises UserError for one that is not kept or cannot be read."""
    if out is None:
        raise UserError("-o: 写到哪个文件 name the file to write: kamengwatch delta -o changes.zip")
    try:
        new = _snapshot(config, newer) if newer else open_snapshot(config)
        old = _snapshot(config, older or _before(config, new))
        if old.path == new.path:
            raise UserError(f"{old.id}: 两个是同一份快照 both are this snapshot; 另写一个 name another")
        with _whole(out) as part:
            about = delta.write_delta(old, new, part)
    except SnapshotError as error:
        raise UserError(str(error)) from error
    removed, added = (sum(t[side] for t in about["tables"].values()) for side in ("removed", "added"))
    changed = sum(bool(t["removed"] or t["added"]) for t in about["tables"].values())
    log_line(
        config.say(
            f"{out}: {old.id} → {new.id}，{changed} 张表有变化：删去 {removed} 行，新增 {added} 行",
            f"{out}: {old.id} → {new.id}, {changed} table(s) changed: {removed} row(s) removed, {added} added",
        )
    )


def verify_delta(config: Config, file: Path) -> None:
    """Say that a delta leads exactly from its older snapshot to the newer; raises UserError where it does not."""
    try:
        read = delta.read_delta(file)
        old, new = (_snapshot(config, str(read.about[which]["id"])) for which in ("older", "newer"))
        faults = list(delta.delta_errors(read, old, new))
    except (delta.DeltaError, SnapshotError) as error:
        raise UserError(f"{file}: {error}") from error
    if faults:
        raise UserError(f"{file}: {'; '.join(faults)}; 重新制作 make it again: kamengwatch delta {old.id} {new.id} -o {file.name}")  # fmt: skip
    log_line(
        config.say(
            f"{file}: 已核对：{old.id} 加上它，每张表都等于 {new.id}",
            f"{file}: verified: {old.id} with it is {new.id} in every table",
        )
    )


def _snapshot(config: Config, text: str) -> Snapshot:
    """The snapshot of an id, of a day (the newest that covers no later one), or in a folder."""
    kept = kept_snapshots(config.data_dir)
    if (named := next((one for one in kept if one.id == text), None)) is not None:
        return Snapshot(named.path)
    if (day := _day(text)) is not None:
        return Snapshot(snapshot_on(kept, day).path)
    if (Path(text) / "manifest.json").is_file():
        return Snapshot(text)
    ends = f"{kept[0].id} … {kept[-1].id}" if kept else config.say("没有", "none")
    raise UserError(
        f"{text[:80]}: 不是快照的编号、日期（YYYY-MM-DD）或文件夹 no snapshot's id, day or folder; 现有 kept are {ends} ({len(kept)})"
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _before(config: Config, newer: Snapshot) -> str:
    """The id of the snapshot that was published before this one."""
    ids = [one.id for one in kept_snapshots(config.data_dir)]
    at = ids.index(newer.id) if newer.id in ids else len(ids)
    if at == 0:
        raise UserError(
            f"{newer.id}: 之前没有保存着的快照 no snapshot is kept from before it; 下次发布之后再来 come back after the next publication"
        )
    return ids[at - 1]


def write_picture(config: Config, card: Card, file: Path) -> None:
    """Write the card as a picture, whole or not at all."""
    from dashboard.presenters import share_card

    try:
        made = share_card.picture(card)
    except share_card.NoFont as error:
        raise UserError(f"--picture: {error}") from error
    try:
        write_whole(file, made)
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}; 换一个位置 name another file") from error
    log_line(config.say(f"图片：{file}", f"Picture: {file}"))
    if not share_card.page_of(card):
        log_line(
            config.say(
                "没有设置公开网址，图上没有二维码：设 KAMENGWATCH_PUBLIC_HOSTS",
                "No public address is set, so the picture has no QR code: set KAMENGWATCH_PUBLIC_HOSTS",
            )
        )
