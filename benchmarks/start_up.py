"""What a command costs before it does anything: seconds of the processor, the least of several starts, and the dearest imports.

    python benchmarks/start_up.py [--starts 7]

`check` answers about a site of a snapshot of three. The baseline is a Python that does nothing. Imports are those of `python -X importtime`,
by package: what each spends itself, in milliseconds by the clock, the least of three starts.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks._told import as_installed, row

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

SITES = ("a.example", "b.example", "c.example")
GOALS = {"--help": 0.3, "check": 0.5}
_PROGRAM = [sys.executable, "-m", "kamengwatch"]


def published(data: Path) -> None:
    """A snapshot of three sites about which nothing is known, made by the commands themselves."""
    for words in (("watch", "add", *SITES), ("rate",), ("publish",)):
        subprocess.run(
            [*_PROGRAM, *words, "--data-dir", str(data)], check=True, capture_output=True, cwd=ROOT
        )


def least(words: list[str], starts: int) -> float:
    """The fewest processor seconds a program took."""
    found = []
    for _ in range(starts):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, check=True, capture_output=True, cwd=ROOT, env=as_installed())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def imports(words: list[str]) -> Counter[str]:
    """Milliseconds each package's own imports take."""
    starts = []
    for _ in range(3):
        told = subprocess.run(
            [sys.executable, "-X", "importtime", *words[1:]],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=as_installed(),
        ).stderr
        spent: Counter[str] = Counter()
        for line in told.splitlines()[1:]:
            own, _, name = line.removeprefix("import time:").split("|")
            spent[name.strip().partition(".")[0]] += int(own) / 1000
        starts.append(spent)
    return min(starts, key=Counter.total)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=7)
    starts = parser.parse_args().starts
    with tempfile.TemporaryDirectory() as folder:
        published(Path(folder))
        commands = {
            "--help": [*_PROGRAM, "--help"],
            "check": [*_PROGRAM, "check", SITES[0], "--data-dir", folder],
        }
        bare = least([sys.executable, "-c", "pass"], starts)
        for name, words in commands.items():
            took, goal = least(words, starts), GOALS[name]
            row(f"start-up: {name}, processor", f"{took:.2f} s", f"bare Python {bare:.2f} s", None, f"≤ {goal} s", took <= goal)  # fmt: skip
        for name, words in commands.items():
            dearest = imports(words).most_common(12)
            print(f"{name}: " + ", ".join(f"{package} {spent:.0f} ms" for package, spent in dearest))


if __name__ == "__main__":
    main()
