"""The command line inside the test's own process: the same `main`, quick enough to try many inputs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from unittest import mock

import pytest

from kamengwatch.cli.app import main


@dataclass(frozen=True)
class Said:
    """What a command ended with and printed."""

    code: int
    out: str
    err: str


def command(capsys: pytest.CaptureFixture[str], *words: object, expect: int | None = 0) -> Said:
    """Run `kamengwatch WORDS`; fails when it does not end with `expect` (None: however it ends)."""
    capsys.readouterr()
    code = 0
    with mock.patch.object(sys, "argv", ["kamengwatch", *map(str, words)]):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    printed = capsys.readouterr()
    assert expect is None or code == expect, f"exit {code}\n{printed.out}\n{printed.err}"
    return Said(code, printed.out, printed.err)
