"""The supply chain: every locked package with its hash in the SBOM, one revision one wheel, and no audit taken for a clean one."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from kamengwatch.cli import app
from store.db.tables import Base
from store.settings import TEST_VARIABLES, fields

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
    "lxml": ("crawler/formats/elsewhere.py", "lxml"),
}
"""Packages that are named to another library, or imported only where an extra is installed: where, and as what."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [
        *project["dependencies"],
        *(d for extra in project["optional-dependencies"].values() for d in extra),
    ]
    return {normal(re.match(r"[\w.-]+", one)[0]) for one in listed}  # type: ignore[index]


@cache
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
    assert declared() - imported() == set(), "declared and not used"
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


# What an operator copies and types: units, compose, proxy, backup and the commands of the guides. What cannot be started here is linted.


UNITS = sorted([*(ROOT / "deploy").glob("*.service"), *(ROOT / "deploy").glob("*.timer")])
INSTALLED = "/opt/kamengwatch/.venv/bin/kamengwatch"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
GUIDES = ["README.md", "README.zh-CN.md", *(f"docs/{name}{lang}.md" for name in ("getting-started", "deployment") for lang in ("", ".zh"))]  # fmt: skip
SERVICE_KEYS = {"build", "cap_drop", "command", "depends_on", "deploy", "env_file", "environment", "healthcheck", "image", "init", "network_mode",
                "ports", "restart", "security_opt", "stop_grace_period", "volumes"}  # fmt: skip
"""Those of the Compose Specification that we use; another one is looked up there before it is added here."""


def parse(words: list[str]) -> None:
    """The command line as the program itself reads it; an unknown command, option or argument raises."""
    command = app._commands()
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    command.make_context("kamengwatch", words)


def typed() -> list[tuple[str, str]]:
    """(guide, command) of every line of a code block that calls the program."""
    found = []
    for guide in GUIDES:
        text = (ROOT / guide).read_text("utf-8").replace("\\\n", " ")
        for line in re.findall(r"^    (.*)$", text, re.M):
            if call := re.search(r"(?:^|&& |/bin/|exec clock )(kamengwatch .*)", line):
                found.append((guide, call.group(1)))
    return found


@pytest.mark.parametrize(("guide", "line"), typed())
def test_what_the_guides_type_is_a_command_of_the_program(guide: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    parse([word for word in words if word != "&"])


def test_the_guides_say_the_same_in_both_languages_and_readmes_lead_there() -> None:
    for name in ("getting-started", "deployment"):
        english, chinese = (
            (ROOT / f"docs/{name}{lang}.md").read_text("utf-8").replace("\\\n", " ") for lang in ("", ".zh")
        )
        commands = [
            [shlex.split(line, comments=True) for line in re.findall(r"^    +(\S.*)$", text, re.M)]
            for text in (english, chinese)
        ]
        assert [w for line in commands[0] for w in line if "<" not in w and "repository" not in w] == [
            w for line in commands[1] for w in line if "<" not in w
        ]
        assert len(re.findall(r"^## ", english, re.M)) == len(re.findall(r"^## ", chinese, re.M))
    for readme, lang in (("README.md", ""), ("README.zh-CN.md", ".zh")):
        assert f"docs/getting-started{lang}.md" in (ROOT / readme).read_text("utf-8")


def test_settings_named_in_guides_and_deployment_exist() -> None:
    known = {name for name, _, _ in fields()} | set(TEST_VARIABLES) | {"KAMENGWATCH_ENV_FILE"}
    files = [
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "deploy").iterdir(),
        *ROOT.glob("*.md"),
        ROOT / ".env.example",
    ]
    for file in files:
        named = set(re.findall(r"KAMENGWATCH_[A-Z_]+[A-Z]", file.read_text("utf-8")))
        named = {
            n
            for n in named
            if not n.startswith(("KAMENGWATCH_SOAK", "KAMENGWATCH_SPARK", "KAMENGWATCH_WRITE"))
            and n != "KAMENGWATCH_TIMESTAMP"  # the beginning of four
        }
        assert named <= known, f"{file.name}: {named - known}"


def test_units_start_commands_of_the_program() -> None:
    for unit in UNITS:
        for line in re.findall(r"^ExecStart=(.*)$", unit.read_text("utf-8"), re.M):
            for call in re.findall(rf"{INSTALLED} ([^;|]*)", line):
                parse(shlex.split(call.replace("%%", "%").rstrip("'")))


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="no systemd-analyze: the units are not linted here"
)
def test_units_pass_the_linter_of_systemd(tmp_path: Path) -> None:
    names = []
    for unit in UNITS:
        name = unit.name.replace("@.", "@1.")
        (tmp_path / name).write_text(unit.read_text("utf-8").replace(INSTALLED, sys.executable), "utf-8")
        names.append(str(tmp_path / name))
    done = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "kamengwatch" in line]
    assert done.returncode == 0 and not ours, done.stderr


