"""Data out: evidence that gives the same ratings elsewhere, and tables that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import insert, select, text

from kamengwatch.config import Config
from kamengwatch.intake import evidence_import
from kamengwatch.pipeline import run
from kamengwatch.privacy.retention import PERIODS
from scoring.snapshot.reader import TABLES, Snapshot
from store.archive.retention import expire_file
from store.archive.warc import ArchiveWriter, ExpiredCapture, iterate, read
from store.db.tables import Capture, Complaint, Crawl, Mention, Page
from store.evidence.ingest import Ingest, import_records
from tests.support.data.kept import NOW, kept
from tests.support.data.once import once
from tests.support.markets.records import HOST, complaint, platform, probe
from tests.support.programs.in_process_cli import command

DAY = "2026-03-30"
EXPORTED_AT = dt.datetime(2026, 3, 30, 4, tzinfo=dt.UTC)
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
        *(complaint(100 + n, host=OTHER, text=f"{'=＝-@＋'[n % 5]}充值{n}元，客服说{'等' * n}", stars=n % 6) for n in range(9)),
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
    config = Config(data, fixed_now=EXPORTED_AT)
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
        "1 record that waits"
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


# What was kept for its declared period goes, and only that: hashes and dates stay, everything still verifies.


LATER = NOW + dt.timedelta(days=PERIODS["archive"].days + 40)
WORDS = "七天退款"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Evidence of two years ago, and a fortnight of crawls before LATER that show that the clock is right."""
    data = kept(tmp_path / "data").data_dir
    monkeypatch.setenv("KAMENGWATCH_NOW", LATER.isoformat())
    return data


def lived(data: Path, days: int) -> Config:
    config = Config(data, fixed_now=LATER)
    with config.engine.begin() as connection:
        for n in range(days):
            at = LATER - dt.timedelta(days=n)
            row = {"key": f"later-{n}", "source_id": "heimao", "started_at": at, "finished_at": at}
            connection.execute(insert(Crawl).values(**row, outcome="ok", whole_source=True, demo=False))
    return config


def rows(config: Config, query: object) -> list:
    with config.engine.connect() as connection:
        return list(connection.execute(query))  # type: ignore[call-overload]


