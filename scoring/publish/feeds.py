"""Atom feeds: one per site and one of all, of changes the world caused and of corrections. No clock: dates are those of the events."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import duckdb

from scoring.snapshot.reader import WARNING_WORDS, quoted
from store.china_time import SHANGHAI
from store.text.query import FLAT, site_files
from store.text.safe_text import plain

_ATOM = "http://www.w3.org/2005/Atom"
OUTCOME_WORDS = {
    "upheld": ("维持", "upheld"),
    "amended": ("更正", "amended"),
    "withdrawn": ("撤回", "withdrawn"),
    "refused": ("不予受理", "not accepted"),
}
"""What may become of an objection, in words."""
_MOST = 200
_LOOK = 1_000
_LONGEST = 2000


def feed_of(host: str, parts: dict[str, list[dict[str, Any]]], as_of: dt.date, up: str) -> bytes:
    """The feed of one site; `parts` are the rows about it by table, `up` leads from the feed to the snapshot's folder."""
    title = f"{host}：资金链状态变动与更正 · cash-flow changes and corrections"
    entries = _entries(parts["warnings"], parts["corrections"])[:_MOST]
    many = FLAT + 1 if up.count("/") > 1 else 0
    return _atom(host, title, entries, as_of, lambda about: f"{up}{site_files(about, many)['s']}")


def write_whole(folder: Path, as_of: dt.date, many: int, tables: dict[str, str] | None = None) -> None:
    """Write `feeds/all.atom`: the newest events of all (so many) sites, from the tables of the folder or these sources of them."""
    sources = tables or {
        name: f"read_parquet('{quoted(folder / f'{name}.parquet')}')" for name in ("warnings", "corrections")
    }
    with duckdb.cursor() as db:
        rows = {
            name: db.sql(
                f'select * from {sources[name]} {where} order by "on" desc, host limit {_LOOK}'  # noqa: S608 - fixed names, quoted path
            )
            .to_arrow_table()
            .to_pylist()
            for name, where in (
                ("warnings", "where 'stale' not in (from_state, to_state)"),
                ("corrections", ""),
            )
        }
    entries = _entries(rows["warnings"], rows["corrections"])[:_MOST]
    title = "卡盟信用观察：全部变动 · all changes"
    content = _atom("all", title, entries, as_of, lambda about: f"../{site_files(about, many)['s']}")
    (folder / "feeds" / "all.atom").write_bytes(content)


def bulletin_feed(bulletins: list[dict[str, Any]], as_of: dt.date) -> bytes:
    """The feed of the bulletins, each dated the day after its period, linked to its page and its PDF."""
    entries = [
        {
            "id": f"urn:kamengwatch:bulletin:{told['id']}",
            "on": dt.date.fromisoformat(told["until"]) + dt.timedelta(days=1),
            "host": "周报 weekly" if told["kind"] == "week" else "月报 monthly",
            "of": told["id"],
            "title": f"{told['since']} – {told['until']}",
            "summary": "新停运 new closures {closures}；状态变化 changes of state {moves}；其他变化 other changes {changes}；"
            "更正 corrections {corrections}".format(**told["counts"]),
        }
        for told in sorted(bulletins, key=lambda b: (b["until"], b["id"]), reverse=True)
    ]
    title = "卡盟信用观察：周报与月报 · weekly and monthly bulletins"
    return _atom("bulletins", title, entries[:_MOST], as_of, lambda id_: f"../bulletins?of={id_}")


def _entries(warnings: list[dict[str, Any]], corrections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events newest first; interruptions of our own monitoring notify nobody, a correction goes where the error went."""
    kept = [_warning(w) for w in warnings if "stale" not in (w["from_state"], w["to_state"])]
    kept += [_correction(c) for c in corrections]
    return sorted(kept, key=lambda e: (e["on"], e["host"], e["id"]), reverse=True)


def _warning(w: dict[str, Any]) -> dict[str, Any]:
    a, b = w["from_state"], w["to_state"]
    return {
        "id": f"urn:kamengwatch:event:{_named(w['host'])}:{w['on']}:{a}:{b}",
        "on": w["on"],
        "host": w["host"],
        "title": f"{WARNING_WORDS[a][0]} → {WARNING_WORDS[b][0]} ({a} → {b})",
        "summary": f"{w['reason_zh']} {w['reason_en']}",
    }


def _correction(c: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(c["sentence_zh"].encode()).hexdigest()[:16]
    zh, en = OUTCOME_WORDS[c["outcome"]]
    return {
        "id": f"urn:kamengwatch:correction:{_named(c['host'])}:{c['on']}:{digest}",
        "on": c["on"],
        "host": c["host"],
        "title": f"更正记录 correction: {zh} ({en})",
        "summary": f"{c['sentence_zh']} {c['sentence_en']}",
    }


def _atom(
    about: str, title: str, entries: list[dict[str, Any]], as_of: dt.date, page: Callable[[str], str]
) -> bytes:
    """The feed's bytes; `page` says where the page of a host lies."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    newest = entries[0]["on"] if entries else as_of
    _add(feed, "id", f"urn:kamengwatch:feed:{_named(about)}")
    _add(feed, "title", title)
    _add(feed, "updated", _stamp(newest))
    _add(_add(feed, "author", None), "name", "卡盟信用观察 kamengwatch")
    for entry in entries:
        item = _add(feed, "entry", None)
        _add(item, "id", entry["id"])
        _add(item, "title", f"{entry['on']} {entry['host']}：{entry['title']}")
        _add(item, "updated", _stamp(entry["on"]))
        link = _add(item, "link", None)
        link.set("href", page(entry.get("of", entry["host"])))
        _add(item, "summary", entry["summary"])
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _named(host: str) -> str:
    """A host inside an id, which is a URI: the brackets of an IPv6 address may not stand there."""
    return quote(host, safe=":")


def _add(parent: ET.Element, name: str, text: str | None) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}")
    child.text = _plain(text) if text is not None else None
    return child


def _plain(text: str) -> str:
    """Without the characters XML forbids and the marks that reorder text."""
    return plain(text, _LONGEST)


def _stamp(day: dt.date) -> str:
    return dt.datetime.combine(day, dt.time(), SHANGHAI).isoformat()
