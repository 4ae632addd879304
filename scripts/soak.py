"""Run the heavy tests (marked `soak`) and write their dated result to `docs/soak.md`, each as it ends.

It must not hide a failure: a failed or skipped test stands in the table like the rest, and the exit code is pytest's. A soak that was
stopped is gone on with by `make soak ARGS=--resume`: what passed on this revision, or on one that differs in documents only, is
not run again. `make soak ARGS="--resume --minutes 20"` begins no test after twenty minutes: a soak in slices, over sessions.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

from setup import find_uv, index_environment
from system import ROOT, apt_install, run_logged, say

REPORT = ROOT / "docs/soak.md"
RESULTS = ROOT / "test-results/soak.jsonl"
DONE = ROOT / "test-results/soak-done.json"
NOTHING_COLLECTED = 5


def revision() -> str:
    """Return the commit the tests ran on, marked when anything but this report differs from it."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(ROOT), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/soak.md")
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + ("-dirty" if changed else "")


def rows(results: Path, commit: str) -> dict[str, str]:
    """Return the table's line of each test that has ended (scripts/soak_rows.py writes them), by the test's name."""
    found = {}
    for told in results.read_text("utf-8").splitlines() if results.exists() else ():
        row = json.loads(told)
        cells = (f"`{row['name']}`", row["outcome"], row["at"], commit, str(row["seconds"]), row["said"])
        found[row["name"]] = f"| {' | '.join(cells)} |"
    return found


def same_code(commit: str) -> bool:
    """Whether nothing but documents has changed since a revision."""
    command = ["git", "-C", str(ROOT), "diff", "--quiet", commit, "HEAD", "--", ".", ":!docs", ":!*.md"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def passed_on(commit: str, lines: dict[str, str]) -> list[str]:
    """Return the tests that passed on a revision or on one of the same code, by name; none on a changed checkout, which is no revision."""
    if commit.endswith("-dirty"):
        return []
    passed = {name: line.split(" | ")[3] for name, line in lines.items() if "` | passed |" in line}
    same = {other: other == commit or same_code(other) for other in set(passed.values())}
    return [name for name, on in passed.items() if same[on]]


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
            "Written by `make soak`; not edited by hand. `make soak ARGS=tests/end_to_end/test_kills.py` renews that file's rows only:",
            "each row says when (UTC) and on which revision its test last ran. A soak that was stopped goes on with `make soak ARGS=--resume`.",
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
    """Run the tests, write each line as its test ends, and return pytest's exit code; a narrowed or resumed run keeps the other rows."""
    resume = "--resume" in words
    words = [word for word in words if word != "--resume"]
    until = None
    if "--minutes" in words:
        at = words.index("--minutes")
        until = time.time() + 60 * float(words[at + 1])
        words = words[:at] + words[at + 2 :]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.unlink(missing_ok=True)
    commit, earlier = revision(), kept(REPORT) if words or resume or until else {}
    DONE.write_text(json.dumps(passed_on(commit, earlier) if resume else []), "utf-8")
    spark(words)
    command = [
        sys.executable,
        "-u",
        "-m",
        "pytest",
        "-p",
        "soak_rows",
        "-m",
        "soak",
        "--timeout=7200",
        "--durations=0",
        "--verbose",
    ]
    places = os.pathsep.join(filter(None, (str(ROOT / "scripts"), os.environ.get("PYTHONPATH"))))
    told = {"KAMENGWATCH_SOAK_ROWS": str(RESULTS), "KAMENGWATCH_SOAK_DONE": str(DONE), "PYTHONPATH": places}
    told |= {"HYPOTHESIS_PROFILE": "soak"}
    told |= {"KAMENGWATCH_SOAK_UNTIL": str(until)} if until else {}
    process = subprocess.Popen(
        [*command, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | told
    )
    written = 0
    for line in process.stdout or ():
        sys.stdout.write(line)
        sys.stdout.flush()
        if RESULTS.exists() and RESULTS.stat().st_size > written:
            written = RESULTS.stat().st_size
            REPORT.write_text(report(earlier | rows(RESULTS, commit)), encoding="utf-8")
    code = process.wait()
    if code == NOTHING_COLLECTED:
        say("no heavy test matches, or all have passed on this revision")
    elif RESULTS.exists():
        REPORT.write_text(report(earlier | rows(RESULTS, commit)), encoding="utf-8")
        say("wrote docs/soak.md")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
