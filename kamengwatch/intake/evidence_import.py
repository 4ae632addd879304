"""Take evidence in: files of the open format, and sheets, pasted answers and saved pages of manual sources.

Sheets come as spreadsheets save them: UTF-16, `sep=`, titles above the headings, a size that is not believed, times without a
zone, which are China time. A row that cannot be read as one is given on as a line that begins with REASON.

A wrong line is named by file, number and reason, the rest is kept. A file of the open format is the operator's own and puts
its sites on the watchlist; a site that only a source's sheet names waits in the review queue.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from kamengwatch.config import Config, UserError, without_password
from kamengwatch.console import bar, log_line, tell_json
from kamengwatch.intake import changed_sites
from store.db.engine import DATABASE, sqlite_file
from store.evidence.ingest import REASON
from store.text.dates import day_in, moment_in
from store.text.safe_text import FORMULA

# A copy of the database in which an import can be tried out: what would happen is known, and nothing is written.

_CHUNK = 5_000


@contextmanager
def trial(config: Config) -> Iterator[Config]:
    """The same settings on a copy of the database; raises UserError when the database cannot be read."""
    from store.evidence.complainant_pseudonyms import FOLDER

    with tempfile.TemporaryDirectory(prefix="kamengwatch-check-") as folder:
        copy = replace(config, data_dir=Path(folder), database=None)
        keys = config.data_dir / FOLDER
        if keys.is_dir():
            shutil.copytree(keys, copy.data_dir / FOLDER)
        if file := sqlite_file(config.database_url):
            _copy_file(file, copy)
        else:
            _copy_rows(config, copy)
        try:
            yield copy
        finally:
            copy.engine.dispose()


def _copy_file(path: Path, copy: Config) -> None:
    """A database somebody has open is read as SQLite reads it; one at rest as a file, so that no file is made beside it."""
    if not path.exists():
        return
    to = copy.data_dir / DATABASE
    beside = [path.with_name(path.name + ending) for ending in ("-wal", "-shm")]
    try:
        if all(file.exists() for file in beside):
            with (
                closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as old,
                closing(sqlite3.connect(to)) as new,
            ):
                old.backup(new)
            return
        shutil.copyfile(path, to)
        if beside[0].exists():
            shutil.copyfile(beside[0], to.with_name(to.name + "-wal"))
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"{path}: 读不出数据库 cannot read the database: {error}") from error


def _copy_rows(config: Config, copy: Config) -> None:
    """The tables an import looks at, read from PostgreSQL in one state and one reading transaction."""
    from store.db.engine import Unusable, is_current, is_empty, open_engine

    url = without_password(config.database_url)
    try:
        source = open_engine(config.database_url)
        if is_empty(source):
            return
        if not is_current(source):
            raise UserError(
                f"{url}: 数据库的版本较旧，先运行 its schema is older, first run: kamengwatch doctor"
            )
        with source.connect().execution_options(isolation_level="REPEATABLE READ") as old:
            old.exec_driver_sql("set transaction read only")
            _fill(old, copy.engine, config)
        source.dispose()
    except (SQLAlchemyError, Unusable, ImportError, OSError) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise UserError(f"{url}: 读不出数据库 cannot read the database: {reason}") from error


def _fill(old: Any, new: Engine, config: Config) -> None:
    from store.db.tables import OBSERVATIONS, Alias, Base, Operator, Platform, Review, Setting, Source

    wanted = {m.__tablename__ for m in (Alias, Operator, Platform, Review, Setting, Source, *OBSERVATIONS.values())}  # fmt: skip
    wanted |= {"crawl", "crawl_platform"}
    tables = [table for table in Base.metadata.sorted_tables if table.name in wanted]
    total = sum(old.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    with (
        new.begin() as connection,
        bar(config.say("复制用于检查", "copying for the check"), total) as progress,
    ):
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in tables:
            connection.execute(table.delete())
            rows = old.execute(select(table), execution_options={"yield_per": _CHUNK}).mappings()
            for part in rows.partitions(_CHUNK):
                # What was archived is not part of the trial, so no row of it may point there.
                connection.execute(table.insert(), [_without_capture(row) for row in part])
                progress.advance(len(part))


def _without_capture(row: Any) -> dict[str, Any]:
    return {**row, "capture_id": None} if "capture_id" in row else dict(row)


FORMATS = ("jsonl", "json", "csv", "xlsx")
_HEAD = 64 * 1024
_HEADING_WITHIN = 20
_NUMBERED = ("host", "source_id", "order_ref", "uscc", "number")
"""Columns in which an apostrophe before a number is a spreadsheet's mark for text, and no part of it."""
_DELIMITERS = ",\t;|"
_LIST_OF_RECORDS = re.compile(r'\[\s*\{[^{}]*"kind"\s*:')


