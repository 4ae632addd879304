"""The run ledger: one line of JSON for each step the scheduler ran, with its run id, times, exit code and last words.

It is for operators and for `doctor`; nothing is decided by it. What a step said is redacted before it is written.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.durable_files import write_whole
from store.text.safe_text import plain

KEPT = 5_000
"""Lines kept; a year of a dozen sources is some ten thousand, and the crawl ledger in the database keeps all crawls."""
_SAID = 300


@dataclass(frozen=True)
class Run:
    """One step: its id (the crawl it starts bears it in its key), words, times (aware), exit code, stderr."""

    id: str
    words: str
    started_at: dt.datetime
    finished_at: dt.datetime
    exit: int
    said: str

    @property
    def begun(self) -> str:
        """`started_at` as the ledger writes it."""
        return self.started_at.astimezone(dt.UTC).isoformat(timespec="seconds")


class RunLedger:
    """`logs/runs.jsonl` of a data folder; written by the one scheduler that holds the folder's lock."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is created before the first line."""
        self.file = data_dir / "logs" / "runs.jsonl"

    def add(self, run: Run) -> None:
        """Append one line; the oldest go when there are too many."""
        from store.redaction.redact import (
            clean,  # its patterns take longer to build than a publication of one site
        )

        self.file.parent.mkdir(parents=True, exist_ok=True)
        last = next((line for line in reversed(run.said.splitlines()) if line.strip()), "")
        line = {
            "run": run.id,
            "words": run.words,
            "started_at": run.begun,
            "finished_at": run.finished_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "exit": run.exit,
            "said": plain(clean(last) or "", _SAID),
        }
        torn = self.file.is_file() and not self.file.read_bytes().endswith(b"\n")
        with self.file.open(
            "a", encoding="utf-8"
        ) as stream:  # a line a full disk cut off must not swallow this one
            stream.write("\n" * torn + json.dumps(line, ensure_ascii=False) + "\n")
        lines = self.file.read_text("utf-8").splitlines()
        if len(lines) > 2 * KEPT:
            write_whole(self.file, "".join(f"{text}\n" for text in lines[-KEPT:]).encode())

    def last(self, count: int) -> list[dict[str, Any]]:
        """The newest runs, newest first; a half-written line at the end of a killed service is left out."""
        if not self.file.is_file():
            return []
        found = []
        for line in reversed(self.file.read_text("utf-8").splitlines()):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
            if len(found) == count:
                break
        return found
