"""SIGKILL at any moment, run the command again: the state is that of one clean run. Everyday size; soak repeats it."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clean_state import state
from records import complaint, platform, probe

from store.engine import default_url

SOAK_KILLS = int(os.environ.get("KAMENGWATCH_SOAK_KILLS", "25"))
"""Kills per command in `make soak`; the environment may ask for fewer or more, and the report says how many there were."""
NOW = dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC)


def command(data: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "kamengwatch", *words, "--data-dir", str(data)]


def run(words: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, timeout=300, env=os.environ | env)


def killed(words: list[str], after: float, **env: str) -> bool:
    """Start, kill the whole process group after `after` seconds; False when it had ended by itself."""
    process = subprocess.Popen(
        words,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | env,
    )
    try:
        process.wait(after)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def moments(count: int, longest: float, seed: int) -> list[float]:
    """Random times to kill at, spread over the command's whole life."""
    rng = random.Random(seed)
    return [rng.uniform(0.05, 1) * longest for _ in range(count)]


@pytest.fixture(scope="module")
def evidence_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import json

    file = tmp_path_factory.mktemp("evidence") / "evidence.jsonl"
    hosts = [f"shop{n}.example" for n in range(20)]
    looks = [
        {
            "kind": "crawl",
            "source": s,
            "started_at": f"2026-03-{d:02d}T01:00:00Z",
            "finished_at": f"2026-03-{d:02d}T02:00:00Z",
            "outcome": "ok",
        }
        for d in range(1, 31)
        for s in ("heimao", "storefront", "availability")
    ]
    lines = [platform(h, name=f"第{n}家卡盟", aliases=[]) for n, h in enumerate(hosts)] + looks
    lines += [
        complaint(n, host=hosts[n % 20], text=f"付了{n}元，第{n}次了，订单一直处理中") for n in range(3_000)
    ]
    lines += [probe(1 + n % 28, host=hosts[n % 20]) for n in range(600)]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return file


def check_import(tmp_path: Path, file: Path, kills: int) -> int:
    clean = tmp_path / "clean"
    begun = time.monotonic()
    assert run(command(clean, "import", str(file))).returncode == 0
    longest, wanted, hit = time.monotonic() - begun, state(clean), 0
    for n, after in enumerate(moments(kills, longest, 1)):
        data = tmp_path / f"killed{n}"
        hit += killed(command(data, "import", str(file)), after)
        assert run(command(data, "import", str(file))).returncode == 0
        assert state(data) == wanted
        shutil.rmtree(data)
    return hit