def open_format(file: Path) -> str | None:
    """`jsonl`, `json`, `csv` or `xlsx` when the file is in the open evidence format, None when it is something else.

    A file that ends in .jsonl or .ndjson is taken at its word, so that a broken first line is named as one.
    """
    from crawler.importers.files import text_in

    if file.suffix.lower() in (".jsonl", ".ndjson"):
        return "jsonl"
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith(b"PK"):
        return (
            "xlsx"
            if any("kind" in _titles(row) for row in islice(_workbook(file), _HEADING_WITHIN))
            else None
        )
    text = text_in(head).lstrip("\ufeff").lstrip()
    if text.startswith("["):
        return "json" if _LIST_OF_RECORDS.match(text) else None
    if text.startswith("{"):
        return "jsonl" if _is_record(text.splitlines()[0]) else None
    first = text.splitlines()[:_HEADING_WITHIN]
    return (
        "csv" if any("kind" in _titles(line.split(sign)) for line in first for sign in _DELIMITERS) else None
    )


def lines(file: Path, format_: str) -> Iterable[bytes | str]:
    """The file's records as JSON lines; a line of a sheet up to its headings is blank here, so that numbers are a spreadsheet's."""
    if format_ == "jsonl":
        return _json_lines(file)
    if format_ == "json":
        return _listed(file)
    return _sheet_lines(_csv_rows(file) if format_ == "csv" else _workbook(file))