def test_the_backup_of_the_unit_runs_and_keeps_fourteen(tmp_path: Path, data_dir: Path) -> None:
    """The line of the unit itself, with this environment's program and a folder of the test."""
    subprocess.run(
        [sys.executable, "-m", "kamengwatch", "init", "--yes"], cwd=tmp_path, check=True, capture_output=True
    )
    copies = tmp_path / "copies"
    copies.mkdir()
    for day in range(10, 26):
        (copies / f"kamengwatch-2020-01-{day}.tar.gz").touch()
        subprocess.run(
            ["touch", "-d", f"2020-01-{day}", copies / f"kamengwatch-2020-01-{day}.tar.gz"], check=True
        )
    text = (ROOT / "deploy/kamengwatch-backup.service").read_text("utf-8")
    line = re.search(r"^ExecStart=(.*)$", text, re.M)
    assert line is not None
    program = f"{sys.executable} -m kamengwatch"
    words = shlex.split(line.group(1).replace("%%", "%").replace(INSTALLED, program))
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "BACKUPS": str(copies),
        "KAMENGWATCH_DATA_DIR": str(data_dir),
    }
    subprocess.run(words, env=environment, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    kept = sorted(copies.iterdir())
    assert (
        len(kept) == 14 and kept[-1].stat().st_size > 1000 and kept[0].name == "kamengwatch-2020-01-13.tar.gz"
    )


def test_compose_uses_known_keys_and_refers_to_what_is_there() -> None:
    services, volumes = COMPOSE["services"], set(COMPOSE["volumes"])
    for name, service in services.items():
        assert set(service) <= SERVICE_KEYS, f"{name}: {set(service) - SERVICE_KEYS}"
        assert {v.split(":")[0] for v in service.get("volumes", ()) if not v.startswith(".")} <= volumes
        assert set(service.get("depends_on", ())) <= set(services)
        if "build" in service:
            assert service["init"] is True, "a browser leaves processes behind"
            assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
            assert {"KAMENGWATCH_CONTACT", "KAMENGWATCH_DATA_DIR", "KAMENGWATCH_DATABASE_URL"} <= set(
                service["environment"]
            )
            assert service["env_file"][0]["path"] == "../.env"
            parse(service["command"])
        for local in (v.split(":")[0] for v in service.get("volumes", ()) if v.startswith(".")):
            assert (ROOT / "deploy" / local).is_file()
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "deploy/compose.yaml").read_text("utf-8")))
    assert asked == {"KAMENGWATCH_CONTACT", "POSTGRES_PASSWORD", "SITE_ADDRESS"}
    assert "healthcheck" in services["db"] and "/healthz" in str(services["dashboard"]["healthcheck"])


def test_the_image_holds_no_settings_data_or_history() -> None:
    left_out = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".env", "data", ".git", ".venv", ".cache"} <= set(left_out)
    copied = {
        "Makefile",
        "pyproject.toml",
        "requirements.lock",
        "README.md",
        "scripts",
        "kamengwatch",
        "store",
    }
    assert not copied & set(left_out), "the image is built from these"


@pytest.mark.skipif(not shutil.which("caddy"), reason="no caddy: the Caddyfile is not linted here")
def test_the_proxy_passes_its_linter() -> None:
    words = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/Caddyfile")]
    done = subprocess.run(
        words,
        env={"SITE_ADDRESS": "watch.example", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# docs/vocabulary.md names every table and every word that code and pages share.


PAGE = (Path(__file__).resolve().parents[2] / "docs/vocabulary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ")
]
WORDS = {row[0]: row[1] for row in ROWS if row[0] != "code"}


@pytest.mark.parametrize("table", sorted(mapper.class_.__name__ for mapper in Base.registry.mappers))
def test_every_table_has_its_row(table: str) -> None:
    assert table in WORDS, (
        f"give {table} a row in docs/vocabulary.md (code, 中文, meaning, not to be confused with)"
    )


def test_no_chinese_word_means_two_things() -> None:
    chinese = list(WORDS.values())
    assert len(chinese) == len(set(chinese)), sorted(word for word in chinese if chinese.count(word) > 1)


def test_every_row_is_whole() -> None:
    broken = [row for row in ROWS if len(row) != 4 or not all(row) or not re.search(r"[一-鿿]|中文", row[1])]
    assert not broken


@pytest.mark.parametrize("word", ["ok", "concern", "unknown", "hidden", "not_applicable"])
def test_every_outcome_is_explained(word: str) -> None:
    assert f"`{word}` " in PAGE


@pytest.mark.parametrize("word", ["normal", "watch", "warning", "alarm", "closed", "stale"])
def test_every_warning_state_has_its_chinese_word(word: str) -> None:
    row = next(row for row in ROWS if row[0] == "Warning state")
    assert re.search(rf"{word} [一-鿿]+", row[2])
