"""Small published snapshots for tests: every table of the schema, the five verdicts, missing values and hostile text."""

from __future__ import annotations

import atexit
import datetime as dt
import hashlib
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.publish.exports import write_slim
from scoring.publish.site_pages import write_site_files
from scoring.snapshot.reader import TABLES
from tests.support.markets.snapshot_rows import (
    AS_OF,
    BLUE,
    CLOSED,
    GREY,
    HOSTILE,
    HOSTILE_HOST,
    METHOD,
    ORANGE,
    RED,
    SEEN,
    STALE,
    VERSION,
    WOULD_BE_BETTER,
    YELLOW,
    disputes,
    findings,
    practices,
    rating,
    ratings,
)

__all__ = ["AS_OF", "BLUE", "CLOSED", "GREY", "HOSTILE", "HOSTILE_HOST", "ORANGE", "RED", "SEEN", "STALE", "VERSION", "WOULD_BE_BETTER", "YELLOW", "build", "empty", "findings", "point_latest", "rating", "ratings", "tables", "unwritten"]  # fmt: skip


def tables() -> dict[str, list[dict[str, Any]]]:
    """Rows for every table of the schema."""
    sites = ratings()
    days = [AS_OF - dt.timedelta(days=n) for n in range(30, -1, -1)]
    return {
        "ratings": sites,
        "findings": findings(),
        "history": [
            {
                "host": s["host"],
                "on": day,
                "score": None if s["score"] is None or day.day == 5 else s["score"] + (i % 3),
                "score_low": s["score_low"],
                "score_high": s["score_high"],
                "grade": s["grade"],
                "coverage": s["coverage"],
                "warning_state": s["warning_state"],
            }
            for s in sites
            for i, day in enumerate(days)
        ],
        "warnings": [
            {
                "host": ORANGE,
                "on": dt.date(2026, 11, 17),
                "from_state": "watch",
                "to_state": "warning",
                "reason_zh": "未到账投诉升至平时的 4.2 倍",
                "reason_en": "non-delivery complaints rose to 4.2 times the usual",
                "evidence": ["E-1"],
            },
            {
                "host": ORANGE,
                "on": dt.date(2026, 9, 2),
                "from_state": "normal",
                "to_state": "watch",
                "reason_zh": "退款变慢",
                "reason_en": "refunds slowed down",
                "evidence": [],
            },
            {
                "host": RED,
                "on": dt.date(2026, 11, 15),
                "from_state": "warning",
                "to_state": "alarm",
                "reason_zh": "停止回复并关闭退款",
                "reason_en": "stopped replying and closed refunds",
                "evidence": ["E-2"],
            },
            {
                "host": HOSTILE_HOST,
                "on": dt.date(2026, 11, 20),
                "from_state": "normal",
                "to_state": "watch",
                "reason_zh": HOSTILE,
                "reason_en": HOSTILE,
                "evidence": [],
            },
        ],
        "changes": [
            {
                "host": ORANGE,
                "on": dt.date(2026, 11, 17),
                "cause": "world",
                "what": "warning_state",
                "from": "watch",
                "to": "warning",
                "sentence_zh": "资金链状态由关注变为预警",
                "sentence_en": "Cash-flow state: watch to warning",
            }
        ],
        "series": [
            {
                "host": ORANGE,
                "on": day,
                "measure": "availability",
                "value": 1.0,
                "n": 4.0,
                "low": None,
                "high": None,
            }
            for day in days
        ],
        "identity": [
            {
                "host": ORANGE,
                "aspect": "footer",
                "shown": "粤ICP备18046372号",
                "registered": None,
                "agrees": "unknown",
                "source": "icp",
                "observed_on": dt.date(2026, 11, 18),
                "sentence_zh": "页脚有备案号，未能核实",
                "sentence_en": "the footer shows a number that could not be confirmed",
            }
        ],
        "promises": [
            {
                "host": ORANGE,
                "promise": "delivery",
                "text": "下单后 10 分钟内到账",
                "first_seen_on": dt.date(2026, 8, 1),
                "last_seen_on": AS_OF,
                "state": "broken",
                "kept": 3,
                "broken": 9,
                "evidence": ["E-1"],
            }
        ],
        "links": [
            {
                "host": ORANGE,
                "other": RED,
                "relation": "shared",
                "since": dt.date(2026, 10, 1),
                "confidence": 0.8,
                "reason_zh": "页面模板与客服号相同",
                "reason_en": "same template and service account",
            }
        ],
        "evidence": [
            {
                "id": f"E-{n}",
                "host": s["host"],
                "kind": "complaint",
                "tier": "ABCD"[n % 4],
                "claim_zh": HOSTILE if s["host"] == HOSTILE_HOST else f"第 {n} 条公开投诉称未到账",
                "claim_en": HOSTILE
                if s["host"] == HOSTILE_HOST
                else f"public complaint {n} reports non-delivery",
                "source": "heimao",
                "link": "javascript:window.hacked=1" if n == 1 else f"https://source.example/{n}",
                "event_on": AS_OF - dt.timedelta(days=n),
                "seen_at": SEEN,
                "sha256": hashlib.sha256(f"{n}".encode()).hexdigest(),
                "archive": "a.warc.gz",
                "offset": n,
            }
            for s in sites
            for n in range(1, 13 if s["host"] == ORANGE else 4)
        ],
        "responses": [
            {
                "host": ORANGE,
                "on": dt.date(2026, 11, 10),
                "text": "支付通道升级，预计三天内恢复。",
                "link": None,
            },
            {"host": ORANGE, "on": dt.date(2026, 10, 10), "text": "节日期间客服较忙。", "link": None},
            {"host": HOSTILE_HOST, "on": dt.date(2026, 11, 10), "text": HOSTILE, "link": None},
        ],
        "practices": practices(),
        "disputes": disputes(),
        "corrections": [
            {
                "host": BLUE,
                "on": dt.date(2026, 10, 30),
                "outcome": "amended",
                "sentence_zh": "更正备案号",
                "sentence_en": "filing number corrected",
            }
        ],
        "sources": [
            {
                "source": "heimao",
                "title_zh": "投诉平台甲",
                "title_en": "Complaint site A",
                "publisher": "甲",
                "kind": "complaints",
                "health": "ok",
                "last_ok_at": SEEN,
                "last_started_at": SEEN,
                "last_outcome": "ok",
                "last_reason": None,
                "records": 321,
                "blind_zh": None,
                "blind_en": None,
            },
            {
                "source": "gsxt",
                "title_zh": "企业公示",
                "title_en": "Company register",
                "publisher": "乙",
                "kind": "penalties",
                "health": "blocked",
                "last_ok_at": None,
                "last_started_at": SEEN,
                "last_outcome": "blocked",
                "last_reason": "captcha",
                "records": 0,
                "blind_zh": "行政处罚",
                "blind_en": "penalties",
            },
        ],
    }


