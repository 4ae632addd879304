"""A person's right to be forgotten: everything an identifier occurs in, found, erased, and searched again as proof.

Three things do not show it but can be tested against it: the hash that tells complainants apart and the hash of an order number
(while their secret exists), and the signature of a complaint's words. They are taken away too: the row stays and counts, but
nothing links it to the person or to what was written any more, so it is no longer the first of its copies.

The identifier is never written to a file, a log or an answer. What was done is kept in the register of erasures (when, which
captures, which hashes a snapshot had and has), so that `verify` can tell an erasure from tampering.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import JSON, Column, Connection, Engine, String, Table, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import bar, log_line, print_answer, tell_json
from kamengwatch.maintain.backup import remove_leftovers
from kamengwatch.maintain.integrity import register
from kamengwatch.privacy import file_erasure
from kamengwatch.privacy.file_erasure import Identifier
from store.archive.warc import Archived
from store.db.base import Base
from store.db.engine import DATABASE, is_current, open_engine, sqlite_url
from store.db.tables import Complaint, Order, Setting
from store.evidence.complainant_pseudonyms import FOLDER
from store.evidence.entity_matching import Directory

_BATCH = 5_000
_SIGNED = frozenset({Complaint.__table__.c.title, Complaint.__table__.c.text})
"""What a complaint's signature is made of."""
_SIGNATURE: Column[Any] = Complaint.__table__.c.signature


@dataclass(frozen=True)
class Hit:
    """One value that holds the identifier, or a hash of it: where it is, and what may stand there instead."""

    table: Table
    key: dict[str, Any]
    column: Column[Any]
    kept: Any

    @property
    def place(self) -> str:
        """Table, column and row, never the content."""
        return f"{self.table.name}.{self.column.name} #{','.join(map(str, self.key.values()))}"


def hits(connection: Connection, who: Identifier, data_dir: Path) -> Iterator[Hit]:
    """Every value of every table that holds the identifier; keys of rows are numbers of ours and are not searched."""
    for table in Base.metadata.sorted_tables:
        columns = [c for c in table.columns if isinstance(c.type, (String, JSON)) and not c.foreign_keys]
        keys = list(table.primary_key.columns)
        if not columns or table.name == Setting.__tablename__:
            continue
        query = select(*keys, *(c for c in columns if c not in keys))
        for row in connection.execute(query, execution_options={"yield_per": _BATCH}).mappings():
            for column in columns:
                value = row[column]
                if value and column not in keys and who.count_in(value):
                    yield Hit(
                        table,
                        {k.name: row[k] for k in keys},
                        column,
                        _fitting(who.taken_out_of(value), column),
                    )
                    if column in _SIGNED:
                        yield Hit(table, {k.name: row[k] for k in keys}, _SIGNATURE, None)
    yield from _hashed(connection, who, data_dir)


