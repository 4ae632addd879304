"""A pytest plugin of the soak: each heavy test's line is on the disk as soon as it ends, so that a stopped soak loses one test.

`KAMENGWATCH_SOAK_ROWS` names the file the lines are added to; `KAMENGWATCH_SOAK_DONE` one with the tests that need not run again;
after `KAMENGWATCH_SOAK_UNTIL` (seconds of the epoch) no further test is begun.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from pathlib import Path
from typing import Any

_taken: dict[str, float] = {}
"""Seconds of each test so far: its set-up counts, too."""


def name_of(node: str) -> str:
    """`tests/store/test_a.py::test_b[c]` as the report names it: `test_a::test_b[c]`."""
    path, _, test = node.partition("::")
    return f"{path.rpartition('/')[2].removesuffix('.py')}::{test}".replace("|", "/")


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Leave out what passed before on this revision."""
    done = os.environ.get("KAMENGWATCH_SOAK_DONE")
    names = set(json.loads(Path(done).read_text("utf-8"))) if done else set()
    left = [item for item in items if name_of(item.nodeid) in names]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def pytest_runtest_teardown(item: Any) -> None:
    """End the slice when its time is up."""
    until = os.environ.get("KAMENGWATCH_SOAK_UNTIL")
    if until and time.time() > float(until):
        item.session.shouldstop = "the time of this slice is up: go on with --resume"


def pytest_runtest_logreport(report: Any) -> None:
    """Add a line when a test has run, when it was skipped, or when its set-up or clean-up failed."""
    _taken[report.nodeid] = _taken.get(report.nodeid, 0.0) + report.duration
    if report.when != "call" and report.passed:
        return
    reason = ""
    if not report.passed:
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
        lines = [line for line in said.splitlines() if line.startswith("E ")] or said.splitlines() or [""]
        reason = lines[0].removeprefix("E ").strip().replace("|", "/")[:120]
    line = {
        "name": name_of(report.nodeid),
        "outcome": "error" if report.failed and report.when != "call" else report.outcome,
        "at": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M}",
        "seconds": round(_taken[report.nodeid]),
        "said": reason or ", ".join(f"{name}: {value}" for name, value in report.user_properties),
    }
    with open(os.environ["KAMENGWATCH_SOAK_ROWS"], "a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
