"""Lists for programs on a reader's own machine: hash prefixes of every rated site, verdicts by prefix, and a hosts file of the red ones.

A browser extension keeps `lists/prefixes.bin` and compares at home. Only where a prefix matches does it ask for the file of that
prefix, which holds many sites, and finds the whole hash in it: nobody learns which page its user is on. The format is in docs/lists.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from scoring.snapshot.reader import VERDICT_CODES, quoted, verdict_of
from store.text.malls import mall_of

FOLDER = "lists"
PREFIX_BYTES = 4
DAYS_VALID = 7
"""Days after which a program shows no verdict of the lists any more."""
_MOST_IN_A_FILE = 512
_WHOLE_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_COLUMNS = "host, verdict, grade, warning_state, as_of, reasons_zh[1] as zh, reasons_en[1] as en, demo"


def write_lists(folder: Path, as_of: dt.date) -> None:
    """Write `lists/` of a snapshot's folder from its ratings."""
    (folder / FOLDER / "verdicts").mkdir(parents=True)
    digits = digits_for(pq.read_metadata(folder / "ratings.parquet").num_rows)
    prefixes: list[bytes] = []
    files: dict[str, dict[str, Any]] = defaultdict(dict)
    merchants: dict[str, set[str]] = defaultdict(set)
    red: list[str] = []
    demo = False
    with duckdb.cursor() as db:
        found = db.execute(
            f"select {_COLUMNS} from read_parquet('{quoted(folder / 'ratings.parquet')}') order by host"  # noqa: S608 - fixed columns, quoted path
        )
        names = [column[0] for column in found.description or ()]
        while rows := found.fetchmany(10_000):
            for row in (dict(zip(names, values, strict=True)) for values in rows):
                key, verdict = row["host"], verdict_of(row)
                digest = hashlib.sha256(key.encode()).digest()
                prefixes.append(digest[:PREFIX_BYTES])
                files[digest.hex()[:digits] or "all"][digest.hex()] = _entry(row, as_of)
                demo = demo or bool(row["demo"])
                host, slash, path = key.partition("/")
                if slash:
                    merchants[host].add(path.partition("/")[0])
                elif verdict == "红" and _WHOLE_HOST.fullmatch(host):
                    red.append(host)
    out = folder / FOLDER
    (out / "prefixes.bin").write_bytes(b"".join(sorted(prefixes)))
    names = sorted(files) if digits == 0 else [f"{n:0{digits}x}" for n in range(16**digits)]
    for name in names or ["all"]:
        (out / "verdicts" / f"{name}.json").write_text(_json(files.get(name, {})), "utf-8")
    until = as_of + dt.timedelta(days=DAYS_VALID)
    index = {
        "format": 1,
        "as_of": as_of.isoformat(),
        "valid_until": until.isoformat(),
        "demo": demo,
        "sites": len(prefixes),
        "prefix_bytes": PREFIX_BYTES,
        "file_digits": digits,
        "malls": {host: _mall(host, sections) for host, sections in sorted(merchants.items())},
    }
    (out / "index.json").write_text(_json(index), "utf-8")
    (out / "red.hosts").write_text(_hosts_file(red, as_of, until, demo), "utf-8")


def _entry(row: dict[str, Any], as_of: dt.date) -> dict[str, Any]:
    return {
        "verdict": VERDICT_CODES[verdict_of(row)],
        "warning_state": row["warning_state"] or "stale",
        "as_of": (row["as_of"] or as_of).isoformat(),
        "reason_zh": row["zh"] or "",
        "reason_en": row["en"] or "",
    }


def update_lists(whole: Path, folder: Path, ratings: Path, as_of: dt.date) -> None:
    """Write the files of `lists/` that differ from those in `whole` for the rows of `ratings`, those of a few sites."""
    old, out = whole / FOLDER, folder / FOLDER
    (out / "verdicts").mkdir(parents=True)
    with duckdb.cursor() as db:
        found = db.execute(f"select {_COLUMNS} from read_parquet('{quoted(ratings)}') order by host")  # noqa: S608 - fixed columns, quoted path
        rows = [
            dict(zip([c[0] for c in found.description or ()], values, strict=True))
            for values in found.fetchall()
        ]
    index = json.loads((old / "index.json").read_text("utf-8"))
    red = [
        line.partition(" ")[2]
        for line in (old / "red.hosts").read_text("utf-8").splitlines()
        if line[0] != "#"
    ]
    files: dict[str, dict[str, Any]] = {}
    new: list[bytes] = []
    for row in rows:
        key = row["host"]
        digest = hashlib.sha256(key.encode())
        name = digest.hexdigest()[: index["file_digits"]] or "all"
        if name not in files:
            files[name] = json.loads((old / "verdicts" / f"{name}.json").read_text("utf-8"))
        new += [] if digest.hexdigest() in files[name] else [digest.digest()[:PREFIX_BYTES]]
        files[name][digest.hexdigest()] = _entry(row, as_of)
        host, slash, path = key.partition("/")
        red = [other for other in red if slash or other != host]
        if slash:
            sections = {*index["malls"].get(host, {"sections": ()})["sections"], path.partition("/")[0]}
            index["malls"][host] = _mall(host, sections)
        elif verdict_of(row) == "红" and _WHOLE_HOST.fullmatch(host):
            red.append(host)
    for name, said in files.items():
        (out / "verdicts" / f"{name}.json").write_text(_json(said), "utf-8")
    if new:
        every = (old / "prefixes.bin").read_bytes()
        known = [every[at : at + PREFIX_BYTES] for at in range(0, len(every), PREFIX_BYTES)]
        (out / "prefixes.bin").write_bytes(b"".join(sorted(known + new)))
        index["sites"] += len(new)
    (out / "index.json").write_text(_json(index), "utf-8")
    until = dt.date.fromisoformat(index["valid_until"])
    (out / "red.hosts").write_text(
        _hosts_file(sorted(red), dt.date.fromisoformat(index["as_of"]), until, index["demo"]), "utf-8"
    )


def digits_for(sites: int) -> int:
    """How many hexadecimal digits name a file of verdicts, so that each holds at most some hundreds; 0: one file holds all."""
    digits = 0
    while sites > _MOST_IN_A_FILE * 16**digits:
        digits += 1
    return digits


def _mall(host: str, sections: set[str]) -> dict[str, Any]:
    mall = mall_of(host)
    return {"sections": sorted(sections), "lower_case": mall is not None and mall.folded}


def _hosts_file(red: list[str], as_of: dt.date, until: dt.date, demo: bool) -> str:
    """Sites whose verdict is red, in the form of /etc/hosts."""
    head = [
        f"# 卡盟信用观察 kamengwatch · 红 red · 截至 as of {as_of} · {until} 后请更新 renew after this day",
        "# 红色反映截至该日的公开证据，不是对任何人意图的认定。 Red reflects public evidence as of the day, not anybody's intent.",
        *(["# 演示数据，不指向任何真实网站 demonstration data, no real site is meant"] if demo else []),
    ]
    return "\n".join([*head, *(f"0.0.0.0 {host}" for host in red)]) + "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
