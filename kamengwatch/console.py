"""What is printed: progress for people, JSON lines on standard error where KAMENGWATCH_LOG=json asks; standard output belongs to the answer.

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
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table

from store import env_file
from store.text.safe_text import escaped, inert

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

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
    from store.redaction.redact import clean
    from store.text.safe_text import plain

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


class InertConsole(Console):
    """A console on which foreign text steers nothing: no escape sequence and no mark that reorders or hides text gets through."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """As rich's; only rich's own control segments keep their control characters."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(inert(segment.text), segment.style)


console = InertConsole(stderr=True, highlight=False)
answers = InertConsole(highlight=False)
PLAIN_WIDTH = 160
"""Columns of a table that goes to a file or pipe, which has no width of its own."""


@contextmanager
def bar(title: str, total: int | None = None) -> Iterator[Bar]:
    """A progress bar named `title`; on anything but a terminal a line every SILENT_SECONDS says how far it is."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=wanted() or not sys.stderr.isatty()
    ) as progress:
        yield Bar(progress, progress.add_task(title, total=total, note=""))


SILENT_SECONDS = 30.0


class Bar:
    """One running bar."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._told = time.monotonic()

    def advance(self, steps: float = 1, note: str | None = None) -> None:
        """Move on by `steps`, with a short note behind the bar."""
        self._progress.advance(self._task, steps)
        if note is not None:
            self._progress.update(self._task, note=note)
        self._tell()

    def note(self, text: str) -> None:
        """Show a short note behind the bar."""
        self._progress.update(self._task, note=text)
        self._tell()

    def _tell(self) -> None:
        if not self._progress.disable or time.monotonic() - self._told < SILENT_SECONDS:
            return
        self._told = time.monotonic()
        task = self._progress.tasks[0]
        done = f"{task.completed:.0f}" if task.total is None else f"{task.completed:.0f}/{task.total:.0f}"
        log_line(" ".join(filter(None, (f"{task.description}…", done, task.fields["note"]))))


@contextmanager
def quiet() -> Iterator[None]:
    """Inside the block nothing is printed for the person watching: steps that one of our own takes in a person's place."""
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before


def log_line(text: str) -> None:
    """One line for the person watching, or for the log."""
    if wanted():
        event("said", text=text)
        return
    console.print(text, markup=False, soft_wrap=True)


def print_answer(answer: str | Table) -> None:
    """A line or table of the answer, on standard output."""
    if not answers.is_terminal:
        answers.width = PLAIN_WIDTH
    answers.print(answer, markup=False, soft_wrap=isinstance(answer, str))


def tell_json(answer: Any, indent: int | None = None) -> None:
    """The answer as JSON on standard output: the same value, and no raw control, bidi or zero-width mark for a terminal to obey."""
    said = json.dumps(answer, ensure_ascii=False, default=str, indent=indent)
    print(escaped(said))
