"""Run every measurement in `benchmarks/` one after the other; a file whose name starts with `_` is not one.

It must not judge the figures: each measurement prints its own, with the machine it ran on.
"""

from __future__ import annotations

import subprocess
import sys

from system import ROOT, fail, say


def main(words: list[str]) -> None:
    """Run the measurements whose names contain one of the words given, or all; exit code 1 if one failed."""
    found = [path for path in sorted((ROOT / "benchmarks").glob("*.py")) if not path.name.startswith("_")]
    if not found:
        say("benchmarks/ holds no measurement yet")
        return
    chosen = [path for path in found if not words or any(word in path.stem for word in words)]
    if not chosen:
        fail(f"no measurement matches {' '.join(words)}; there are: {', '.join(path.stem for path in found)}")
    failed = []
    for path in chosen:
        say(f"benchmarks/{path.name}")
        if subprocess.run([sys.executable, str(path)], cwd=ROOT, check=False).returncode:
            failed.append(path.name)
    if failed:
        fail(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
