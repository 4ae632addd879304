"""Take evidence files in (JSON Lines, CSV, XLSX) and classify plain complaint texts."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kamengwatch.config import Config, UserError
from kamengwatch.progress import bar, say

FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".xlsx": "xlsx"}
SHOWN = 20
"""Refused lines named on the terminal; --json names all."""


def import_files(config: Config, files: list[Path], format_: str, as_json: bool) -> None:
    """Import each file; raises UserError (exit 2) after everything good was kept, if a line was refused."""
    from store.ingest import Ingest, Saved, import_lines

    for file in files:
        if not file.is_file():
            raise UserError(f"{file}: 文件不存在或不是文件 no such file")
    ingest = Ingest(config.engine, config.now(), accept_new=True)
    _register(config)
    report: list[dict[str, Any]] = []
    for file in files:
        total = Saved()
        with bar(file.name, _line_count(file)) as progress:
            done = 0
            for read, saved in import_lines(ingest, _lines(file, _format(file, format_))):
                total.add(saved)
                progress.advance(read - done)
                done = read
        report.append(
            {
                "file": file.name,
                "inserted": total.inserted,
                "unchanged": total.unchanged,
                "unmatched": total.unmatched,
                "refused": [{"line": r.line, "reason": r.reason} for r in total.refused],
            }
        )
        if not as_json:
            _tell(config, report[-1])
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
    refused = sum(len(r["refused"]) for r in report)
    if refused:
        raise UserError(
            config.say(
                f"{refused} 行未导入（见上），其余已保存",
                f"{refused} lines were not taken (see above); the rest is kept",
            )
        )


def _register(config: Config) -> None:
    """Let the sources our spiders know keep their names and tiers when their records come from a file."""
    from kamengwatch.crawling import cards
    from store.ledger import register_sources

    register_sources(config.engine, cards())


def _tell(config: Config, row: dict[str, Any]) -> None:
    say(
        config.say(
            f"{row['file']}: 新增或更新 {row['inserted']}，已有 {row['unchanged']}，待人工匹配 {row['unmatched']}，未导入 {len(row['refused'])}",
            f"{row['file']}: {row['inserted']} new or changed, {row['unchanged']} known, {row['unmatched']} waiting for a match, {len(row['refused'])} refused",
        )
    )
    for refused in row["refused"][:SHOWN]:
        say(
            config.say("  第", "  line ")
            + f"{refused['line']}"
            + config.say(" 行: ", ": ")
            + refused["reason"]
        )
    if len(row["refused"]) > SHOWN:
        say(f"  … {len(row['refused']) - SHOWN} (--json)")


def _format(file: Path, format_: str) -> str:
    if format_ == "auto":
        found = FORMATS.get(file.suffix.lower())
        if found is None:
            raise UserError(f"{file.name}: 认不出格式 unknown format; 请用 use --format jsonl|csv|xlsx")
        return found
    if format_ not in FORMATS.values():
        raise UserError(f"--format {format_}: 可用 use auto, jsonl, csv or xlsx")
    return format_


def _lines(file: Path, format_: str) -> Iterable[bytes | str]:
    if format_ == "jsonl":
        return _json_lines(file)
    rows = _csv_rows(file) if format_ == "csv" else _xlsx_rows(file)
    # The header is line 1, as a spreadsheet numbers it; it is passed on as a blank line to keep the count.
    return _sheet_lines(rows)


def _json_lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream):
            yield line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line


def _sheet_lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield ""
    for row in rows:
        kept = {k: v for k, v in row.items() if k and v not in (None, "")}
        yield json.dumps(kept, ensure_ascii=False, default=str) if kept else ""


def _csv_rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        try:
            for row in csv.DictReader(stream):
                yield {k: _value(v) for k, v in row.items() if k}
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{file.name}: 不是 UTF-8 的 CSV not a UTF-8 CSV file ({error})") from error


def _xlsx_rows(file: Path) -> Iterator[dict[str, Any]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except Exception as error:
        raise UserError(f"{file.name}: 打不开的 XLSX cannot be opened as XLSX ({error})") from error
    rows = book.active.iter_rows(values_only=True)
    header = [str(h or "").strip() for h in next(rows, ())]
    for row in rows:
        yield {k: v for k, v in zip(header, row, strict=False) if k}


def _value(text: str | None) -> Any:
    if text is None:
        return None
    lowered = text.strip().lower()
    return {"true": True, "false": False, "null": None}.get(lowered, text.strip())


def _line_count(file: Path) -> int | None:
    if file.suffix.lower() == ".xlsx":
        return None
    with file.open("rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


def classify_lines(file: Path | None) -> None:
    """Print one JSON line per text line: {"text", "primary", "kinds"}; a blank line gives kind other."""
    from store.kinds import classify

    if file is not None and not file.is_file():
        raise UserError(f"{file}: 文件不存在 no such file")
    stream = file.open(encoding="utf-8-sig", errors="replace") if file else sys.stdin
    for line in stream:
        text = line.rstrip("\r\n")
        found = classify(text)
        print(
            json.dumps(
                {"text": text, "primary": found.primary, "kinds": list(found.kinds)}, ensure_ascii=False
            )
        )
    if file:
        stream.close()