def check_publish(tmp_path: Path, file: Path, kills: int) -> int:
    data = tmp_path / "data"
    assert run(command(data, "import", str(file))).returncode == 0
    words = command(data, "rate", "--as-of", "2026-03-30")
    begun = time.monotonic()
    assert run(words).returncode == 0
    rated = time.monotonic() - begun
    begun = time.monotonic()
    done = run(command(data, "publish"), KAMENGWATCH_NOW="2026-03-30T12:00:00+00:00")
    assert done.returncode == 0, done.stderr
    published = time.monotonic() - begun
    first = (data / "snapshots" / "latest").resolve()
    sums = (first / "SHA256SUMS").read_text()
    assert run(command(data, "import", str(file))).returncode == 0
    hit = 0
    for n, share in enumerate(moments(kills, 0.98, 2)):
        fresh = tmp_path / f"again{n}"
        shutil.copytree(data, fresh, symlinks=True)
        shutil.rmtree(fresh / "snapshots")
        shutil.rmtree(fresh / "rated")
        hit += killed(command(fresh, "rate", "--as-of", "2026-03-30"), share * rated)
        assert run(command(fresh, "rate", "--as-of", "2026-03-30")).returncode == 0
        hit += killed(
            command(fresh, "publish"), share * published, KAMENGWATCH_NOW="2026-03-30T12:00:00+00:00"
        )
        assert run(command(fresh, "publish"), KAMENGWATCH_NOW="2026-03-30T12:00:00+00:00").returncode == 0
        snapshots = [p for p in (fresh / "snapshots").iterdir() if p.name != "latest" and p.name != ".lock"]
        assert [p.name for p in snapshots] == [first.name], "no torn or second snapshot is left"
        assert (snapshots[0] / "SHA256SUMS").read_text() == sums
        shutil.rmtree(fresh)
    return hit


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a small sandbox market standing at NOW."""
    ready = tmp_path_factory.mktemp("sandbox") / "port"
    words = [
        sys.executable,
        "-m",
        "sandbox",
        "serve",
        "--port",
        "0",
        "--seed",
        "7",
        "--platforms",
        "24",
        "--days",
        "120",
        "--latency",
        "0",
    ]
    process = subprocess.Popen([*words, "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
    try:
        while not (ready.is_file() and ready.read_text().strip()):
            assert process.poll() is None, "the sandbox did not start"
            time.sleep(0.1)
        proxy = f"http://127.0.0.1:{ready.read_text().strip()}"
        request = urllib.request.Request(
            f"{proxy}/clock",
            data=f'{{"now":"{NOW.isoformat()}"}}'.encode(),
            method="PUT",
            headers={"Host": "control.sandbox.test"},
        )
        urllib.request.urlopen(request, timeout=30).read()
        yield proxy
    finally:
        process.terminate()
        process.wait(10)


def check_crawl(tmp_path: Path, proxy: str, kills: int) -> int:
    import json

    from kamengwatch.config import Config
    from kamengwatch.watching import add_sites

    request = urllib.request.Request(f"{proxy}/hosts", headers={"Host": "control.sandbox.test"})
    shops = json.load(urllib.request.urlopen(request, timeout=30))["hosts"]

    # Every crawl begins from one watchlist and its secret, under which contacts are compared.
    start = tmp_path / "start"
    sites = [(s["host"], s["name"], s["aliases"]) for s in shops]
    add_sites(Config(start, fixed_now=NOW), sites, demo=True)

    def prepared(name: str) -> tuple[Path, list[str]]:
        data = shutil.copytree(start, tmp_path / name)
        words = [
            sys.executable,
            "-m",
            "crawler.run",
            "--key",
            "kill",
            "--now",
            NOW.isoformat(),
            "--sandbox-proxy",
            proxy,
        ]
        words += ["--data-dir", str(data), "--database", default_url(data)]
        return data, words + [w for s in ("heimao", "icp", "storefront") for w in ("--source", s)]

    clean, words = prepared("clean")
    begun = time.monotonic()
    run(words)
    longest, wanted, hit = time.monotonic() - begun, state(clean), 0
    assert wanted["complaint"] and wanted["filing"] and wanted["price"] and all(c[2] for c in wanted["crawl"])
    run(words)
    assert state(clean) == wanted, "a second identical crawl adds nothing"
    for n, after in enumerate(moments(kills, longest, 3)):
        data, words = prepared(f"killed{n}")
        hit += killed(words, after)
        run(words)
        assert state(data) == wanted
        shutil.rmtree(data)
    return hit


def test_a_killed_import_ends_like_a_clean_one(tmp_path: Path, evidence_file: Path) -> None:
    check_import(tmp_path, evidence_file, 1)


def test_a_killed_rating_or_publication_leaves_no_torn_snapshot(tmp_path: Path, evidence_file: Path) -> None:
    check_publish(tmp_path, evidence_file, 1)


def test_a_killed_crawl_ends_like_a_clean_one(tmp_path: Path, market: str) -> None:
    check_crawl(tmp_path, market, 1)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_many_kills(tmp_path: Path, evidence_file: Path, market: str, record_property: Any) -> None:
    for name, check, given in (
        ("import", check_import, evidence_file),
        ("rate and publish", check_publish, evidence_file),
        ("crawl", check_crawl, market),
    ):
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        record_property(f"kills during {name}", check(folder, given, SOAK_KILLS))  # type: ignore[operator]