def test_content_goes_hashes_and_dates_stay_and_everything_verifies(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = lived(data, 14)
    assert len([p for p in data.glob("snapshots/*/captures/*.txt") if WORDS in p.read_text()]) >= 2
    before = rows(config, select(Capture.payload_sha256, Capture.fetched_at, Capture.archive, Capture.offset))
    facts = rows(config, select(Complaint.filed_at, Complaint.kinds, Complaint.amount))
    told = json.loads(command(capsys, "privacy", "expire", "--dry-run", "--json", "--data-dir", data).out)
    assert (told["archive"], told["complaint"]) == (1, 6) and (data / "archive/storefront-1.warc.gz").exists()
    command(capsys, "privacy", "expire", "--data-dir", data)
    assert (
        rows(config, select(Capture.payload_sha256, Capture.fetched_at, Capture.archive, Capture.offset))
        == before
    )
    assert rows(config, select(Complaint.filed_at, Complaint.kinds, Complaint.amount)) == facts
    for sha256, fetched_at, name, offset in before:
        with pytest.raises(ExpiredCapture) as gone:
            read(config.archive_dir, name, offset)
        assert gone.value.sha256 == sha256 and fetched_at == NOW
    assert not [
        p
        for p in data.rglob("*")
        if p.is_file() and p.suffix in (".gz", ".txt") and WORDS.encode() in p.read_bytes()
    ]
    assert not rows(config, select(Complaint.id).where(Complaint.text.is_not(None)))
    command(capsys, "verify", "--data-dir", data)
    command(capsys, "evidence", "verify", "--data-dir", data)
    again = json.loads(command(capsys, "privacy", "expire", "--json", "--data-dir", data).out)
    assert not any(n for what, n in again.items() if what != "dry_run")
    command(capsys, "rate", "--as-of", "2026-03-30", "--data-dir", data)
    command(capsys, "publish", "--data-dir", data)
    command(capsys, "verify", "--data-dir", data)


def test_the_newest_page_of_a_role_keeps_its_text(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lived(data, 14)
    with config.engine.begin() as connection:
        connection.execute(text(
            "insert into page (source_id, subject, platform_id, seen_at, observed_at, role, text) "
            "select source_id, subject, platform_id, '2028-01-01', '2028-01-01', role, 'new' from page where role = 'notice'"
        ))  # fmt: skip
    said = {
        "kind": "mention",
        "source_id": "1",
        "host": HOST,
        "by": "site",
        "said_at": "2023-04-05T00:00:00Z",
        "title": "余额清零",
        "seen_at": (LATER - dt.timedelta(days=1)).isoformat(),
    }
    import_records(
        Ingest(config.engine, LATER - dt.timedelta(days=1)),
        [said | {"source": name} for name in ("archives", "channel")],
    )
    command(capsys, "privacy", "expire", "--data-dir", data)
    kept = dict(rows(config, select(Mention.source_id, Mention.title)))
    assert kept == {"archives": "余额清零", "channel": None}, "an old page is old when it is read"
    kept_texts = {(role, words) for role, words in rows(config, select(Page.role, Page.text))}
    assert {("notice", None), ("notice", "new")} <= kept_texts and ("terms", None) not in kept_texts


def test_a_lost_or_unregistered_capture_is_not_taken_for_a_dropped_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lived(data, 14)
    expire_file(data / "archive/storefront-1.warc.gz", LATER)
    said = command(capsys, "verify", "--data-dir", data, expect=1).out
    assert said.count("未登记") == 2, "let go by nobody's order"
    (data / "archive/storefront-1.expired.warc.gz").unlink()
    assert "missing" in command(capsys, "evidence", "verify", "--data-dir", data, expect=1).out


def test_a_clock_that_jumped_ahead_destroys_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(data, 2)
    assert "时钟" in command(capsys, "privacy", "expire", "--data-dir", data).err
    assert len(list(iterate(data / "archive/storefront-1.warc.gz"))) == 2
    command(capsys, "privacy", "expire", "--yes", "--data-dir", data)
    assert not (data / "archive/storefront-1.warc.gz").exists()


def test_a_kill_between_the_two_files_is_ended_by_the_next_attempt(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, "a") as archive:
        stored = [archive.write(f"http://a.test/{n}", NOW, 200, [], bytes([65 + n]) * 50) for n in range(3)]
    path = tmp_path / "a.warc.gz"
    original = path.read_bytes()
    expire_file(path, LATER)
    path.write_bytes(original)
    assert read(tmp_path, "a.warc.gz", stored[1].offset).payload == b"B" * 50
    expire_file(path, LATER)
    for one in stored:
        with pytest.raises(ExpiredCapture) as gone:
            read(tmp_path, one.archive, one.offset)
        assert gone.value.sha256 == one.payload_sha256
    assert [p.name for p in tmp_path.iterdir()] == ["a.expired.warc.gz"]


def published(data: Path, days: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A rating and a snapshot of each day, made on that day."""
    for day in days:
        with pytest.MonkeyPatch.context() as then:
            then.setenv("KAMENGWATCH_NOW", f"{day}T12:00:00+08:00")
            command(capsys, "rate", "--data-dir", data)
            command(capsys, "publish", "--data-dir", data)


@pytest.fixture
def months(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, list[Path]]:
    """A data folder with the snapshots of DAYS, and these."""

    def make(data: Path) -> None:
        kept(data)
        published(data, DAYS, capsys)

    data = tmp_path / "data"
    shutil.copytree(once("of-months", make), data, symlinks=True)
    found = {day: next((data / "snapshots").glob(f"{day}*")) for day in DAYS}
    return data, [found[day] for day in DAYS]


DAYS = ["2026-04-02", "2026-04-28", "2026-06-03"]


def test_of_old_snapshots_the_last_of_a_month_stays_and_the_chain_of_all_verifies(
    months: tuple[Path, list[Path]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, (april, last_of_april, june) = months
    whole = {p: sorted(f.name for f in p.rglob("*")) for p in (last_of_april, june)}
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-09-10T12:00:00+08:00")
    words = ("privacy", "expire", "--yes", "--json", "--data-dir", data)
    planned = json.loads(command(capsys, *words, "--dry-run").out)
    assert len(list(april.iterdir())) > 2, "a dry run removes nothing"
    done = json.loads(command(capsys, *words).out)
    marches = [f for f in (data / "snapshots").glob("2026-03-*") if not f.is_symlink()]
    assert done["snapshot"] == planned["snapshot"] == len(marches), (
        "april's first, and all of march but its last"
    )
    assert {p.name for p in april.iterdir()} == {"manifest.json", "SHA256SUMS"}
    assert {p: sorted(f.name for f in p.rglob("*")) for p in whole} == whole
    assert [p.name for p in (data / "rated").iterdir()] == [
        json.loads((june / "manifest.json").read_text())["rated_run"]
    ]
    command(capsys, "verify", "--data-dir", data)
    assert json.loads(command(capsys, *words).out)["snapshot"] == 0
    command(capsys, "rate", "--data-dir", data)
    command(capsys, "publish", "--data-dir", data)
    command(capsys, "verify", "--data-dir", data)


def test_a_thinned_snapshot_is_still_watched_and_one_that_lost_its_files_by_itself_is_a_fault(
    months: tuple[Path, list[Path]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, (april, _, june) = months
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-09-10T12:00:00+08:00")
    command(capsys, "privacy", "expire", "--yes", "--data-dir", data)
    (april / "ratings.parquet").write_bytes(b"left by a kill")
    command(capsys, "privacy", "expire", "--yes", "--data-dir", data)
    assert not (april / "ratings.parquet").exists()
    manifest = april / "manifest.json"
    manifest.write_text(manifest.read_text().replace("2026-04-02", "2026-04-03"))
    assert "manifest.json" in command(capsys, "verify", "--data-dir", data, expect=1).out
    (june / "ratings.csv").unlink()
    assert "ratings.csv" in command(capsys, "verify", "--data-dir", data, expect=1).out


def test_the_published_table_says_what_is_done() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/trust.md").read_text("utf-8")
    for period in PERIODS.values():
        assert (
            f"| {period.what} | {period.days} days | {period.since} | {period.goes} | {period.stays} |"
            in page
        )
