"""The cases a checkout may be judged by (../shared/cases/shops): each shop is served, crawled and compared with what is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT.parent / "shared/cases/shops"


@pytest.mark.skipif(not (CASES / "run.py").is_file(), reason="no ../shared/cases/shops beside this checkout")
def test_every_shop_of_the_cases_is_read_as_it_is() -> None:
    done = subprocess.run(
        [sys.executable, CASES / "run.py", ROOT], capture_output=True, text=True, timeout=280, env=os.environ
    )
    assert done.returncode == 0, done.stdout
