"""A data folder with everything in it, and its backup: one of each for a file of tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.data.kept import kept
from tests.support.programs import forked


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody may damage it; its copy."""
    return kept(tmp_path_factory.mktemp("keep") / "data").data_dir


@pytest.fixture(scope="module")
def backup(whole: Path) -> Path:
    """A good backup, as a file."""
    file = whole.parent / "good.tar"
    assert forked.run(["backup", "-o", str(file), "--data-dir", str(whole)], os.environ).returncode == 0
    return file
