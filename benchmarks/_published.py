"""Published snapshots of any size with made-up sites, for measuring the dashboard; written in pieces, never whole in memory.

The numbers mean nothing: they have the shape of real ones (types, lengths, shares of missing values), and a seed repeats them.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.publish.exports import write_slim
from scoring.snapshot.reader import DROP_KINDS, TABLES

AS_OF = dt.date(2026, 11, 21)
CHUNK = 100_000
ROW_GROUP = 20_000
_PROVINCES = ["广东", "福建", "江苏", "浙江", "北京", "四川", "河南", "湖北", "湖南", "山东"]
_SOFTWARE = ["acg-faka", "dujiaoka", "card-system", "unknown"]
_SELLS = ["svip", "topup", "game_card", "mixed", "unknown"]
_STATES = ["normal", "watch", "warning", "alarm", "closed", "stale"]
_SYLLABLES = list("星云海天金银龙飞风雷极速易优百千万诚信达通汇宝乐游点卡币桥路")
_REASONS = [
    [f"近 30 天 {n} 名投诉人称未到账", f"退款投诉中 {n} 例超过 15 天", f"备案号与页脚一致（第 {n} 次查询）"]
    for n in range(2, 22)
]


def build(data_dir: Path, sites: int, seed: int = 7) -> Path:
    """Write a snapshot of `sites` sites below `data_dir` and point `latest` at it; returns its folder."""
    folder = data_dir / "snapshots" / f"bench-{sites}"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    hosts = _hosts(rng, sites)
    with pq.ParquetWriter(folder / "ratings.parquet", TABLES["ratings"], compression="zstd") as writer:
        for low in range(0, sites, CHUNK):
            writer.write_table(_ratings(rng, hosts[low : low + CHUNK]), row_group_size=ROW_GROUP)
    for table, schema in TABLES.items():
        if table != "ratings":
            rows = _warnings(rng, hosts) if table == "warnings" else schema.empty_table()
            pq.write_table(rows, folder / f"{table}.parquet", compression="zstd")
    write_slim(folder)
    manifest = {"as_of": AS_OF.isoformat(), "method_version": "bench", "demo": True}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (folder / "method.json").write_text('{"version": "bench", "zh": {}, "en": {}}', "utf-8")
    latest = data_dir / "snapshots" / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(folder.name)
    return folder


def _hosts(rng: np.random.Generator, sites: int) -> np.ndarray:
    """Sorted distinct hosts of seven random letters and a number."""
    letters = rng.integers(ord("a"), ord("z") + 1, (sites, 7), dtype=np.uint32).view("U7").ravel()
    numbers = rng.integers(0, 100, sites).astype(str)
    return np.unique(np.char.add(np.char.add(letters, numbers), ".example"))


def _ratings(rng: np.random.Generator, hosts: np.ndarray) -> pa.Table:
    n = len(hosts)
    score = rng.normal(62, 16, n).clip(1, 99)
    half = rng.uniform(4, 20, n)
    state = rng.choice(len(_STATES), n, p=[0.7, 0.14, 0.06, 0.02, 0.04, 0.04])
    rated = (rng.random(n) < 0.7) & (state != 5)
    tier = np.select([state >= 2, (state == 1) | (score < 60)], [3, 2], 1)
    rate = rng.beta(1, 60, n)
    known = rng.random(n) < 0.5
    number = np.char.add(np.char.add("粤ICP备", rng.integers(10_000_000, 26_000_000, n).astype(str)), "号-1")
    columns = {
        "host": hosts,
        "name": _names(rng, n),
        "aliases": _few(rng, n, [[], [], [], ["旧名卡盟"], ["备用站"]]),
        "operator": _pick(rng, n, [f"第{i}科技有限公司" for i in range(500)]),
        "score": _masked(score, rated),
        "score_low": _masked(score - half, rated),
        "score_high": _masked(score + half, rated),
        "grade": pa.array(np.where(rated, np.select([tier == 1, tier == 2], ["B", "C"], "D"), "NR")),
        "coverage": rng.uniform(5, 95, n),
        "warning_state": pa.array(_STATES).take(pa.array(state)),
        "warning_since": pa.array(np.full(n, AS_OF - dt.timedelta(days=30))),
        "verdict": pa.array(np.where(rated, np.select([tier == 1, tier == 2], ["蓝", "黄"], "橙"), "灰")),
        "tier": _masked(tier, rated),
        "filing_state": _pick(rng, n, ["filed", "not_filed", "unknown"]),
        "filing_number": _masked(number, known),
        "filing_province": _pick(rng, n, _PROVINCES),
        "software": _pick(rng, n, _SOFTWARE),
        "sells": _pick(rng, n, _SELLS),
        "drop_rate": _masked(rate, known),
        "drop_rate_low": _masked(rate * 0.5, known),
        "drop_rate_high": _masked(rate * 2, known),
        "drop_rate_basis": pa.array(np.where(known, "estimated", "unknown")),
        "complaints_30d": rng.poisson(2, n),
        "complaints_total": rng.poisson(20, n),
        "complainants_30d": rng.poisson(1, n),
        "reasons_zh": _few(rng, n, _REASONS),
        "reasons_en": _few(rng, n, _REASONS),
        "blind_spots_zh": _few(rng, n, [["后台订单", "私下退款"]]),
        "blind_spots_en": _few(rng, n, [["orders behind the login", "private refunds"]]),
        "evidence_n": rng.poisson(9, n),
        "sources_n": rng.poisson(3, n),
        "confidence": _pick(rng, n, ["高", "中", "低"]),
        "demo": np.ones(n, bool),
        "as_of": pa.array(np.full(n, AS_OF)),
        "method_version": _pick(rng, n, ["bench"]),
    } | {f"drop_rate_{kind}": _masked(rate / 4, known) for kind in DROP_KINDS}
    return _table("ratings", columns, n)


def _warnings(rng: np.random.Generator, hosts: np.ndarray) -> pa.Table:
    """A change of state for every third site within a year."""
    mine = np.sort(rng.choice(hosts, len(hosts) // 3))
    n = len(mine)
    on = np.datetime64(AS_OF) - rng.integers(0, 365, n)
    columns = {
        "host": mine,
        "on": pa.array(on.astype("datetime64[D]")),
        "from_state": _pick(rng, n, _STATES[:3]),
        "to_state": _pick(rng, n, _STATES),
        "reason_zh": _pick(rng, n, [f"近 28 天 {i} 名投诉人" for i in range(2, 40)]),
        "reason_en": _pick(rng, n, [f"{i} complainants in 28 days" for i in range(2, 40)]),
    }
    return _table("warnings", columns, n)


def _table(name: str, columns: dict[str, object], rows: int) -> pa.Table:
    schema = TABLES[name]
    return pa.table(
        [
            pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(rows, f.type)
            for f in schema
        ],
        schema=schema,
    )


def _names(rng: np.random.Generator, n: int) -> pa.Array:
    parts = [np.array(_SYLLABLES)[rng.integers(0, len(_SYLLABLES), n)] for _ in range(4)]
    whole = parts[0]
    for part in parts[1:]:
        whole = np.char.add(whole, part)
    return pa.array(np.char.add(whole, "卡盟"))


def _masked(values: np.ndarray, known: np.ndarray) -> pa.Array:
    return pa.array(values, mask=~known)


def _pick(rng: np.random.Generator, n: int, pool: list[str]) -> pa.Array:
    return pa.array(pool).take(pa.array(rng.integers(0, len(pool), n)))


def _few(rng: np.random.Generator, n: int, pool: list[list[str]]) -> pa.Array:
    return pa.array(pool, pa.list_(pa.string())).take(pa.array(rng.integers(0, len(pool), n)))