def erase_rows(engine: Engine, found: list[Hit]) -> None:
    """Replace every value in one transaction, then make the database forget what its free pages still hold."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("pragma secure_delete=on"))
            connection.commit()
        with connection.begin():
            for hit in found:
                _replace(connection, hit)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("vacuum"))
            connection.execute(text("pragma wal_checkpoint(truncate)"))
        else:
            for table in {hit.table.name for hit in found}:
                connection.execute(text(f'vacuum full "{table}"'))


def _replace(connection: Connection, hit: Hit) -> None:
    where = [hit.table.c[name] == value for name, value in hit.key.items()]
    # Where two rows may not say the same, a few random letters keep them apart.
    for kept in (hit.kept, f"{str(hit.kept)[:40]}{secrets.token_hex(4)}"):
        try:
            with connection.begin_nested():
                connection.execute(update(hit.table).where(*where).values({hit.column.name: kept}))
            return
        except IntegrityError:
            continue


def _fitting(value: Any, column: Column[Any]) -> Any:
    length = getattr(column.type, "length", None)
    return value[:length] if isinstance(value, str) and length else value


def _hashed(connection: Connection, who: Identifier, data_dir: Path) -> Iterator[Hit]:
    secret = connection.execute(select(Setting.value).where(Setting.name == "order_key")).scalar_one_or_none()
    orders, complaints = Order.__table__, Complaint.__table__
    if secret is not None:
        digest = hmac.new(bytes.fromhex(secret), who.plain.encode(), hashlib.sha256).hexdigest()
        for id_ in connection.scalars(select(Order.id).where(Order.order_key == digest)):
            yield Hit(orders, {"id": id_}, orders.c.order_key, secrets.token_hex(32))  # type: ignore[arg-type]
    keys = [path.read_bytes() for path in sorted((data_dir / FOLDER).glob("*.key"))]
    if not keys:
        return
    query = select(Complaint.id, Complaint.platform_id, Complaint.source_id, Complaint.complainant)
    query = query.where(Complaint.complainant.is_not(None), Complaint.platform_id.is_not(None))
    known: dict[tuple[int, str], set[str]] = {}
    for id_, platform, source, complainant in connection.execute(
        query, execution_options={"yield_per": _BATCH}
    ):
        if (platform, source) not in known:
            said = (f"account|{source}|{who.plain}", f"order|{who.plain.upper()}")
            known[platform, source] = {
                hmac.new(key, f"{platform}|{one}".encode(), hashlib.sha256).hexdigest()[:32]
                for key in keys
                for one in said
            }
        if complainant in known[platform, source]:
            for column in (complaints.c.complainant, complaints.c.signature):
                yield Hit(complaints, {"id": id_}, column, None)  # type: ignore[arg-type]


SHOWN = 40


@dataclass
class Found:
    """Where an identifier occurs: values of the database, and of the SQLite file a move left behind (`former`), captures,
    files; and files nobody can search here."""

    rows: list[Hit]
    former: list[Hit]
    captures: list[tuple[Path, int, Archived]]
    files: dict[Path, int]
    raw: list[str]
    closed: list[Path]

    def places(self, data_dir: Path) -> list[str]:
        """Each place in words, without the content."""
        named = [hit.place for hit in self.rows]
        named += [f"{DATABASE}: {hit.place}" for hit in self.former]
        named += [f"archive/{path.name}:{offset}" for path, offset, _ in self.captures]
        named += [f"{_name(path, data_dir)} ×{n}" for path, n in self.files.items()]
        return named + self.raw


def find(config: Config, text: str | None, also: list[Path], as_json: bool) -> None:
    """Print where the identifier occurs; raises Failure (exit 1) when it does anywhere."""
    who = _identifier(config, text, also)
    places = _tell(config, _search(config, who, also), as_json)
    if places:
        raise Failure(
            config.say(
                f"{places} 处含有它；删除：kamengwatch privacy erase",
                f"it occurs in {places} place(s); to erase it: kamengwatch privacy erase",
            )
        )


def erase(config: Config, text: str | None, also: list[Path], yes: bool, as_json: bool) -> None:
    """Erase it everywhere and search again; raises Failure when anything is left, UserError when nobody said yes."""
    who = _identifier(config, text, also)
    found = _search(config, who, also)
    unfinished = file_erasure.marked(config.data_dir)
    places = found.places(config.data_dir)
    if not places and not unfinished:
        _tell(config, found, as_json)
        return
    if not yes:
        _tell(config, found, False)
        asked = config.say(
            f"从这 {len(places)} 处删除，不能恢复？", f"Erase it from {len(places)} place(s) for good?"
        )
        if not (sys.stdin.isatty() and typer.confirm(asked, err=True)):
            raise UserError(config.say("没有删除；确认后加 --yes", "nothing was erased; add --yes to do it"))
    _erase(config, who, found, unfinished)
    left = _search(config, who, also).places(config.data_dir)
    if as_json:
        tell_json(
            {
                "erased": places,
                "left": left,
                "not_searchable": [_name(p, config.data_dir) for p in found.closed],
            }
        )
    else:
        counts = Counter(place.partition(".")[0].partition("/")[0] for place in places)
        for what, n in sorted(counts.items()):
            print_answer(f"{what}: {n}")
        print_answer(
            config.say(
                f"已删除 {len(places)} 处；再次查找：{len(left)} 处。备份与别人手里的副本不在此内。",
                f"Erased from {len(places)} place(s); a second search finds {len(left)}. Backups and copies others hold are not covered.",
            )
        )
        _name_closed(config, found)
    if left:
        raise Failure(
            config.say(f"还有 {len(left)} 处：", f"still in {len(left)} place(s): ") + "; ".join(left[:5])
        )


def _erase(config: Config, who: Identifier, found: Found, unfinished: list[Path]) -> None:
    """Snapshots and files first, then the archive, the database last; the register knows before the bytes change."""
    snapshots = {*unfinished}
    for path in found.files:
        if folder := file_erasure.snapshot_of(config.data_dir, path):
            snapshots.add(folder)
            file_erasure.mark(folder)
        file_erasure.erase_in_file(path, who)
    for folder in sorted(snapshots):
        before, after, manifest = file_erasure.seal(folder)
        register(config, {"manifests": {before: after}})
        file_erasure.finish(folder, manifest)
    if found.captures:
        cited = [{"archive": p.name, "offset": o, "sha256": c.stated_sha256} for p, o, c in found.captures]
        register(config, {"captures": cited})
        for place in found.captures:
            try:
                file_erasure.erase_in_archive(place, who, config.now())
            except ValueError as error:
                raise Failure(f"archive/{place[0].name}:{place[1]}: {error}") from error
    if found.rows or found.former or found.raw:
        try:
            erase_rows(config.engine, found.rows)
            if (former := _former(config)) is not None:
                erase_rows(former, found.former)
        except OperationalError as error:
            raise Failure(
                "数据库正被使用，停下采集后再试 the database is in use; stop crawls and try again"
            ) from error.orig


def _search(config: Config, who: Identifier, also: list[Path]) -> Found:
    with bar(config.say("查找", "searching")) as progress:
        with config.engine.connect() as connection:
            rows = list(hits(connection, who, config.data_dir))
        former, old = _former(config), []
        if former is not None:
            with former.connect() as connection:
                old = list(hits(connection, who, config.data_dir))
        closed = file_erasure.closed(config.data_dir, also)
        captures = list(file_erasure.captures(config.archive_dir, who, closed))
        files = {}
        for path in file_erasure.files(config.data_dir, also):
            if n := file_erasure.count(path, who):
                files[path] = n
            progress.advance()
        raw = [] if rows else _raw(config.engine, who)
        raw += [] if old or former is None else _raw(former, who)
    left = _left_behind(config)
    return Found(rows, old, captures, files, raw, closed + ([left] if left and former is None else []))


def _left_behind(config: Config) -> Path | None:
    """The SQLite file of the data folder where another database is in use: a move leaves it there, with everything in it."""
    file = (config.data_dir / DATABASE).resolve()
    used = config.engine.url
    in_use = used.get_backend_name() == "sqlite" and Path(used.database or "").resolve() == file
    return file if file.is_file() and not in_use else None


def _former(config: Config) -> Engine | None:
    """That file as a database; None where there is none, or none of the present schema, which is not touched."""
    file = _left_behind(config)
    engine = open_engine(sqlite_url(file)) if file else None
    return engine if engine is not None and is_current(engine) else None


def _raw(engine: Engine, who: Identifier) -> list[str]:
    """The database's own file and log, where no row shows it: free pages keep what was overwritten until they are cleaned."""
    if engine.dialect.name != "sqlite":
        return []
    file = Path(engine.url.database or "")
    # A file that is read beside its own connection loses that connection's locks when it is closed again.
    engine.dispose()
    out = []
    for path in (file, file.with_name(file.name + "-wal")):
        if path.is_file() and any(_holds(path, form) for form in who.raw()):
            out.append(f"{path.name} (空闲页 free pages)")
    return out


