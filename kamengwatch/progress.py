"""Progress on a terminal, plain lines elsewhere; never on standard output, which belongs to the answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.segment import Segment
from rich.table import Table

from kamengwatch import logs
from store.plain import escaped, inert


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
    """A progress bar named `title`; on anything but a terminal only its beginning and end are printed."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=logs.wanted() or not sys.stderr.isatty()
    ) as progress:
        yield Bar(progress, progress.add_task(title, total=total, note=""))


class Bar:
    """One running bar."""

    def __init__(self, progress: Progress, task: object) -> None:
        self._progress, self._task = progress, task

    def advance(self, steps: float = 1, note: str | None = None) -> None:
        """Move on by `steps`, with a short note behind the bar."""
        fields = {} if note is None else {"note": note}
        self._progress.update(self._task, advance=steps, **fields)  # type: ignore[arg-type]

    def note(self, text: str) -> None:
        """Show a short note behind the bar."""
        self._progress.update(self._task, note=text)  # type: ignore[arg-type]


def say(text: str) -> None:
    """One line for the person watching, or for the log."""
    if logs.wanted():
        logs.event("said", text=text)
        return
    console.print(text, markup=False, soft_wrap=True)


def tell(answer: str | Table) -> None:
    """A line or table of the answer, on standard output."""
    if not answers.is_terminal:
        answers.width = PLAIN_WIDTH
    answers.print(answer, markup=False, soft_wrap=isinstance(answer, str))


def tell_json(answer: Any, indent: int | None = None) -> None:
    """The answer as JSON on standard output: the same value, and no raw control, bidi or zero-width mark for a terminal to obey."""
    said = json.dumps(answer, ensure_ascii=False, default=str, indent=indent)
    print(escaped(said))
