"""Structured logs: one JSON object a line on standard error, each with the run's id, where KAMENGWATCH_LOG=json asks for them.

What a line may say: the step, sources, hosts, counts, outcomes and our own sentences, redacted. No address path, no page, no
argument of a command: what somebody typed may name a person.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from store import env_file

VARIABLE = "KAMENGWATCH_LOG"
RUN = "KAMENGWATCH_RUN_ID"
LONGEST = 500


def wanted() -> bool:
    """Whether lines are to be JSON instead of sentences for a person."""
    return (
        env_file.lookup(VARIABLE) == "json"
    )  # asked before anything else: not for the price of all settings


def event(name: str, **facts: Any) -> None:
    """Write one line where wanted: time (UTC), run id, event, then the facts, texts redacted and cut to LONGEST."""
    if not wanted():
        return
    from store.plain import plain
    from store.redact import clean

    line: dict[str, Any] = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        "run": env_file.lookup(RUN) or "",
        "event": name,
    }
    for key, value in facts.items():
        line[key] = plain(clean(value) or "", LONGEST) if isinstance(value, str) else value
    sys.stderr.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    sys.stderr.flush()


def of_crawl(told: dict[str, Any]) -> None:
    """One line for what a crawl process tells of: a page (host and status), a host, or the end of a source."""
    kept = ("source", "host", "outcome", "reason", "status", "requests", "records")
    event(f"crawl.{told['event']}", **{key: told[key] for key in kept if told.get(key) is not None})


@contextmanager
def command(word: str) -> Iterator[None]:
    """Begin and end of one command; the run gets an id of its own where the scheduler gave it none."""
    if not wanted():
        yield
        return
    os.environ.setdefault(RUN, uuid.uuid4().hex[:12])
    begun, code = time.monotonic(), 0
    event("command.begun", command=word)
    try:
        yield
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        raise
    except BaseException as error:
        code = 1
        event("command.crashed", command=word, error=type(error).__name__)
        raise
    finally:
        event("command.ended", command=word, exit=code, seconds=round(time.monotonic() - begun, 3))


def last_words(lines: Iterable[str]) -> str:
    """What a step last said, from its sentences or its log."""
    for line in reversed([line.strip() for line in lines if line.strip()]):
        try:
            told = json.loads(line)
        except ValueError:
            return line
        if isinstance(told, dict) and told.get("text"):
            return str(told["text"])
    return ""