def _holds(path: Path, form: bytes) -> bool:
    """Whether a file holds the bytes, not inside a longer run of letters and digits."""
    tail = b""
    with path.open("rb") as stream:
        while block := stream.read(1 << 22):
            data = tail + block
            at = data.find(form)
            while at >= 0:
                around = data[at - 1 : at] + data[at + len(form) : at + len(form) + 1]
                if not any(chr(byte).isalnum() and byte < 128 for byte in around):
                    return True
                at = data.find(form, at + 1)
            tail = data[-len(form) - 1 :]
    return False


def _identifier(config: Config, text: str | None, also: list[Path]) -> Identifier:
    if not config.data_dir.is_dir():
        raise UserError(f"{config.data_dir}: 没有这个目录 no such folder")
    remove_leftovers(config.data_dir)
    for path in also:
        if not path.exists():
            raise UserError(f"--also {path}: 没有这个文件或文件夹 no such file or folder")
    try:
        who = Identifier(_asked(config) if text is None else text)
    except ValueError as error:
        raise UserError(f"privacy: {error}") from error
    with config.engine.connect() as connection:
        directory = Directory(connection)
        if directory.by_host(who.plain) is not None or directory.resolve(None, who.plain).platform_id:
            raise UserError(
                "privacy: 这是一个网站，不是个人 that is a site, not a person; 停止观察 kamengwatch watch remove"
            )
    return who


def _asked(config: Config) -> str:
    """One line of standard input; typed unseen on a terminal, so that it stands in no scroll-back or history."""
    if sys.stdin.isatty():
        said = config.say("要查找的标识（不显示）", "The identifier (not shown)")
        return str(typer.prompt(said, hide_input=True, err=True))
    return sys.stdin.readline()


def _tell(config: Config, found: Found, as_json: bool) -> int:
    places = found.places(config.data_dir)
    if as_json:
        closed = [_name(p, config.data_dir) for p in found.closed]
        tell_json({"found": places, "not_searchable": closed})
        return len(places)
    for place in places[:SHOWN]:
        print_answer(f"  {place}")
    if len(places) > SHOWN:
        print_answer(f"  … {len(places) - SHOWN} (--json)")
    print_answer(config.say(f"共 {len(places)} 处。", f"{len(places)} place(s)."))
    _name_closed(config, found)
    return len(places)


def _name_closed(config: Config, found: Found) -> None:
    if found.closed:
        named = "、".join(_name(p, config.data_dir) for p in found.closed[:10])
        log_line(
            config.say(
                f"不能查找的文件 {len(found.closed)} 个，请人工查看：{named}",
                f"{len(found.closed)} file(s) cannot be searched, please look yourself: {named}",
            )
        )


def _name(path: Path, data_dir: Path) -> str:
    return path.relative_to(data_dir).as_posix() if path.is_relative_to(data_dir) else str(path)
