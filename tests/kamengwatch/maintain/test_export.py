"""Data out: evidence that gives the same ratings elsewhere, and tables that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from kamengwatch.config import Config
from kamengwatch.intake import evidence_import
from kamengwatch.pipeline import run
from scoring.snapshot.reader import TABLES, Snapshot
from tests.support.markets.records import HOST, complaint, platform, probe
from tests.support.programs.in_process_cli import command

DAY = "2026-03-30"
NOW = dt.datetime(2026, 3, 30, 4, tzinfo=dt.UTC)
OTHER = "b.example"


def observed(kind: str, source: str, day: int, **more: Any) -> dict[str, Any]:
    at = f"2026-03-{day:02d}T05:00:00+08:00"
    return {"kind": kind, "source": source, "host": HOST, "observed_at": at} | more


def evidence() -> list[dict[str, Any]]:
    """A month about two sites: every kind of record, two complainants who write often, a record that waits for a match."""
    looks = [
        {
            "kind": "crawl",
            "source": source,
            "started_at": f"2026-03-{day:02d}T01:00:00Z",
            "finished_at": f"2026-03-{day:02d}T02:00:00Z",
            "outcome": "blocked" if source == "storefront" and day % 9 == 0 else "ok",
            **({"hosts": [HOST, OTHER]} if day % 5 == 0 else {}),
        }
        for day in range(1, 31)
        for source in ("heimao", "storefront", "availability", "icp")
    ]
    signs = {"moved_to": "https://jia-new.example/", "contact_keys": {"qq": ["ghijklmnopqrstuvghijklmn"]}}
    return [
        platform(operator="甲科技有限公司", opened_on="2024-03-01", software="acg-faka"),
        platform(OTHER, name="=乙卡盟", aliases=[]),
        *looks,
        *(probe(day) for day in range(1, 31)),
        *(probe(day, host="jia.example", observed_at=f"2026-03-{day:02d}T09:00:00Z") for day in range(1, 9)),
        *(complaint(n, text=f"第{n}次，付款{n}元不到账", complainant=f"买家{n % 3}") for n in range(12)),
        *(complaint(100 + n, host=OTHER, text=f"=充值{n}元，客服说{'等' * n}", stars=n % 6) for n in range(9)),
        complaint(200, status="completed", steps=[{"did": "受理", "at": "2026-03-02T00:00:00Z"}]),
        complaint(300, host=None, platform="甲卡"),
        complaint(400, host=None, platform="没人认识的平台"),
        observed("counters", "heimao", 10, valid_total=60, replied_total=47, completed_total=36),
        observed("counters", "heimao", 24, valid_total=71, replied_total=50, completed_total=37),
        observed("filing", "icp", 9, found=True, number="粤ICP备18046372号-1", entity="甲科技有限公司", nature="企业"),
        *(observed("orders", "storefront", day, total=10_000 + 40 * day, processed=10_000 + 38 * day) for day in range(2, 30, 3)),
        *(observed("price", "storefront", day, product="视频月卡", price=9.9, face_value=25.0) for day in range(1, 30, 4)),
        observed("page", "storefront", 8, role="notice", text="秒到账，七天退款", signs=signs),
        observed("registration", "registration", 8, provider="rdap", registered_on="2024-02-20"),
        observed("rank", "heimao", 12, board="black", place=7),
        observed("certificate", "registration", 8, issuer_kind="automated", not_before="2026-01-01T00:00:00Z", not_after="2026-06-01T00:00:00Z", names=[HOST], matches=True),
        observed("resolution", "registration", 8, found=True, ipv4=2, name_servers=["ns1.example"], places=["CN"]),
        {"kind": "penalty", "source": "gsxt", "host": HOST, "decided_on": "2026-03-02", "category": "经营异常", "reason": "无法联系"},
        *({"kind": "order", "source": "feed", "host": HOST, "order_ref": f"A{n}", "paid_at": f"2026-03-{1 + n % 28:02d}T01:00:00Z", "state": "missing" if n % 9 == 0 else "delivered", "delivered_at": None if n % 9 == 0 else f"2026-03-{1 + n % 28:02d}T02:00:00Z"} for n in range(60)),
    ]  # fmt: skip


def rated(data: Path, file: Path) -> Config:
    config = Config(data, fixed_now=NOW)
    evidence_import.import_files(config, [file], "auto", None, False)
    run.rate(config, DAY, "duckdb", False)
    run.publish(config, False)
    return config


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    file = folder / "evidence.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in evidence()), "utf-8")
    return rated(folder / "data", file).data_dir


def tables(data: Path) -> dict[str, list[str]]:
    """Every row of the snapshot. An order is named by a hash under the secret of its own database, so orders are only counted;
    what waits for a match is not handed on, so the records a source brought are not counted."""
    snapshot = Snapshot.latest(data)
    found = {}
    for name in TABLES:
        rows = snapshot.rows(f'select * from "{name}"')
        for row in rows:
            row.pop("records", None)
        found[name] = sorted(re.sub(r"(order:feed:[^:]+):\w{16}", r"\1", str(row)) for row in rows)
    return found


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_evidence_taken_in_elsewhere_gives_the_same_snapshot(
    first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    out = tmp_path / f"out.{format_}"
    said = command(capsys, "export", "--evidence", "-o", out, "--data-dir", first)
    assert (
        "1 records wait"
        in command(capsys, "export", "--evidence", "-o", out, "--data-dir", first, "--lang", "en").err
    ), said.err
    second = rated(tmp_path / "second", out).data_dir
    mine, theirs = tables(first), tables(second)
    assert mine["ratings"] and mine["evidence"] and mine["history"]
    for name in TABLES:
        assert theirs[name] == mine[name], name
    again = tmp_path / f"again.{format_}"
    command(capsys, "export", "--evidence", "-o", again, "--data-dir", second)
    unkeyed = [sorted(re.sub("[0-9a-f]{64}", "", f.read_text("utf-8")).splitlines()) for f in (out, again)]
    assert unkeyed[0] == unkeyed[1]


def test_one_site_can_be_exported_alone(
    first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "b.parquet"
    command(capsys, "export", "--evidence", "-o", out, "--host", f"https://{OTHER}/x", "--data-dir", first)
    rows = pq.read_table(out).to_pylist()
    assert {r["host"] for r in rows if r["kind"] == "complaint"} == {OTHER}
    assert {r["host"] for r in rows if r["kind"] == "platform"} == {OTHER}


def test_ratings_as_a_sheet_open_in_excel_and_hold_no_formula(
    first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "评级.csv"
    command(capsys, "export", "-o", out, "--data-dir", first)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = {r["host"]: r for r in csv.DictReader(stream)}
    assert rows[OTHER]["name"] == "'=乙卡盟" and rows[HOST]["name"] == "甲卡盟"
    lines = tmp_path / "r.jsonl"
    command(capsys, "export", "-o", lines, "--host", HOST, "--data-dir", first)
    (row,) = map(json.loads, lines.read_text("utf-8").splitlines())
    assert row["host"] == HOST and row["as_of"] == DAY


@pytest.mark.parametrize(
    ("words", "named"),
    [(("-o", "x.doc"), "x.doc"), (("-o", "x.csv", "--host", "nowhere.example"), "nowhere.example"),
     (("--evidence", "-o", "x.csv", "--host", "nowhere.example"), "nowhere.example"),
     (("-o", "no/such/folder/x.csv"), "x.csv")],
)  # fmt: skip
def test_a_mistake_leaves_no_file(
    first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...], named: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    said = command(capsys, "export", *words, "--data-dir", first, expect=2)
    assert named in said.err and len(said.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
