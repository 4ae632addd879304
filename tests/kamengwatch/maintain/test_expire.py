"""What was kept for its declared period goes, and only that: hashes and dates stay, everything still verifies."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from kamengwatch.config import Config
from kamengwatch.privacy.retention import PERIODS
from store.archive.retention import expire_file
from store.archive.warc import ArchiveWriter, ExpiredCapture, iterate, read
from store.db.tables import Capture, Complaint, Crawl, Page
from tests.support.data.kept import NOW, kept
from tests.support.programs.in_process_cli import command

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
    command(capsys, "privacy", "expire", "--data-dir", data)
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


def published(data: Path, days: list[str], capsys: pytest.CaptureFixture[str]) -> list[Path]:
    """A rating and a snapshot of each day, made on that day; returns the snapshots."""
    made = []
    for day in days:
        with pytest.MonkeyPatch.context() as then:
            then.setenv("KAMENGWATCH_NOW", f"{day}T12:00:00+08:00")
            command(capsys, "rate", "--data-dir", data)
            command(capsys, "publish", "--data-dir", data)
        made.append((data / "snapshots/latest").resolve())
    return made


def test_of_old_snapshots_the_last_of_a_month_stays_and_the_chain_of_all_verifies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = kept(tmp_path / "data").data_dir
    april, last_of_april, may, june = published(
        data, ["2026-04-02", "2026-04-28", "2026-05-20", "2026-06-03"], capsys
    )
    whole = {p: sorted(f.name for f in p.rglob("*")) for p in (last_of_april, may, june)}
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
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = kept(tmp_path / "data").data_dir
    april, _, june = published(data, ["2026-04-02", "2026-04-28", "2026-06-03"], capsys)
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
