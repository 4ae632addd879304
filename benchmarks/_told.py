"""What every measurement prints the same way: the machine, a row of the table in docs/benchmarks.md, a fitted exponent."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np


def machine(*packages: str) -> None:
    """Print the machine, its Python and the versions a figure hangs on."""
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}; {names}"
    )


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """b of time = a · size^b, least squares in the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def row(
    what: str,
    figure: str,
    baseline: str = "–",
    grows: float | None = None,
    goal: str = "–",
    met: bool | None = None,
) -> None:
    """Print one row of the table: the figure, its baseline of the same run, the exponent of its growth, the goal and whether it is met."""
    said = "–" if met is None else "met" if met else "**missed**"
    print(
        f"| {what} | {figure} | {baseline} | {'–' if grows is None else f'{grows:.2f}'} | {goal} | {said} |",
        flush=True,
    )


def as_installed() -> dict[str, str]:
    """The environment of a program that may keep its compiled modules, as an installed one does: to compile all anew takes seconds."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
