"""Run every measurement in `benchmarks/` one after the other and write what they found into docs/benchmarks.md.

A measurement is a file there that prints rows of the table (benchmarks/_told.py); the others are tools with arguments of their own. It must not
judge the figures. A measurement that fails keeps its old rows out: nothing old stands beside something new.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys

from system import ROOT, fail, say

PAGE = ROOT / "docs/benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench` from what the scripts in `benchmarks/` print; every script says how it measures, and its baseline is from the same run. The
exponent is b of time = a · size^b, fitted over five sizes that double.

| what | figure | baseline | exponent | goal | |
|---|---|---|---|---|---|
"""
_ROWS = re.compile(r"^\|.*\|$", re.MULTILINE)


def measurements() -> list[str]:
    """The names of the measurements, in the order of the page."""
    files = sorted((ROOT / "benchmarks").glob("*.py"))
    return [f.stem for f in files if not f.name.startswith("_") and "_told import" in f.read_text("utf-8")]


def ran(name: str) -> str | None:
    """What a measurement printed, shown while it runs; None when it failed."""
    said = []
    command = [sys.executable, "-u", str(ROOT / "benchmarks" / f"{name}.py")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            sys.stdout.write(line)
            said.append(line)
    return None if running.returncode else "".join(said)


def page(found: dict[str, str], on: dt.date) -> str:
    """The page: one table of all rows, then what each measurement printed besides."""
    rows = "\n".join(row for said in found.values() for row in _ROWS.findall(said))
    rest = {name: "\n".join(filter(None, _ROWS.sub("", said).splitlines())) for name, said in found.items()}
    parts = "".join(f"\n## {name}\n\n```\n{said}\n```\n" for name, said in rest.items())
    return f"{HEAD}{rows}\n\nMeasured on {on}.\n{parts}{LEFT}"


LEFT = """
## Not measured, or not built

- A daily update in proportion to the day's new evidence: every `rate` computes the whole history again. Judging the last day only would not be enough:
  the same market with a history of two days instead of 360 (which rates wrongly, and shows the cost) takes 48 % of the processors' time, because reading,
  copies, words and evidence do not depend on the history. Nor is 5 s possible as long as every score ages by the day: all ratings and a fifth of the
  findings differ from the day before, and only writing ratings, findings and evidence of 100,000 platforms takes 8.2 s of processors, their history
  17.4 s. Decision 12 says what is missing.
- The rating at 100,000 platforms × 10,000,000 complaints takes longer than this page may (`python benchmarks/rate.py --platforms 100000 --only`): 200 s
  by the clock, 308 s of processors and 2.1 GiB on two cores that others used at first (goal 60 s missed, 4 GiB met). Published first in 69 s, unchanged in
  11 s, in 13 s when one site in a hundred changed (goal 30 s met).
- 300,000 platforms × 30,000,000 complaints: 2.2 GiB, 1,290 s of processors on crowded cores. 1,000,000 × 100,000,000 was not run: its database (60 GB)
  and column files (22 GB) exceed the disk here. By these two it takes 26 to 36 minutes on two cores (goal 15 missed) and far less than 12 GiB.
- Crawl workers on several machines: not run. Two on this machine share its cores with the database and the server of the pages.
"""


def main(words: list[str]) -> None:
    """Run the measurements whose names contain one of the words given, or all; all of them write the page. Exit code 1 if one failed."""
    names = measurements()
    chosen = [name for name in names if not words or any(word in name for word in words)]
    if not chosen:
        fail(f"no measurement matches {' '.join(words)}; there are: {', '.join(names)}")
    found: dict[str, str] = {}
    for name in chosen:
        say(f"benchmarks/{name}.py")
        if (said := ran(name)) is not None:
            found[name] = said
    if chosen == names:
        PAGE.write_text(page(found, dt.datetime.now(dt.UTC).date()), encoding="utf-8")
        say(f"wrote {PAGE.relative_to(ROOT)}")
    if len(found) < len(chosen):
        fail(f"failed: {', '.join(sorted(set(chosen) - set(found)))}")


if __name__ == "__main__":
    main(sys.argv[1:])
