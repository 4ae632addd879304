"""Run the heavy tests (marked `soak`) and write their dated result to `docs/soak.md`.

It must not hide a failure: a failed or skipped test stands in the table like the rest, and the exit code is pytest's.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from system import ROOT, say

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
    """Return the commit the tests ran on, marked when the checkout has changes of its own."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--match", ""]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def report(results: Path, closing: str) -> str:
    """Return the Markdown page for one run from its JUnit file."""
    # The file was written by the pytest we just ran.
    cases = list(ET.parse(results).getroot().iter("testcase"))  # noqa: S314
    lines = [
        "# The heavy tests",
        "",
        "Written by `make soak`; not edited by hand.",
        "",
        f"- run on {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, revision {revision()}",
        f"- {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        f"- {closing}",
        "",
        "| test | outcome | seconds | figures or reason |",
        "|---|---|---:|---|",
    ]
    for case in cases:
        word, reason = outcome(case)
        name = f"{(case.get('classname') or '').removeprefix('tests.')}::{case.get('name')}".replace("|", "/")
        lines.append(
            f"| `{name}` | {word} | {float(case.get('time') or 0):.0f} | {reason or figures(case)} |"
        )
    return "\n".join(lines) + "\n"


def main(words: list[str]) -> int:
    """Run the tests, write the report, and return pytest's exit code; a narrowed run leaves the report alone."""
    RESULTS.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-m", "soak", "--timeout=7200", "--durations=0", "--verbose"]
    process = subprocess.Popen(
        [*command, "-o", "junit_family=xunit2", f"--junitxml={RESULTS}", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    closing = ""
    for line in process.stdout or ():
        sys.stdout.write(line)
        sys.stdout.flush()
        closing = line.strip("=\n ") or closing
    code = process.wait()
    if code == NOTHING_COLLECTED:
        say("no test is marked soak yet")
        return 0
    if words:
        say("a part only: docs/soak.md is left as it was")
    elif RESULTS.exists():
        REPORT.write_text(report(RESULTS, closing), encoding="utf-8")
        say("wrote docs/soak.md")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
