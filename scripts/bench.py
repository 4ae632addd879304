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

- A daily update in proportion to the day's new evidence: every `rate` computes the whole history again, so it costs what a full rating costs
  (decision 12 says what is missing). What binds a full rating is judging: some 500 operations on panels of platforms × days, on every processor.
- The rating at 100,000 platforms × 10,000,000 complaints takes longer than this page may (`python benchmarks/rate.py --platforms 100000 --only`): 245 s
  and 3.7 GiB on two free cores, published first in 101 s, in 63 s when one site in a hundred changed (decision 12). Both goals are missed.
- 1,000,000 platforms × 100,000,000 complaints: not run; by the curve it takes ten times as long and more memory than one machine of the goal has.
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