def line_count(file: Path) -> int | None:
    """How many lines a text file has; None for a workbook."""
    if file.suffix.lower() == ".xlsx":
        return None
    with file.open("rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


def encoding_of(file: Path) -> str:
    """UTF-16 by its mark or zero bytes, utf-8-sig where the whole file reads so, else GB18030, which Chinese spreadsheets save."""
    from crawler.importers.files import utf16_of

    with file.open("rb") as raw:
        if encoding := utf16_of(raw.read(4096)):
            return encoding
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _is_record(line: str) -> bool:
    from crawler.pages.safe_parse import parse_json_bounded

    try:
        record = parse_json_bounded(line)
    except ValueError:
        return False
    return isinstance(record, dict) and "kind" in record


def _listed(file: Path) -> Iterator[str]:
    """The records of a file that holds them as one list, in order."""
    from crawler.importers.files import read

    document = read(file).document
    for record in document if isinstance(document, list) else [document]:
        yield json.dumps(record, ensure_ascii=False)


def _json_lines(file: Path) -> Iterator[bytes | str]:
    if (encoding := encoding_of(file)) != "utf-8-sig" and encoding != "gb18030":
        with file.open(encoding=encoding, errors="replace") as text:
            for line in text:
                yield line.lstrip("\ufeff")
        return
    with file.open("rb") as stream:
        for number, raw in enumerate(stream):
            yield raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw


def _sheet_lines(rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    """Rows under the first line that has a column `kind`; the lines above it are titles."""
    heading: list[str] = []
    for cells in rows:
        if not heading:
            heading = _titles(cells) if "kind" in _titles(cells) else []
            yield ""
        elif any(cell not in (None, "") for cell in cells[len(heading) :]):
            yield (
                REASON
                + "比表头多出单元格 more cells than headings（逗号没有加引号？ a comma without quotation marks?）"
            )
        else:
            kept = {
                k: _value(k, v) for k, v in zip(heading, cells, strict=False) if k and v not in (None, "")
            }
            yield json.dumps(kept, ensure_ascii=False, default=str) if kept else ""


def _titles(cells: Iterable[Any]) -> list[str]:
    return [str(cell if cell is not None else "").strip().strip('"') for cell in cells]


def _csv_rows(file: Path) -> Iterator[list[str]]:
    with file.open(encoding=encoding_of(file), newline="", errors="replace") as stream:
        head = list(islice(stream, _HEADING_WITHIN))
        told = head[0].lstrip("\ufeff").strip().strip('"') if head else ""
        named = told[4:5] if told.lower().startswith("sep=") and len(told) <= 6 else ""
        delimiter = named or max(
            _DELIMITERS, key=lambda sign: max((line.count(sign) for line in head), default=0)
        )
        stream.seek(0)
        try:
            yield from csv.reader(stream, delimiter=delimiter)
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{file.name}: 不是可读的 CSV not a readable CSV file ({error})") from error


def _workbook(file: Path) -> Iterator[Sequence[Any]]:
    from crawler.importers.files import sheets_of

    try:
        found = sheets_of(file)
        before = 0
        for number, cells in next((s for s in found if s.active), found[0]).rows:
            yield from [()] * (number - before - 1)  # empty rows are counted, too
            yield cells
            before = number
    except (ValueError, IndexError) as error:
        raise UserError(f"{file.name}: {error}") from error


def _value(name: str, cell: Any) -> Any:
    """A cell's value: what `export` wrote as JSON or kept from being a formula is read back as it was, a time gets its zone."""
    from crawler.importers.files import cell as bare
    from crawler.pages.safe_parse import parse_json_bounded

    value = bare(cell) if name in _NUMBERED else cell.strip() if isinstance(cell, str) else cell
    if name.endswith("_at") and (moment := moment_in(value)):
        return moment.isoformat()
    if name.endswith("_on") and (day := day_in(value)):
        return day.isoformat()
    if not isinstance(value, str):
        return value
    if value.startswith("'") and value[1:].startswith(FORMULA):
        return value[1:]
    if value[:1] in "[{" and value[-1:] in "]}":
        try:
            return parse_json_bounded(value)
        except ValueError:
            return value
    return {"true": True, "false": False, "null": None}.get(value.lower(), value)


if TYPE_CHECKING:
    from crawler.importers import Importer
    from store.evidence.ingest import Ingest, Saved

SHOWN = 20
"""Refused lines named on the terminal; --json names all."""
_BATCH = 2_000


@dataclass
class Taken:
    """What became of one file: as what it was read, what was saved, lines refused (number, reason), columns not read.

    `rows` is how many lines or rows it has: each is taken, known, waiting or refused.
    """

    file: str
    read_as: str
    saved: Saved
    refused: list[tuple[int, str]] = field(default_factory=list)
    identity: list[str] = field(default_factory=list)
    rows: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The line --json prints."""
        return {
            "file": self.file,
            "read_as": self.read_as,
            "rows": self.rows,
            "inserted": self.saved.inserted,
            "unchanged": self.saved.unchanged,
            "unmatched": self.saved.unmatched,
            "identity_columns_not_read": self.identity,
            "keys_not_read": dict(sorted(self.saved.unread.items())),
            "notes": [f"{zh} {en}" for zh, en in self.notes],
            "refused": [{"line": number, "reason": reason} for number, reason in self.refused],
        }


def import_files(
    config: Config,
    files: list[Path],
    format_: str,
    checked_at: str | None,
    as_json: bool,
    *,
    new_source: bool = False,
    check: bool = False,
) -> None:
    """Import each file; raises UserError (exit 2) after everything good was kept, if a line was refused.

    `new_source` takes records of sources nobody declared; with `check` it is only said what would happen.
    """
    from crawler.importers import found

    known = ("auto", *FORMATS, *found())
    if format_ not in known:
        raise UserError(f"--format {format_}: 可用 use {', '.join(known)}")
    for file in files:
        if not file.is_file():
            raise UserError(f"{file}: 文件不存在或不是文件 no such file")
    at = _moment(checked_at) if checked_at else None
    with trial(config) if check else nullcontext(config) as used:
        register_known_sources(used)
        before = changed_sites.newest_rows(used)
        report = [_take(used, file, format_, at, new_source) for file in files]
    if not check:
        changed_sites.note_since(config, before)
    tell_taken(config, report, as_json, check)


def tell_taken(config: Config, report: list[Taken], as_json: bool, check: bool = False) -> None:
    """Say what became of each file, or would with `check`; raises UserError (exit 2) if a line was refused."""
    if as_json:
        rows = [taken.as_dict() | ({"check": True} if check else {}) for taken in report]
        tell_json(rows)
    else:
        for taken in report:
            _tell(config, taken)
        if check:
            log_line(config.say("仅检查，什么也没有写入", "only checked: nothing was written"))
    refused = sum(len(taken.refused) for taken in report)
    if refused and check:
        raise UserError(
            config.say(f"{refused} 行不会被导入（见上）", f"{refused} line(s) would not be taken (see above)")
        )
    if refused:
        raise UserError(
            config.say(
                f"{refused} 行未导入（见上），其余已保存",
                f"{refused} line(s) [was|were] not taken (see above); the rest is kept",
            )
        )


def _take(config: Config, file: Path, format_: str, at: dt.datetime | None, new_source: bool) -> Taken:
    from store.evidence.complainant_pseudonyms import Complainants
    from store.evidence.ingest import Ingest

    now = config.now()
    known = Complainants(config.data_dir, now)
    open_ = format_ if format_ in FORMATS else open_format(file) if format_ == "auto" else None
    ingest = Ingest(
        config.engine,
        now,
        accept_new=bool(open_),
        complainants=known,
        new_sources=new_source or not open_,
    )
    if open_:
        return _take_open(ingest, file, open_)
    return _take_handed(ingest, file, format_, at)


def _take_open(ingest: Ingest, file: Path, format_: str) -> Taken:
    from store.evidence.ingest import Saved, import_lines

    taken = Taken(file.name, format_, Saved())
    with bar(file.name, line_count(file)) as progress:
        done = 0
        for read, saved in import_lines(ingest, lines(file, format_)):
            taken.saved.add(saved)
            progress.advance(read - done)
            done = read
    taken.refused = [(refused.line, refused.reason) for refused in taken.saved.refused]
    taken.rows = taken.saved.total
    return taken


def _take_handed(ingest: Ingest, file: Path, format_: str, at: dt.datetime | None) -> Taken:
    """A file of a manual source, under the importer named, or the one its content belongs to."""
    from crawler.importers import BadRow
    from crawler.importers.recognise import identity_in, unread_in
    from store.evidence.ingest import Saved, import_records

    importer, read = _reader(file, format_)
    if importer is None:
        return Taken(file.name, "?", Saved(), [(1, str(read))], rows=1)
    taken = Taken(file.name, importer.id, Saved(), identity=identity_in(read, importer), notes=read.notes)
    taken.saved.unread.update(dict.fromkeys(unread_in(read, importer), len(read.rows) or 1))
    with bar(file.name, len(read.rows) or None) as progress:
        for batch in _batches(importer.take_numbered(read, importer.handed(file, at))):
            good = [(number, made) for number, made in batch if not isinstance(made, BadRow)]
            bad = [(made.number, made.reason) for _, made in batch if isinstance(made, BadRow)]
            saved = import_records(ingest, [made for _, made in good])
            bad += [(good[refused.line - 1][0], refused.reason) for refused in saved.refused]
            taken.rows += saved.total + len(batch) - len(good)
            taken.refused += sorted(bad)
            taken.saved.add(saved)
            progress.advance(len(batch))
    if not taken.rows:
        taken.rows, taken.refused = 1, [(1, "没有数据行 there is no row in it")]
    return taken


def _reader(file: Path, format_: str) -> tuple[Importer | None, Any]:
    """(importer, content); (None, reason) where the file cannot be read or nobody's it is."""
    from crawler.importers import found, reads_column
    from crawler.importers.files import read
    from crawler.importers.recognise import importer_of

    try:
        content = read(file, found()[format_].reads_column if format_ != "auto" else reads_column)
        return (found()[format_] if format_ != "auto" else importer_of(content, found())), content
    except ValueError as error:
        return None, str(error).removeprefix(f"{file.name}: ")


def _batches(made: Iterator[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for one in made:
        batch.append(one)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    yield batch


def _moment(text: str) -> dt.datetime:
    if (moment := moment_in(text)) is None:
        raise UserError(f"--checked-at {text}: 不是日期或时间 not a date or time; 例 e.g. 2026-11-20")
    return moment


def register_known_sources(config: Config) -> None:
    """Let the sources our spiders and importers know keep their names and tiers when their records come from a file."""
    from crawler.importers import cards as handed_in
    from kamengwatch.intake.order_feeds import SOURCE
    from kamengwatch.pipeline.crawl import cards
    from store.evidence.crawl_ledger import register_sources

    register_sources(config.engine, [*cards(), *handed_in(), SOURCE])


def _tell(config: Config, taken: Taken) -> None:
    saved, refused = taken.saved, taken.refused
    log_line(
        config.say(
            f"{taken.file}（按 {taken.read_as} 读取）: 共 {taken.rows} 行，新增或更新 {saved.inserted}，已有 {saved.unchanged}，待人工匹配 {saved.unmatched}，未导入 {len(refused)}",
            f"{taken.file} (read as {taken.read_as}): {taken.rows} row(s), {saved.inserted} new or changed, {saved.unchanged} known, {saved.unmatched} waiting for a match, {len(refused)} refused",
        )
    )
    if saved.unread:
        named = "、".join(f"{key} ×{count}" for key, count in saved.unread.most_common(SHOWN))
        log_line(
            config.say(
                f"  不认识、未读取的字段：{named}",
                f"  keys or columns that are not known, not read: {named}",
            )
        )
    for zh, en in taken.notes:
        log_line(config.say(f"  {zh}", f"  {en}"))
    if taken.identity:
        named = "、".join(taken.identity)
        log_line(
            config.say(
                f"  身份信息列未读取、未保存：{named}",
                f"  columns that identify people were not read and not kept: {named}",
            )
        )
    for number, reason in refused[:SHOWN]:
        log_line(
            config.say(f"  {taken.file} 第 {number} 行: {reason}", f"  {taken.file} line {number}: {reason}")
        )
    if len(refused) > SHOWN:
        log_line(f"  … {len(refused) - SHOWN} (--json)")
    if saved.unmatched:
        log_line(config.say("  查看待匹配的：kamengwatch review", "  see what waits: kamengwatch review"))


def classify_lines(file: Path | None) -> None:
    """Print one JSON line per text line: {"text", "primary", "kinds"}; a blank line gives kind other."""
    from store.complaint_kinds.classify import classify

    if file is not None and not file.is_file():
        raise UserError(f"{file}: 文件不存在 no such file")
    stream = file.open(encoding="utf-8-sig", errors="replace") if file else sys.stdin
    for line in stream:
        text = line.rstrip("\r\n")
        found = classify(text)
        tell_json({"text": text, "primary": found.primary, "kinds": list(found.kinds)})
    if file:
        stream.close()
