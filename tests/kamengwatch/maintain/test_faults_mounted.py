"""The same faults as test_faults, by the real thing: a disk that is full, a mount that is read-only, a server that is restarted.

Heavy, and only where the test may mount (`unshare`) and start a server; elsewhere skipped with the reason.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from store.db.engine import open_engine
from tests.support.data.database_state import state
from tests.support.data.kept import kept
from tests.support.markets.records import complaint, platform, probe
from tests.support.servers.postgres import _identity, server

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
set -u
mount -t tmpfs -o size=40m none "$DATA"
cp -a "$WHOLE/." "$DATA"
used=$(du -sm "$DATA" | cut -f1)
mount -o remount,{fault} "$DATA"
"$@" --data-dir "$DATA" >"$OUT/first" 2>&1; echo $? >"$OUT/first.code"
"$PYTHON" -m kamengwatch doctor --data-dir "$DATA" >"$OUT/doctor" 2>&1; echo $? >"$OUT/doctor.code"
mount -o remount,rw,size=200m "$DATA"
"$@" --data-dir "$DATA" >"$OUT/second" 2>&1; echo $? >"$OUT/second.code"
"$PYTHON" -m kamengwatch verify --data-dir "$DATA" >"$OUT/verify" 2>&1; echo $? >"$OUT/verify.code"
cp -a "$DATA/." "$OUT/data"
"""


def may_mount() -> bool:
    tried = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"]
    return (
        bool(shutil.which("unshare"))
        and not subprocess.run(tried, capture_output=True, check=False).returncode
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("faults") / "data").data_dir


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("more") / "more.jsonl"
    lines = [platform(), *(complaint(n, text=f"第{n}单付了款，一直没到账") for n in range(100, 4_000))]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return file


@pytest.mark.skipif(not may_mount(), reason="this user may not mount a file system of its own (unshare -rm)")
@pytest.mark.parametrize("fault", ["size=${used}m", "ro"], ids=["full", "read-only"])
@pytest.mark.parametrize("words", ["import", "rate", "publish", "expire"])
def test_a_real_fault_is_named_and_the_next_run_is_clean(
    tmp_path: Path, whole: Path, more: Path, fault: str, words: str
) -> None:
    command = {
        "import": ["import", str(more)],
        "rate": ["rate", "--as-of", "2026-03-28"],
        "publish": ["publish"],
        "expire": ["privacy", "expire", "--yes"],
    }[words]
    start = tmp_path / "start"
    shutil.copytree(whole, start, symlinks=True)
    if words == "publish":
        shutil.rmtree(start / "snapshots")
    out, data = tmp_path / "out", tmp_path / "data"
    (out / "data").mkdir(parents=True)
    data.mkdir()
    moment = "2029-01-01T00:00:00+00:00" if words == "expire" else "2026-03-31T00:00:00+00:00"
    environment = {
        "DATA": str(data),
        "WHOLE": str(start),
        "OUT": str(out),
        "PYTHON": sys.executable,
        "KAMENGWATCH_NOW": moment,
    }
    script = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        SCRIPT.format(fault=fault),
        "sh",
        sys.executable,
        "-m",
        "kamengwatch",
        *command,
    ]
    done = subprocess.run(
        script, env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    codes = {file.name: file.read_text().strip() for file in out.glob("*.code")}
    told = {name: (out / name).read_text() for name in ("first", "doctor", "second", "verify")}
    assert not done.returncode, (done.stderr, told)
    if fault == "ro" or codes["first.code"] != "0":  # a small change may still fit into the last megabyte
        assert codes["first.code"] == "2" and "Traceback" not in told["first"], told["first"]
        assert (
            told["first"].splitlines()[-1].startswith("错误 error: ")
            and "disk" in told["first"]
            or "read-only" in told["first"]
        )
    assert codes["doctor.code"] == "1" and ("read-only" if fault == "ro" else "full") in told["doctor"], told[
        "doctor"
    ]
    assert (codes["second.code"], codes["verify.code"]) == ("0", "0"), told
    if words == "import":
        assert len(state(out / "data")["complaint"]) == 3_906


def test_a_real_restart_in_the_middle_of_an_import_loses_nothing(
    tmp_path: Path, record_property: Any
) -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    from postgres_programs import find_server

    programs = find_server()
    if programs is None:
        pytest.skip("no PostgreSQL server programs: run `make postgres`")
    file = tmp_path / "e.jsonl"
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    times = ((at + dt.timedelta(minutes=n)).isoformat() for n in range(40_000))
    file.write_text(
        "".join(json.dumps(r) + "\n" for r in (platform(), *(probe(1, observed_at=t) for t in times))),
        "utf-8",
    )
    with server(programs) as url:
        plain = url.replace("+psycopg", "")
        words = [
            sys.executable,
            "-m",
            "kamengwatch",
            "import",
            str(file),
            "--data-dir",
            str(tmp_path / "d"),
            "--database",
            url,
        ]
        with psycopg.connect(plain, autocommit=True) as connection:
            # As a server is unless its owner says otherwise: what was committed outlives a crash.
            connection.execute("alter system set synchronous_commit = on")
            connection.execute("select pg_reload_conf()")
            folder = connection.execute("show data_directory").fetchone()[0]  # type: ignore[index]
        restart = [
            str(programs / "pg_ctl"),
            "-D",
            folder,
            "-m",
            "immediate",
            "-w",
            "-l",
            f"{folder}/again.log",
        ]
        import_ = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        engine = open_engine(url)
        while import_.poll() is None and not _rows(plain):
            time.sleep(0.02)
        identity = _identity()
        subprocess.run([*restart, "restart"], check=True, cwd="/", capture_output=True, **identity)
        try:
            said = import_.communicate(timeout=120)[1]
            record_property("rows before the restart was noticed", _rows(plain))
            # Between two transactions a restart is not noticed, and the import ends as any other.
            unnoticed = import_.returncode == 0 and _rows(plain) == 40_000
            assert unnoticed or (import_.returncode == 2 and "PostgreSQL" in said.splitlines()[-1]), said[
                -2000:
            ]
            assert subprocess.run(words, capture_output=True, check=False).returncode == 0
            assert _rows(plain) == 40_000
        finally:
            engine.dispose()
            subprocess.run([*restart, "stop"], check=False, cwd="/", capture_output=True, **identity)


def _rows(url: str) -> int:
    try:
        with psycopg.connect(url) as connection:
            return int(connection.execute("select count(*) from probe").fetchone()[0])  # type: ignore[index]
    except psycopg.Error:
        return 0
