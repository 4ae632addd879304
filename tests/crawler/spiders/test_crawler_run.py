"""A job from its start to the database: kept before it is read, taken up after a kill, replayed from its own archive."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from crawler.recording.recorder import LOOK_AGAIN_EVERY, DatabaseRecorder
from kamengwatch.config import Config
from kamengwatch.machine_faults import said
from kamengwatch.maintain import source_health
from store.archive.warc import iterate, read
from store.db.engine import migrate, open_engine
from store.db.tables import Capture, Source
from store.evidence.crawl_ledger import finish_crawl, start_crawl
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.records import complaint, platform
from tests.support.programs import forked
from tests.support.servers.polite_server import Answer, serving

NOW = "2026-03-02T12:00:00+08:00"
NAMES = {"云合卡盟": "3000000077", "岚溪卡盟": "3000000078"}


def _sn(n: int) -> str:
    return str(17399000000 + n)


def _item(n: int) -> dict[str, Any]:
    name = list(NAMES)[n % 2]
    main = {"sn": _sn(n), "title": f"{name}付款后未到账", "cotitle": name, "couid": NAMES[name], "issue": "不发货", "appeal": "退款",
            "summary": f"第{n}笔，投诉人手机13800138{n:03d}", "status": 4, "timestamp": str(1772400000 - n * 600), "url": None}  # fmt: skip
    return {"main": main, "author": {"title": "机灵喵"}}


def heimao(path: str) -> Answer:
    """A complaint site of forty complaints about two companies."""

    def sent(data: Any, code: int = 0) -> Answer:
        return (
            200,
            "application/json",
            json.dumps({"result": {"status": {"code": code, "msg": ""}, "data": data}}),
        )

    if path == "/robots.txt":
        return 404, "text/plain", ""
    if "index/feed" in path:
        page = int(path.rsplit("=", 1)[1])
        return sent({"lists": [_item(n) for n in range((page - 1) * 10, min(page * 10, 40))]})
    if "main_search" in path:
        return sent({"lists": [{"title": name, "uid": uid, "sid": ""} for name, uid in NAMES.items()]})
    if "company/info" in path:
        return sent(
            {
                "valid_amt": "60",
                "replied_amt": "47",
                "completed_amt": "36",
                "valid30d": "4",
                "reply30d": "0",
                "complete30d": "0",
            }
        )
    return sent([])


@pytest.fixture
def job(data_dir: Path) -> list[str]:
    """The command of a job over two watched platforms; the database is ready."""
    url = f"sqlite:///{data_dir / 'k.db'}"
    engine = open_engine(url)
    migrate(engine)
    watched = [
        {"kind": "platform", "host": f"{label}.test", "name": name}
        for label, name in zip("ab", NAMES, strict=True)
    ]
    import_records(Ingest(engine, dt.datetime.fromisoformat(NOW), accept_new=True), watched)
    engine.dispose()
    return [
        "crawler.run",
        "--source",
        "heimao",
        "--now",
        NOW,
        "--data-dir",
        str(data_dir),
        "--database",
        url,
    ]


def start(job: list[str], port: int, largest: int | None = None) -> BaseProcess:
    """The job as a process that asks the local server and may write files of `largest` bytes; what it says goes to a folder beside its data."""
    streams = said_in(job)
    streams.mkdir(exist_ok=True)
    here = {"HEIMAO_BASE": f"http://127.0.0.1:{port}", "GUARD_ALLOWED_HOSTS": ["127.0.0.1"], "DOWNLOAD_DELAY": 0.02, "AUTOTHROTTLE_ENABLED": False}  # fmt: skip
    return forked.start(
        job, os.environ, streams, largest, constants={f"crawler.settings.{n}": v for n, v in here.items()}
    )


def finish(job: list[str], port: int, largest: int | None = None, code: int = 0) -> list[dict[str, Any]]:
    process = start(job, port, largest)
    process.join(120)
    assert process.exitcode == code, (said_in(job) / "err").read_text("utf-8")
    return [json.loads(line) for line in (said_in(job) / "out").read_text("utf-8").splitlines()]


def said_in(job: list[str]) -> Path:
    return Path(job[job.index("--data-dir") + 1]).with_name("said")


def contents(data_dir: Path) -> dict[str, Any]:
    """What the database holds, without ids: equal for two histories that ended the same."""
    engine = open_engine(f"sqlite:///{data_dir / 'k.db'}")
    queries = {
        "complaints": "select c.source_key, c.subject, c.text, c.status, c.filed_at, c.seen_at, p.host from complaint c left join platform p on p.id = c.platform_id order by 1",
        "counters": "select subject, observed_at, valid_total, replied_total, completed_total, valid_30d from counters order by 1",
        "crawl": "select key, outcome, finished_at is not null, json_extract(measured, '$.coverage') from crawl where finished_at is not null",
        "hosts": "select p.host, x.outcome from crawl_platform x join platform p on p.id = x.platform_id order by 1",
    }
    with engine.connect() as connection:
        held = {
            name: [tuple(row) for row in connection.execute(text(query))] for name, query in queries.items()
        }
    engine.dispose()
    return held


def test_a_job_keeps_what_it_read_and_is_not_done_twice(job: list[str], data_dir: Path) -> None:
    with serving(heimao) as site:
        events = finish(job, site.port)
        asked = len(site.seen)
        again = finish(job, site.port)
        assert len(site.seen) == asked
    assert events[-1]["outcome"] == "ok" and again == [
        {"event": "crawl", "source": "heimao", "outcome": "ok", "already": True}
    ]
    held = contents(data_dir)
    assert len(held["complaints"]) == 40 and {row[-1] for row in held["complaints"]} == {"a.test", "b.test"}
    assert len(held["counters"]) == 2 and held["hosts"] == [("a.test", "ok"), ("b.test", "ok")]
    assert events[-1]["measured"]["seen"] == 40 and events[-1]["measured"]["coverage"] == 1.0


def test_every_record_leads_to_its_page_and_no_telephone_number_reaches_the_disk(
    job: list[str], data_dir: Path
) -> None:
    with serving(heimao) as site:
        finish(job, site.port)
    engine = open_engine(f"sqlite:///{data_dir / 'k.db'}")
    with engine.connect() as connection:
        captures = connection.execute(select(Capture)).all()
        uncited = connection.scalar(text("select count(*) from complaint where capture_id is null"))
    engine.dispose()
    assert captures and uncited == 0
    for capture in captures:
        archived = read(data_dir / "archive", capture.archive, capture.offset)
        assert (
            archived.sha256 == capture.payload_sha256 and archived.original_sha256 == capture.original_sha256
        )
    everything = b"".join(a.payload for path in (data_dir / "archive").iterdir() for _, a in iterate(path))
    for path in data_dir.glob("k.db*"):
        everything += path.read_bytes()
    assert b"13800138" not in everything and "机灵喵".encode() not in everything
    assert any(c.original_sha256 != c.payload_sha256 for c in captures)


@pytest.mark.soak
@pytest.mark.parametrize("after", [3, 6])
def test_a_killed_job_taken_up_again_ends_like_one_that_was_not(
    job: list[str], data_dir: Path, tmp_path: Path, after: int
) -> None:
    with serving(heimao, seconds=0.05) as site:
        process = start(job, site.port)
        while len(site.seen) < after and process.exitcode is None:
            time.sleep(0.005)
        process.kill()
        process.join()
        finish(job, site.port)
    killed = contents(data_dir)
    for path in data_dir.glob("k.db*"):
        path.unlink()
    engine = open_engine(f"sqlite:///{data_dir / 'k.db'}")
    migrate(engine)
    watched = [
        {"kind": "platform", "host": f"{label}.test", "name": name}
        for label, name in zip("ab", NAMES, strict=True)
    ]
    import_records(Ingest(engine, dt.datetime.fromisoformat(NOW), accept_new=True), watched)
    engine.dispose()
    with serving(heimao) as site:
        finish(job, site.port)
    times = slice(0, 5)
    clean = contents(data_dir)
    for name in ("crawl", "hosts"):
        assert killed[name] == clean[name]
    assert [row[times] for row in killed["complaints"]] == [row[times] for row in clean["complaints"]]
    assert len(killed["counters"]) == len(clean["counters"])


def test_a_replay_of_the_archive_adds_nothing(job: list[str], data_dir: Path) -> None:
    with serving(heimao) as site:
        finish(job, site.port)
        before = contents(data_dir)
        archive = next((data_dir / "archive").glob("heimao-*.warc.gz"))
        asked = len(site.seen)
        events = finish([*job, "--replay", str(archive)], site.port)
        assert len(site.seen) == asked
    assert events[-1]["outcome"] == "ok" and events[-1]["records"] >= 42
    after = contents(data_dir)
    assert after["complaints"] == before["complaints"] and after["counters"] == before["counters"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--now", "2026-03-02T12:00:00"], "offset"),
        (["--source", "nowhere"], "unknown source"),
        (["--replay", "missing.warc.gz"], "no such file"),
    ],
)
def test_wrong_input_is_one_clear_line(job: list[str], wrong: list[str], says: str) -> None:
    done = forked.run([*job, *wrong], os.environ)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr


def test_scrapy_lists_and_checks_as_usual() -> None:
    listed = forked.run(["scrapy", "list"], os.environ)
    assert {"heimao", "icp", "storefront"} <= set(listed.stdout.split())
    checked = forked.run(["scrapy", "check"], os.environ)
    assert checked.returncode == 0, checked.stderr


def test_a_disk_that_fills_up_judges_nobody_and_the_next_attempt_does_the_rest(
    job: list[str], data_dir: Path
) -> None:
    with serving(heimao) as site:
        events = finish(job, site.port, largest=60_000, code=1)
        assert events[-1]["event"] == "broken"
        assert "the disk" in (said(events[-1]["reason"]) or "")
        held = contents(data_dir)
        assert held["crawl"] == [] and held["hosts"] == [], "not finished, and nobody is said to have failed"
        finish(job, site.port)
    held = contents(data_dir)
    assert len(held["complaints"]) == 40 and held["hosts"] == [("a.test", "ok"), ("b.test", "ok")]


def test_an_open_complaint_has_its_day_by_its_own_number_not_by_its_row(tmp_path: Path) -> None:
    """Rows are numbered in another order where several crawls write at once; what is looked at again is the same."""
    filed = [complaint(n, filed_at=f"2026-02-{1 + n % 28:02d}T10:00:00+08:00", url=f"http://h.test/{n}") for n in range(40)]  # fmt: skip
    looked = []
    for order in (filed, filed[::-1]):
        engine = open_engine(f"sqlite:///{tmp_path / str(len(looked))}.db")
        migrate(engine)
        ingest = Ingest(engine, dt.datetime.fromisoformat(NOW), accept_new=True)
        import_records(ingest, [platform(), *order])
        state = start_crawl(engine, "heimao:again:all", "heimao", ingest.now)
        books = DatabaseRecorder(engine, ingest, "heimao", state, tmp_path / "archive", "again")
        first = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
        days = [books.unsettled(first + dt.timedelta(days=n), 30) for n in range(LOOK_AGAIN_EVERY)]
        looked.append([[record["source_id"] for record in day] for day in days])
    assert looked[0] == looked[1] and all(looked[0])
    assert sorted(sum(looked[0], [])) == sorted(record["source_id"] for record in filed)


def test_a_crawl_under_a_clock_that_was_ahead_is_nobodys_last_one(tmp_path: Path) -> None:
    """What it saw first is visible on no day before its date: the next crawl reads on from the one before it."""
    config = Config(tmp_path, fixed_now=dt.datetime(2026, 3, 30, 12, tzinfo=dt.UTC))
    now = config.now()
    with config.engine.begin() as connection:
        connection.execute(
            insert(Source).values(
                id="heimao", kind="complaints", title_zh="x", title_en="x", family="x", tier="C"
            )
        )
    for key, at, newest in (("a", now - dt.timedelta(days=9), 10), ("b", now + dt.timedelta(days=400), 20)):
        crawl = start_crawl(config.engine, f"heimao:{key}:all", "heimao", at)
        finish_crawl(config.engine, crawl.id, at, "ok", measured={"sn_max": newest})
    state = start_crawl(config.engine, "heimao:c:all", "heimao", now)
    ingest = Ingest(config.engine, now, accept_new=True)
    books = DatabaseRecorder(config.engine, ingest, "heimao", state, tmp_path / "archive", "c")
    assert books.previous() == {"sn_max": 10}
    health = {row["source"]: row["health"] for row in source_health.crawled(config)}
    assert health["heimao"] == "stale", "nine days ago is not today"