def build(
    data_dir: Path,
    name: str = f"20261121T080000-{VERSION}",
    rows: dict[str, list[dict[str, Any]]] | None = None,
    demo: bool = True,
) -> Path:
    """Write a snapshot folder and point `latest` at it; `rows` replaces whole tables. Returns the folder."""
    folder = data_dir / "snapshots" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    if rows is None:
        shutil.copytree(_usual(name, demo), folder)
    else:
        _write(folder, rows, demo)
    point_latest(data_dir, name)
    return folder


@cache
def unwritten() -> Path:
    """A data folder with the usual snapshot, one for all tests of a process, which read it once: nobody may write there."""
    data = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, data)
    build(data)
    return data


@cache
def _usual(name: str, demo: bool) -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    _write(folder / name, {}, demo)
    return folder / name


def _write(folder: Path, rows: dict[str, list[dict[str, Any]]], demo: bool) -> None:
    folder.mkdir()
    content = tables() | rows
    for table, schema in TABLES.items():
        filled = [{column: entry.get(column) for column in schema.names} for entry in content.get(table, [])]
        if not demo and table == "ratings":
            filled = [entry | {"demo": False} for entry in filled]
        pq.write_table(pa.Table.from_pylist(filled, schema=schema), folder / f"{table}.parquet")
    write_slim(folder)
    write_site_files(folder)
    manifest = {"id": folder.name, "as_of": AS_OF.isoformat(), "method_version": VERSION, "demo": demo}
    manifest |= {"created_at": f"{AS_OF.isoformat()}T08:00:00+00:00"}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (folder / "method.json").write_text(json.dumps(METHOD, ensure_ascii=False), "utf-8")
    (folder / "SHA256SUMS").write_text(
        "".join(
            f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(folder).as_posix()}\n"
            for f in sorted(folder.rglob("*"))
            if f.is_file()
        ),
        "utf-8",
    )


def empty() -> dict[str, list[dict[str, Any]]]:
    """No rows in any table: the very first publication."""
    return {table: [] for table in TABLES}


def point_latest(data_dir: Path, name: str) -> None:
    """Move the `latest` link as the publisher does: a new link renamed over the old one."""
    fresh = data_dir / "snapshots" / ".latest"
    fresh.symlink_to(name)
    fresh.replace(data_dir / "snapshots" / "latest")
