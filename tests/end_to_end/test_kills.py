"""SIGKILL at any moment, run the command again: the state is that of one clean run. One kill each every day; `make soak` does more.

KAMENGWATCH_SOAK_KILLS is how many commands are killed in all (1,000 unless set), shared out by SHARES.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kamengwatch.config import Config
from kamengwatch.maintain.integrity import REGISTER, snapshot_faults, snapshot_folders
from kamengwatch.pipeline.run_log import RunLedger
from store.db.engine import default_url
from tests.support.data.database_state import state
from tests.support.markets.records import complaint, platform, probe
from tests.support.programs.killed import Job, kills
from tests.support.programs.market_month import sandbox

SOAK_KILLS = int(os.environ.get("KAMENGWATCH_SOAK_KILLS", "1000"))
SHARES = {
    "import": 0.40,
    "rate": 0.12,
    "publish": 0.12,
    "backup": 0.18,
    "expire": 0.09,
    "crawl": 0.06,
    "schedule": 0.03,
}
NOW = dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC)
PUBLISHED = (("KAMENGWATCH_NOW", "2026-03-30T12:00:00+00:00"),)
NOTHING_ERASED: dict[str, Any] = {"captures": set(), "expired": set(), "thinned": set(), "manifests": {}}


def job(data: Path, *words: str, environment: tuple[tuple[str, str], ...] = PUBLISHED) -> Job:
    return Job([*words, "--data-dir", str(data)], data.parent / f"{data.name}.said", environment)


@pytest.fixture(scope="module")
def evidence_file(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    ours = [item for item in request.session.items if item.path == request.path]
    complaints = 400 if any(item.get_closest_marker("soak") for item in ours) else 100
    file = tmp_path_factory.mktemp("evidence") / "evidence.jsonl"
    hosts = [f"shop{n}.example" for n in range(6)]
    looks = [
        {"kind": "crawl", "source": s, "started_at": f"2026-03-{d:02d}T01:00:00Z", "finished_at": f"2026-03-{d:02d}T02:00:00Z", "outcome": "ok"}
        for d in range(1, 31)
        for s in ("heimao", "storefront", "availability")
    ]  # fmt: skip
    lines = [platform(h, name=f"第{n}家卡盟", aliases=[]) for n, h in enumerate(hosts)] + looks
    lines += [
        complaint(n, host=hosts[n % 6], text=f"付了{n}元，第{n}次了，订单一直处理中")
        for n in range(complaints)
    ]
    lines += [probe(1 + n % 28, host=hosts[n % 6]) for n in range(168)]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return file


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, evidence_file: Path) -> Path:
    data = tmp_path_factory.mktemp("imported") / "data"
    job(data, "import", str(evidence_file)).run()
    return data


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, imported: Path) -> Path:
    data = tmp_path_factory.mktemp("published") / "data"
    shutil.copytree(imported, data)
    job(data, "rate", "--as-of", "2026-03-30").run()
    job(data, "publish").run()
    return data


def check_import(folder: Path, file: Path, wanted: int) -> Iterator[int]:
    """Three of four begin with the tables there; the fourth is killed while it makes them, too."""
    ready = folder / "ready"
    Config(ready).engine.dispose()
    longest = [job(folder / "clean", "import", str(file)).run()]
    clean = state(folder / "clean")
    if wanted > 1:
        shutil.copytree(ready, folder / "second")
        longest.append(job(folder / "second", "import", str(file)).run())

    def one(share: float, number: int) -> bool:
        data = folder / f"killed{number}"
        if number % 4:
            shutil.copytree(ready, data)
        hit = job(data, "import", str(file)).killed(share * longest[-1 if number % 4 else 0])
        job(data, "import", str(file)).run()
        assert state(data) == clean
        shutil.rmtree(data)
        return hit

    return kills(wanted, 1, one)


def check_steps(folder: Path, base: Path, words: tuple[str, ...], wanted: int) -> Iterator[int]:
    """rate or publish, killed on a copy of `base`; then both are run, and the one snapshot has the hashes of the clean one."""

    def copied(name: str) -> Path:
        data = folder / name
        shutil.copytree(base, data, symlinks=True)
        if words[0] == "rate":
            shutil.rmtree(data / "rated")
        shutil.rmtree(data / "snapshots")
        return data

    (clean,) = snapshot_folders(base)
    sums = (clean / "SHA256SUMS").read_text()
    longest = job(copied("clean"), *words).run()

    def one(share: float, number: int) -> bool:
        data = copied(f"killed{number}")
        hit = job(data, *words).killed(share * longest)
        job(data, *words).run()
        if words[0] == "rate":
            job(data, "publish").run()
        (made,) = snapshot_folders(data)
        assert (made.name, (made / "SHA256SUMS").read_text()) == (clean.name, sums), (
            "no torn or second snapshot"
        )
        assert {p.name for p in (data / "snapshots").iterdir()} <= {made.name, "latest", ".lock"}
        shutil.rmtree(data)
        return hit

    return kills(wanted, 2, one)


def check_backup(folder: Path, base: Path, wanted: int) -> Iterator[int]:
    out = folder / "copy.tar"
    longest = job(base, "backup", "-o", str(out)).run()
    before = state(base)

    def one(share: float, number: int) -> bool:
        out.unlink(missing_ok=True)
        hit = job(base, "backup", "-o", str(out)).killed(share * longest)
        if not out.exists():
            job(base, "backup", "-o", str(out)).run()
        new = folder / f"new{number}"
        job(new, "restore", str(out)).run()
        assert state(new) == before and not list(snapshot_faults(new, snapshot_folders(new), NOTHING_ERASED))
        shutil.rmtree(new)
        return hit

    return kills(wanted, 4, one)


def check_expire(folder: Path, base: Path, wanted: int) -> Iterator[int]:
    """What was kept long enough is let go once, the register holds what verify asks it, and the chain holds."""
    from tests.support.data.kept import kept

    start = kept(folder / "start").data_dir
    later = (("KAMENGWATCH_NOW", "2029-01-01T00:00:00+00:00"),)
    words = ("privacy", "expire", "--yes")
    shutil.copytree(start, folder / "clean", symlinks=True)
    longest = job(folder / "clean", *words, environment=later).run()
    job(folder / "clean", "verify", environment=later).run()
    texts = {p.name for p in folder.glob("clean/snapshots/*/captures/*")}

    def one(share: float, number: int) -> bool:
        data = folder / f"killed{number}"
        shutil.copytree(start, data, symlinks=True)
        hit = job(data, *words, environment=later).killed(share * longest)
        job(data, *words, environment=later).run()
        job(data, "verify", environment=later).run()
        assert {p.name for p in (data / "archive").iterdir()} == {"storefront-1.expired.warc.gz"}
        assert {p.name for p in data.glob("snapshots/*/captures/*")} == texts and (data / REGISTER).is_file()
        shutil.rmtree(data)
        return hit

    return kills(wanted, 5, one)


def check_schedule(folder: Path, base: Path, wanted: int) -> Iterator[int]:
    """The service is killed, its steps go on as orphans; the next run beside them ends with whole ledgers and snapshots."""

    def lasting(data: Path) -> dict[str, Any]:
        """All but the crawls themselves, which bear the id of their run."""
        return {k: v for k, v in state(data).items() if not k.startswith("crawl")}

    closed = (*PUBLISHED, ("KAMENGWATCH_HEIMAO_BASE", "http://127.0.0.1:9"))
    words = ("schedule", "--run-now", "heimao")
    shutil.copytree(base, folder / "clean", symlinks=True)
    # The source cannot be reached: the crawl fails, which is exit code 1, and is published as such.
    longest = job(folder / "clean", *words, environment=closed).run((0, 1))

    def one(share: float, number: int) -> bool:
        data = folder / f"killed{number}"
        shutil.copytree(base, data, symlinks=True)
        hit = job(data, *words, environment=closed).killed(share * longest)
        job(data, *words, environment=closed).run((0, 1))
        runs = RunLedger(data).last(20)
        assert [r["words"] for r in runs[:1]] == ["crawl heimao"] or {"rate", "publish"} <= {
            r["words"] for r in runs
        }
        assert lasting(data) == clean
        job(data, "verify", environment=closed).run()
        return hit

    clean = lasting(folder / "clean")
    return kills(wanted, 6, one)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a small sandbox market standing at NOW."""
    with sandbox(tmp_path_factory.mktemp("sandbox"), "--platforms", "24", "--days", "120") as served:
        control(served.proxy, "clock", f'{{"now":"{NOW.isoformat()}"}}'.encode())
        yield served.proxy


