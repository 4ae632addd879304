"""The scheduler told to stop: gone within ten seconds at any moment, with every process its steps started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kamengwatch.config import Config
from kamengwatch.pipeline.crawl import cards
from store.evidence.crawl_ledger import register_sources

SOON = 10.0
STEP = """
import os, signal, subprocess, sys, time
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # its child is deaf, too
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"])
with open(sys.argv[2], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(99)
"""
SERVICE = f"""
import subprocess, sys
from kamengwatch.pipeline import scheduler as scheduling
from kamengwatch.__main__ import main
real = subprocess.Popen
manner, noted, words = sys.argv[1], sys.argv[2], sys.argv[3:]
if manner == "busy":  # a job in the middle of its own work, not of a step's
    scheduling.Service.crawl = lambda *_: scheduling.time.sleep(99)
subprocess.Popen = lambda _, **more: real([sys.executable, "-c", {STEP!r}, manner, noted], **more)
sys.argv = ["kamengwatch", *words]
main()
"""
MOMENTS = [("plain", 0.0), ("plain", 1.5), ("deaf", 1.5), ("busy", 0.6)]


def there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("words", [["schedule"], ["schedule", "--run-now", "heimao"]])
def test_told_to_stop_at_any_moment_it_ends_with_all_it_started(
    words: list[str], data_dir: Path, tmp_path: Path
) -> None:
    register_sources(Config(data_dir).engine, cards())
    services = []
    for number, (manner, moment) in enumerate(MOMENTS):
        if len(words) > 1 and manner != "deaf":
            continue
        folder, noted = tmp_path / str(number), tmp_path / f"{number}.pids"
        shutil.copytree(data_dir, folder)
        command = [sys.executable, "-c", SERVICE, manner, str(noted), *words, "--data-dir", str(folder)]
        with (tmp_path / f"{number}.log").open("wb") as log:
            services.append((subprocess.Popen(command, stderr=log, stdout=log), noted, manner, moment))
    try:
        for number, (service, noted, manner, moment) in enumerate(services):
            log = tmp_path / f"{number}.log"
            deadline = time.monotonic() + 60
            begun = (
                (lambda n=noted: n.is_file())
                if len(words) > 1
                else lambda f=log: "定时" in f.read_text("utf-8")
            )
            while not begun() and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(moment)
            told = time.monotonic()
            service.send_signal(signal.SIGTERM)
            code = service.wait(SOON)
            assert time.monotonic() - told < SOON, (manner, moment)
            assert len(words) > 1 or (code == 0 and "已停止" in log.read_text("utf-8")), log.read_text(
                "utf-8"
            )
            pids = [int(pid) for pid in noted.read_text().split()] if noted.is_file() else []
            assert manner == "busy" or moment < 1 or pids, "no step was running"
            assert not [pid for pid in pids if there(pid)], (manner, moment)
    finally:
        for service, noted, *_ in services:
            service.kill()
            for pid in noted.read_text().split() if noted.is_file() else []:
                if there(int(pid)):
                    os.kill(int(pid), signal.SIGKILL)
