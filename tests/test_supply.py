"""The supply chain: every locked package with its hash in the SBOM, one revision one wheel, and no audit taken for a clean one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CLOSED = "http://127.0.0.1:9/"


def supply(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts/supply.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.soak
def test_the_sbom_holds_every_locked_package_with_its_hashes(tmp_path: Path) -> None:
    done = supply(ROOT, "sbom", str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = {}
    for one in json.loads((tmp_path / "sbom.cdx.json").read_text("utf-8"))["components"]:
        hashes = {h["content"] for r in one.get("externalReferences", ()) for h in r.get("hashes", ())}
        found[one["name"].lower(), one["version"]] = hashes
    locked = re.findall(
        r"^([\w.-]+)==(\S+)((?: \\\n +--hash=sha256:\w+)+)", (ROOT / "requirements.lock").read_text(), re.M
    )
    assert len(locked) > 100
    for name, version, hashes in locked:
        assert found[name.lower(), version] >= set(re.findall(r"sha256:(\w+)", hashes)), name


@pytest.mark.soak
def test_another_copy_of_the_same_files_gives_the_same_wheel(tmp_path: Path) -> None:
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
    ).stdout
    copy = tmp_path / "elsewhere"
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
            os.utime(copy / name, (10**9, 10**9))
    made = []
    for number in range(2):
        done = supply(copy, "wheel", str(tmp_path / f"out{number}"))
        assert done.returncode == 0, done.stderr
        made += list((tmp_path / f"out{number}").glob("*.whl"))
        for path in copy.rglob("*.py"):
            path.touch()
    first, second = made
    assert first.name == second.name and first.read_bytes() == second.read_bytes()


@pytest.mark.soak
def test_a_service_that_cannot_be_asked_is_not_a_clean_audit() -> None:
    done = supply(ROOT, "audit", "-s", "osv", "--osv-url", CLOSED)
    assert done.returncode == 3 and "NOT AUDITED" in done.stdout and "vulnerabilities" not in done.stdout
