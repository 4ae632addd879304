"""What an operator copies and types: units, compose, proxy, backup and the commands of the guides. What cannot be started here is linted."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kamengwatch.cli import app
from store.settings import TEST_VARIABLES, fields

ROOT = Path(__file__).resolve().parents[2]
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
