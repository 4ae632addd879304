"""Run the heavy tests (marked `soak`) and write their dated result to `docs/soak.md`.

It must not hide a failure: a failed or skipped test stands in the table like the rest, and the exit code is pytest's.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from setup import find_uv, index_environment
from system import ROOT, apt_install, run_logged, say

REPORT = ROOT / "docs/soak.md"
RESULTS = ROOT / "test-results/soak.xml"
NOTHING_COLLECTED = 5
WORDS = {"failure": "failed", "error": "error", "skipped": "skipped"}


def outcome(case: ET.Element) -> tuple[str, str]:
    """Return a test's outcome and, unless it passed, the first line of the reason."""
    for child in case:
        if child.tag in WORDS:
            lines = (child.get("message") or "").splitlines() or [""]
            return WORDS[child.tag], lines[0].replace("|", "/")[:120]
    return "passed", ""


def figures(case: ET.Element) -> str:
    """Return what a test recorded about itself with pytest's `record_property`, such as its counts."""
    return ", ".join(f"{entry.get('name')}: {entry.get('value')}" for entry in case.iter("property"))


def revision() -> str:
    """Return the commit the tests ran on, marked when anything but this report differs from it."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(ROOT), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/soak.md")
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + ("-dirty" if changed else "")


def rows(results: Path) -> dict[str, str]:
    """Return the table's line of each test in a JUnit file, by the test's name."""
    day, commit, found = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M}", revision(), {}
    # The file was written by the pytest we just ran.
    for case in ET.parse(results).getroot().iter("testcase"):  # noqa: S314
        word, reason = outcome(case)
        name = f"{(case.get('classname') or '').removeprefix('tests.')}::{case.get('name')}".replace("|", "/")
        seconds = f"{float(case.get('time') or 0):.0f}"
        cells = (f"`{name}`", word, day, commit, seconds, reason or figures(case))
        found[name] = f"| {' | '.join(cells)} |"
    return found


def kept(page: Path) -> dict[str, str]:
    """Return the lines an earlier run left in the report, by the test's name."""
    lines = page.read_text(encoding="utf-8").splitlines() if page.exists() else []
    return {line.split("`")[1]: line for line in lines if line.startswith("| `")}


def report(lines: dict[str, str]) -> str:
    """Return the Markdown page: every row with the day and the revision it was last run on."""
    return "\n".join(
        [
            "# The heavy tests",
            "",
            "Written by `make soak`; not edited by hand. `make soak ARGS=tests/test_kills.py` renews that file's rows only:",
            "each row says when (UTC) and on which revision its test last ran.",
            "",
            f"Last machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
            "",
            "| test | outcome | run on | revision | seconds | figures or reason |",
            "|---|---|---|---|---:|---|",
            *(lines[name] for name in sorted(lines)),
            "",
        ]
    )


def spark(words: list[str]) -> None:
    """Install what the Spark tests need (pyspark, about 500 MB, and Java) unless other tests were named.

    Where that fails, the tests say so in the table: they are skipped with the reason.
    """
    named = [word for word in words if ".py" in word]
    if named and not any("spark" in word for word in named):
        return
    if importlib.util.find_spec("pyspark") is None:
        say("installing pyspark from requirements-spark.lock")
        pip = [find_uv(), "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes"]
        done = run_logged(
            [*pip, "-r", str(ROOT / "requirements-spark.lock")], "setup.log", 1200, index_environment()
        )
        say("pyspark is ready" if done else "pyspark could not be installed: see .cache/logs/setup.log")
    if shutil.which("java") is None and not apt_install(
        [["openjdk-17-jre-headless"], ["default-jre-headless"]]
    ):
        say("no Java could be installed: see .cache/logs/apt.log")


def main(words: list[str]) -> int:
    """Run the tests, write the report, and return pytest's exit code; a narrowed run keeps the other tests' rows."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.unlink(missing_ok=True)
    spark(words)
    command = [
        sys.executable,
        "-u",
        "-m",
        "pytest",
        "-m",
        "soak",
        "--timeout=7200",
        "--durations=0",
        "--verbose",
    ]
    process = subprocess.Popen(
        [*command, "-o", "junit_family=xunit2", f"--junitxml={RESULTS}", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout or ():
        sys.stdout.write(line)
        sys.stdout.flush()
    code = process.wait()
    if code == NOTHING_COLLECTED:
        say("no heavy test matches")
    elif RESULTS.exists():
        earlier = kept(REPORT) if words else {}
        REPORT.write_text(report(earlier | rows(RESULTS)), encoding="utf-8")
        say("wrote docs/soak.md")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