def control(proxy: str, path: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(
        f"{proxy}/{path}",
        data=body,
        method="PUT" if body else "GET",
        headers={"Host": "control.sandbox.test"},
    )
    answer: bytes = urllib.request.urlopen(request, timeout=30).read()
    return answer


def check_crawl(folder: Path, proxy: str, wanted: int) -> Iterator[int]:
    from kamengwatch.intake.watchlist import add_sites

    # Every crawl begins from one watchlist and its secret, under which contacts are compared.
    start = folder / "start"
    shops = json.loads(control(proxy, "hosts"))["hosts"][:3]
    add_sites(Config(start, fixed_now=NOW), [(s["host"], s["name"], s["aliases"]) for s in shops], demo=True)

    def prepared(name: str) -> tuple[Path, Job]:
        data = shutil.copytree(start, folder / name)
        words = ["crawler.run", "--key", "kill", "--now", NOW.isoformat(), "--sandbox-proxy", proxy]
        words += ["--data-dir", str(data), "--database", default_url(data)]
        words += [word for source in ("heimao", "icp", "storefront") for word in ("--source", source)]
        return data, Job(words, folder / f"{name}.said")

    data, crawl = prepared("clean")
    longest, clean = crawl.run((0, 1)), state(data)
    assert clean["complaint"] and clean["filing"] and clean["price"] and all(c[2] for c in clean["crawl"])
    crawl.run((0, 1))
    assert state(data) == clean, "a second identical crawl adds nothing"

    def one(share: float, number: int) -> bool:
        data, crawl = prepared(f"killed{number}")
        hit = crawl.killed(share * longest)
        crawl.run((0, 1))
        assert state(data) == clean
        shutil.rmtree(data)
        return hit

    return kills(wanted, 3, one)


def test_a_killed_import_ends_like_a_clean_one(tmp_path: Path, evidence_file: Path) -> None:
    assert list(check_import(tmp_path, evidence_file, 1))


def test_a_killed_publication_leaves_no_torn_snapshot(tmp_path: Path, published: Path) -> None:
    assert list(check_steps(tmp_path, published, ("publish",), 1))


def test_a_killed_crawl_ends_like_a_clean_one(tmp_path: Path, market: str) -> None:
    assert list(check_crawl(tmp_path, market, 1))


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", SHARES)
def test_many_kills(
    tmp_path: Path,
    evidence_file: Path,
    published: Path,
    name: str,
    request: pytest.FixtureRequest,
    record_property: Any,
) -> None:
    wanted, begun = max(1, round(SOAK_KILLS * SHARES[name])), time.monotonic()
    made = {
        "import": lambda: check_import(tmp_path, evidence_file, wanted),
        "rate": lambda: check_steps(tmp_path, published, ("rate", "--as-of", "2026-03-30"), wanted),
        "publish": lambda: check_steps(tmp_path, published, ("publish",), wanted),
        "crawl": lambda: check_crawl(tmp_path, request.getfixturevalue("market"), wanted),
        "backup": lambda: check_backup(tmp_path, published, wanted),
        "expire": lambda: check_expire(tmp_path, published, wanted),
        "schedule": lambda: check_schedule(tmp_path, published, wanted),
    }[name]()
    hit = max(made)
    record_property("kills", hit)
    record_property("seconds a kill", round((time.monotonic() - begun) / hit, 2))
