"""The supply chain: every locked package with its hash in the SBOM, one revision one wheel, and no audit taken for a clean one."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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


ROOMS = ("store", "crawler", "scoring", "dashboard", "kamengwatch", "sandbox")
BY_NAME = {
    "uvloop": ("crawler/settings.py", "uvloop.Loop"),
    "psycopg": ("store/db/engine.py", "postgresql+psycopg"),
    "pyspark": ("scoring/engine/spark.py", "pyspark"),
    "py4j": ("scoring/engine/spark.py", "py4j"),
}
"""Packages that are named to another library, or imported only where an extra is installed: where, and as what."""
AHEAD = {"beautifulsoup4", "fastapi"}
"""Named by the design for what is not written yet; once one is imported it leaves this list, and one that never is leaves the project."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [
        *project["dependencies"],
        *(d for extra in project["optional-dependencies"].values() for d in extra),
    ]
    return {normal(re.match(r"[\w.-]+", one)[0]) for one in listed}  # type: ignore[index]


def imported() -> set[str]:
    """The distributions the rooms import, with those that are named where BY_NAME says."""
    modules = set()
    for file in (file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            modules |= {name.partition(".")[0] for name in names}
    brought = packages_distributions()
    foreign = modules - set(sys.stdlib_module_names) - set(ROOMS) - {""}
    found = {normal(one) for module in foreign for one in brought.get(module, [module])}
    return found | {
        name for name, (file, word) in BY_NAME.items() if word in (ROOT / file).read_text("utf-8")
    }


def test_what_is_declared_is_what_is_imported() -> None:
    assert declared() - imported() == AHEAD, "declared and not used"
    assert imported() - declared() == set(), "used and not declared"


def test_no_program_under_the_gpl_is_installed() -> None:
    """A library under the LGPL, used as one, is none; nor is what may be taken under another licence."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.M)
    assert len(locked) > 100
    under = {}
    for name in locked:
        with contextlib.suppress(PackageNotFoundError):  # for another platform
            told = metadata(name)
            kinds = [
                c.rpartition("::")[2] for c in told.get_all("Classifier") or [] if c.startswith("License")
            ]
            licences = [told.get("License-Expression") or told.get("License") or "", *kinds]
            free = [one for one in licences if one.strip() and not _is_gpl(one)]
            if any(map(_is_gpl, licences)) and not free:
                under[name] = licences
    assert under == {}


def _is_gpl(licence: str) -> bool:
    return (
        bool(re.search(r"(?<!L)GPL|(?<!Lesser )General Public License|Affero", licence[:200]))
        and " OR " not in licence
    )


def test_uv_is_installed_by_version_and_hash() -> None:
    lock = (ROOT / "requirements-uv.lock").read_text("utf-8")
    assert re.match(r"uv==[\d.]+ \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+\Z", lock)
    said = (ROOT / "scripts/setup.py").read_text("utf-8")
    assert "--require-hashes" in said.partition("def pip_into_cache")[2].partition("def ")[0]
